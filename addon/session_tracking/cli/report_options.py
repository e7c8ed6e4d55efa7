"""The options of every command that audits: which reports to write, and when to fail."""

from collections.abc import Callable, Iterable
from pathlib import Path

import click

from session_tracking.errors import InputError
from session_tracking.reports.baseline import read_baseline
from session_tracking.reports.known import Baseline
from session_tracking.reports.registry import REPORTS, ReportProblem, ReportSpec, parse_spec
from session_tracking.reports.run import FailOn

__all__ = ["baseline_option", "fail_on_option", "report_option"]


def _specs(
    context: click.Context, parameter: click.Parameter, values: Iterable[str]
) -> tuple[ReportSpec, ...]:
    try:
        return tuple(map(parse_spec, values))
    except ReportProblem as problem:
        raise click.BadParameter(str(problem), context, parameter) from None


def _threshold(context: click.Context, parameter: click.Parameter, value: str) -> FailOn:  # noqa: ARG001 - click's signature
    return FailOn(value)


def _baseline(
    context: click.Context, parameter: click.Parameter, value: Path | None
) -> Baseline | None:
    try:
        return None if value is None else read_baseline(value)
    except InputError as error:
        raise click.BadParameter(str(error), context, parameter) from None


report_option: Callable[[Callable[..., None]], Callable[..., None]] = click.option(
    "--report",
    "reports",
    metavar="FORMAT=PATH",
    multiple=True,
    callback=_specs,
    help=f"Write a report: {', '.join(REPORTS)}. Repeatable; PATH - is standard output.",
)
"""Gives the command `reports`, a tuple of `ReportSpec`."""

fail_on_option: Callable[[Callable[..., None]], Callable[..., None]] = click.option(
    "--fail-on",
    type=click.Choice([threshold.value for threshold in FailOn]),
    default="error",
    show_default=True,
    callback=_threshold,
    help="Severity from which findings make the exit status 1.",
)
"""Gives the command `fail_on`, a `FailOn`."""

baseline_option: Callable[[Callable[..., None]], Callable[..., None]] = click.option(
    "--baseline",
    type=click.Path(path_type=Path, dir_okay=False),
    callback=_baseline,
    help="Findings that were there before, as `baseline create` wrote them: they do not fail.",
)
"""Gives the command `baseline`, a `Baseline` or None."""
