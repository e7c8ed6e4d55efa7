"""Responses that are like an earlier one in all but the values of their cookies.

A site sends the same few responses all day. What was made of one is made of its like again; only
what a value decides, such as whether it was another's, is looked at each time.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from session_tracking.audit.findings import AuditedCookie, Finding
from session_tracking.caching.levels import Level
from session_tracking.cookies.classify import CookieClass
from session_tracking.engine.outcome import SiteSettings
from session_tracking.http.edit import Edit
from session_tracking.swaps.clients import Sender
from session_tracking.swaps.delivery import Place

__all__ = ["MAX_COOKIES", "Again", "Known", "Shape", "shape_of"]

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
    place: Place
    """Where values are handed out; its like have the same."""
    issued: Edit | None
    """The tracker's edit for one visitor; None where no cookie was issued."""
    judged: dict[Shape, tuple[tuple[Finding, ...], Edit | None]] = field(default_factory=dict)
    """Shape → the findings, and the edit that makes the response safe."""


class Again(NamedTuple):
    """What may differ in an exchange that is like a known one."""

    set_cookies: Sequence[str]
    """The values of Set-Cookie."""
    time: float
    """Unix seconds at which the response was received."""
    date: str | None
    """The value of Date; None without one."""
    sender: Sender
    """Who asked."""
