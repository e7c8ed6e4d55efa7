"""What the shadow cache tells of."""

from dataclasses import dataclass

from session_tracking.shadow.facts import HeldCookie

__all__ = ["WouldBeSwap"]


@dataclass(frozen=True, slots=True)
class WouldBeSwap:
    """A visitor would have been handed a cookie of another, if such a cache stood there."""

    profile: str
    """Name of the cache's profile."""
    cookie: HeldCookie
    age: float
    """Seconds since the response with the cookie was stored."""
