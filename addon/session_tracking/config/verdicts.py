"""`[rules]` and `[[suppress]]`: that they speak of rules there are, and what they become."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import Any

from session_tracking.audit.catalogue import RULES
from session_tracking.audit.findings import Severity
from session_tracking.audit.settings import Severities
from session_tracking.audit.suppressions import NEVER_SILENT, Suppression
from session_tracking.config.documents import Document
from session_tracking.config.positions import Location
from session_tracking.config.root import RuleSeverity, Suppress
from session_tracking.config.validation import nearest, show_value
from session_tracking.errors import ConfigError

__all__ = ["rule_errors", "severities", "suppress_errors", "suppress_warnings", "suppressions"]

_HAPPENED = "tells what has happened, and is never silent."
_MEND = "Mend the cache; for a cookie that is no session there is swaps.ignore_cookies."


def severities(document: Document, skip: frozenset[Location]) -> Severities:
    """What `[rules]` says, as far as it can be used."""
    return {
        rule: None if value == RuleSeverity.OFF else Severity(value)
        for rule, value in _rules(document, skip)
    }


def rule_errors(document: Document, skip: frozenset[Location]) -> Iterator[ConfigError]:
    """Rules that do not exist, or that may not be silenced."""
    for rule, value in _rules(document, skip):
        if rule not in RULES:
            yield document.error(("rules", rule), "is no rule.", _suggestion(rule))
        elif rule in NEVER_SILENT and value != RuleSeverity.ERROR:
            yield document.error(("rules", rule), _HAPPENED, _MEND)


def suppress_errors(document: Document, skip: frozenset[Location]) -> Iterator[ConfigError]:
    """Suppressions of no rule, of one that may not be silenced, or without a reason."""
    for index, table in _suppress(document, skip):
        rule = table["rule"]
        if rule in NEVER_SILENT:
            yield document.error(("suppress", index, "rule"), f"{rule} {_HAPPENED}", _MEND)
        elif not any(fnmatchcase(known, rule) for known in RULES):
            yield document.error(
                ("suppress", index, "rule"), f"{show_value(rule)} is no rule.", _suggestion(rule)
            )
        if not table["reason"].strip():
            yield document.error(
                ("suppress", index, "reason"),
                "is empty.",
                "Say why, for whoever reads the report when it expires.",
            )


def suppress_warnings(document: Document, skip: frozenset[Location]) -> Iterator[ConfigError]:
    """W16: suppressions that have expired, by the day that it is in UTC."""
    today = datetime.now(UTC).date()
    for index, table in _suppress(document, skip):
        if table["expires"] < today:
            yield document.error(
                ("suppress", index, "expires"),
                f"{table['expires']} is over: nothing is suppressed any more, and runs fail.",
                "Mend what it covers and remove it, or give it a new date.",
                "W16",
            )


def suppressions(tables: Iterable[Suppress], document: Document) -> tuple[Suppression, ...]:
    """What the tables of a file become that has passed all checks."""
    return tuple(
        Suppression(
            table.rule,
            table.site,
            table.path,
            table.cookie,
            table.reason,
            table.expires,
            f"{document.source}:{document.line(('suppress', index))}",
        )
        for index, table in enumerate(tables)
    )


def _rules(document: Document, skip: frozenset[Location]) -> Iterator[tuple[str, str]]:
    if ("rules",) not in skip:
        for rule, value in document.data.get("rules", {}).items():
            if ("rules", rule) not in skip:
                yield rule, value


def _suppress(
    document: Document, skip: frozenset[Location]
) -> Iterator[tuple[int, Mapping[str, Any]]]:
    if ("suppress",) not in skip:
        for index, table in enumerate(document.data.get("suppress", ())):
            if not any(bad[:2] == ("suppress", index) for bad in skip):
                yield index, table


def _suggestion(written: str) -> str:
    names = {rule.name: rule.id for rule in RULES.values()}
    close = names.get(written) or nearest(written.upper(), RULES)
    if close is None and (name := nearest(written, names)):
        close = names[name]
    return f"Did you mean {close}?" if close else f"There are: {', '.join(RULES)}."
