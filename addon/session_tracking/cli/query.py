"""`session-tracker query`: SQL over the logs."""

import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import click

from session_tracking.activity.columns import field_columns
from session_tracking.activity.following import Follower
from session_tracking.activity.local import Local, QueryError, question_sql, reading
from session_tracking.activity.log_parser import Query, read_query
from session_tracking.activity.output import Answer
from session_tracking.activity.stretches import Stretch
from session_tracking.cli.activity_options import (
    Asked,
    cookie_name,
    fleet_of,
    question_of,
    tell_faults,
    write,
)

__all__ = ["query"]

_PAUSE = 0.5  # seconds between two looks at a running log


@click.command(
    epilog="""\b
Examples:
  session-tracker query "SELECT cs_uri_stem, count(*) FROM log GROUP BY ALL" --log logs
  session-tracker query "SELECT cs-uri-stem FROM u_ex090109.log WHERE cookie('visit') = 'ID'"
  session-tracker query "SELECT time, c_ip FROM log WHERE sc_status >= 500" --log logs --follow"""
)
@click.argument("sql")
@question_of("--log")
@click.option(
    "--findings",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="JSON report that holds the table `findings`.",
)
@click.option("--follow", is_flag=True, help="Go on with the lines that are written from now on.")
def query(asked: Asked, sql: str, findings: Path | None, *, follow: bool) -> None:
    """Ask in DuckDB's SQL, of the tables `log`, `sessions` and `findings`.

    Columns are the W3C fields, as `cs_uri_stem` or "cs-uri-stem"; `time` is a TIMESTAMP in UTC,
    NULL stands for `-`, cookie('NAME') is the value of a cookie. LogParser's queries, which name
    files themselves, are understood.
    """
    read = read_query(sql, field_columns())
    asked = _with_files(asked, read)
    if read.rewritten:
        click.echo(f"reads here: {read.rewritten}", err=True)
    for hint in read.hints:
        click.echo(f"hint: {hint}", err=True)
    if follow:
        _follow(asked, read, findings)
    elif asked.engine is not None:
        if findings is not None:
            raise click.UsageError("--findings is a file that engines of --engine do not see.")
        fleet = fleet_of(asked, asked.selection())
        local = Local()
        try:
            sql = fleet.into(local, fleet.query(read.sql), asked.top)
            write(Answer(local, sql, top=asked.top), asked.form, asked.top)
        finally:
            local.close()
    else:
        selection = asked.selection()
        with reading(asked.names(), selection, lambda: cookie_name(asked)) as (local, inputs):
            tell_faults(inputs)
            _write(local, asked, _known(read, sql, local.fields), findings)


def _known(read: Query, sql: str, extra: Mapping[str, str]) -> Query:
    """The query once more, if the logs have fields of their own."""
    return read_query(sql, field_columns(extra)) if extra else read


def _with_files(asked: Asked, read: Query) -> Asked:
    """What the query names itself: as it stands, or within the folders that are named."""
    if not read.files:
        return asked
    found: list[str] = []
    for name in read.files:
        folders = [] if Path(name).is_absolute() else asked.inputs
        inside = [str(one) for folder in folders for one in sorted(Path(folder).rglob(name))]
        found += inside or [name]
    return replace(asked, inputs=tuple(found))


def _write(local: Local, asked: Asked, read: Query, findings: Path | None) -> None:
    local.name_tables(question_sql("sessions"), findings)
    try:
        answer = Answer(local, read.sql, top=asked.top)
    except QueryError as error:
        if findings is None and "Table with name findings does not exist" in str(error):
            raise click.UsageError(
                "The table findings is in a JSON report: name it, --findings FILE."
            ) from None
        raise
    write(answer, asked.form, asked.top)


def _follow(asked: Asked, read: Query, findings: Path | None) -> None:
    """Answer again and again: for the new lines, or for all where they belong together."""
    if asked.engine is not None or asked.form not in {"table", "csv"}:
        raise click.UsageError("--follow reads logs itself, and writes --format table or csv.")
    follower = Follower(asked.names(), asked.site)
    seen: list[Stretch] = []
    form = asked.form
    with suppress(KeyboardInterrupt):
        while True:
            new = follower.new()
            seen = new if read.by_line else [*seen, *new]
            if new:
                _write_lines(seen, replace(asked, form=form), read, findings)
                form = f"more {asked.form}" if read.by_line else form
            time.sleep(_PAUSE)


def _write_lines(
    stretches: Sequence[Stretch], asked: Asked, read: Query, findings: Path | None
) -> None:
    local = Local()
    try:
        local.see(stretches, [], cookie_name(asked))
        local.select(asked.selection())
        _write(local, asked, read, findings)
    finally:
        local.close()
    sys.stdout.flush()
