"""The loaded configuration, and which settings hold for a host and path."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from session_tracking.audit.settings import AuditSettings, EnforceSettings
from session_tracking.audit.suppressions import Suppression
from session_tracking.caching.profiles.model import CacheProfile
from session_tracking.config.alerts import alert_rule
from session_tracking.config.checks.domain import domain_covers
from session_tracking.config.levels import Level, Written, normal_host
from session_tracking.config.logs import log_files, log_settings, trace_root, trace_settings
from session_tracking.config.model import Settings
from session_tracking.config.profiles import own_profiles
from session_tracking.config.root import KEYS, Root, RuleSeverity
from session_tracking.config.verdicts import suppressions
from session_tracking.config.watching import Watch
from session_tracking.errors import ConfigError
from session_tracking.records.settings import LogFiles, RecordedSite
from session_tracking.shadow.alerts import AlertRule
from session_tracking.shadow.shadow import ShadowSettings
from session_tracking.swaps.redis_ledger import FleetSettings
from session_tracking.swaps.settings import SwapSettings
from session_tracking.tracking.policy import OnNew, TrackingSettings

__all__ = [
    "Configuration",
    "EffectiveValue",
    "Resolved",
    "ResolvedSite",
    "forward_mode_notice",
]

_CACHED_HOSTS = 4096
_LONGEST_HOST = 255
"""Octets of the longest host name (RFC 1035 §2.3.4)."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """One level with everything it inherits."""

    values: Mapping[str, Written]
    """Where each value was written that is not a default."""
    settings: Settings
    tracking: TrackingSettings
    audit: AuditSettings
    enforce: EnforceSettings
    swaps: SwapSettings
    shadow: ShadowSettings


@dataclass(frozen=True, slots=True)
class ResolvedSite:
    """A site and its paths."""

    host: str
    """Normalised host pattern."""
    resolved: Resolved
    paths: tuple[tuple[str, Resolved], ...]
    """Path without a slash at the end → what holds below it; the longest first."""

    def matches(self, host: str) -> bool:
        """Whether a normalised host is of this site."""
        return host == self.host or (self.host.startswith("*.") and host.endswith(self.host[1:]))


@dataclass(frozen=True, slots=True)
class EffectiveValue:
    """A key, its value in effect, and who says so."""

    key: str
    value: Any
    """As TOML has it."""
    origin: str
    """`file:line`, the name of an option, or `default`."""


@dataclass(frozen=True, slots=True)
class _Host:
    """The settings for one host, ready to be returned."""

    default: RecordedSite
    paths: tuple[tuple[str, RecordedSite], ...]


class Configuration:
    """A configuration without errors.

    Sites go by the most specific host: an exact name, then the longest wildcard. Of a site's paths
    the longest that is made of the first segments of the URL's path goes first.
    """

    def __init__(
        self,
        root: Root,
        resolved: Resolved,
        sites: tuple[ResolvedSite, ...],
        levels: tuple[Level, ...],
        *,
        notices: tuple[ConfigError, ...],
        watch: Watch,
        enabled_override: str,
    ) -> None:
        self.root = root
        """The main file as it was written, with defaults."""
        self.levels = levels
        """Every table with settings in the order of the files; the top of the main file first."""
        self.fleet: FleetSettings | None = None
        """The ledger that is shared with other proxies, if there is one."""
        self.watch = watch
        """The files behind this configuration."""
        self.enabled_override = enabled_override
        self.caches_override: tuple[str, ...] = ()
        """Names of the caches to judge for, whatever the files say; empty: as they say."""
        self.warnings: tuple[ConfigError, ...] = tuple(
            notice for notice in notices if notice.code != "W11"
        )
        """What can be used but should not be (W1 to W16)."""
        self.notes: tuple[ConfigError, ...] = tuple(
            notice for notice in notices if notice.code == "W11"
        )
        """What is as it should be, and worth knowing when one asks."""
        self._resolved = resolved
        self._sites = sorted(sites, key=lambda site: (site.host.startswith("*."), -len(site.host)))
        self._host = lru_cache(maxsize=_CACHED_HOSTS)(self._settings_of_host)

    @property
    def path(self) -> Path:
        """The main file."""
        return self.levels[0].document.path

    @property
    def files(self) -> tuple[Path, ...]:
        """Every file that was read, key files too."""
        return self.watch.files

    @property
    def sites(self) -> tuple[str, ...]:
        """The host patterns of all sites, the most specific first."""
        return tuple(site.host for site in self._sites)

    @property
    def enabled(self) -> bool:
        """Whether the tracker is on for hosts that are not listed."""
        return self._resolved.tracking.enabled

    @property
    def issues(self) -> bool:
        """Whether the tracker is on for anybody."""
        return any(level.tracking.enabled for level in self._everything())

    @property
    def finishes(self) -> bool:
        """Whether any visitor may be answered without asking upstream (`on_new = "finish"`)."""
        return any(
            level.tracking.enabled and level.tracking.on_new is OnNew.FINISH
            for level in self._everything()
        )

    @cached_property
    def divides_sites(self) -> bool:
        """Whether any site has settings for its paths."""
        return any(site.paths for site in self._sites)

    @cached_property
    def shared_bodies(self) -> bool:
        """Whether any response without a cookie is to be looked at."""
        return any(level.audit.shared_bodies for level in self._everything())

    @cached_property
    def shadows(self) -> bool:
        """Whether a shadow cache is to follow any exchange."""
        return any(level.shadow.enabled for level in self._everything())

    @property
    def profiles(self) -> Mapping[str, CacheProfile]:
        """Every cache that may be named: the known ones and the user's own."""
        return own_profiles(self.levels[0].document, frozenset())

    @cached_property
    def log_files(self) -> LogFiles | None:
        """Where the log goes; None where no site has one."""
        if not any(level.settings.log.enabled for level in self._everything()):
            return None
        return log_files(self.root.log, self.path.parent)

    @cached_property
    def serves(self) -> bool:
        """Whether a simulated cache is to answer anybody."""
        return any(level.shadow.enabled and level.shadow.serve for level in self._everything())

    @property
    def rules_off(self) -> tuple[str, ...]:
        """The rules that `[rules]` switches off, in order."""
        return tuple(sorted(r for r, to in self.root.rules.items() if to is RuleSeverity.OFF))

    @cached_property
    def suppressions(self) -> tuple[Suppression, ...]:
        """The findings to live with, in the order of the file."""
        return suppressions(self.root.suppress, self.levels[0].document)

    @cached_property
    def trace_root(self) -> Path | None:
        """Where the traces go; None where no site has any."""
        if not any(level.settings.trace.enabled for level in self._everything()):
            return None
        return trace_root(self.root.trace, self.path.parent)

    @cached_property
    def alerts(self) -> tuple[AlertRule, ...]:
        """The alerts, in the order of the file."""
        return tuple(map(alert_rule, self.root.alert))

    def _everything(self) -> Iterator[Resolved]:
        yield self._resolved
        for site in self._sites:
            yield site.resolved
            yield from (path for _, path in site.paths)

    def changed(self) -> bool:
        """Whether a file changed since the last time this was asked, or one was added."""
        return self.watch.changed()

    def for_url(self, host: str, path: str) -> RecordedSite:
        """What holds for a request: its host with or without port, its path with or without query.

        Takes any text. The settings of a bounded number of hosts are kept at hand.
        """
        found = (self._host if len(host) <= _LONGEST_HOST else self._settings_of_host)(host)
        for prefix, settings in found.paths:
            if _below(prefix, path):
                return settings
        return found.default

    def effective(self, url: str = "") -> list[EffectiveValue]:
        """Every key with its value and origin: for a URL, or at the top of the file."""
        resolved = self._resolved
        if url:
            parts = urlsplit(url if "://" in url else f"//{url}")
            resolved = self._resolve(_host_of(parts.netloc), parts.path or "/")
        return [_effective(key, resolved) for key in KEYS]

    def _resolve(self, host: str, path: str) -> Resolved:
        site = self._site(host)
        if site is None:
            return self._resolved
        return next((found for prefix, found in site.paths if _below(prefix, path)), site.resolved)

    def _site(self, host: str) -> ResolvedSite | None:
        return next((site for site in self._sites if site.matches(host)), None)

    def _settings_of_host(self, host: str) -> _Host:
        name = _host_of(host)
        site = self._site(name)
        if site is not None:
            default = self._site_settings(site.host, site.resolved)
            paths = ((p, self._site_settings(site.host, r)) for p, r in site.paths)
            return _Host(default, tuple(paths))
        tracking = self._resolved.tracking
        if not domain_covers(self._resolved.settings.cookie.domain, name):
            # The user agent would drop the cookie, and every request would count as new.
            tracking = replace(tracking, enabled=False)
        site_name = name[:_LONGEST_HOST]
        return _Host(self._site_settings(site_name, self._resolved, tracking), ())

    def _site_settings(
        self, site: str, resolved: Resolved, tracking: TrackingSettings | None = None
    ) -> RecordedSite:
        """The settings of a level; `tracking` stands in for its own where no site is listed."""
        listed = tracking is None
        return RecordedSite(
            site,
            listed,
            tracking or resolved.tracking,
            self._audit(resolved.audit),
            resolved.enforce,
            resolved.swaps,
            resolved.shadow,
            log_settings(self.log_files, site, resolved.settings, listed=listed),
            trace_settings(
                self.trace_root,
                self.root.trace.max_files,
                site,
                resolved.settings,
                resolved.values,
            ),
        )

    def _audit(self, audit: AuditSettings) -> AuditSettings:
        """The settings of the audit, with the caches that an option named."""
        if not self.caches_override:
            return audit
        profiles = self.profiles
        return replace(audit, caches=tuple(profiles[name] for name in self.caches_override))


