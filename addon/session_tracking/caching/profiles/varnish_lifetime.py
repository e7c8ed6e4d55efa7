"""The lifetime that Varnish gives a response, and what it means later."""

from collections.abc import Callable
from struct import pack, unpack
from typing import NamedTuple

from session_tracking.caching.profiles.varnish_fields import joined
from session_tracking.caching.profiles.varnish_parse import (
    NO_TIME,
    parse_cache_control,
    parse_seconds,
    parse_time,
)
from session_tracking.http.exchange import ResponseFacts
from session_tracking.http.fields import FieldSection

DEFAULT_TTL, DEFAULT_GRACE, CLOCK_SKEW = 120.0, 10.0, 10.0
"""Parameters as shipped, in seconds."""

FORCED_TTL = 60.0
"""What `varnish-force` gives every response, in seconds."""

DEFAULTED = frozenset({200, 203, 204, 300, 301, 304, 404, 410, 414})
"""Statuses that get DEFAULT_TTL unless the response gives a lifetime of its own."""

EXPLICIT = frozenset({302, 307})
"""Statuses that are stored for the lifetime that the response gives."""


class Lifetime(NamedTuple):
    """How long a response may be handed out, counted from `origin`."""

    origin: float
    """Unix seconds of its arrival less its Age."""
    ttl: float
    """Seconds; none left means that it is never looked up."""
    grace: float
    """Seconds after that in which it is handed out while it is fetched anew."""

    def left(self, now: float) -> float:
        """Seconds of the lifetime that remain."""
        return self.ttl - (now - self.origin)


def lifetime(response: ResponseFacts, now: float) -> Lifetime:
    """The lifetime that Varnish gives a response that arrived at `now` (Unix seconds).

    Source: RFC2616_Ttl (bin/varnishd/cache/cache_rfc2616.c).
    """
    fields = response.fields
    told = parse_cache_control(joined(fields, "cache-control"))
    if response.status not in DEFAULTED and response.status not in EXPLICIT:
        ttl = -1.0
    elif told.lifetime is not None:
        ttl = float(told.lifetime)
    else:
        default = DEFAULT_TTL if response.status in DEFAULTED else -1.0
        ttl = _by_expires(fields, now, default)
    grace = DEFAULT_GRACE
    if ttl >= 0 and told.stale_while_revalidate is not None:
        grace = float(told.stale_while_revalidate)
    return Lifetime(now - parse_seconds(fields.first("age") or ""), _single(ttl), _single(grace))


def _single(seconds: float) -> float:
    """`seconds` in single precision, as Varnish keeps it: above 2**24 whole seconds get lost."""
    return seconds if seconds < 2**24 else float(unpack("f", pack("f", seconds))[0])


def _by_expires(fields: FieldSection, now: float, default: float) -> float:
    expires = parse_time(fields.first("expires") or "")
    if expires == NO_TIME:
        return default
    date = fields.first("date")
    sent = float(int(now)) if date is None else parse_time(date)
    if expires < sent:
        return 0.0
    if sent == NO_TIME or abs(sent - now) < CLOCK_SKEW:
        return max(0.0, expires - now)
    # It does not fit an int after 68 years, and comes out as the smallest one.
    return expires - sent if expires - sent < 2**31 else -(2.0**31)


def forced(response: ResponseFacts, now: float) -> Lifetime:
    """`set beresp.ttl = 60s`, which counts from now whatever the Age."""
    given = lifetime(response, now)
    return given._replace(ttl=_single(FORCED_TTL + now - given.origin))


type LifetimeOf = Callable[[ResponseFacts, float], Lifetime]
