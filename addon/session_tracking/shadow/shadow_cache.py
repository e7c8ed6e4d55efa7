"""What a shared cache of one profile would hold, and what it would have answered; sans-I/O.

The profile decides everything: lookup, storage, reuse, what is taken out. Here it is only kept what
it would store, one entry for each URL and each combination of the fields that Vary names.

Members of enumerations are compared by value: after a hot reload profiles and cache may come from
two instances of the same module.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from session_tracking.caching.outcomes import newcomer, reference_run
from session_tracking.caching.profiles.invalidation import invalidated
from session_tracking.caching.profiles.model import CacheProfile, Outcome, Reuse, Run, Stored
from session_tracking.caching.profiles.simulate import ask
from session_tracking.cookies.classify import CookieClass
from session_tracking.cookies.digest import Digester
from session_tracking.http.exchange import Exchange, RequestFacts, ResponseFacts
from session_tracking.shadow.entries import Answer, Entry, run_of, same_variant, without_fields
from session_tracking.shadow.facts import (
    HeldCookie,
    comparable,
    kept_request,
    kept_response,
    presents,
)
from session_tracking.swaps.clients import Client, Likeness, compare

__all__ = ["IDLE_SECONDS", "MAX_OCTETS", "MAX_VARIANTS", "ShadowCache"]

MAX_VARIANTS = 16
"""Entries for one URL; the one stored first goes."""
MAX_OCTETS = 8192
"""Octets of field lines of one entry; a longer response is taken for not stored."""
IDLE_SECONDS = 120.0
"""How long a stale entry is held that could be validated, if nobody asks for it."""

_ALONE = frozenset({Reuse.HIT, Reuse.STALE})
_SHARED_BY_MANY = frozenset({CookieClass.AFFINITY, CookieClass.PREFERENCE, CookieClass.DELETION})
"""Classes of cookies that do not tell their owner by being presented."""
_FAILURE = ResponseFacts(500)
_CLIENT_ORDERS = frozenset(
    {"cache-control", "pragma", "range", "if-range", "if-none-match", "if-modified-since"}
)


class ShadowCache:
    """The model of one cache. Times are Unix seconds and come with the exchanges."""

    def __init__(self, profile: CacheProfile, max_entries: int, digester: Digester) -> None:
        self.profile = profile
        self._max = max_entries
        self._digester = digester
        self._urls: dict[bytes, list[Entry]] = {}
        """Digest of the URL → entries, oldest first; URLs in the order of their last use."""
        self._size = 0
        self._sweeping: Iterator[bytes] = iter(())

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[Entry]:
        """What is held, the longest unused first."""
        return (entry for entries in self._urls.values() for entry in entries)

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
        profile, own = self.profile, self.profile.deviations
        if own is not None and own.passes_cookie and "cookie" in exchange.request.fields:
            return Answer(Outcome.MISS)
        response = (
            exchange.response if own is None else without_fields(exchange.response, own.ignores)
        )
        if profile.unknown or profile.undecided(
            reference_run(replace(exchange, response=response))
        ):
            return Answer(Outcome.UNKNOWN)
        now, request = exchange.response_time, comparable(exchange.request, self._digester)
        key = self._key(exchange.request.url)
        entries = self._urls.get(key, [])
        found = self._select(entries, request, now)
        before = found.stored if found else None
        run = run_of(found, request, response, now)
        after, outcome = ask(profile, run, before, request, now)
        if found is not None and outcome != Outcome.MISS:
            found.used = now
            outcome = self._own_ways(found, outcome)
        swapped = (
            self._swapped(found, exchange.request, visitor)
            if (found is not None and outcome == Outcome.SWAP)
            else ()
        )
        added, removed = None, []
        if after is not before:
            entry = (
                None if after is None else self._entry(after, found, run, visitor, site, cookies)
            )
            if found is not None:
                entries.remove(found)
                removed.append(found)
            if entry is not None:
                added = entry
                entries.append(entry)
                if len(entries) > MAX_VARIANTS:
                    removed.append(entries.pop(0))
        self._account(removed, added)
        self._touch(key, entries)
        removed += self._make_room()
        answered = found if outcome != Outcome.MISS else None
        return Answer(outcome, answered, swapped, added, tuple(removed))

    def sweep(self, now: float, limit: int = 200) -> tuple[Entry, ...]:
        """Let go of what would not be reused any more; looks at a limited number of URLs a call."""
        keys = list(islice(self._sweeping, limit))
        if len(keys) < limit:
            self._sweeping = iter(tuple(self._urls))
        removed: list[Entry] = []
        for key in keys:
            entries = self._urls.get(key, [])
            gone = [entry for entry in entries if not self._reusable(entry, now)]
            for entry in gone:
                entries.remove(entry)
            if not entries:
                self._urls.pop(key, None)
            removed += gone
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
            removed += self._urls.pop(self._key(url), [])
        self._account(removed)
        return removed

    def _key(self, url: str) -> bytes:
        return self._digester.digest("", "", url).octets

    def _select(self, entries: list[Entry], request: RequestFacts, now: float) -> Entry | None:
        """The newest entry that the request may select, else the one that it would replace."""
        if len(entries) == 1 and same_variant(entries[0].stored, request):
            return entries[
                0
            ]  # selected or replaced, as `ask` finds out: it need not be asked twice
        for entry in reversed(entries):
            if self.profile.reuse(entry.stored, request, now) != Reuse.MISS:
                return entry
        return next((e for e in reversed(entries) if same_variant(e.stored, request)), None)

    def _own_ways(self, found: Entry, outcome: Outcome) -> Outcome:
        """What a user's own cache makes of the outcome of the profile it is based on."""
        own = self.profile.deviations
        if own is None:
            return outcome
        if outcome == Outcome.REUSED and found.cookies:
            # It did not look at Set-Cookie; what it stored holds the field all the same.
            outcome = Outcome.SWAP
        return Outcome.STRIPPED if outcome == Outcome.SWAP and own.strips_set_cookie else outcome

    def _swapped(
        self, found: Entry, request: RequestFacts, visitor: Client
    ) -> tuple[HeldCookie, ...]:
        """The owner's cookies that somebody else would be given; none for the owner."""
        if compare(found.owner, visitor) != Likeness.DIFFERENT:
            return ()
        presented = presents(request, found.cookies, self._digester)
        if any(cookie.cookie_class not in _SHARED_BY_MANY for cookie in presented):
            return ()
        return tuple(cookie for cookie in found.cookies if cookie not in presented)

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
        if sum(len(name) + len(value) for name, value in response.fields.lines) > MAX_OCTETS:
            return None
        stored = replace(after, request=kept_request(after.request, response), response=response)
        if not merged or found is None:
            entry = Entry(stored, response, visitor, site, cookies, run.time, run.time)
            return entry if self._reusable(entry, run.time) else None
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

    def _touch(self, key: bytes, entries: list[Entry]) -> None:
        self._urls.pop(key, None)
        if entries:
            self._urls[key] = entries

    def _make_room(self) -> list[Entry]:
        removed = []
        while self._size > self._max:
            key, entries = next(iter(self._urls.items()))
            removed.append(entries.pop(0))
            self._account(removed[-1:])
            if not entries:
                del self._urls[key]
        return removed

    def _reusable(self, entry: Entry, now: float) -> bool:
        """Whether a visitor like the owner, or a newcomer, may still be answered from it."""
        stored = entry.stored
        plain = RequestFacts(
            stored.request.method,
            stored.request.url,
            stored.request.fields.without(_CLIENT_ORDERS),
            stored.request.http_version,
        )
        waiting = now - entry.used < IDLE_SECONDS
        for request in dict.fromkeys((plain, newcomer(plain))):
            reuse = self.profile.reuse(stored, request, now)
            if reuse in _ALONE:
                return True
            if reuse == Reuse.VALIDATE and waiting:
                if self.profile.conditional(stored, request):
                    return True
                if self.profile.stale_if_error(stored, request, _FAILURE):
                    return True
        return False
