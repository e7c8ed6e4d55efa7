"""Writes `questions.sql`: the questions in DuckDB's SQL, made from `questions.py` by Ibis.

Ibis takes longer to import than DuckDB takes for many an answer. A test compares the file with what
would be written; run this module as a program where it says that they differ.
"""

import re
from inspect import signature
from pathlib import Path
from typing import Final

import ibis

from session_tracking.activity.columns import COLUMNS
from session_tracking.activity.questions import QUESTIONS, Table, funnel

__all__ = ["compiled", "funnel_sql", "log_table"]

FILE: Final = Path(__file__).with_name("questions.sql")

_TYPES: Final = {
    "VARCHAR": "string",
    "BIGINT": "int64",
    "DATE": "date",
    "TIMESTAMP": "timestamp(6)",
}
_STAND_INS: Final = {"every": 86_399_977, "addresses": 86_399_971, "prefix": "the prefix"}
"""What stands for a parameter while Ibis compiles, and is in no question otherwise."""


def log_table() -> Table:
    """The table `log` as the questions see it."""
    return ibis.table({column.name: _TYPES[column.type] for column in COLUMNS}, name="log")


_FIRST: Final = re.compile(r"FIRST\((\S+) ORDER BY ([^\s)]+)( DESC)?\)")


def _aggregates(sql: str) -> str:
    """The value at the smallest or largest number by DuckDB's function for that.

    Ibis asks for the first one in an order, which takes twice the time.
    """
    return _FIRST.sub(
        lambda part: f"ARG_{'MAX' if part[3] else 'MIN'}_NULL({part[1]}, {part[2]})", sql
    )


def funnel_sql(steps: tuple[str, ...]) -> str:
    """The funnel's SQL: its form depends on the number of steps."""
    return str(ibis.to_sql(funnel(log_table(), steps), dialect="duckdb"))


def compiled() -> str:
    """The text of `questions.sql`."""
    parts = ["-- Written by python -m session_tracking.activity.compiling\n"]
    for name, question in QUESTIONS.items():
        given = {
            key: value for key, value in _STAND_INS.items() if key in signature(question).parameters
        }
        sql = str(ibis.to_sql(question(log_table(), **given), dialect="duckdb"))
        for key, value in given.items():
            kind = "VARCHAR" if isinstance(value, str) else "BIGINT"
            sql = sql.replace(repr(value), f"${key}::{kind}")
        parts.append(f"-- question: {name}\n{_aggregates(sql)}\n")
    return "\n".join(parts)


if __name__ == "__main__":
    FILE.write_text(compiled(), encoding="utf-8")