def forward_mode_notice(configuration: Configuration) -> ConfigError | None:
    """E22, for a proxy that is not in reverse mode: without a `[[site]]` nothing is tracked.

    A notice: the audit runs all the same. None if there is nothing to say.
    """
    if configuration.sites or not configuration.enabled:
        return None
    level = configuration.levels[0]
    return level.error(
        "enabled" if "enabled" in level.values else "",
        "is true, but a proxy that is not in reverse mode gives cookies only to the sites that are "
        "listed, and there is none. Responses are audited.",
        'List one: [[site]] host = "shop.test".',
        "E22",
    )


def _below(prefix: str, path: str) -> bool:
    """Whether a path begins with the segments of a prefix."""
    return path.startswith(prefix) and path[len(prefix) : len(prefix) + 1] in _SEGMENT_ENDS


_SEGMENT_ENDS = frozenset({"", "/", "?", "#"})
"""What stands after whole segments."""


def _host_of(host: str) -> str:
    """The normalised host of an authority."""
    name, colon, port = host.rpartition(":")
    if colon and (port.isdigit() or not port) and (":" not in name or name.endswith("]")):
        host = name
    return normal_host(host)


def _effective(key: str, resolved: Resolved) -> EffectiveValue:
    if written := resolved.values.get(key):
        return EffectiveValue(key, written.value, str(written))
    default = KEYS[key].default
    return EffectiveValue(key, list(default) if isinstance(default, tuple) else default, "default")
