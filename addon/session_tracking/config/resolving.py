"""What holds at each level, inherited values included, and whether that is free of errors."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from session_tracking.config.build import (
    audit_settings,
    enforce_settings,
    shadow_settings,
    swap_settings,
    tracking_settings,
)
from session_tracking.config.checks import CHECKS, Problem, Target
from session_tracking.config.gathering import Gathered
from session_tracking.config.keys import key_path, mode_problems, read_keys
from session_tracking.config.levels import Level, Site, Written, above, merge, settings_of
from session_tracking.config.model import Settings
from session_tracking.config.report import Report
from session_tracking.config.sites import Resolved, ResolvedSite
from session_tracking.config.watching import Watch
from session_tracking.tracking.identifiers import SigningKey

__all__ = ["SWITCH", "Resolver"]

SWITCH = "session_tracker_enabled"
"""The proxy's option that overrides `enabled`."""

_ABOVE_ALL = 10_000
"""Depth of an option: closer than any path."""


@dataclass(frozen=True, slots=True)
class _Chain:
    """A level below all that it inherits from."""

    values: Mapping[str, Written]
    settings: Settings
    keys: tuple[SigningKey, ...]


class Resolver:
    """Merges levels and runs the checks on each result."""

    def __init__(
        self, gathered: Gathered, report: Report, watch: Watch, enabled_override: str
    ) -> None:
        self._report = report
        self._watch = watch
        self._folder: Path = gathered.document.path.parent
        self._override = enabled_override
        self._top = gathered.top
        self._sites = gathered.sites
        self._profiles = gathered.profiles
        self._severities = gathered.severities

    def resolve(self) -> tuple[Resolved, tuple[ResolvedSite, ...]]:
        """The top of the file and every site. Raises ConfigErrors if there is any error by now."""
        top = self._chain((self._top,), None)
        sites = [self._site(site) for site in self._sites]
        self._report.raise_errors()
        return self._resolved(top), tuple(
            ResolvedSite(
                host,
                self._resolved(site),
                tuple((prefix, self._resolved(path)) for prefix, path in _longest_first(paths)),
            )
            for host, site, paths in sites
        )

    def _resolved(self, chain: _Chain) -> Resolved:
        """The plain values; to be asked for only where no check found an error."""
        settings = chain.settings
        return Resolved(
            chain.values,
            settings,
            tracking_settings(settings, chain.keys),
            audit_settings(settings.audit, self._profiles, self._severities),
            enforce_settings(settings.enforce),
            swap_settings(settings),
            shadow_settings(settings.shadow, self._profiles),
        )

    def _site(self, site: Site) -> tuple[str, _Chain, dict[str, _Chain]]:
        level, paths = site
        host = str(level.host)
        chains = {
            str(path.path): self._chain((self._top, level, *above(path, paths), path), host)
            for path in paths
        }
        return host, self._chain((self._top, level), host), chains

    def _chain(self, levels: Sequence[Level], host: str | None) -> _Chain:
        values = merge(levels)
        if self._override == "false":
            values["enabled"] = Written(False, SWITCH, None, _ABOVE_ALL)
        elif self._override == "true" and values.get("enabled", _NOWHERE).depth == 0:
            values["enabled"] = Written(True, SWITCH, None, 0)
        settings = settings_of(values)
        target = Target(settings, host, frozenset(values))
        for check in CHECKS:
            for problem in check(target):
                self._report.problem(problem, levels, values)
        return _Chain(values, settings, self._keys(settings, levels, values))

    def _keys(
        self, settings: Settings, levels: Sequence[Level], values: dict[str, Written]
    ) -> tuple[SigningKey, ...]:
        if path := key_path(settings.cookie, self._folder):
            self._watch.file(path)
        keys = read_keys(settings.cookie, self._folder)
        if isinstance(keys, Problem):
            self._report.problem(keys, levels, values)
            return ()
        for problem in mode_problems(settings.cookie, self._folder):
            self._report.problem(problem, levels, values)
        return keys


_NOWHERE = Written(None, "", None, 0)


def _longest_first(paths: dict[str, _Chain]) -> list[tuple[str, _Chain]]:
    return sorted(paths.items(), key=lambda item: -len(item[0]))
