"""What the questions of `session-tracker activity` and `query` have in common."""

import functools
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import click

from session_tracking.activity.inputs import Inputs
from session_tracking.activity.libraries import needed
from session_tracking.activity.local import Local, question_sql, reading
from session_tracking.activity.output import FORMATS, Answer, lines, stream
from session_tracking.activity.selection import Selection, moment
from session_tracking.escape import visible

__all__ = ["Asked", "answered", "cookie_name", "fleet_of", "question_of", "tell_faults", "write"]


class _Moment(click.ParamType[datetime]):
    name = "time"

    def convert(
        self,
        value: Any,  # noqa: ANN401 - click's signature
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> datetime:
        try:
            return moment(value)
        except ValueError:
            self.fail(f"{visible(value)} is no time; write it like 2026-11-21T09:30", param, ctx)


@dataclass(frozen=True, slots=True)
class Asked:
    """Which logs, which lines of them, which engine, and how the answer is to be written."""

    inputs: tuple[str, ...]
    form: str = "table"
    since: datetime | None = None
    until: datetime | None = None
    site: str | None = None
    top: int | None = None
    cookie: str | None = None
    config: Path | None = None
    engine: str | None = None
    source: str | None = None

    def names(self) -> Sequence[str]:
        """Folders, files and patterns; where none are named, the configured folder."""
        if self.source is not None and self.engine is None:
            return (*self.inputs, self.source)
        return self.inputs or (str(_configured_folder(self.config)),)

    def selection(self, session: str | None = None) -> Selection:
        """The lines that are asked about."""
        return Selection(self.since, self.until, self.site, session)


type _Command = Callable[..., None]


def question_of(logs: str = "") -> Callable[[_Command], _Command]:
    """A command with the options of every question, handed over as one argument.

    `logs` is the option that names the logs; without one they are the command's arguments.
    """

    def decorated(command: _Command) -> _Command:
        @functools.wraps(command)
        def called(**given: Any) -> None:  # noqa: ANN401 - click's options
            common = {name: given.pop(name) for name in Asked.__dataclass_fields__}
            asked = Asked(**common)
            if asked.since and asked.until and asked.until <= asked.since:
                raise click.UsageError("--until is not after --since: nothing is between them.")
            command(asked, **given)

        return _with_options(called, logs)

    return decorated


def _with_options(command: _Command, logs: str) -> _Command:
    for option in reversed(
        (
            click.option(logs, "inputs", multiple=True, metavar="LOG", help="Logs; repeatable.")
            if logs
            else click.argument("inputs", nargs=-1, metavar="[LOG]..."),
            click.option(
                "--format", "form", type=click.Choice(FORMATS), default="table", show_default=True
            ),
            click.option(
                "--since",
                type=_Moment(),
                help="From this time on, UTC, such as 2026-11-21 or 2026-11-21T09:30.",
            ),
            click.option("--until", type=_Moment(), help="Before this time, UTC."),
            click.option("--site", help="One site: the name of its folder."),
            click.option(
                "--top", type=click.IntRange(min=1), metavar="N", help="The first N rows only."
            ),
            click.option(
                "--cookie",
                metavar="NAME",
                help="The session's cookie, for logs without x-session-id.  [default: as"
                " configured]",
            ),
            click.option(
                "--config",
                type=click.Path(path_type=Path, dir_okay=False),
                help="Configuration that names the logs' folder and the cookie.",
            ),
            click.option(
                "--engine",
                metavar="URL",
                help="Who answers: duckdb://, pyspark://, clickhouse://…, trino://…,"
                " postgres://….  [default: DuckDB in this process]",
            ),
            click.option(
                "--source",
                metavar="PATH|TABLE",
                help="Where the engine finds what `activity export` wrote.",
            ),
        )
    ):
        command = option(command)
    return command


def cookie_name(asked: Asked) -> str:
    """Name of the session's cookie; the configuration is read only where it is needed."""
    if asked.cookie is not None:
        return asked.cookie
    return str(_configuration(asked.config).root.cookie.name)


def _configured_folder(config: Path | None) -> Path:
    configuration = _configuration(config)
    folder: Path = configuration.path.parent / configuration.root.log.dir
    if not folder.is_dir():
        raise click.UsageError(
            f"Name the logs to read, as folders, files or patterns: {visible(str(folder))},"
            " which the configuration names, is not there."
        )
    return folder


def _configuration(config: Path | None) -> Any:  # noqa: ANN401 - imported late
    from session_tracking.config.loading import load  # noqa: PLC0415 - pydantic takes long

    return load(config)


@contextmanager
def _opened(
    asked: Asked, name: str, values: Mapping[str, Any], session: str | None, steps: Sequence[str]
) -> Iterator[tuple[Local, str]]:
    """Whoever answers, DuckDB holds the answer in the end: it, and SQL for the answer."""
    selection = asked.selection(session)
    if asked.engine is None:
        with reading(asked.names(), selection, lambda: cookie_name(asked)) as (local, inputs):
            tell_faults(inputs)
            yield local, question_sql(name, values, steps)
        return
    fleet = fleet_of(asked, selection)
    local = Local()
    try:
        yield local, fleet.into(local, fleet.question(name, values, steps), asked.top)
    finally:
        local.close()


def fleet_of(asked: Asked, selection: Selection) -> Any:  # noqa: ANN401 - imported late
    """The engine of `--engine`. Raises UsageError, QueryError, MissingLibraryError."""
    if asked.source is None or asked.inputs:
        raise click.UsageError("--engine reads what --source PATH|TABLE names, and no other logs.")
    return needed("session_tracking.activity.fleet").Fleet(asked.engine, asked.source, selection)


def tell_faults(inputs: Inputs) -> None:
    """Tell which packed files end too early, and which are no logs."""
    for name in inputs.torn:
        click.echo(f"{visible(name)} ends too early: the rest of it is missing", err=True)
    for name in inputs.foreign:
        click.echo(f"{visible(name)} has no line #Fields above its lines: left out", err=True)


@contextmanager
def answered(
    asked: Asked,
    name: str,
    values: Mapping[str, Any] | None = None,
    *,
    session: str | None = None,
    steps: Sequence[str] = (),
    times: Sequence[str] = (),
) -> Iterator[Answer]:
    """The answer to a question."""
    with _opened(asked, name, values or {}, session, steps) as (local, sql):
        yield Answer(local, sql, top=asked.top, times=times)


_HEAD: Final = {"table": 1, "markdown": 2}
"""Lines of a table without rows."""


def write(answer: Answer, form: str, top: int | None) -> None:
    """Write an answer to standard output."""
    if form in {"table", "more table", "markdown"}:
        told = 0
        for line in lines(answer, form, top):
            click.echo(line)
            told += 1
        if told == _HEAD.get(form):
            click.echo("no rows", err=True)
        return
    if form == "parquet" and sys.stdout.isatty():
        raise click.UsageError("Parquet is nothing to look at: send the output to a file.")
    try:
        stream(answer, form, sys.stdout.buffer)
    except BrokenPipeError:
        # Who reads has seen enough, as with `| head`.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
