"""Alerts and metrics: that their texts can be used, and what they become."""

import difflib
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlsplit

from session_tracking.config.documents import Document
from session_tracking.config.levels import normal_host
from session_tracking.config.positions import Location
from session_tracking.config.root import Alert
from session_tracking.config.validation import show_value
from session_tracking.errors import ConfigError
from session_tracking.records.metrics import parse_listen
from session_tracking.shadow.alerts import AlertRule, parse_condition
from session_tracking.shadow.counters import COUNTERS

__all__ = ["alert_errors", "alert_rule", "metrics_errors"]


def alert_rule(alert: Alert) -> AlertRule:
    """The rule of a table that has passed all checks."""
    when = parse_condition(alert.when)
    assert when is not None, "the check would have refused it"  # noqa: S101
    return AlertRule(
        alert.name,
        when,
        normal_host(alert.site),
        alert.command,
        alert.webhook,
        float(alert.min_interval),
    )


def alert_errors(document: Document, skip: frozenset[Location]) -> Iterator[ConfigError]:
    """Alerts whose names are taken, or whose texts mean nothing."""
    names: set[str] = set()
    for index, table in _tables(document, skip):
        place = ("alert", index)
        if table["name"] in names:
            yield document.error(
                (*place, "name"), f"{show_value(table['name'])} is there twice.", "Rename one."
            )
        names.add(table["name"])
        if parse_condition(table["when"]) is None:
            yield document.error(
                (*place, "when"), f"{show_value(table['when'])} is no condition.", _fix(table)
            )
        if (webhook := table.get("webhook", "")) and not _is_web(webhook):
            yield document.error(
                (*place, "webhook"), f"{show_value(webhook)} is no URL.", "Use http:// or https://."
            )
        if any("\0" in part for part in table.get("command", ())) or table.get("command") == [""]:
            yield document.error(
                (*place, "command"), "names no program.", 'Write ["/path/to/program", "argument"].'
            )


def metrics_errors(document: Document, skip: frozenset[Location]) -> Iterator[ConfigError]:
    """An address that nothing can listen at."""
    place: Location = ("metrics", "listen")
    if not {place, place[:1]}.isdisjoint(skip):
        return
    listen = document.data.get("metrics", {}).get("listen", "")
    if listen and parse_listen(listen) is None:
        yield document.error(
            place,
            f"{show_value(listen)} is no address with a port.",
            'Write "127.0.0.1:9464" or "[::1]:9464".',
        )


def _fix(table: Mapping[str, Any]) -> str:
    name = (table["when"].split() or [""])[0]
    if name not in COUNTERS and (close := difflib.get_close_matches(name, COUNTERS, n=1)):
        return f"Did you mean the counter {close[0]}?"
    return 'Write COUNTER OP INTEGER, such as "unsafe_current > 0".'


def _is_web(url: str) -> bool:
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and url.isprintable()


def _tables(
    document: Document, skip: frozenset[Location]
) -> Iterator[tuple[int, Mapping[str, Any]]]:
    if ("alert",) not in skip:
        for index, table in enumerate(document.data.get("alert", ())):
            if not any(bad[:2] == ("alert", index) for bad in skip):
                yield index, table
