"""What becomes of exchanges like one before: looked into once, and good for a while.

Most exchanges leave a cache as it is: what they bring may not be stored and nothing is held of
their URL, or they are answered from what is held. Then all that follows is known from the fields
that were read on the way to it, as long as the very same is held of the URL, and over a time at
both ends of which it is so. In between it is so, too: what is fresh at the end was fresh before,
and what may not be stored at either end never may.
"""

from dataclasses import dataclass
from math import inf
from typing import NamedTuple, cast
from weakref import ReferenceType, ref

from session_tracking.caching.profiles.model import Outcome
from session_tracking.http.exchange import Exchange, RequestFacts, ResponseFacts
from session_tracking.http.reading import Notes, ReadFields, ReadResponse
from session_tracking.shadow.entries import Entry, Held, reusable
from session_tracking.shadow.shadow_cache import ShadowCache

__all__ = ["AHEAD", "Foreseen", "Sight", "foresee"]

AHEAD = (600.0, 240.0, 50.0, 8.0, 1.0)
"""Seconds for which it is asked what becomes of an exchange, the longest first."""

_ANY_TIME = cast("float", object())
"""A time of which nothing can be known: who reads it fails with a TypeError."""


class _Verdict(NamedTuple):
    """What becomes of an exchange that leaves the cache as it is; as in `Foreseen`."""

    outcome: Outcome
    place: int | None
    touches: bool


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What becomes of an exchange like one before, while the same is held of the URL."""

    cache: ShadowCache
    key: bytes
    """What the URL is held by."""
    held: ReferenceType[Held]
    since: float
    """Unix seconds from which it is known."""
    until: float
    """Unix seconds until which it is."""
    outcome: Outcome
    place: int | None
    """The place, among those of the URL, of the entry that answers; None if the origin does."""
    touches: bool
    """Whether the URL counts as used."""


@dataclass(frozen=True, slots=True)
class Sight:
    """What is foreseen for exchanges that are equal in what was read to tell it."""

    foreseen: Foreseen
    asked: Notes
    """What was read of the request."""
    answered: Notes
    """What was read of the response."""


def foresee(cache: ShadowCache, exchange: Exchange) -> Sight | None:
    """What becomes of exchanges like one that the cache has just observed; None if it depends."""
    if exchange.request.method != "GET" or exchange.response.status == 304:
        return None  # it may change what is held
    now, key = exchange.response_time, cache.key(exchange.request.url)
    held, asked, answered = cache.held(key), Notes(), Notes()
    request = cache.comparable(exchange.request)
    request = RequestFacts(
        request.method, request.url, ReadFields(request.fields, asked), request.http_version
    )
    response = cache.as_read(ReadResponse(exchange.response, answered))
    verdict = _verdict(cache, held.entries, request, response, now)
    if verdict is None:
        return None
    since, until = now, now
    try:
        _verdict(cache, held.entries, request, response, _ANY_TIME)
        since, until = -inf, inf
    except TypeError:  # the time was read
        for ahead in AHEAD:
            if _verdict(cache, held.entries, request, response, now + ahead) == verdict:
                until = now + ahead
                break
        else:
            return None
    foreseen = Foreseen(cache, key, ref(held), since, until, *verdict)
    return Sight(foreseen, asked, answered)


def _verdict(
    cache: ShadowCache,
    entries: tuple[Entry, ...],
    request: RequestFacts,
    response: ResponseFacts,
    time: float,
) -> _Verdict | None:
    """What becomes of an exchange at a time; None if it changes what is held."""
    if cache.passes(request):
        return _Verdict(Outcome.MISS, None, touches=False)
    if cache.undecided(Exchange(request, response, response_time=time)):
        return _Verdict(Outcome.UNKNOWN, None, touches=False)
    looked = cache.look(entries, request, response, time)
    found, after, outcome = looked.found, looked.after, looked.outcome
    if not looked.changed:
        place = None if found is None or outcome == Outcome.MISS else entries.index(found)
        return _Verdict(outcome, place, touches=bool(entries))
    if (
        found is None
        and after is not None
        and not reusable(cache.profile, after, time, waiting=True)
    ):
        return _Verdict(Outcome.MISS, None, touches=bool(entries))  # it is not kept
    return None
