"""The HTML report: one file that needs nothing else, and is readable without its script.

Everything from outside is escaped by the template engine; the page forbids itself, by its policy,
to load anything and to run any script but its own.
"""

from base64 import b64encode
from collections import Counter
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from session_tracking.audit.catalogue import RULES
from session_tracking.audit.findings import Severity
from session_tracking.audit.memory import DECIDING
from session_tracking.caching.profiles.model import Outcome
from session_tracking.reports.document import Document
from session_tracking.reports.text import (
    suppression_line,
    swap_course,
    swaps_sentence,
    told_of_caches,
    verdict,
)
from session_tracking.reports.weaknesses import of_finding

if TYPE_CHECKING:
    from jinja2 import Template

__all__ = ["MAX_FINDINGS", "render"]

MAX_FINDINGS = 2000
"""Findings that are shown; browsers become slow with more."""

_FOLDER = Path(__file__).with_name("templates")
_DECIDING = DECIDING | {"set-cookie", "set-cookie2", "cookie", "authorization"}


def render(document: Document) -> str:
    """The report as HTML; of a very long one the first findings, which are the gravest."""
    by_cache: dict[str, Counter[Outcome]] = {}
    for found in document.findings:
        for name, outcome in found.caches.items():
            by_cache.setdefault(name, Counter())[outcome] += 1
    occurring = {outcome for outcomes in by_cache.values() for outcome in outcomes}
    return _template().render(
        document=document,
        run=document.run,
        counts=document.counts,
        verdict=verdict(document),
        swaps=swaps_sentence(document.run.swaps),
        caches=dict(sorted(by_cache.items())),
        outcomes=[outcome for outcome in Outcome if outcome in occurring],
        shown=document.findings[:MAX_FINDINGS],
        severities=[severity.value for severity in Severity],
        states=sorted({found.state.value for found in document.findings}),
        rules=sorted({found.rule for found in document.findings}),
        helps={
            found.rule: RULES[found.rule].help if found.rule in RULES else ""
            for found in document.findings
        },
    )


@cache
def _template() -> "Template":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 - slow
    from markupsafe import Markup  # noqa: PLC0415 - same

    environment = Environment(
        autoescape=True,
        loader=FileSystemLoader(_FOLDER),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    style = (_FOLDER / "report.css").read_text(encoding="utf-8")
    script = (_FOLDER / "report.js").read_text(encoding="utf-8")
    environment.globals.update(
        style=Markup(style),  # noqa: S704 - our own files
        script=Markup(script),  # noqa: S704 - same
        style_hash=_hash(style),
        script_hash=_hash(script),
        deciding=_DECIDING,
        suppression_line=suppression_line,
        swap_course=swap_course,
        told_of_caches=told_of_caches,
        weaknesses=of_finding,
    )
    return environment.get_template("report.html.jinja")


def _hash(text: str) -> str:
    """How a policy names an inline style or script (CSP Level 3 §2.3.1)."""
    return f"sha256-{b64encode(sha256(text.encode()).digest()).decode()}"
