"""The listings of `session-tracker config show`."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final
from urllib.parse import urlsplit

import click

from session_tracking.config.levels import Level
from session_tracking.config.sites import Configuration
from session_tracking.config.validation import show_value

__all__ = ["FORMATS", "Row", "effective_rows", "explicit_rows", "full_url"]


@dataclass(frozen=True, slots=True)
class Row:
    """One key in a listing."""

    site: str | None
    """Host pattern of the `[[site]]` that sets it; None for the top of the file."""
    path: str | None
    """Path of the `[[site.path]]` that sets it; None for the site and above."""
    key: str
    value: Any
    origin: str
    """`file:line`, an option, or `default`."""


def explicit_rows(configuration: Configuration) -> list[Row]:
    """What is written, in the order of the files; `host` and `path` come first in their tables."""
    return [row for level in configuration.levels for row in _level_rows(level)]


def effective_rows(configuration: Configuration, url: str) -> list[Row]:
    """Every key with the value that is in effect for a URL, or at the top of the file."""
    return [Row(None, None, v.key, v.value, v.origin) for v in configuration.effective(url)]


def full_url(text: str) -> str | None:
    """A URL that may lack its scheme, with one; None if it names no host."""
    url = text if "://" in text else f"http://{text}"
    try:
        return url if urlsplit(url).hostname else None
    except ValueError:  # such as half an IPv6 address
        return None


def _level_rows(level: Level) -> Iterator[Row]:
    path = None if level.path is None else level.path or "/"
    named = ("host", level.host) if path is None else ("path", path)
    if level.host is not None:
        line = level.document.line((*level.location, named[0]))
        yield Row(level.host, path, *named, f"{level.document.source}:{line}")
    for key, written in level.values.items():
        yield Row(level.host, path, key, written.value, str(written))


def _table(rows: Sequence[Row]) -> str:
    key_width = max((len(row.key) for row in rows), default=0)
    value_width = min(40, max((len(show_value(row.value)) for row in rows), default=0))
    lines = []
    for row in rows:
        if row.key in {"host", "path"}:
            lines.append("")
        origin = click.style(row.origin, dim=row.origin == "default")
        lines.append(f"{row.key:{key_width}}  {show_value(row.value):{value_width}}  {origin}")
    return "\n".join(lines)


def _toml(rows: Sequence[Row]) -> str:
    headers = {"host": ["", "[[site]]"], "path": ["", "[[site.path]]"]}
    lines: list[str] = []
    for row in rows:
        lines += headers.get(row.key, [])
        lines.append(f"{row.key} = {_toml_value(row.value)}  # {row.origin}")
    return "\n".join(lines)


def _toml_value(value: Any) -> str:  # noqa: ANN401 - any TOML value
    """A value in TOML: strings of JSON are strings of TOML but for what lies beyond 16 bits."""
    text = json.dumps(value, ensure_ascii=False)
    return "".join(c if c.isprintable() else f"\\U{ord(c):08X}" for c in text)


def _json(rows: Sequence[Row]) -> str:
    return json.dumps([asdict(row) for row in rows], indent=2)


FORMATS: Final[Mapping[str, Callable[[Sequence[Row]], str]]] = {
    "json": _json,
    "table": _table,
    "toml": _toml,
}
