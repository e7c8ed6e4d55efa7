"""What the audit may be told, for one host and path."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from session_tracking.audit.findings import Severity
from session_tracking.caching.profiles.model import CacheProfile
from session_tracking.cookies.classify import CookieClass, CookieNames

type Severities = Mapping[str, Severity | None]
"""Rule id → severity of its findings; None switches the rule off."""


@dataclass(frozen=True, slots=True)
class AuditSettings:
    """Names are fnmatch patterns, case-sensitive."""

    enabled: bool = True
    names: CookieNames = field(default_factory=CookieNames)
    """Cookies that the configuration assigns to a class."""
    ignore: tuple[str, ...] = ()
    """Cookies that are never reported."""
    caches: tuple[CacheProfile, ...] = ()
    """The caches that the user has; findings speak of these. Empty: of any cache."""
    shared_bodies: bool = False
    """Whether stored bodies that may be personal are reported too."""
    severities: Severities = field(default_factory=dict)
    """What the findings of a rule are to be instead of what the rule says."""


@dataclass(frozen=True, slots=True)
class EnforceSettings:
    """Which responses the addon makes safe by itself."""

    enabled: bool = False
    classes: frozenset[CookieClass] = frozenset(CookieClass)
    """A response is made safe for a cookie of one of these."""
    exclude: tuple[str, ...] = ()
    """Cookies, as fnmatch patterns, for which nothing is enforced."""
