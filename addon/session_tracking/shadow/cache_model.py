"""What a shared cache of one profile makes of an exchange, given what is held of its URL.

The profile decides everything: lookup, storage, reuse. Nothing is changed here, and nothing kept.

Members of enumerations are compared by value: after a hot reload profiles and cache may come from
two instances of the same module.
"""

from collections.abc import Sequence

from session_tracking.caching.outcomes import reference_run
from session_tracking.caching.profiles.model import CacheProfile, Outcome, Reuse
from session_tracking.caching.profiles.simulate import ask
from session_tracking.cookies.classify import CookieClass
from session_tracking.cookies.digest import Digester
from session_tracking.http.exchange import Exchange, RequestFacts, ResponseFacts
from session_tracking.shadow.entries import (
    Entry,
    Looked,
    reusable,
    run_of,
    same_variant,
    without_fields,
)
from session_tracking.shadow.facts import HeldCookie, comparable, presents
from session_tracking.swaps.clients import Client, Likeness, compare

__all__ = ["IDLE_SECONDS", "CacheModel"]

IDLE_SECONDS = 120.0
"""How long a stale entry is held that could be validated, if nobody asks for it."""

_SHARED_BY_MANY = frozenset({CookieClass.AFFINITY, CookieClass.PREFERENCE, CookieClass.DELETION})
"""Classes of cookies that do not tell their owner by being presented."""


class CacheModel:
    """The model of a cache. Times are Unix seconds and come with the exchanges."""

    def __init__(self, profile: CacheProfile, digester: Digester) -> None:
        self.profile = profile
        self._digester = digester

    def key(self, url: str) -> bytes:
        """What a URL is held by."""
        return self._digester.octets("", "", url)

    def comparable(self, request: RequestFacts) -> RequestFacts:
        """The request with digests in the place of secrets."""
        return comparable(request, self._digester)

    def as_read(self, response: ResponseFacts) -> ResponseFacts:
        """The response less what a user's own cache does not look at."""
        own = self.profile.deviations
        return without_fields(response, own.ignores) if own is not None else response

    def passes(self, request: RequestFacts) -> bool:
        """Whether a user's own cache has nothing to do with such a request."""
        own = self.profile.deviations
        return own is not None and own.passes_cookie and "cookie" in request.fields

    def undecided(self, exchange: Exchange) -> bool:
        """Whether the vendor's documentation leaves open what becomes of the exchange."""
        return self.profile.unknown or self.profile.undecided(reference_run(exchange))

    def look(
        self, entries: Sequence[Entry], request: RequestFacts, response: ResponseFacts, now: float
    ) -> Looked:
        """What is found for a comparable request, and what becomes of it; changes nothing."""
        found = self._select(entries, request, now)
        before = found.stored if found else None
        run = run_of(found, request, response, now)
        after, outcome = ask(self.profile, run, before, request, now)
        if found is not None and outcome != Outcome.MISS:
            outcome = self._own_ways(found, outcome)
        return Looked(found, run, after, outcome)

    def swapped(
        self, found: Entry, cookies: Sequence[str], visitor: Client
    ) -> tuple[HeldCookie, ...]:
        """The owner's cookies that somebody else would be given; none for the owner.

        `cookies` are the values of the visitor's Cookie fields.
        """
        if compare(found.owner, visitor) != Likeness.DIFFERENT:
            return ()
        presented = presents(cookies, found.cookies, self._digester)
        if any(cookie.cookie_class not in _SHARED_BY_MANY for cookie in presented):
            return ()
        return tuple(cookie for cookie in found.cookies if cookie not in presented)

    def reusable(self, entry: Entry, now: float) -> bool:
        """Whether a visitor like the owner, or a newcomer, may still be answered from it."""
        return reusable(self.profile, entry.stored, now, waiting=now - entry.used < IDLE_SECONDS)

    def _select(self, entries: Sequence[Entry], request: RequestFacts, now: float) -> Entry | None:
        """The newest entry that the request may select, else the one that it would replace."""
        if len(entries) == 1 and same_variant(entries[0].stored, request):
            return entries[0]  # selected or replaced, as `ask` finds out: no need to ask twice
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
