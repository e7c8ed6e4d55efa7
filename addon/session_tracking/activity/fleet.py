"""Engines for a fleet, chosen by URL: Ibis asks them, DuckDB writes what they answer."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import ibis
import sqlglot

from session_tracking.activity.columns import COLUMNS
from session_tracking.activity.libraries import INSTALL
from session_tracking.activity.local import Local, QueryError
from session_tracking.activity.questions import QUESTIONS, Table, funnel
from session_tracking.activity.selection import Selection
from session_tracking.errors import MissingLibraryError

__all__ = ["Fleet", "dialect"]

_EXTRAS: Final = {"pyspark": INSTALL.format("spark"), "duckdb": INSTALL.format("activity")}


def dialect(url: str) -> str:
    """The engine that a URL names, as Ibis calls it."""
    scheme = url.partition("://")[0]
    return {"postgresql": "postgres"}.get(scheme, scheme)


class Fleet:
    """One engine, and the table that holds the log there."""

    def __init__(self, url: str, source: str, selection: Selection) -> None:
        """Connect. Raises QueryError, MissingLibraryError."""
        self.dialect: str = dialect(url)
        try:
            self.connection: Any = ibis.connect(url)
            log = self._source(source)
        except ImportError as error:
            missing = getattr(error.__cause__, "name", None) or "a library"
            command = _EXTRAS.get(self.dialect, f'pip install "ibis-framework[{self.dialect}]"')
            raise MissingLibraryError(
                f"the engine {self.dialect} needs {missing}, which is not installed: {command}"
            ) from None
        except ibis.common.exceptions.TableNotFound:
            raise QueryError(
                f"{source}: no such folder or table. Name what `session-tracker activity export`"
                " has written."
            ) from None
        except Exception as error:
            raise _failure(error) from error
        lacking = [column.name for column in COLUMNS if column.name not in log.columns]
        if lacking:
            raise QueryError(
                f"{source} has no column {', '.join(lacking)}:"
                " it must be what `session-tracker activity export` writes"
            )
        for column, operator, value in selection.conditions():
            values: Any = log[column]
            log = log.filter(
                {
                    ">=": lambda v, w: v >= w,
                    "<": lambda v, w: v < w,
                    "=": lambda v, w: v == w,
                }[operator](values, value)
            )
        self.log: Table = log

    def _source(self, source: str) -> Table:
        if "/" not in source and not Path(source).exists():
            return self.connection.table(source)
        local = self.dialect == "duckdb"
        path = f"{source}/**/*.parquet" if local and Path(source).is_dir() else source
        options = {"hive_partitioning": True, "union_by_name": True} if local else {}
        return self.connection.read_parquet(path, **options)

    def question(self, name: str, values: Mapping[str, Any], steps: Sequence[str]) -> Table:
        """A question, ready to be asked."""
        if name == "funnel":
            return funnel(self.log, steps)
        return QUESTIONS[name](self.log, **values)

    def query(self, sql: str) -> Table:
        """A query in DuckDB's SQL, ready to be asked in the engine's own."""
        own = self.connection.dialect
        try:
            tree: Any = sqlglot.parse_one(sql, read="duckdb")
            # The last one comes first: sessions are found in the log.
            for name, table in (("sessions", QUESTIONS["sessions"](self.log)), ("log", self.log)):
                tree = tree.with_(
                    name, as_=sqlglot.parse_one(self.connection.compile(table), read=own)
                )
            return self.connection.sql(tree.sql(own))
        except Exception as error:
            raise _failure(error) from error

    def into(self, local: Local, asked: Table, top: int | None) -> str:
        """Ask, and hand the answer to DuckDB; SQL that holds it. Raises QueryError."""
        try:
            rows = self.connection.to_pyarrow(asked if top is None else asked.limit(top))
        except Exception as error:
            raise _failure(error) from error
        local.register("answer", rows)
        return "SELECT * FROM answer"


def _failure(error: Exception) -> QueryError:
    return QueryError(str(error).strip().partition("\n\n")[0] or type(error).__name__)
