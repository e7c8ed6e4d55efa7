"""The JSON report, which every later command reads; `report.schema.json` is its schema."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Any

import msgspec

from session_tracking.audit.findings import Finding
from session_tracking.errors import InputError
from session_tracking.escape import visible
from session_tracking.reports.document import SCHEMA_VERSION, Document, found_of

__all__ = ["SCHEMA_FILE", "finding_facts", "read_document", "render", "schema"]

SCHEMA_FILE = Path(__file__).with_name("report.schema.json")

_LONGEST = 4000
"""Characters of one text of a report that is read."""


def render(document: Document) -> str:
    """The report as JSON text, all of it ASCII; nothing in it is a cookie's value."""
    return json.dumps(msgspec.to_builtins(document), indent=2, ensure_ascii=True) + "\n"


def finding_facts(finding: Finding) -> Mapping[str, Any]:
    """One finding as plain values."""
    facts: Mapping[str, Any] = msgspec.to_builtins(found_of(finding))
    return facts


def schema() -> Mapping[str, object]:
    """The JSON Schema (draft 2020-12) of the report."""
    parsed: Mapping[str, object] = json.loads(SCHEMA_FILE.read_text("utf-8"))
    return parsed


def read_document(text: bytes, name: str) -> Document:
    """The report that `render` wrote; `name` is that of its file, fit to be shown.

    Anybody may have edited it: every text is made fit to be shown. Raises InputError if it is no
    report, or one of another version.
    """
    try:
        plain = json.loads(text)
    except (ValueError, RecursionError):
        raise InputError(f"{name} is no JSON. {_FIX}") from None
    if not isinstance(plain, dict) or "findings" not in plain:
        raise InputError(f"{name} is no report of session-tracker. {_FIX}")
    if plain.get("version") != SCHEMA_VERSION:
        raise InputError(
            f"{name} is a report of version {visible(str(plain.get('version')), 20)}, and this"
            f" program reads version {SCHEMA_VERSION}. Make it again with this program."
        )
    try:
        document = msgspec.convert(_shown(plain), Document)
        _read_times(document)
    except (ValueError, RecursionError) as error:
        raise InputError(f"{name} was changed: {visible(str(error), 300)}. {_FIX}") from None
    return document


_FIX = "Name the file that --report json=FILE or session_tracker_report wrote."


def _read_times(document: Document) -> None:
    """Raise ValueError if a time or a date is none that can be reckoned with."""
    for given in document.suppressions:
        date.fromisoformat(given.expires)
    for found in document.findings:
        if found.swap is not None:
            for seen in (found.swap.first, found.swap.other):
                datetime.fromisoformat(seen.time)


def _shown(value: object) -> object:
    """The same value with every text fit to be shown."""
    match value:
        case str(text):
            return visible(text, _LONGEST)
        case list(items):
            return [_shown(item) for item in items]
        case dict(table):
            return {visible(str(key)): _shown(inner) for key, inner in table.items()}
        case _:
            return value
