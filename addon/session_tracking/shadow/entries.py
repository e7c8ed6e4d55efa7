"""What the shadow cache holds, and what it answers; sans-I/O."""

from dataclasses import dataclass
from typing import NamedTuple

from session_tracking.caching.outcomes import newcomer
from session_tracking.caching.profiles.model import CacheProfile, Outcome, Reuse, Run, Stored
from session_tracking.http.exchange import RequestFacts, ResponseFacts
from session_tracking.shadow.facts import HeldCookie
from session_tracking.swaps.clients import Client

__all__ = [
    "NOTHING_HELD",
    "Answer",
    "Entry",
    "Held",
    "Looked",
    "reusable",
    "run_of",
    "same_variant",
    "without_fields",
]

_ALONE = frozenset({Reuse.HIT, Reuse.STALE})
_FAILURE = ResponseFacts(500)
_CLIENT_ORDERS = frozenset(
    {"cache-control", "pragma", "range", "if-range", "if-none-match", "if-modified-since"}
)


@dataclass(slots=True, eq=False)
class Entry:
    """A response that the cache would hold. No body, and no value of any cookie, unless it serves.

    Each is only equal to itself.
    """

    stored: Stored
    held: ResponseFacts
    """The response as it was stored, before any 304 changed it."""
    owner: Client
    """Whose request it was stored for."""
    site: str
    cookies: tuple[HeldCookie, ...]
    born: float
    """Unix seconds at which the response with the cookies was stored."""
    used: float
    """Unix seconds of the last request that it would have answered."""
    body: bytes | None = None
    """What a cache that serves would send; None for one that is only imagined."""
    aside: tuple[tuple[str, str], ...] = ()
    """Field lines that a cache that serves does not look at, and sends all the same."""


@dataclass(frozen=True, slots=True, eq=False, weakref_slot=True)
class Held:
    """What is held of one URL. It is never changed: what is held later is another one."""

    entries: tuple[Entry, ...]
    """The oldest first."""


NOTHING_HELD = Held(())


class Looked(NamedTuple):
    """What a look at the cache found."""

    found: Entry | None
    """What the request may select, or what its response would replace."""
    run: Run
    after: Stored | None
    """What is stored in its place afterwards."""
    outcome: Outcome

    @property
    def changed(self) -> bool:
        """Whether that is another thing than before."""
        return self.after is not (self.found.stored if self.found else None)


@dataclass(frozen=True, slots=True)
class Answer:
    """What the cache would have made of one exchange."""

    outcome: Outcome
    """What it would have sent; `miss` is the origin's own answer."""
    entry: Entry | None = None
    """What it would have answered from; None for a miss."""
    swapped: tuple[HeldCookie, ...] = ()
    """The owner's cookies that this visitor, certainly another, would have received."""
    added: Entry | None = None
    """What it would have stored anew."""
    removed: tuple[Entry, ...] = ()
    """What it would not hold any longer: replaced, dropped, or no room left."""

    @property
    def hit(self) -> bool:
        """Whether the origin would not have been heard by this visitor."""
        return self.entry is not None


def run_of(found: Entry | None, request: RequestFacts, response: ResponseFacts, now: float) -> Run:
    """The exchange as the origin's answers to a cache."""
    held = found.held if found else None
    if held is not None and response.status == 304 and _is_about(response, held):
        return Run(request, held, request, response, now, 0.0, held)
    return Run(request, response, request, None, now, 0.0, held)


def _is_about(validation: ResponseFacts, held: ResponseFacts) -> bool:
    """Whether a 304 may speak of what is held: not if both have entity tags, and other ones."""
    tags = {facts.fields.first("etag") for facts in (validation, held)} - {None}
    return len({str(tag).removeprefix("W/") for tag in tags}) < 2


def same_variant(stored: Stored, request: RequestFacts) -> bool:
    """Whether both requests are equal in the fields that Vary names."""
    names = {name.lower() for name in stored.response.fields.members("vary")}
    return all(stored.request.fields.values(name) == request.fields.values(name) for name in names)


def without_fields(response: ResponseFacts, names: frozenset[str]) -> ResponseFacts:
    """The response as a cache reads it that was told to ignore these fields."""
    kept = response.fields.without(names)
    if kept is response.fields:
        return response
    return ResponseFacts(response.status, kept, response.http_version, response.body_length)


def reusable(profile: CacheProfile, stored: Stored, now: float, *, waiting: bool) -> bool:
    """Whether a visitor like the owner, or a newcomer, may be answered from what is stored.

    `waiting` is whether it is held for somebody who would validate it.
    """
    plain = RequestFacts(
        stored.request.method,
        stored.request.url,
        stored.request.fields.without(_CLIENT_ORDERS),
        stored.request.http_version,
    )
    other = newcomer(plain)
    for request in (plain,) if other is plain else (plain, other):
        reuse = profile.reuse(stored, request, now)
        if reuse in _ALONE:
            return True
        if reuse == Reuse.VALIDATE and waiting:
            if profile.conditional(stored, request):
                return True
            if profile.stale_if_error(stored, request, _FAILURE):
                return True
    return False
