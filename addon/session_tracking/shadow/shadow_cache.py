"""What a shared cache of one profile would hold, and what it would have answered; sans-I/O.

The model decides everything: lookup, storage, reuse. Here it is only kept what it would store, one
entry for each URL and each combination of the fields that Vary names.

Members of enumerations are compared by value: after a hot reload profiles and cache may come from
two instances of the same module.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from session_tracking.caching.profiles.invalidation import invalidated
from session_tracking.caching.profiles.model import CacheProfile, Outcome, Run, Stored
from session_tracking.cookies.digest import Digester
from session_tracking.http.exchange import Exchange, ResponseFacts
from session_tracking.shadow.cache_model import CacheModel
from session_tracking.shadow.entries import NOTHING_HELD, Answer, Entry, Held
from session_tracking.shadow.facts import HeldCookie, kept_request, kept_response
from session_tracking.swaps.clients import Client

__all__ = ["MAX_OCTETS", "MAX_VARIANTS", "ShadowCache"]

MAX_VARIANTS = 16
"""Entries for one URL; the one stored first goes."""
MAX_OCTETS = 8192
"""Octets of field lines of one entry; a longer response is taken for not stored."""


class ShadowCache(CacheModel):
    """One cache. Times are Unix seconds and come with the exchanges."""

    def __init__(self, profile: CacheProfile, max_entries: int, digester: Digester) -> None:
        super().__init__(profile, digester)
        self._max = max_entries
        self.dropped: bool = False
        """Whether another cache has taken its place."""
        self._urls: dict[bytes, Held] = {}
        """By the digest of the URL; URLs in the order of their last use."""
        self._size = 0
        self._sweeping: Iterator[bytes] = iter(())

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Entry]:
        """What is held, the longest unused first."""
        return (entry for held in self._urls.values() for entry in held.entries)

    def observe(
        self, exchange: Exchange, visitor: Client, site: str, cookies: tuple[HeldCookie, ...]
    ) -> Answer:
        """One exchange as it went without the cache: what would have become of it.

        `cookies` are those that the response sets, as it came from upstream.
        """
        given_up = self._give_up(exchange) if exchange.request.method != "GET" else ()
        answer = self._follow(exchange, visitor, site, cookies)
        return replace(answer, removed=(*given_up, *answer.removed)) if given_up else answer

    def _follow(
        self, exchange: Exchange, visitor: Client, site: str, cookies: tuple[HeldCookie, ...]
    ) -> Answer:
        request, response = exchange.request, self.as_read(exchange.response)
        if self.passes(request):
            return Answer(Outcome.MISS)
        if self.undecided(replace(exchange, response=response)):
            return Answer(Outcome.UNKNOWN)
        now, key = exchange.response_time, self.key(request.url)
        entries = self.held(key).entries
        looked = self.look(entries, self.comparable(request), response, now)
        found, run, outcome = looked.found, looked.run, looked.outcome
        if found is not None and outcome != Outcome.MISS:
            found.used = now
        swapped = (
            self.swapped(found, request.fields.values("cookie"), visitor)
            if (found is not None and outcome == Outcome.SWAP)
            else ()
        )
        added, removed = None, []
        if looked.changed:
            after = looked.after
            added = (
                None if after is None else self._entry(after, found, run, visitor, site, cookies)
            )
            if found is not None:
                removed.append(found)
            kept = [each for each in entries if each is not found]
            if added is not None:
                kept.append(added)
                if len(kept) > MAX_VARIANTS:
                    removed.append(kept.pop(0))
            if added is not None or removed:
                self._hold(key, kept)
        self._account(removed, added)
        self.touch(key)
        removed += self._make_room()
        answered = found if outcome != Outcome.MISS else None
        return Answer(outcome, answered, swapped, added, tuple(removed))

    def held(self, key: bytes) -> Held:
        """What is held of a URL."""
        return self._urls.get(key, NOTHING_HELD)

    def touch(self, key: bytes) -> None:
        """A URL was asked for: if room is needed, what is held of it goes last."""
        if (held := self._urls.pop(key, None)) is not None:
            self._urls[key] = held

    def sweep(self, now: float, limit: int = 200) -> tuple[Entry, ...]:
        """Let go of what would not be reused any more; looks at a limited number of URLs a call."""
        keys = list(islice(self._sweeping, limit))
        if len(keys) < limit:
            self._sweeping = iter(tuple(self._urls))
        removed: list[Entry] = []
        for key in keys:
            entries = self.held(key).entries
            kept = [entry for entry in entries if self.reusable(entry, now)]
            if len(kept) < len(entries):
                removed += [entry for entry in entries if entry not in kept]
                self._hold(key, kept)
        self._account(removed)
        return tuple(removed)

    def flush(self) -> tuple[Entry, ...]:
        """Let go of everything."""
        removed = tuple(self)
        self._urls.clear()
        self._account(removed)
        return removed

    def _account(self, removed: Sequence[Entry], added: Entry | None = None) -> None:
        """Keep count of what is held."""
        self._size += (added is not None) - len(removed)

    def _give_up(self, exchange: Exchange) -> Sequence[Entry]:
        """Let go of what a change of the resource makes invalid (RFC 9111 §4.4)."""
        removed: list[Entry] = []
        for url in invalidated(self.profile, exchange.request, exchange.response):
            removed += self._urls.pop(self.key(url), NOTHING_HELD).entries
        self._account(removed)
        return removed

    def _entry(
        self,
        after: Stored,
        found: Entry | None,
        run: Run,
        visitor: Client,
        site: str,
        cookies: tuple[HeldCookie, ...],
    ) -> Entry | None:
        """What is kept of what the cache stored; None for what it would not keep, or we cannot."""
        merged = run.validation is not None and after.response is not run.response
        if after.response.status == 304 or (run.validation is not None and not merged):
            return None  # it would have fetched a whole response, which nobody has seen
        own = self.profile.deviations
        if not merged and own is not None and own.refuses_set_cookie and cookies:
            return None
        response = self._response_to_keep(after.response)
        if response.fields.size() > MAX_OCTETS:
            return None
        stored = replace(after, request=kept_request(after.request, response), response=response)
        if not merged or found is None:
            entry = Entry(stored, response, visitor, site, cookies, run.time, run.time)
            return entry if self.reusable(entry, run.time) else None
        if stored.own_cookie:
            return replace(found, stored=stored, used=run.time)
        # The 304 brought a cookie: it belongs to whoever caused the validation.
        return replace(
            found,
            stored=replace(stored, own_cookie=True),
            owner=visitor,
            site=site,
            cookies=cookies,
            born=run.time,
            used=run.time,
        )

    def _response_to_keep(self, response: ResponseFacts) -> ResponseFacts:
        return kept_response(response)

    def _hold(self, key: bytes, entries: Sequence[Entry]) -> None:
        """Hold these of a URL from now on."""
        if entries:
            self._urls[key] = Held(tuple(entries))
        else:
            self._urls.pop(key, None)

    def _make_room(self) -> list[Entry]:
        removed = []
        while self._size > self._max:
            key, held = next(iter(self._urls.items()))
            removed.append(held.entries[0])
            self._hold(key, held.entries[1:])
            self._account(removed[-1:])
        return removed
