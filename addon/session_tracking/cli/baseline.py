"""`session-tracker baseline`: the findings that were there before."""

from collections.abc import Iterable
from pathlib import Path

import click

from session_tracking.cli.gate import REPORT_FILE, read_report
from session_tracking.errors import InputError
from session_tracking.escape import visible
from session_tracking.reports.baseline import (
    BaselineFile,
    Change,
    new_file,
    prune as pruned,
    read_file,
    update as updated,
)
from session_tracking.reports.document import Document
from session_tracking.reports.files import write_atomically

__all__ = ["baseline"]

_FILE = click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
_REPORTS = click.argument(
    "reports", metavar="REPORT.json...", type=REPORT_FILE, nargs=-1, required=True
)


@click.group()
def baseline() -> None:
    """The findings that were there before, which do not fail a run."""


@baseline.command(
    epilog="""\b
Example:
  session-tracker baseline create known.toml report.json"""
)
@_FILE
@_REPORTS
def create(file: Path, reports: tuple[Path, ...]) -> None:
    """Make FILE of all that reports found.

    A proven swap is left out, since nothing silences it, and so is what is suppressed.
    """
    if file.exists():
        raise click.UsageError(
            f"{visible(str(file))} is there already: use `update`, or remove it first."
        )
    made = new_file(file)
    _save(made, updated(made, _documents(reports, "what it did not see is not in the baseline")))


@baseline.command(
    epilog="""\b
Example:
  session-tracker baseline update known.toml report.json"""
)
@_FILE
@_REPORTS
def update(file: Path, reports: tuple[Path, ...]) -> None:
    """Add to FILE what reports found besides; nothing is taken out."""
    made = read_file(file)
    _save(made, updated(made, _documents(reports, "what it did not see is not added")))


@baseline.command(
    epilog="""\b
Examples:
  session-tracker baseline prune known.toml report.json
  session-tracker baseline prune known.toml unit.json browser.json"""
)
@_FILE
@_REPORTS
@click.option("--all", "everything", is_flag=True, help="Also what no visited route stands for.")
def prune(file: Path, reports: tuple[Path, ...], *, everything: bool) -> None:
    """Take out of FILE what was not found again on the routes that were visited."""
    made = read_file(file)
    documents = _documents(reports, "nothing was removed")
    if any(document.run.incomplete or document.counts.dropped for document in documents):
        raise InputError("what an incomplete run did not find may still be there.")
    _save(made, pruned(made, documents, everything=everything))


def _documents(reports: Iterable[Path], consequence: str) -> list[Document]:
    documents = []
    for path in reports:
        document = read_report(path)
        documents.append(document)
        for reason in document.run.incomplete:
            name = visible(str(path))
            click.echo(f"{name} is incomplete ({consequence}): {visible(reason, 500)}", err=True)
    return documents


def _save(file: BaselineFile, changes: Iterable[Change]) -> None:
    """Write the file, and tell what changed."""
    path = Path(file.baseline.source)
    told = list(changes)
    try:
        write_atomically(path, file.text())
    except OSError as error:
        raise InputError(f"{file.baseline.source} cannot be written: {error.strerror}.") from None
    for change in told:
        known = change.known
        line = f'{change.what}: {known.rule} {known.site}{known.route} "{known.cookie}"'
        click.echo(visible(line, 1000))
    number = len(file.tables)
    click.echo(f"{file.baseline.source}: {number} {'entry' if number == 1 else 'entries'}")
