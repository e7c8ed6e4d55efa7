"""Understands queries as they are written for LogParser 2.2, and says how they read here.

Fields may be named as the log names them: `cs-uri-stem`, `"cs-uri-stem"`, `cs(Cookie)`. A query may
name the files itself: `FROM u_ex090109.log`.
"""

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from session_tracking.activity.libraries import needed
from session_tracking.activity.log_view import cookie_value
from session_tracking.errors import SessionTrackerError
from session_tracking.escape import visible

__all__ = ["Query", "SqlError", "read_query"]


class SqlError(SessionTrackerError):
    """What was asked for is no query."""


@dataclass(frozen=True, slots=True)
class Query:
    """A query that DuckDB understands."""

    sql: str
    files: tuple[str, ...]
    """Those that the query names itself, in order."""
    rewritten: str
    """How it reads here, if more was changed than names of fields; else empty."""
    hints: tuple[str, ...]
    """What the user may have meant otherwise."""
    by_line: bool
    """Whether each line of the log is answered for itself, so that new ones can be added."""


_QUIET: Final = r"'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/"
"""Texts and comments, which are left alone."""
_FILES: Final = re.compile(
    r"\bFROM\s+((?:'[^']+'|[^\s,;()'\"]+)(?:\s*,\s*(?:'[^']+'|[^\s,;()'\"]+))*)", re.IGNORECASE
)
_FILE: Final = re.compile(r"\.(log|gz|parquet)'?$", re.IGNORECASE)
_TOP: Final = re.compile(r"(\bSELECT\s+(?:DISTINCT\s+|ALL\s+)?)TOP\s+(\d+)\s+", re.IGNORECASE)
_COOKIE: Final = re.compile(r"\bcookie\(\s*'((?:[^']|'')*)'\s*\)", re.IGNORECASE)
_EXTRACT: Final = re.compile(
    r"\bEXTRACT_VALUE\(\s*cs_cookie\s*,\s*('(?:[^']|'')*')\s*(?:,\s*'; ?'\s*)?\)", re.IGNORECASE
)
_MOMENT: Final = re.compile(
    r"\bTO_(?:LOCALTIME\(\s*TO_)?TIMESTAMP\(\s*date\s*,\s*time\s*\)", re.IGNORECASE
)
_WHOLE_COOKIE: Final = re.compile(r"\bcs_cookie\s*=\s*'([^'=;]+)=([^';]*)'")


def read_query(sql: str, fields: Mapping[str, str]) -> Query:
    """Make a user's query one of DuckDB. Raises SqlError; MissingLibraryError.

    `fields` are the W3C fields and their columns.
    """
    text = sql.strip().rstrip(";")
    text, files = _files(text)
    named = _fields(text, fields)
    plain = _MOMENT.sub("time", _EXTRACT.sub(r"cookie(\1)", _limited(named)))
    rewritten = bool(files) or plain != named
    hints = tuple(
        f"cs(Cookie) = '{name}=…' finds requests that brought no other cookie;"
        f" cookie('{name}') = '{value}' finds all that brought this one"
        for name, value in _WHOLE_COOKIE.findall(plain)
    )
    told = _COOKIE.sub(lambda found: cookie_value("cs_cookie", _text(found[1])), plain)
    return Query(told, files, plain if rewritten else "", hints, _checked(told))


def _text(quoted: str) -> str:
    return quoted.replace("''", "'")


def _files(sql: str) -> tuple[str, tuple[str, ...]]:
    found: list[str] = []

    def named(match: re.Match[str]) -> str:
        names = [name.strip() for name in match[1].split(",")]
        if not all(_FILE.search(name) for name in names):
            return match[0]
        found.extend(name.strip("'") for name in names)
        return "FROM log"

    return _FILES.sub(named, sql), tuple(found)


def _fields(sql: str, fields: Mapping[str, str]) -> str:
    """The query with columns for fields; texts and comments stay as they are."""
    names = sorted((re.escape(name) for name in fields), key=len, reverse=True)
    alternatives = "|".join(names)
    pattern = re.compile(
        rf"({_QUIET})|\"({alternatives})\"|\[({alternatives})\]|(?<![\w.\"-])({alternatives})(?![\w(\"-])",
        re.IGNORECASE | re.DOTALL,
    )

    def column(match: re.Match[str]) -> str:
        name = match[2] or match[3] or match[4]
        return fields[name.lower()] if name else match[0]

    return pattern.sub(column, sql)


def _limited(sql: str) -> str:
    found = _TOP.search(sql)
    return sql if found is None else f"{_TOP.sub(r'\1', sql, count=1)} LIMIT {found[2]}"


def _checked(sql: str) -> bool:
    """Whether the query goes line by line. Raises SqlError for what is no query."""
    sqlglot = needed("sqlglot")
    expressions = needed("sqlglot.expressions")
    errors = needed("sqlglot.errors")
    # It warns of statements that it cannot take apart, which are none that we take.
    logging.getLogger("sqlglot").setLevel(logging.ERROR)
    try:
        statements = sqlglot.parse(sql, read="duckdb")
    except errors.SqlglotError as error:
        raise SqlError(f"not understood: {visible(_first_line(error))}") from error
    if len(statements) != 1 or not isinstance(statements[0], expressions.Query):
        raise SqlError("a query is one SELECT; all columns are in: SELECT * FROM log LIMIT 1")
    tree = statements[0]
    if tree.args.get("into") is not None:
        raise SqlError("the answer goes to standard output: leave INTO out, and write > FILE")
    gathering = ("AggFunc", "Distinct", "Group", "Join", "Limit", "Order", "SetOperation", "Window")
    tables = [table.name.lower() for table in tree.find_all(expressions.Table)]
    return tables == ["log"] and not any(
        True for _ in tree.find_all(*(getattr(expressions, name) for name in gathering))
    )


def _first_line(error: Exception) -> str:
    return re.sub(r"\x1b\[\d*m", "", str(error)).partition("\n")[0]
