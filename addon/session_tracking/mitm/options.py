"""The options of mitmproxy that are ours: few, since all the rest is in the configuration file."""

import difflib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mitmproxy import ctx, exceptions
from mitmproxy.addonmanager import Loader

from session_tracking.config.loading import CACHES
from session_tracking.errors import InputError, SessionTrackerError
from session_tracking.escape import visible
from session_tracking.reports.baseline import read_baseline
from session_tracking.reports.known import Baseline
from session_tracking.reports.registry import REPORTS, ReportProblem, ReportSpec, parse_spec
from session_tracking.reports.run import FailOn

BASELINE = "session_tracker_baseline"
CONFIG = "session_tracker_config"
REDIRECTS = "session_tracker_redirects"
ENABLED = "session_tracker_enabled"
FAIL_ON = "session_tracker_fail_on"
REPORT = "session_tracker_report"

OPTIONS: tuple[tuple[str, Any, object, str], ...] = (
    (
        BASELINE,
        str,
        "",
        (
            "Baseline, as `session-tracker baseline create` makes it: what is in it is told apart,"
            " and fails no run. Set while mitmproxy runs, it looks at the routes seen from then on."
            " Empty: none."
        ),
    ),
    (
        CACHES,
        str,
        "",
        (
            "Caches to judge for: names of `session-tracker caches`, separated by commas. Empty: as"
            " the configuration says."
        ),
    ),
    (CONFIG, str, "", "Configuration file. Empty: the config.toml that comes with the addon."),
    (
        ENABLED,
        str,
        "",
        "Whether the tracker issues cookies: true or false. Empty: as the configuration says.",
    ),
    (
        FAIL_ON,
        str,
        "",
        (
            "Severity from which findings make mitmproxy exit with status 1: error, warning, note,"
            " never. Empty: error when a file is read, never for live traffic."
        ),
    ),
    (
        REDIRECTS,
        str,
        "",
        (
            "In reverse mode, what to do with redirects that lead the client past the proxy, to the"
            " application itself: note, rewrite. Empty: nothing."
        ),
    ),
    (
        REPORT,
        Sequence[str],
        [],
        (
            f"Report to write when mitmproxy ends: FORMAT=PATH, or FILE.json alone. Repeatable."
            f" Formats: {', '.join(REPORTS)}; PATH - is standard output. Set while mitmproxy runs,"
            " it lists the routes that were seen from then on."
        ),
    ),
)
"""(name, type, default, help) of every option; the manual's table is made of it."""


class OptionProblem(SessionTrackerError):
    """An option has a value that it cannot have; the message tells the fix."""


@dataclass(frozen=True, slots=True)
class Options:
    """The values of our options, checked."""

    config: Path | None
    """None for the shipped configuration."""
    enabled: str
    fail_on: FailOn
    reports: tuple[ReportSpec, ...]
    baseline: Baseline | None = None
    caches: tuple[str, ...] = ()
    """Empty for what the configuration says."""
    redirects: str = ""
    """`note`, `rewrite`, or nothing."""


def declare(loader: Loader) -> None:
    """Tell mitmproxy the options.

    Raises OptionProblem if one was given twice, or in a file with a wrong type.
    """
    for name, kind, default, text in OPTIONS:
        loader.add_option(name, kind, default, text)
    try:
        # mitmproxy itself swallows the error of a value that waited for the option's declaration:
        # the addon would be absent without a word, and the proxy serving.
        loader.master.options.process_deferred()
    except (exceptions.OptionsError, TypeError) as error:
        raise OptionProblem(f"{visible(str(error))}. Give it once, as text.") from None


def read() -> Options:
    """The options as they are set now.

    Raises OptionProblem with every value that an option cannot have.
    """
    problems = [*_unknown(), *_wrong_enabled(), *_wrong_fail_on(), *_wrong_redirects()]
    reports = []
    for written in getattr(ctx.options, REPORT):
        try:
            reports.append(parse_spec(written))
        except ReportProblem as problem:
            problems.append(f"{REPORT}: {problem}")
    baseline = None
    if named := getattr(ctx.options, BASELINE):
        try:
            baseline = read_baseline(Path(named).expanduser())
        except InputError as error:
            problems.append(f"{BASELINE}: {error}")
    if problems:
        raise OptionProblem("\n".join(problems))
    config = getattr(ctx.options, CONFIG)
    default = FailOn.ERROR if ctx.options.rfile else FailOn.NEVER
    return Options(
        Path(config).expanduser() if config else None,
        getattr(ctx.options, ENABLED),
        FailOn(getattr(ctx.options, FAIL_ON) or default),
        tuple(reports),
        baseline,
        tuple(name for part in getattr(ctx.options, CACHES).split(",") if (name := part.strip())),
        getattr(ctx.options, REDIRECTS),
    )


def _unknown() -> Iterator[str]:
    names = [name for name, *_ in OPTIONS]
    for unknown in sorted(name for name in ctx.options.deferred if name.startswith("session_tr")):
        close = difflib.get_close_matches(unknown, names, 1, 0.5)
        hint = f"Did you mean {close[0]}?" if close else f"There are: {', '.join(names)}."
        yield f"there is no option {visible(unknown)}. {hint}"


def _wrong_enabled() -> Iterator[str]:
    value = getattr(ctx.options, ENABLED)
    if value not in {"", "true", "false"}:
        yield (
            f"{ENABLED} is {visible(value)!r}. Use true, false, or nothing at all for what the"
            " configuration says."
        )


def _wrong_fail_on() -> Iterator[str]:
    value = getattr(ctx.options, FAIL_ON)
    if value and value not in set(FailOn):
        yield f"{FAIL_ON} is {visible(value)!r}. Use one of {', '.join(FailOn)}."


def _wrong_redirects() -> Iterator[str]:
    value = getattr(ctx.options, REDIRECTS)
    if value not in {"", "note", "rewrite"}:
        yield f"{REDIRECTS} is {visible(value)!r}. Use note, rewrite, or nothing at all."
