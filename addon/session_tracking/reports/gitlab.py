"""GitLab's code quality report: an array of issues, compared by fingerprint between branches."""

import json
from collections.abc import Iterator

from session_tracking.audit.auditor import fingerprint
from session_tracking.audit.findings import Severity
from session_tracking.reports.document import Document, Found, State
from session_tracking.reports.text import found_line, suppression_line

__all__ = ["render"]

_SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "major", Severity.NOTE: "minor"}


def render(document: Document) -> str:
    """The report as JSON; known and suppressed findings are there with the severity `info`."""
    return json.dumps(list(_issues(document)), indent=2, ensure_ascii=True) + "\n"


def _issues(document: Document) -> Iterator[dict[str, object]]:
    for reason in document.run.incomplete:
        yield _issue("incomplete", f"Incomplete: {reason}", "blocker", "session-tracker")
    for given in document.suppressions:
        if given.expired:
            yield _issue("expired", suppression_line(given), "critical", "session-tracker")
    for found in document.findings:
        place = f"{found.site}{found.route}".lstrip("/") or "unknown"
        yield {
            **_issue(f"{found.rule} {found.name}", _description(found, document), "", place),
            "severity": _severity(found),
            "fingerprint": found.fingerprint,
        }


def _issue(name: str, description: str, severity: str, path: str) -> dict[str, object]:
    return {
        "description": description,
        "check_name": name,
        "fingerprint": fingerprint(name, description),
        "severity": severity,
        "location": {"path": path, "lines": {"begin": 1}},
    }


def _severity(found: Found) -> str:
    if found.happened:
        return "blocker"
    return _SEVERITIES[found.severity] if found.state is State.NEW else "info"


def _description(found: Found, document: Document) -> str:
    line = found_line(found)
    if found.suppression is not None:
        given = document.suppressions[found.suppression]
        return f"Suppressed until {given.expires} ({given.reason}): {line}"
    return f"Known from the baseline: {line}" if found.state is State.KNOWN else line
