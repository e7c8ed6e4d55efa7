"""The shadow caches of all sites: fed with exchanges, they count and tell of would-be swaps."""

from collections import Counter as Tally
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import cast

from session_tracking.caching.profiles.model import CacheProfile, Outcome
from session_tracking.caching.profiles.rfc9111 import RFC9111
from session_tracking.cookies.digest import Digester
from session_tracking.http.exchange import Exchange, RequestFacts
from session_tracking.shadow.counters import CACHE, UNSAFE, WOULD_BE, Counters
from session_tracking.shadow.entries import Answer, Entry
from session_tracking.shadow.events import WouldBeSwap
from session_tracking.shadow.facts import HeldCookie
from session_tracking.shadow.foresight import Foreseen, Sight, foresee
from session_tracking.shadow.serving_cache import LookUp, ServingCache
from session_tracking.shadow.shadow_cache import ShadowCache
from session_tracking.swaps.clients import Client

__all__ = ["Shadow", "ShadowSettings"]


@dataclass(frozen=True, slots=True)
class ShadowSettings:
    """What the shadow may be told, for one host and path."""

    enabled: bool = False
    profile: CacheProfile = RFC9111
    """The cache that is imagined."""
    max_entries: int = 10_000
    """Responses that it holds at most."""
    serve: bool = False
    """Whether it answers, for development, and keeps bodies for that."""
    max_bytes: int = 67_108_864
    """Octets of bodies that it holds at most."""


