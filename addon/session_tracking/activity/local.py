"""DuckDB in this process: reads logs, answers, and writes the answers of any engine."""

import ctypes
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from datetime import datetime
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final

from session_tracking.activity.columns import COLUMNS
from session_tracking.activity.inputs import Inputs, opened
from session_tracking.activity.libraries import needed
from session_tracking.activity.log_view import literal, log_view, needs_cookie
from session_tracking.activity.selection import Selection
from session_tracking.activity.stretches import Stretch, searched
from session_tracking.errors import SessionTrackerError

__all__ = ["Local", "QueryError", "question_sql", "reading"]

MEMORY: Final = "1GB"
"""What DuckDB may hold before it goes to the disk; Python and buffers come on top."""

_VIRTUAL_FILES: Final = "session_tracking.activity.virtual_files"


class QueryError(SessionTrackerError):
    """A query that cannot be answered; the message is the engine's."""


@cache
def _questions() -> dict[str, str]:
    text = resources.files(__package__).joinpath("questions.sql").read_text(encoding="utf-8")
    parts = (part.partition("\n") for part in text.split("-- question: ")[1:])
    return {name: sql.strip() for name, _, sql in parts}


def question_sql(
    name: str, values: Mapping[str, str | int] | None = None, steps: Sequence[str] = ()
) -> str:
    """DuckDB's SQL of a question over the table `log`."""
    if name == "funnel":
        return str(needed("session_tracking.activity.compiling").funnel_sql(tuple(steps)))
    sql = _questions()[name]
    # For values that are bound DuckDB imports pandas, where that is installed: a second.
    for parameter, value in (values or {}).items():
        sql = sql.replace(f"${parameter}::", f"{literal(str(value))}::")
    return sql


class Local:
    """One DuckDB without a file of its own."""

    def __init__(self) -> None:
        duckdb = needed("duckdb")
        _keep_memory()
        self.error: type[Exception] = duckdb.Error
        self.connection: Any = duckdb.connect(
            config={"memory_limit": MEMORY, "enable_external_file_cache": False}
        )
        self.fields: Mapping[str, str] = {}
        """Fields that only the logs at hand have, and their columns."""

    def close(self) -> None:
        """End it; what it put on the disk is gone."""
        self.connection.close()

    def see(self, stretches: Sequence[Stretch], parquet: Sequence[Path], cookie: str) -> None:
        """Make the view `every_line` of these logs."""
        selects = []
        if stretches or not parquet:
            virtual_files = needed(_VIRTUAL_FILES)
            view = log_view(stretches, cookie)
            self.connection.register_filesystem(virtual_files.virtual_files(view.files))
            self.fields = view.extra
            selects.append(view.sql)
        if parquet:
            paths = ", ".join(literal(str(path)) for path in parquet)
            columns = ", ".join(
                f"CAST({column.name} AS {column.type}) AS {column.name}" for column in COLUMNS
            )
            selects.append(
                f"SELECT {columns} FROM read_parquet([{paths}], union_by_name = true,"
                " hive_partitioning = true, hive_types_autocast = false)"
            )
        self._execute(f"CREATE VIEW every_line AS {' UNION ALL BY NAME '.join(selects)}")

    def select(self, selection: Selection) -> None:
        """Make the view `log`: the lines that are asked about."""
        conditions = [
            f"{column} {operator} {_value(value)}"
            for column, operator, value in selection.conditions()
        ]
        where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
        self._execute(f"CREATE VIEW log AS SELECT * FROM every_line{where}")

    def name_tables(self, sessions: str, findings: Path | None) -> None:
        """Make the views `sessions` and, of a JSON report, `findings`. Raises QueryError."""
        self._execute(f"CREATE VIEW sessions AS {sessions}")
        if findings is not None:
            self._execute(
                "CREATE VIEW findings AS SELECT unnest(finding) FROM (SELECT unnest(findings)"
                f" AS finding FROM read_json({literal(str(findings))}))"
            )

    def _execute(self, sql: str) -> Any:  # noqa: ANN401 - what DuckDB gives
        try:
            return self.connection.execute(_as_read(sql))
        except self.error as error:
            raise QueryError(_told(error)) from error

    def names_and_types(self, sql: str) -> list[tuple[str, str]]:
        """The columns of an answer, in order, with the types of DuckDB."""
        described = self._execute(f"DESCRIBE {sql}").fetchall()
        return [(str(row[0]), str(row[1])) for row in described]

    def rows(self, sql: str, most: int) -> list[tuple[Any, ...]]:
        """Up to `most` rows of an answer."""
        return list(self._execute(sql).fetchmany(most))

    def copy(self, sql: str, target: str, options: str) -> None:
        """Write an answer to a file."""
        self._execute(f"COPY ({sql}) TO {literal(target)} ({options})")

    def export(self, folder: Path) -> None:
        """Write the view `log` as Parquet, partitioned by day and site."""
        folder.mkdir(parents=True, exist_ok=True)
        self.copy(
            "SELECT *, strftime(date, '%Y-%m-%d') AS day FROM log",
            str(folder),
            "FORMAT parquet, PARTITION_BY (day, site), COMPRESSION zstd",
        )

    def register(self, name: str, rows: Any) -> None:  # noqa: ANN401 - what Arrow has
        """Make an answer of another engine a table."""
        self.connection.register(name, rows)


def _keep_memory() -> None:
    """Keep what was freed: the C library would give each block back, and ask for it again zeroed.

    That took a third of the time. Only glibc has these switches.
    """
    with suppress(AttributeError, OSError):
        tune = ctypes.CDLL(None).mallopt
        tune(-1, 1 << 30)  # M_TRIM_THRESHOLD
        tune(-3, 1 << 30)  # M_MMAP_THRESHOLD


def _as_read(text: str) -> str:
    """What the user wrote with octets that are no UTF-8 as `?`: logs are read so as well."""
    return text.encode("utf-8", "replace").decode()


def _told(error: Exception) -> str:
    return str(error).partition("\n\n")[0]


def _value(value: str | datetime) -> str:
    if isinstance(value, datetime):
        return f"TIMESTAMP {literal(value.isoformat(' '))}"
    return literal(value)


@contextmanager
def reading(
    names: Sequence[str], selection: Selection, cookie: Callable[[], str]
) -> Iterator[tuple[Local, Inputs]]:
    """DuckDB with the view `log` of these logs. Raises InputError, MissingLibraryError.

    `cookie` is asked for the name of the session's cookie where a log does not tell its sessions.
    """
    # What a `?` stands for in the log is not known.
    text = max(_as_read(selection.session or "").split("?"), key=len)
    with (
        opened(names, selection.site) as inputs,
        searched(inputs.files, text) as found,
        closing(Local()) as local,
    ):
        if inputs.files:
            needed(_VIRTUAL_FILES)  # imported, as DuckDB is, while other processes look
        stretches = found()
        inputs.look(stretches)
        local.see(stretches, inputs.parquet, cookie() if needs_cookie(stretches) else "")
        local.select(selection)
        yield local, inputs
