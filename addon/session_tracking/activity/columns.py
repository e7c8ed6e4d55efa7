"""The columns of the table `log`, which is the same for every engine and every kind of log.

Their names are those of the W3C fields with `_` for what a plain SQL name cannot hold. The fields'
own names are understood as well, see `query.py`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

__all__ = ["COLUMNS", "Column", "column_name", "field_columns"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of `log`."""

    name: str
    type: str
    """In SQL: VARCHAR, BIGINT, DATE, TIMESTAMP."""
    field: str = ""
    """The W3C field that it holds; empty for what is derived."""


def _field(field: str, kind: str = "VARCHAR") -> Column:
    return Column(column_name(field), kind, field)


def column_name(field: str) -> str:
    """Name of the column that holds a field: `cs(User-Agent)` is `cs_user_agent`."""
    return re.sub(r"[^a-z0-9]+", "_", field.lower()).strip("_") or "field"


COLUMNS: Final = (
    Column("line", "BIGINT"),
    Column("site", "VARCHAR"),
    Column("date", "DATE"),
    Column("time", "TIMESTAMP"),
    Column("session_id", "VARCHAR"),
    Column("issued", "VARCHAR"),
    _field("s-sitename"),
    _field("s-computername"),
    _field("s-ip"),
    _field("cs-method"),
    _field("cs-uri-stem"),
    _field("cs-uri-query"),
    _field("s-port", "BIGINT"),
    _field("cs-username"),
    _field("c-ip"),
    _field("cs-version"),
    _field("cs(User-Agent)"),
    _field("cs(Cookie)"),
    _field("cs(Referer)"),
    _field("cs-host"),
    _field("sc-status", "BIGINT"),
    _field("sc-substatus", "BIGINT"),
    _field("sc-win32-status", "BIGINT"),
    _field("sc-bytes", "BIGINT"),
    _field("cs-bytes", "BIGINT"),
    _field("time-taken", "BIGINT"),
    _field("x-session-id"),
    _field("x-session-event"),
    _field("sc(Set-Cookie)"),
    _field("x-cache-level"),
)
"""`line` grows with the log's order, and tells apart what happened within a second. `time` is UTC.
`session_id` is `x-session-id`, or the value of the session's cookie in `cs(Cookie)`. `issued` holds
the cookies that the response gave out, `name=value` each. NULL stands for `-`."""


def field_columns(extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """W3C field in lower case → its column; `extra` adds fields that only some logs have."""
    known = {column.field.lower(): column.name for column in COLUMNS if column.field}
    return {**known, **(extra or {})}
