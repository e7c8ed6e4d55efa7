"""`session-tracker audit`: the findings of recordings, without a proxy."""

import gc
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from session_tracking.cli.auditing import RecordingAudit
from session_tracking.cli.cache_names import config_option
from session_tracking.cli.recordings import Recording
from session_tracking.cli.report_options import baseline_option, fail_on_option, report_option
from session_tracking.config.loading import load
from session_tracking.records.recorded import Recorded
from session_tracking.reports.ending import conclude
from session_tracking.reports.judging import Terms, today
from session_tracking.reports.known import Baseline
from session_tracking.reports.registry import ReportSpec
from session_tracking.reports.run import FailOn
from session_tracking.reports.text import render, summary

__all__ = ["audit"]

_FILE = click.Path(exists=True, dir_okay=False, allow_dash=True)
_RARELY = 100_000
_STEP = 200
"""Exchanges between two looks at the progress bar."""


@click.command(
    epilog="""\b
Examples:
  session-tracker audit capture.mitm
  session-tracker audit *.har --fail-on warning --report json=report.json
  zcat traffic.mitm.gz | session-tracker audit -

\b
Exit status: 0 clean, 1 findings, 2 incomplete, 3 a proven session swap,
64 wrong usage, 78 wrong configuration; 3 goes before 2 before 1."""
)
@click.argument("files", metavar="FILE...", type=_FILE, nargs=-1, required=True)
@fail_on_option
@baseline_option
@report_option
@config_option
def audit(
    files: tuple[str, ...],
    *,
    fail_on: FailOn,
    baseline: Baseline | None,
    reports: tuple[ReportSpec, ...],
    config: Path | None,
) -> None:
    """Audit recorded traffic: what `mitmdump -nr FILE` with the addon finds, but many times faster.

    FILE is what mitmproxy writes (-w) or a HAR, also of a browser or of Playwright, also packed
    (.gz, .har.zip); `-` is standard input. Several files are audited as one recording.
    """
    configuration = load(config)
    audited = RecordingAudit(configuration, ", ".join(files))
    # What was imported stays, and exchanges make no circles: to look for them takes a fifth longer.
    gc.freeze()
    gc.set_threshold(_RARELY)
    for number, name in enumerate(files, 1):
        recording = Recording(name)
        numbered = f"{number}:" if len(files) > 1 else ""
        for seen in _with_progress(recording, recording.read(numbered)):
            audited.feed(seen)
        audited.run.incomplete |= recording.problems
    audited.end()
    for failure in audited.failures:
        click.echo(f"session-tracker: {failure}", err=True)
    off = configuration.rules_off
    terms = Terms(fail_on, today(), configuration.suppressions, baseline, off)
    document = conclude(audited.run, audited.tally, terms, reports)
    if any(spec.path is None for spec in reports):
        click.echo("\n".join(summary(document)), err=True)
    else:
        click.echo(render(document), nl=False)
    raise click.exceptions.Exit(document.run.exit_status)


def _with_progress(recording: Recording, exchanges: Iterator[Recorded]) -> Iterator[Recorded]:
    """The exchanges, with a bar on standard error where that is a terminal."""
    if not sys.stderr.isatty():
        yield from exchanges
        return
    label = f"auditing {recording.shown}"
    with click.progressbar(length=recording.size, file=sys.stderr, label=label) as bar:
        for number, seen in enumerate(exchanges):
            yield seen
            if number % _STEP == 0:
                bar.update(recording.position - bar.pos)
        bar.update(recording.size - bar.pos)
