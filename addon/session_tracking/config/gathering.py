"""Reads the main file and the files it includes, and brings their tables in order."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from session_tracking.audit.settings import Severities
from session_tracking.caching.profiles.model import CacheProfile
from session_tracking.config.alerts import alert_errors, metrics_errors
from session_tracking.config.documents import Document, read
from session_tracking.config.fleet import fleet_settings
from session_tracking.config.levels import Level, Site, above, root_level, site_levels
from session_tracking.config.locks import lock_errors, violations
from session_tracking.config.logs import log_errors
from session_tracking.config.positions import Location
from session_tracking.config.profiles import cache_errors, own_profiles, profile_errors
from session_tracking.config.report import Report
from session_tracking.config.root import Root, TenantFile
from session_tracking.config.structure import (
    delegated_hosts,
    delegation_errors,
    duplicates,
    host_problem,
    include_problem,
    path_problem,
    unread,
)
from session_tracking.config.validation import validate
from session_tracking.config.verdicts import (
    rule_errors,
    severities,
    suppress_errors,
    suppress_warnings,
)
from session_tracking.config.watching import Include, Watch
from session_tracking.errors import ConfigError
from session_tracking.swaps.redis_ledger import FleetSettings

__all__ = ["Gathered", "gather"]


@dataclass(frozen=True, slots=True)
class Gathered:
    """Every table with settings."""

    document: Document
    """The main file."""
    top: Level
    sites: tuple[Site, ...]
    profiles: Mapping[str, CacheProfile]
    """Every cache profile that may be named."""
    severities: Severities
    """What findings are to be instead, by rule."""
    fleet: FleetSettings | None
    """The ledger that is shared with other proxies."""


def gather(path: Path, report: Report, watch: Watch, text: str | None) -> Gathered:
    """Read everything that belongs to a main file; what is wrong with it goes to the report.

    `text` stands for the content of the main file; None reads it.
    Raises ConfigErrors if the main file is no TOML: there is nothing to go on with.
    """
    watch.file(path)
    try:
        document = read(path, text)
    except ConfigError as error:
        report.errors([error])
        raise report.failure() from error
    report.source(document.source)
    skip = _validate(document, Root, report)
    top = root_level(document, skip)
    sites = list(site_levels(document, skip))
    if ("include",) not in skip:
        sites += _included(document, skip, report, watch)
    report.errors(_structure_errors(sites))
    report.errors(_lock_errors(top, sites))
    report.errors(alert_errors(document, skip))
    report.errors(metrics_errors(document, skip))
    report.errors(log_errors(document, skip))
    report.errors(profile_errors(document, skip))
    report.errors(rule_errors(document, skip))
    report.errors(suppress_errors(document, skip))
    report.warnings(suppress_warnings(document, skip))
    profiles = own_profiles(document, skip)
    for level in (top, *(level for site, paths in sites for level in (site, *paths))):
        report.errors(cache_errors(level, profiles))
    fleet = fleet_settings(document, skip, report, watch)
    chosen = severities(document, skip)
    return Gathered(document, top, tuple(sites), profiles, chosen, fleet)


def _validate(
    document: Document, model: type[Root | TenantFile], report: Report
) -> frozenset[Location]:
    errors, skip = validate(document, model)
    report.errors(errors)
    report.unusable(skip)
    return skip


def _included(
    main: Document, skip: frozenset[Location], report: Report, watch: Watch
) -> Iterator[Site]:
    """The sites of the included files."""
    pattern = main.data.get("include", "")
    if problem := include_problem(pattern):
        report.errors([main.error(("include",), *problem)])
        return
    include = Include(main.path.parent, pattern)
    files = include.files() if pattern else {}
    watch.include(include, files)
    report.warnings(unread(main, pattern, files.values(), skip))
    delegated = delegated_hosts(main, skip)
    for path, name in files.items():
        watch.file(path)
        try:
            document = read(path)
        except ConfigError as error:
            report.source(error.source)
            report.errors([error])
            continue
        report.source(document.source)
        bad = _validate(document, TenantFile, report)
        sites = list(site_levels(document, bad, tenant=True))
        report.errors(delegation_errors(name, [s for s, _ in sites], delegated, main.source))
        yield from sites


def _structure_errors(sites: list[Site]) -> Iterator[ConfigError]:
    for site, paths in sites:
        if problem := host_problem(str(site.host)):
            yield site.error("host", *problem, "")
        for path in paths:
            written = path.document.at((*path.location, "path"))
            if problem := path_problem(written):
                yield path.error("path", *problem, "")
        yield from duplicates(paths)
    yield from duplicates(site for site, _ in sites)


def _lock_errors(top: Level, sites: list[Site]) -> Iterator[ConfigError]:
    yield from lock_errors(top)
    for site, paths in sites:
        yield from lock_errors(site)
        yield from violations((top, site))
        for path in paths:
            yield from lock_errors(path)
            yield from violations((top, site, *above(path, paths), path))
