"""Responses that are like an earlier one in all but the values of their cookies.

A site sends the same few responses all day. What was made of one is made of its like again; only
what a value decides, such as whether it was another's, is looked at each time.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from session_tracking.audit.findings import AuditedCookie, Finding
from session_tracking.caching.levels import Level
from session_tracking.cookies.classify import CookieClass
from session_tracking.engine.outcome import SiteSettings
from session_tracking.http.edit import Edit
from session_tracking.http.exchange import Exchange

__all__ = ["MAX_COOKIES", "Again", "Known", "Shape", "Views", "shape_of"]

MAX_COOKIES = 8
"""Cookies of a response whose judgement is worth keeping; a flood of them would fill the memory."""

type Shape = tuple[tuple[str, CookieClass], ...]
"""Of each cookie of a response, what rules look at beside the response as a whole."""


def shape_of(cookies: Sequence[AuditedCookie]) -> Shape:
    """The shape of cookies that all came in Set-Cookie."""
    return tuple([(each.cookie.name, each.cookie_class) for each in cookies])


@dataclass(slots=True)
class Known:
    """What was made of a response. Nothing of it holds the value of a cookie."""

    settings: SiteSettings
    site: str
    """The name that the site is counted by."""
    level: Level | None
    url: str
    """Of the exchange from which it is known; its like have the same."""
    shown: str
    """That URL, fit to be shown."""
    issued: Edit | None
    """The tracker's edit for one visitor; None where no cookie was issued."""
    judged: dict[Shape, tuple[tuple[Finding, ...], Edit | None]] = field(default_factory=dict)
    """Shape → the findings, and the edit that makes the response safe."""


class Views(NamedTuple):
    """Ways to look at an exchange, for those that are not as their like after all."""

    whole: Callable[[], Exchange]
    brief: Callable[[str], Exchange]
    """By its URL: only the fields that tell who is handed what, and out of which cache."""


class Again(NamedTuple):
    """What may differ in an exchange that is like a known one."""

    set_cookies: Sequence[str]
    """The values of Set-Cookie."""
    time: float
    """Unix seconds at which the response was received."""
