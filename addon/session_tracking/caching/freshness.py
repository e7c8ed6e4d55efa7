"""How long a stored response is fresh (RFC 9111 §4.2)."""

from dataclasses import dataclass
from enum import StrEnum

from session_tracking.caching.directives import delta_seconds
from session_tracking.caching.storage import HEURISTICALLY_CACHEABLE, Policy
from session_tracking.http.dates import parse_http_date
from session_tracking.http.exchange import Exchange, ResponseFacts
from session_tracking.http.fields import FieldSection

HEURISTIC_FRACTION = 10
"""Heuristic lifetime is the time since Last-Modified divided by this (RFC 9111 §4.2.2)."""


class Basis(StrEnum):
    """Where a freshness lifetime comes from."""

    S_MAXAGE = "s-maxage"
    MAX_AGE = "max-age"
    EXPIRES = "Expires"
    HEURISTIC = "heuristic"
    NONE = "none"
    """No explicit lifetime and nothing to calculate one from."""


@dataclass(slots=True)  # not frozen, which would cost a microsecond; nobody changes it
class Freshness:
    """A freshness lifetime and a current age, in whole seconds."""

    lifetime: int
    basis: Basis
    age: int
    flaw: str = ""
    """What is wrong with the explicit lifetime, in words that follow its basis; or empty."""

    @property
    def explicit(self) -> bool:
        """Whether the response itself gives a lifetime."""
        return self.basis is not Basis.HEURISTIC and self.basis is not Basis.NONE

    @property
    def fresh(self) -> bool:
        """Whether the response may be reused without validation now."""
        return self.lifetime > self.age


IS_NO_DATE = "is no date, which means already expired"
"""RFC 9111 §5.3: an invalid date, `0` above all, is a time in the past."""
IS_NO_NUMBER = "is no number of seconds"
DIFFERS = "is given several times differently"

_DIRECTIVES = (("s-maxage", Basis.S_MAXAGE), ("max-age", Basis.MAX_AGE))
"""In the order in which a shared cache looks at them (RFC 9111 §4.2.1)."""


def freshness(exchange: Exchange, policy: Policy) -> Freshness:
    """Lifetime for a shared cache, and the age on arrival; see `freshness_of`."""
    return freshness_of(exchange.response, policy, exchange.request_time, exchange.response_time)


def freshness_of(
    response: ResponseFacts, policy: Policy, asked: float, received: float
) -> Freshness:
    """Lifetime for a shared cache, and the age on arrival, of what came between two Unix times.

    A malformed lifetime counts as 0 s: a recipient is encouraged to take the response for stale.

    Source: RFC 9111 §4.2.1, §4.2.2, §4.2.3, §5.3.
    """
    fields, directives = response.fields, policy.directives
    date = parse_http_date(fields.first("date") or "")
    age = _age_on_arrival(fields, date, asked, received)
    for name, basis in _DIRECTIVES:
        if name in directives.arguments:
            seconds = directives.seconds(name)
            flaw = DIFFERS if directives.conflicting(name) else ""
            return Freshness(seconds or 0, basis, age, IS_NO_NUMBER if seconds is None else flaw)
    origin_time = int(received) if date is None else date
    expires = [] if policy.targeted else fields.values("expires")
    if expires:
        seconds = parse_http_date(expires[0])
        lifetime = 0 if seconds is None else max(0, seconds - origin_time)
        flaw = DIFFERS if len(set(expires)) > 1 else ""
        return Freshness(lifetime, Basis.EXPIRES, age, IS_NO_DATE if seconds is None else flaw)
    modified = parse_http_date(fields.first("last-modified") or "")
    allowed = response.status in HEURISTICALLY_CACHEABLE or "public" in directives
    if modified is not None and allowed and modified < origin_time:
        return Freshness((origin_time - modified) // HEURISTIC_FRACTION, Basis.HEURISTIC, age)
    return Freshness(0, Basis.NONE, age)


def _age_on_arrival(fields: FieldSection, date: int | None, asked: float, received: float) -> int:
    """corrected_initial_age in seconds; a malformed Age is ignored, of several the first counts.

    Source: RFC 9111 §4.2.3, §5.1.
    """
    apparent = 0 if date is None else max(0, int(received) - date)
    said = next(fields.members("age"), None) if "age" in fields else None
    delay = max(0, int(received - asked))
    return max(apparent, (delta_seconds(said) or 0) + delay)
