"""Which caches a verdict speaks of: `--caches`, or what the configuration says."""

import difflib
from collections.abc import Callable, Mapping
from pathlib import Path

import click

from session_tracking.caching.profiles.catalogue import PROFILES
from session_tracking.caching.profiles.model import CacheProfile
from session_tracking.config.loading import load
from session_tracking.escape import visible
from session_tracking.http.exchange import RequestFacts

__all__ = [
    "Caches",
    "caches_option",
    "chosen_caches",
    "config_option",
    "known_caches",
    "named_cache",
]

type Caches = Callable[[RequestFacts], tuple[CacheProfile, ...]]
"""The caches that an exchange is judged for: a site may have some of its own."""

caches_option: Callable[[Callable[..., None]], Callable[..., None]] = click.option(
    "--caches", metavar="NAME,…|all", help="Caches to judge for.  [default: as configured, or all]"
)
config_option: Callable[[Callable[..., None]], Callable[..., None]] = click.option(
    "--config",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Configuration file.  [default: the one that is shipped]",
)


def chosen_caches(names: str | None, file: Path | None) -> Caches:
    """The caches that `--caches` names; without it those of the configuration, else all.

    `file` is the configuration; None is the one that is shipped. Raises click.UsageError for a name
    that is none, ConfigErrors if the configuration has errors.
    """
    if names is not None:
        known = known_caches(file)
        listed = list(dict.fromkeys(name.strip() for name in names.split(",")))
        every = tuple(known.values())
        found = every if listed == ["all"] else tuple(named_cache(name, known) for name in listed)
        return lambda _request: found
    configuration = load(file)
    every = tuple(configuration.profiles.values())
    if not configuration.sites:
        found = configuration.for_url("", "/").audit.caches or every
        return lambda _request: found

    def of_site(request: RequestFacts) -> tuple[CacheProfile, ...]:
        parts = request.split()
        return configuration.for_url(parts.netloc, parts.path or "/").audit.caches or every

    return of_site


def known_caches(file: Path | None) -> Mapping[str, CacheProfile]:
    """The profiles that come with the product, and those that a configuration file defines."""
    return PROFILES if file is None else load(file).profiles


def named_cache(name: str, known: Mapping[str, CacheProfile]) -> CacheProfile:
    """The profile of that name. Raises click.UsageError if there is none."""
    if name in known:
        return known[name]
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"Did you mean {close[0]}?" if close else "`session-tracker caches` lists them."
    raise click.UsageError(f'No cache is called "{visible(name, 60)}". {hint}')
