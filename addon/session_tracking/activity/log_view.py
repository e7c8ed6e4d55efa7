"""The SQL with which DuckDB sees logs of many layouts as one table."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, groupby, pairwise
from typing import Final

from session_tracking.activity.columns import COLUMNS, Column, column_name
from session_tracking.activity.stretches import LONGEST, Layout, Stretch

__all__ = ["SCHEME", "LogView", "cookie_value", "identifier", "literal", "log_view", "needs_cookie"]

SCHEME: Final = "stretches"
"""What the names of virtual files begin with."""

_SHARES: Final = 4
"""Parts of each layout that are numbered by themselves: numbering goes line by line."""

_SMALLEST: Final = 1 << 22
"""Octets of a layout that are not divided."""

_MOST_RUNS: Final = 200
"""Changes of the layout up to which each begins a part of its own."""

_UNIT: Final = 16
"""Octets that a line has at least, so that the numbers of the parts do not overlap."""

_LINES: Final = 2**32


@dataclass(frozen=True, slots=True)
class LogView:
    """How to see some logs as one table."""

    sql: str
    files: Mapping[str, Sequence[Stretch]]
    """What the names in the SQL stand for."""
    extra: Mapping[str, str]
    """W3C field → column, for fields that only these logs have."""


def identifier(name: str) -> str:
    """A name as SQL writes it."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text as SQL writes it."""
    return "'" + text.replace("'", "''") + "'"


@dataclass(frozen=True, slots=True)
class _Part:
    """Stretches of one layout that are read in their order."""

    layout: Layout
    stretches: list[Stretch]
    octets_before: int


