"""Writes answers: tables for people, CSV, JSON and Parquet for programs."""

import os
import shutil
import threading
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, BinaryIO, Final

from session_tracking.activity.local import Local
from session_tracking.activity.log_view import identifier
from session_tracking.escape import visible

__all__ = ["FORMATS", "SHOWN", "Answer", "cells", "lines", "stream"]

FORMATS: Final = ("table", "csv", "json", "parquet", "markdown")
SHOWN: Final = 100
"""Rows of a table where no number is asked for; the other formats tell all."""

_OPTIONS: Final = {
    "csv": "FORMAT csv, HEADER",
    "more csv": "FORMAT csv, HEADER false",
    "json": "FORMAT json, ARRAY true",
    "parquet": "FORMAT parquet, COMPRESSION zstd",
}
_CONTROLS: Final = r"[\x00-\x08\x0b-\x1f\x7f-\x9f]"
_FORMULA: Final = r"^[=+\-@\t\r\n\x{ff1d}\x{ff0b}\x{ff0d}\x{ff20}]"


class Answer:
    """An answer that DuckDB can give: a question's SQL."""

    def __init__(
        self,
        local: Local,
        sql: str,
        *,
        top: int | None = None,
        times: Sequence[str] = (),
    ) -> None:
        """`top` rows at most; the columns `times` are Unix seconds to be shown as times."""
        self.local: Local = local
        columns = local.names_and_types(sql)
        shown = [_column(name, kind, times) for name, kind in columns]
        limit = "" if top is None else f" LIMIT {top}"
        self.sql: str = f"SELECT {', '.join(shown)} FROM ({sql}){limit}"
        self.columns: list[tuple[str, str]] = local.names_and_types(self.sql)

    def rows(self, most: int) -> list[tuple[Any, ...]]:
        """Up to `most` rows."""
        return self.local.rows(self.sql, most)


def _column(name: str, kind: str, times: Sequence[str]) -> str:
    quoted = identifier(name)
    if name in times:
        return f"make_timestamp({quoted} * 1000000) AS time"
    if kind == "HUGEINT":  # sums
        return f"{quoted}::BIGINT AS {quoted}"
    return quoted


def stream(answer: Answer, form: str, target: BinaryIO) -> None:
    """Write an answer as csv, json or parquet. Raises QueryError; BrokenPipeError."""
    sql = answer.sql
    if form.endswith("csv"):
        safe = ", ".join(_safe(name, kind) for name, kind in answer.columns)
        sql = f"SELECT {safe} FROM ({sql})"
    readable, writable = os.pipe()
    failures: list[BaseException] = []

    def write() -> None:
        try:
            answer.local.copy(sql, f"/dev/fd/{writable}", _OPTIONS[form])
        except BaseException as error:  # noqa: BLE001 - raised again by the one who waits
            failures.append(error)
        finally:
            os.close(writable)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        with open(readable, "rb") as copied:  # noqa: PTH123 - a descriptor
            shutil.copyfileobj(copied, target)
        target.flush()
    finally:
        writer.join()
    if failures:
        raise failures[0]


def _safe(name: str, kind: str) -> str:
    """A text that no spreadsheet takes for a formula, and no terminal for an order."""
    quoted = identifier(name)
    if kind in _HARMLESS or kind.startswith(("DECIMAL", "TIMESTAMP")):
        return quoted
    text = f"{quoted}::VARCHAR"
    bare = f"regexp_replace({text}, '{_CONTROLS}', '?', 'g')"
    return (
        f"CASE WHEN NOT regexp_matches({text}, '{_FORMULA}|{_CONTROLS}') THEN {text}"
        f" WHEN regexp_matches({text}, '{_FORMULA}') THEN '''' || {bare} ELSE {bare} END"
        f" AS {quoted}"
    )


_HARMLESS: Final = frozenset(
    {
        *("BOOLEAN", "DATE", "TIME"),
        *("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "FLOAT", "DOUBLE"),
        *("UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT"),
    }
)


def lines(answer: Answer, form: str, top: int | None) -> Iterator[str]:
    """The lines of a table, for terminals or in Markdown; tells how to see more, if there is."""
    most = SHOWN if top is None else top
    rows = answer.rows(most + 1)
    names = [name for name, _ in answer.columns]
    numbers = [kind in _HARMLESS for _, kind in answer.columns]
    shown = [[cells(value) for value in row] for row in rows[:most]]
    if form == "markdown":
        yield _markdown(names)
        yield _markdown(["---:" if number else "---" for number in numbers])
        yield from (_markdown([_without_marks(cell) for cell in row]) for row in shown)
    else:
        table = shown if form == "more table" else [names, *shown]
        widths = [max([0, *(len(row[place]) for row in table)]) for place in range(len(names))]
        for row in table:
            told = [
                cell.rjust(width) if number else cell.ljust(width)
                for cell, width, number in zip(row, widths, numbers, strict=True)
            ]
            yield "  ".join(told).rstrip()
    if len(rows) > most:
        yield "" if form == "markdown" else "…"
        yield f"The first {most}; --top N shows N, --format csv all."


def cells(value: object) -> str:
    """A value as a cell shows it; nothing for NULL."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        moment = value.astimezone(UTC).replace(tzinfo=None) if value.tzinfo else value
        return moment.isoformat(" ")
    return visible(str(value))


def _markdown(row: Sequence[str]) -> str:
    return f"| {' | '.join(row)} |"


def _without_marks(cell: str) -> str:
    r"""A cell that Markdown shows as it is: no links, no HTML, no further columns."""
    return "".join(f"\\{char}" if char in _MARKS else char for char in cell)


_MARKS: Final = frozenset("\\`*_{}[]<>()#!|~&")