class Shadow:
    """One imagined cache for each profile and size; sites with the same ones share it."""

    def __init__(self, counters: Counters, digester: Digester) -> None:
        self._counters = counters
        self.digester: Digester = digester
        """Makes the digests of the cookies that are handed in."""
        self._caches: dict[tuple[str, int, int], ShadowCache] = {}

    def observe(
        self,
        settings: ShadowSettings,
        exchange: Exchange,
        client: Client,
        site: str,
        cookies: tuple[HeldCookie, ...],
    ) -> tuple[WouldBeSwap, ...]:
        """What an exchange would have led to; `site` is the name that `Counters.open` gave."""
        answer = self.follow(settings, exchange, client, site, cookies)
        return _told(settings, answer, exchange.response_time)

    def follow(
        self,
        settings: ShadowSettings,
        exchange: Exchange,
        client: Client,
        site: str,
        cookies: tuple[HeldCookie, ...],
    ) -> Answer:
        """What the cache makes of an exchange, counted."""
        answer = self._cache_for(settings).observe(exchange, client, site, cookies)
        self._count(answer, site, unsafe=bool(cookies))
        return answer

    def foresee(self, settings: ShadowSettings, exchange: Exchange) -> Sight | None:
        """What will become of exchanges like one that was observed just now; None if it depends."""
        return foresee(self._cache_for(settings), exchange)

    def again(
        self,
        settings: ShadowSettings,
        foreseen: Foreseen,
        now: float,
        site: str,
        who: Callable[[], tuple[Sequence[str], Client]] | None,
        *,
        unsafe: bool,
    ) -> tuple[WouldBeSwap, ...] | None:
        """The same as `observe`, for an exchange like one before; None if it has to be observed.

        `who` tells the values of Cookie and who sent them, or is None if nobody can; `unsafe` is
        whether the response sets a cookie.
        """
        cache, place = foreseen.cache, foreseen.place
        held = cache.held(foreseen.key)
        if (
            not foreseen.since <= now < foreseen.until
            or foreseen.held() is not held
            or cache.dropped
        ):
            return None
        if place is None:
            if foreseen.touches:
                cache.touch(foreseen.key)
            if foreseen.outcome != Outcome.UNKNOWN:
                self._counters.add(site, "misses")
                if unsafe:
                    self._counters.add(site, "unsafe_misses")
            return ()
        outcome = foreseen.outcome
        entry = held.entries[place]
        swapped: tuple[HeldCookie, ...] = ()
        if outcome == Outcome.SWAP:
            if who is None:
                return None
            swapped = cache.swapped(entry, *who())
        cache.touch(foreseen.key)
        entry.used = now
        answer = Answer(outcome, entry, swapped)
        self._count(answer, site, unsafe=unsafe)
        return _told(settings, answer, now)

    def look_up(
        self, settings: ShadowSettings, request: RequestFacts, client: Client, site: str, now: float
    ) -> LookUp:
        """What a cache that serves makes of a request before the origin is asked."""
        found = self._serving(settings).look_up(request, client, now)
        if found.answer is not None:
            self._count(found.answer, site, unsafe=False)
        return found

    def keep(
        self, settings: ShadowSettings, exchange: Exchange, entry: Entry, body: bytes | None
    ) -> None:
        """Give a cache that serves the body of what `follow` added; None where there is none."""
        self._removed(self._serving(settings).keep(exchange, entry, body))

    def sweep(self, now: float) -> None:
        """Let go of what the caches would not reuse any more; to be called every second or so."""
        for cache in self._caches.values():
            self._removed(cache.sweep(now))

    def flush(self) -> None:
        """Empty the caches, as when they are restarted."""
        for cache in self._caches.values():
            self._removed(cache.flush())

    def _serving(self, settings: ShadowSettings) -> ServingCache:
        return cast("ServingCache", self._cache_for(settings))  # the settings say `serve`

    def _cache_for(self, settings: ShadowSettings) -> ShadowCache:
        key = _key(settings)
        cache = self._caches.get(key)
        if cache is not None and cache.profile is not settings.profile:
            if cache.profile == settings.profile:
                cache.profile = settings.profile  # the configuration was read again
            else:
                self._removed(cache.flush())
                cache.dropped, cache = True, None
        if cache is None:
            profile, size = settings.profile, settings.max_entries
            if settings.serve:
                cache = ServingCache(profile, size, self.digester, settings.max_bytes)
            else:
                cache = ShadowCache(profile, size, self.digester)
            self._caches[key] = cache
        return cache

    def _count(self, answer: Answer, site: str, *, unsafe: bool) -> None:
        if answer.removed:
            self._removed(answer.removed)
        if answer.outcome == Outcome.UNKNOWN:
            return
        if answer.entry is not None:
            self._add(site, "hits", unsafe=bool(answer.entry.cookies))
        else:
            self._add(site, "misses", unsafe=unsafe)
        if answer.swapped:
            self._counters.add(site, WOULD_BE.name)
        if (added := answer.added) is not None:
            self._add(added.site, "total", unsafe=bool(added.cookies))
            self._add(added.site, "current", unsafe=bool(added.cookies))

    def _removed(self, entries: Iterable[Entry]) -> None:
        for (site, unsafe), count in Tally((e.site, bool(e.cookies)) for e in entries).items():
            self._add(site, "flushed", count, unsafe=unsafe)
            self._add(site, "current", -count, unsafe=unsafe)
            self._add(site, "flushes", unsafe=unsafe)

    def _add(self, site: str, name: str, count: int = 1, *, unsafe: bool) -> None:
        self._counters.add(site, name, count)
        if unsafe:
            self._counters.add(site, f"unsafe_{name}", count)


def _told(settings: ShadowSettings, answer: Answer, now: float) -> tuple[WouldBeSwap, ...]:
    if answer.entry is None:
        return ()
    age = max(0.0, now - answer.entry.born)
    return tuple(WouldBeSwap(settings.profile.name, each, age) for each in answer.swapped)


def _key(settings: ShadowSettings) -> tuple[str, int, int]:
    """What a cache is shared by: its profile and sizes."""
    octets = settings.max_bytes if settings.serve else -1
    return settings.profile.name, settings.max_entries, octets


SHADOW_COUNTERS = (*CACHE, *UNSAFE, WOULD_BE)
"""What is counted for a site whose shadow is on."""
