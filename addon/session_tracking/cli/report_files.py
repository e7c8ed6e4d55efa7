"""Reads the findings out of JSON reports."""

import json
from collections.abc import Mapping
from typing import Any

from session_tracking.cli.inputs import CAPTURES, Input
from session_tracking.records.verdict_lines import MAX_LINE

__all__ = ["report_findings"]


def report_findings(source: Input) -> list[Mapping[str, Any]] | None:
    """The findings of a JSON report; None if the file is none, which is then at its beginning."""
    if source.piped or source.ending == ".har" or source.ending in CAPTURES:
        return None
    document = _document(source.stream.readline(MAX_LINE))
    if document is None or "findings" in document:
        source.stream.seek(0)
        document = _document(source.stream.read())
    source.stream.seek(0)
    if document is None or not isinstance(document.get("findings"), list):
        return None
    return [finding for finding in document["findings"] if isinstance(finding, dict)]


def _document(text: bytes) -> dict[str, Any] | None:
    """The object that the text holds as JSON; None if it holds none."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None
