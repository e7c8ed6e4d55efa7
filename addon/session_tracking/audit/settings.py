"""What the audit may be told, for one host and path."""

from dataclasses import dataclass, field

from session_tracking.cookies.classify import CookieNames


@dataclass(frozen=True, slots=True)
class AuditSettings:
    """Names are fnmatch patterns, case-sensitive."""

    enabled: bool = True
    names: CookieNames = field(default_factory=CookieNames)
    """Cookies that the configuration assigns to a class."""
    ignore: tuple[str, ...] = ()
    """Cookies that are never reported."""
