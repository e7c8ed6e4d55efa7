"""Loads a configuration: reads its files, runs every check, tells all errors at once."""

from collections.abc import Iterator
from pathlib import Path

from session_tracking.config.gathering import gather
from session_tracking.config.report import Report
from session_tracking.config.resolving import SWITCH, Resolver
from session_tracking.config.root import Root
from session_tracking.config.sites import Configuration
from session_tracking.config.validation import nearest
from session_tracking.config.watching import Watch
from session_tracking.errors import ConfigError, ConfigErrors
from session_tracking.escape import visible
from session_tracking.shipped import default_config

__all__ = ["CACHES", "load", "reload"]

CACHES = "session_tracker_caches"
"""The option of the proxy that names the caches to judge for."""


def load(
    path: Path | None = None,
    *,
    enabled_override: str = "",
    caches_override: tuple[str, ...] = (),
    text: str | None = None,
) -> Configuration:
    """Load a configuration file; without a path the one that is shipped.

    `enabled_override` is the option of the proxy: "true" stands for the top-level key, "false"
    switches the tracker off everywhere, "" leaves it to the files. `caches_override` names the
    caches to judge for, everywhere; none leaves that to the files, too. `text` is what the main
    file is about to hold, to be checked before it does. Raises ConfigErrors with every error that
    there is.
    """
    return _load(path or default_config(), enabled_override, caches_override, Watch(), text)


def reload(configuration: Configuration) -> Configuration:
    """Load the files of a configuration again.

    Raises ConfigErrors. The old configuration, which then stays in use, watches from there on the
    files that were read in vain too: mending one of them counts as a change.
    """
    watch = Watch()
    try:
        return _load(
            configuration.path,
            configuration.enabled_override,
            configuration.caches_override,
            watch,
        )
    except ConfigErrors:
        configuration.watch = watch
        raise


def _load(
    path: Path,
    enabled_override: str,
    caches_override: tuple[str, ...],
    watch: Watch,
    text: str | None = None,
) -> Configuration:
    report = Report()
    if enabled_override not in {"", "true", "false"}:
        problem = f'"{visible(enabled_override)}" is not allowed.'
        fix = "Use true, false, or nothing at all for what the file says."
        report.errors([ConfigError(SWITCH, None, "", problem, fix)])
    gathered = gather(path, report, watch, text)
    resolved, sites = Resolver(gathered, report, watch, enabled_override).resolve()
    configuration = Configuration(
        Root.model_validate(gathered.document.data),
        resolved,
        sites,
        (gathered.top, *(level for site, paths in gathered.sites for level in (site, *paths))),
        notices=report.notices,
        watch=watch,
        enabled_override=enabled_override,
    )
    configuration.fleet = gathered.fleet
    if unknown := tuple(_unknown(caches_override, configuration)):
        raise ConfigErrors(unknown)
    configuration.caches_override = caches_override
    return configuration


def _unknown(names: tuple[str, ...], configuration: Configuration) -> Iterator[ConfigError]:
    """Names of caches that an option gave, and that are none."""
    known = configuration.profiles
    for name in names:
        if name not in known:
            close = nearest(name, known)
            yield ConfigError(
                CACHES,
                None,
                "",
                f'no cache is called "{visible(name, 60)}".',
                f"Did you mean {close}?" if close else "`session-tracker caches` lists them.",
            )
