"""Where a query of our own is what keeps a cache from storing: then an answer says less."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from session_tracking.caching.outcomes import outcomes, reference_run
from session_tracking.caching.profiles.catalogue import PROFILES
from session_tracking.caching.profiles.model import CacheProfile, Outcome
from session_tracking.http.exchange import Exchange

__all__ = ["HTTP_SYS", "caches_to_ask", "shy_of_queries"]

HTTP_SYS = "http.sys"
"""Name of the profile; it stores nothing that has a query."""

_HTTP_SYS_SERVERS = ("Microsoft-IIS", "Microsoft-HTTPAPI")
_REUSES = frozenset({Outcome.SWAP, Outcome.STRIPPED})


def caches_to_ask(chosen: Sequence[CacheProfile], server: str) -> tuple[CacheProfile, ...]:
    """The caches that may be in the way: the chosen ones, or all.

    http.sys stores nothing with a query, so it is among all only where the Server field names it:
    else nothing could ever be called safe.
    """
    if chosen:
        return tuple(chosen)
    seen = server.startswith(_HTTP_SYS_SERVERS)
    return tuple(p for p in PROFILES.values() if p.name != HTTP_SYS or seen)


def shy_of_queries(exchange: Exchange, url: str, caches: Iterable[CacheProfile]) -> tuple[str, ...]:
    """Names of the caches that would reuse this response for `url`, and do not with a query.

    `exchange` is that of the same URL with a query, which the profiles are asked about, too.
    """
    found = tuple(caches)
    bare = replace(exchange, request=replace(exchange.request, url=url))
    with_query = outcomes(found, reference_run(exchange))
    without = outcomes(found, reference_run(bare))
    return tuple(
        name
        for name, outcome in without.items()
        if outcome in _REUSES and with_query[name] not in _REUSES
    )
