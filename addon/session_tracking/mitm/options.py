"""The options of mitmproxy that are ours: few, since all the rest is in the configuration file."""

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mitmproxy import ctx, exceptions
from mitmproxy.addonmanager import Loader

from session_tracking.errors import SessionTrackerError
from session_tracking.escape import visible
from session_tracking.reports.run import FailOn

CONFIG = "session_tracker_config"
ENABLED = "session_tracker_enabled"
FAIL_ON = "session_tracker_fail_on"
REPORT = "session_tracker_report"

OPTIONS: tuple[tuple[str, Any, object, str], ...] = (
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
        REPORT,
        Sequence[str],
        [],
        "File to write the findings to when mitmproxy ends, as JSON: FILE.json.",
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
    reports: tuple[Path, ...]


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

    Raises OptionProblem for a value that an option cannot have.
    """
    if unknown := sorted(name for name in ctx.options.deferred if name.startswith("session_tr")):
        close = difflib.get_close_matches(unknown[0], [name for name, *_ in OPTIONS], 1, 0.5)
        hint = f"Did you mean {close[0]}?" if close else "See the table of options in the README."
        raise OptionProblem(f"there is no option {visible(unknown[0])}. {hint}")
    fail_on = getattr(ctx.options, FAIL_ON)
    if not fail_on:
        fail_on = FailOn.ERROR if ctx.options.rfile else FailOn.NEVER
    elif fail_on not in set(FailOn):
        names = ", ".join(FailOn)
        raise OptionProblem(f"{FAIL_ON} is {visible(fail_on)!r}. Use one of {names}.")
    config = getattr(ctx.options, CONFIG)
    return Options(
        Path(config).expanduser() if config else None,
        getattr(ctx.options, ENABLED),
        FailOn(fail_on),
        tuple(_report(name) for name in getattr(ctx.options, REPORT)),
    )


def _report(name: str) -> Path:
    path = Path(name).expanduser()
    if path.suffix != ".json":
        raise OptionProblem(
            f"{REPORT} is {visible(name)!r}. Name a file that ends in .json, the one format there"
            " is."
        )
    if not path.parent.is_dir():
        raise OptionProblem(
            f"{REPORT}: the folder {visible(str(path.parent))!r} does not exist. Create it first."
        )
    return path