def log_view(stretches: Sequence[Stretch], cookie: str) -> LogView:
    """The view of these stretches; `cookie` is the session's, where a log has no `x-session-id`."""
    usable = [part for part in stretches if _usable(part.layout)]
    extra = _extra(usable)
    total = sum(part.stop - part.start for part in usable)
    unit = max(_UNIT, -(-total // _LINES))
    files: dict[str, Sequence[Stretch]] = {}
    selects = []
    for number, part in enumerate(_parts(usable)):
        names: list[tuple[str, str]] = []
        for site, same in groupby(part.stretches, key=lambda one: one.file.site):
            names.append((f"{number}-{len(names)}", site))
            files[names[-1][0]] = list(same)
        selects.append(_select(part, names, part.octets_before // unit, cookie, extra))
    empty = ", ".join(f"NULL::{column.type} AS {column.name}" for column in _columns(extra))
    return LogView("\nUNION ALL\n".join(selects) or f"SELECT {empty} WHERE false", files, extra)


def needs_cookie(stretches: Sequence[Stretch]) -> bool:
    """Whether some lines do not tell their session, or what was given out, by themselves."""
    wanted = {"x-session-id", "sc(set-cookie)"}
    layouts = {part.layout for part in stretches}
    return any(not wanted <= {field.lower() for field in one.fields} for one in layouts)


def _usable(layout: Layout) -> bool:
    fields = {field.lower() for field in layout.fields}
    return "time" in fields and ("date" in fields or bool(layout.date))


def _extra(stretches: Sequence[Stretch]) -> dict[str, str]:
    known = {column.name for column in COLUMNS}
    extra: dict[str, str] = {}
    for layout in dict.fromkeys(part.layout for part in stretches):
        for field in layout.fields:
            name = column_name(field)
            if name not in known:
                extra[field.lower()] = name
                known.add(name)
    return extra


def _columns(extra: Mapping[str, str]) -> Iterator[Column]:
    yield from COLUMNS
    for field, name in extra.items():
        yield Column(identifier(name), "VARCHAR", field)


def _parts(stretches: Sequence[Stretch]) -> Iterator[_Part]:
    """The stretches in parts of one layout and of about the same size.

    A part ends where the layout changes, so that the numbers of its lines are in the log's order.
    Where it changes all the time, what happened within a second may be told in another order.
    """
    layouts = [_as_read(stretch.layout) for stretch in stretches]
    runs = list(accumulate((one != two for one, two in pairwise(layouts)), initial=0))
    if runs[-1:] > [_MOST_RUNS]:
        runs = [0] * len(stretches)
    before = 0
    placed: dict[tuple[int, Layout], list[tuple[int, Stretch]]] = {}
    for run, layout, stretch in zip(runs, layouts, stretches, strict=False):
        placed.setdefault((run, layout), []).append((before, stretch))
        before += stretch.stop - stretch.start
    for (_, layout), listed in placed.items():
        size = sum(stretch.stop - stretch.start for _, stretch in listed)
        share = max(size // _SHARES, _SMALLEST)
        part: _Part | None = None
        taken = 0
        for octets, stretch in listed:
            for start, stop in _split(stretch, share):
                piece = replace(stretch, start=start, stop=stop)
                if part is None:
                    part = _Part(layout, [], octets + start - stretch.start)
                part.stretches.append(piece)
                taken += stop - start
                if taken >= share:
                    yield part
                    part, taken = None, 0
        if part is not None:
            yield part


def _as_read(layout: Layout) -> Layout:
    """The date of the directive matters only where lines have none."""
    has_date = any(field.lower() == "date" for field in layout.fields)
    return replace(layout, date="") if has_date else layout


def _split(stretch: Stretch, share: int) -> Iterator[tuple[int, int]]:
    """A stretch in pieces of `share` octets and up to a line's end."""
    start = stretch.start
    with stretch.file.path.open("rb") as stream:
        while stretch.stop - start > share:
            stream.seek(start + share)
            stop = min(start + share + len(stream.readline()), stretch.stop)
            yield start, stop
            start = stop
    if start < stretch.stop:
        yield start, stretch.stop


def _select(
    part: _Part,
    names: Sequence[tuple[str, str]],
    first_line: int,
    cookie: str,
    extra: Mapping[str, str],
) -> str:
    layout = part.layout
    words = _distinct([field.lower() for field in layout.fields])
    types = ", ".join(
        f"{literal(word)}: '{({'date': 'DATE', 'time': 'TIME'}).get(word, 'VARCHAR')}'"
        for word in words
    )
    paths = ", ".join(literal(f"{SCHEME}://{name}") for name, _ in names)
    source = (
        f"read_csv([{paths}], auto_detect = false, header = false, delim = ' ', quote = '',"
        f" escape = '', nullstr = '-', columns = {{{types}}}, ignore_errors = true,"
        f" null_padding = false, buffer_size = {4 * LONGEST}, max_line_size = {LONGEST},"
        " filename = '\x01file')"
    )
    date = '"date"' if "date" in words else f"DATE {literal(layout.date)}"
    told = {
        "line": f"row_number() OVER () + {first_line}",
        "site": _site(names),
        "date": date,
        "time": f'{date} + "time"',
        "session_id": _session(words, cookie),
        "issued": _issued(words, cookie),
    }
    columns = []
    for column in _columns(extra):
        field = column.field.lower()
        if column.name in told:
            value = told[column.name]
        elif field not in words:
            value = f"NULL::{column.type}"
        elif column.type == "BIGINT":
            value = f"TRY_CAST({identifier(field)} AS BIGINT)"
        else:
            value = identifier(field)
        columns.append(f"{value} AS {column.name}")
    return f"SELECT {', '.join(columns)} FROM {source}"


def _distinct(words: Sequence[str]) -> list[str]:
    """The words, with a number where one comes again; that one's values are not used."""
    seen: dict[str, None] = {}
    for number, word in enumerate(words):
        seen[word if word not in seen else f"\x01{number}"] = None
    return list(seen)


def _site(names: Sequence[tuple[str, str]]) -> str:
    if len({site for _, site in names}) == 1:
        return literal(names[0][1])
    cases = " ".join(
        f"WHEN {literal(f'{SCHEME}://{name}')} THEN {literal(site)}" for name, site in names
    )
    return f'CASE "\x01file" {cases} END'


def _session(words: Sequence[str], cookie: str) -> str:
    if "x-session-id" in words:
        return '"x-session-id"'
    if "cs(cookie)" in words and cookie:
        return cookie_value('"cs(cookie)"', cookie)
    return "NULL::VARCHAR"


def cookie_value(column: str, cookie: str) -> str:
    """SQL for the value of a cookie in a field `a=1;+b=2`; NULL where it is not there."""
    pattern = f"(?:^|;)[+ ]?{re.escape(cookie)}=([^;]*)"
    return f"nullif(regexp_extract({column}, {literal(pattern)}, 1), '')"


def _issued(words: Sequence[str], cookie: str) -> str:
    if "sc(set-cookie)" in words:
        return '"sc(set-cookie)"'
    if "x-session-id" in words and "x-session-event" in words and cookie:
        new = f'{literal(cookie + "=")} || "x-session-id"'
        return f"CASE WHEN \"x-session-event\" = 'new' THEN {new} END"
    return "NULL::VARCHAR"
