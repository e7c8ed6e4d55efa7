"""`session-tracker logs`: what other programs need to know of the log, and whether it is whole."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import click

from session_tracking.activity.inputs import found_paths
from session_tracking.config.loading import load
from session_tracking.errors import InputError
from session_tracking.escape import visible
from session_tracking.records.goaccess import goaccess_lines
from session_tracking.records.w3c_fields import DEFAULT_FIELDS
from session_tracking.records.w3c_read import Reader

__all__ = ["logs"]

INCOMPLETE = 2

_TOLD = 10
"""Lines without their fields that are told of one by one."""

_FILE = click.Path(path_type=Path, dir_okay=False)


@click.group()
def logs() -> None:
    """Read the log with other programs, and see whether lines are missing."""


@logs.command(
    "goaccess-format",
    epilog="""\b
Examples:
  goaccess -p <(session-tracker logs goaccess-format) logs/shop.test/u_ex*.log
  session-tracker logs goaccess-format logs/shop.test/u_ex260103.log > goaccess.conf""",
)
@click.argument("log", type=_FILE, required=False)
@click.option("--config", "file", type=_FILE, help="Configuration file whose fields are meant.")
@click.option("--site", default="", metavar="HOST", help="Site whose fields are meant.")
def goaccess_format(log: Path | None, *, file: Path | None, site: str) -> None:
    """Print a configuration with which GoAccess reads the log.

    It is for the fields of LOG, else those that are configured.
    """
    if log is not None:
        fields = _last_fields(log)
    else:
        settings = load(file).for_url(site, "/").log
        fields = DEFAULT_FIELDS if settings is None else settings.fields
    click.echo("\n".join(goaccess_lines(fields)))


@logs.command(
    epilog="""\b
Example:
  session-tracker logs check logs"""
)
@click.argument("names", metavar="LOG...", nargs=-1, required=True)
@click.pass_context
def check(ctx: click.Context, names: Sequence[str]) -> None:
    """Count the lines of logs, and tell what is missing in them.

    LOG is a folder, a file or a pattern; files end in .log or .gz. Exit status 2 tells that
    something is missing.
    """
    whole = True
    for path in found_paths(names):
        if path.suffix == ".parquet":
            continue
        reader = _read(path)
        told = [f"{reader.rows} line{'' if reader.rows == 1 else 's'}"]
        told += map(visible, reader.remarks)
        told += _misfits(reader)
        told += ["the last line has no end"] if reader.torn else []
        whole = whole and len(told) == 1
        click.echo(f"{visible(str(path))}: {'; '.join(told)}")
    if not whole:
        ctx.exit(INCOMPLETE)


def _misfits(reader: Reader) -> Iterator[str]:
    if reader.skipped and not reader.fields:
        yield "it is no log of this format: it has no line #Fields"
        return
    yield from (f"line {number} does not have its fields" for number in reader.skipped[:_TOLD])
    if len(reader.skipped) > _TOLD:
        yield f"{len(reader.skipped) - _TOLD} more lines do not have theirs"


def _read(path: Path) -> Reader:
    reader = Reader()
    try:
        for _ in reader.read(path):
            pass
    except OSError as error:
        why = error.strerror or "it is not packed by gzip, or damaged"
        raise InputError(f"{visible(str(path))} cannot be read: {why}.") from None
    return reader


def _last_fields(path: Path) -> Sequence[str]:
    fields = _read(path).fields
    if not fields:
        raise InputError(f"{visible(str(path))} has no line #Fields: it is no log of this format.")
    return fields
