"""`session-tracker gate`: decides on a report that was stored."""

from collections.abc import Sequence
from pathlib import Path

import click

from session_tracking.cli.report_options import baseline_option, fail_on_option, report_option
from session_tracking.config.loading import load
from session_tracking.escape import visible
from session_tracking.reports.document import Document
from session_tracking.reports.ending import settle
from session_tracking.reports.json import read_document
from session_tracking.reports.judging import Terms, today
from session_tracking.reports.known import Baseline
from session_tracking.reports.registry import ReportSpec
from session_tracking.reports.run import FailOn
from session_tracking.reports.text import summary

__all__ = ["REPORT_FILE", "gate", "read_report"]

REPORT_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(
    epilog="""\b
Examples:
  session-tracker gate report.json
  session-tracker gate report.json --fail-on warning --baseline known.toml
  session-tracker gate report.json --report html=report.html --report github=-

\b
Exit status: 0 nothing that fails, 1 findings or expired suppressions,
2 incomplete, 3 a proven session swap, 64 wrong usage, 78 wrong configuration."""
)
@click.argument("report", metavar="REPORT.json", type=REPORT_FILE)
@fail_on_option
@baseline_option
@click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Take the suppressions of this file.  [default: those that the report names]",
)
@report_option
def gate(
    report: Path,
    *,
    fail_on: FailOn,
    baseline: Baseline | None,
    config: Path | None,
    reports: Sequence[ReportSpec],
) -> None:
    """Decide on a stored report: print its summary, and end with its exit status.

    Known findings do not fail, and neither do suppressed ones until they expire. The report may be
    written again in other formats.
    """
    # What a rule that is off would have found is not in the report: only the report can tell that.
    suppressions = None if config is None else load(config).suppressions
    terms = Terms(fail_on, today(), suppressions, baseline)
    document = settle(read_report(report), terms, reports)
    for line in summary(document):
        click.echo(line, err=any(spec.path is None for spec in reports))
    raise click.exceptions.Exit(document.run.exit_status)


def read_report(path: Path) -> Document:
    """The JSON report that a file holds. Raises InputError if it is none."""
    return read_document(path.read_bytes(), visible(str(path), 1000))
