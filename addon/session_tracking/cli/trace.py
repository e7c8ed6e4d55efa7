"""`session-tracker trace`: lists the traces, shows one, merges some."""

from collections.abc import Sequence
from pathlib import Path
from typing import IO

import click

from session_tracking.records.trace_read import merged, read_traces, trace_line, trace_lines

__all__ = ["trace"]

_PATH = click.Path(path_type=Path)


@click.group()
def trace() -> None:
    """Look at the traces that `[trace]` writes."""


@trace.command(
    "list",
    epilog="""\b
Example:
  session-tracker trace list traces""",
)
@click.argument("places", type=_PATH, nargs=-1, required=True)
def list_traces(places: Sequence[Path]) -> None:
    """List the traces in PLACES, files or folders with all that is in them, in order of time."""
    for found in read_traces(places):
        click.echo(trace_line(found))


@trace.command(
    epilog="""\b
Example:
  session-tracker trace show traces/shop.test/tr000001.har"""
)
@click.argument("places", type=_PATH, nargs=-1, required=True)
def show(places: Sequence[Path]) -> None:
    """Show traces: the request, what each step did, the response with ours marked, the verdict."""
    for number, found in enumerate(read_traces(places)):
        if number:
            click.echo()
        for line in trace_lines(found):
            click.echo(line)


@trace.command(
    epilog="""\b
Example:
  session-tracker trace merge traces/shop.test -o shop.har"""
)
@click.argument("places", type=_PATH, nargs=-1, required=True)
@click.option("-o", "--output", type=click.File("w", encoding="utf-8"), default="-")
def merge(places: Sequence[Path], output: IO[str]) -> None:
    """Write one HAR with all exchanges of the traces in PLACES, in order of time."""
    output.write(merged(read_traces(places)))
