"""What of a message may show a swap, and how much speaks for one."""

from collections.abc import Sequence
from fnmatch import fnmatchcase

from session_tracking.cookies.classify import (
    UNIQUE_BITS,
    CookieClass,
    class_of_name,
    entropy_bits,
)
from session_tracking.cookies.set_cookie import SetCookie
from session_tracking.swaps.clients import Client, Likeness, compare
from session_tracking.swaps.delivery import Delivery
from session_tracking.swaps.ledger import Entry
from session_tracking.swaps.settings import SwapSettings
from session_tracking.swaps.sharing import domains

__all__ = ["CERTAIN", "EVIDENCE", "elsewhere", "is_session", "is_watched", "scope", "weigh"]

CERTAIN = 10
"""Tenths of certainty from which a swap is confirmed."""
EVIDENCE = 5
"""What signs of a cache hit add."""
_CORE, _BLURRED, _STALE_COPY = 9, 5, 3
_STALE_SECONDS = 2.0
"""How much later the same Date and ETag cannot come from the origin any more."""

_WATCHED = frozenset({CookieClass.SESSION, CookieClass.UNKNOWN, CookieClass.TRACKING})


def weigh(
    delivery: Delivery, entry: Entry, cookie_name: str, likeness: Likeness
) -> tuple[tuple[str, ...], int]:
    """What speaks for a swap, and its weight in tenths."""
    what = "was sent by" if entry.by_request else "was given to"
    signals = [f"the value {what} another client before, and this request did not bring it"]
    score = _CORE
    if likeness is Likeness.UNKNOWN:
        signals = ["the value went out before, and this request did not bring it"]
        score = _BLURRED
    if likeness is Likeness.DIFFERENT and _one_address(entry.owner, delivery.client):
        signals.append("the two have one address and different User-Agents")
    if delivery.place.evidence:
        signals.append("the response came out of a cache")
        score += EVIDENCE
    if any(name == cookie_name for name, _ in delivery.presented):
        signals.append("it replaces another value that the request brought")
    late = delivery.now - entry.first >= _STALE_SECONDS
    if delivery.stamp and delivery.stamp == entry.stamp and late:
        signals.append("Date and ETag are those of the first delivery")
        score += _STALE_COPY
    return tuple(signals), score


def _one_address(one: Client, other: Client) -> bool:
    """Whether it is the User-Agent that tells two clients of one address apart."""
    return one.address == other.address and one.agent != other.agent


def elsewhere(entry: Entry, client: Client) -> bool:
    """Whether the session is used from another network and by another User-Agent than before."""
    owner = entry.owner
    return (
        not entry.shared
        and not entry.score
        and owner.address != client.address
        and owner.agent != client.agent
        and compare(owner, client) is Likeness.DIFFERENT
    )


def is_watched(cookie: SetCookie, cookie_class: CookieClass, settings: SwapSettings) -> bool:
    """Whether a cookie can be swapped: its value looks like one visitor's own."""
    return (
        cookie_class in _WATCHED
        and entropy_bits(cookie.value) >= UNIQUE_BITS
        and not (settings.ignore and _ignored(cookie.name, settings.ignore))
    )


def _ignored(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatchcase(name, pattern) for pattern in patterns)


def is_session(name: str, cookie_class: CookieClass, settings: SwapSettings) -> bool:
    """Whether the name says session: the look of one value could be that of a constant."""
    if cookie_class is not CookieClass.SESSION:
        return False
    return class_of_name(name) is CookieClass.SESSION or any(
        fnmatchcase(name, pattern) for pattern in settings.session_names
    )


def scope(cookie: SetCookie, host: str) -> str:
    """The domain that keeps equal names apart: that of Domain, where it covers the host.

    Source: RFC 6265bis §5.1.3, §5.6.3.
    """
    domain = (cookie.attribute("domain") or "").lower().removeprefix(".")
    return domain if domain and domain in domains(host) else host
