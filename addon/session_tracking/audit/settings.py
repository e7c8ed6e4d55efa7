"""What the audit may be told, for one host and path."""

from dataclasses import dataclass, field

from session_tracking.caching.profiles.model import CacheProfile
from session_tracking.cookies.classify import CookieClass, CookieNames


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


@dataclass(frozen=True, slots=True)
class EnforceSettings:
    """Which responses the addon makes safe by itself."""

    enabled: bool = False
    classes: frozenset[CookieClass] = frozenset(CookieClass)
    """A response is made safe for a cookie of one of these."""
    exclude: tuple[str, ...] = ()
    """Cookies, as fnmatch patterns, for which nothing is enforced."""
