"""The verdict on one exchange: its level, and what each cache hands to the next visitor."""

from collections.abc import Iterable

from session_tracking.caching.outcomes import outcomes, reference_run
from session_tracking.caching.profiles.catalogue import PROFILES
from session_tracking.caching.profiles.model import CacheProfile
from session_tracking.caching.safety import CacheSafety, assess
from session_tracking.http.exchange import Exchange, RequestFacts, ResponseFacts

__all__ = ["judge"]


def judge(
    exchange: Exchange,
    *,
    next_request: RequestFacts | None = None,
    validation_response: ResponseFacts | None = None,
    after: float = 0.0,
    caches: Iterable[str | CacheProfile] = ("rfc9111",),
) -> CacheSafety:
    """Judge one exchange: the level of its response, and what each cache hands to the next visitor.

    `next_request` is that visitor's, `after` seconds after the first one's; by default the same
    request at once, without Cookie and Authorization. `validation_response` is what the origin
    answers to a conditional request; without it none is assumed to succeed. `caches` are names of
    PROFILES, or profiles. Raises KeyError for a name that is none; never for any field values.

    >>> from session_tracking.http.exchange import Exchange, RequestFacts, ResponseFacts
    >>> from session_tracking.http.fields import FieldSection
    >>> fields = FieldSection([("Set-Cookie", "sid=1"), ("Cache-Control", "max-age=60")])
    >>> exchange = Exchange(RequestFacts("GET", "https://a.test/"), ResponseFacts(200, fields))
    >>> safety = judge(exchange, caches=("nginx", "httpd"))
    >>> print(safety.level, safety.caches["nginx"], safety.caches["httpd"])
    unsafe miss swap
    """
    run = reference_run(exchange, next_request, validation_response, after)
    profiles = (PROFILES[cache] if isinstance(cache, str) else cache for cache in caches)
    return assess(exchange, outcomes(profiles, run))
