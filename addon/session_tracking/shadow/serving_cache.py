"""A shadow cache that answers: the same model, with the bodies; sans-I/O.

It is for development. What it holds are whole responses, values of cookies included.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from session_tracking.caching.profiles.model import CacheProfile, Outcome, Reuse, Run
from session_tracking.caching.profiles.simulate import ask
from session_tracking.cookies.digest import Digester
from session_tracking.http.exchange import Exchange, RequestFacts, ResponseFacts
from session_tracking.shadow.entries import Answer, Entry
from session_tracking.shadow.facts import comparable
from session_tracking.shadow.shadow_cache import ShadowCache
from session_tracking.swaps.clients import Client

__all__ = ["LookUp", "ServingCache"]

_METHODS = frozenset({"GET", "HEAD"})
_ORIGIN_ONLY = frozenset({"if-match", "if-unmodified-since", "upgrade"})
"""Request fields with which a request is for the origin alone."""


@dataclass(frozen=True, slots=True)
class LookUp:
    """What a cache that serves makes of a request before the origin is asked."""

    answer: Answer | None = None
    """What to answer without the origin; None where it has to be asked."""
    entry: Entry | None = None
    """What a 304 of the origin would make usable; None where nothing is."""
    conditions: Mapping[str, str] = field(default_factory=dict)
    """The conditional fields (lower-case name → value) to ask the origin with."""


_NOTHING = LookUp()


class ServingCache(ShadowCache):
    """Holds at most so many octets of bodies; an entry without its body answers nobody."""

    def __init__(
        self, profile: CacheProfile, max_entries: int, digester: Digester, max_octets: int
    ) -> None:
        super().__init__(profile, max_entries, digester)
        self._max_octets = max_octets
        self.octets: int = 0
        """Octets of all bodies that are held."""

    def look_up(self, request: RequestFacts, visitor: Client, now: float) -> LookUp:
        """What becomes of a request at Unix seconds.

        Answers are whole ones, whatever condition or range the visitor asked for, which every
        server may do (RFC 9110 §13.1, §14.2). After an answer from a stale response that the
        cache would renew in the background, the response is let go: the next visitor renews it.
        """
        asked = comparable(request, self._digester)
        if not self._looks_up(asked):
            return _NOTHING
        key = self.key(request.url)
        found = self._select(self.held(key).entries, asked, now)
        if found is None:
            return _NOTHING
        run = Run(found.stored.request, found.held, asked, None, now, 0.0, found.held)
        unknown = self.profile.undecided(run)
        reuse = Reuse.MISS if unknown else self.profile.reuse(found.stored, asked, now)
        if reuse == Reuse.VALIDATE:
            return LookUp(None, found, self.profile.conditional(found.stored, asked))
        if reuse not in {Reuse.HIT, Reuse.STALE}:
            return _NOTHING
        outcome = self._own_ways(found, ask(self.profile, run, found.stored, asked, now)[1])
        sent = request.fields.values("cookie")
        swapped = self.swapped(found, sent, visitor) if outcome == Outcome.SWAP else ()
        found.used = now
        removed: tuple[Entry, ...] = ()
        if reuse == Reuse.STALE:
            removed = self._let_go(key, found)
        else:
            self.touch(key)
        return LookUp(Answer(outcome, found, swapped, None, removed))

    def _looks_up(self, asked: RequestFacts) -> bool:
        """Whether the cache may answer such a request at all."""
        fields, own = asked.fields, self.profile.deviations
        if own is not None and own.passes_cookie and "cookie" in fields:
            return False
        return (
            asked.method in _METHODS
            and _ORIGIN_ONLY.isdisjoint(fields.names())
            and all(condition.holds(asked) for condition in self.profile.lookup)
        )

    def keep(self, exchange: Exchange, entry: Entry, body: bytes | None) -> tuple[Entry, ...]:
        """Take the body of an entry that `observe` added; what had to go for it.

        The entry itself goes where it cannot answer: without a body (None: it was streamed), with
        part of one, with more than fits, or for HEAD, which does not bring it.
        """
        key = self.key(exchange.request.url)
        if not any(entry is each for each in self.held(key).entries):
            return ()
        whole = exchange.request.method == "GET" and exchange.response.status != 206
        if body is None or not whole or len(body) > self._max_octets:
            return self._let_go(key, entry)
        entry.body = body
        if (own := self.profile.deviations) is not None:
            lines = exchange.response.fields.lines
            entry.aside = tuple(line for line in lines if line[0].lower() in own.ignores)
        self.octets += len(body)
        return self._make_room_for(entry)

    def _select(self, entries: Sequence[Entry], request: RequestFacts, now: float) -> Entry | None:
        """As the model selects, of what can be sent: a body may still be on its way."""
        return super()._select([each for each in entries if each.body is not None], request, now)

    def _make_room_for(self, entry: Entry) -> tuple[Entry, ...]:
        removed: tuple[Entry, ...] = ()
        while self.octets > self._max_octets:
            # The longest unused first. There is one: what was added would fit alone.
            removed += self._let_go(
                *next(
                    (key, each)
                    for key, held in self._urls.items()
                    for each in held.entries
                    if each.body and each is not entry
                )
            )
        return removed

    def _let_go(self, key: bytes, entry: Entry) -> tuple[Entry, ...]:
        self._hold(key, [each for each in self.held(key).entries if each is not entry])
        self._account((entry,))
        return (entry,)

    def _account(self, removed: Sequence[Entry], added: Entry | None = None) -> None:
        super()._account(removed, added)
        # What a 304 renewed has the body of what it takes the place of.
        self.octets += len(added.body or b"") if added is not None else 0
        self.octets -= sum(len(each.body or b"") for each in removed)

    def _response_to_keep(self, response: ResponseFacts) -> ResponseFacts:
        return response
