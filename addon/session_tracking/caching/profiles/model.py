"""The shape of a cache profile: what a cache stores, when it reuses, what it hands out.

A profile is data. Where a cache deviates from RFC 9111, the deviation is a field of the profile
or a row in one of its tables, each with the source that shows it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from session_tracking.http.exchange import RequestFacts, ResponseFacts


class Outcome(StrEnum):
    """What the next visitor, who sends no cookie, receives."""

    SWAP = "swap"
    """The first visitor's Set-Cookie or Set-Cookie2."""
    STRIPPED = "stripped"
    """The stored body without the Set-Cookie."""
    FRESH = "fresh"
    """The stored body with a Set-Cookie that a 304 made for them."""
    REUSED = "reused"
    """The stored body of a response that sets no cookie."""
    MISS = "miss"
    """The origin's own answer."""
    UNKNOWN = "unknown"
    """The vendor does not say."""


class Reuse(StrEnum):
    """What a cache does with a stored response when a request matches it."""

    HIT = "hit"
    """Answers from it."""
    VALIDATE = "validate"
    """Asks the origin with the stored validator, and answers from it after a 304."""
    STALE = "stale"
    """Answers from it, and then validates it or fetches anew behind the client's back."""
    MISS = "miss"
    """Fetches anew; the new response takes the old one's place if it may be stored."""
    PASS = "pass"  # noqa: S105 - what caches call it
    """Fetches anew without touching what is stored."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where a fact about a cache comes from."""

    text: str
    """The function in the source code, the directive in the manual, or the measured case."""
    url: str = ""


@dataclass(slots=True)  # not frozen, which would cost a microsecond; nobody changes it
class Run:
    """The reference run: A asks twice, then the next visitor asks `after` seconds later."""

    request: RequestFacts
    """A's request."""
    response: ResponseFacts
    """What the origin answers to a request that it cannot answer with 304."""
    next_request: RequestFacts
    validation: ResponseFacts | None
    """What the origin answers to a conditional request whose validator matches; None: it never
    answers 304."""
    time: float
    """Unix seconds at which A's first response was received."""
    after: float
    """Seconds between A's second request and the next visitor's."""
    held: ResponseFacts | None = None
    """The response that is stored, where the origin answers another one by now; None: the same."""


@dataclass(slots=True)  # not frozen: a dozen are made for each exchange
class Stored:
    """What a cache holds after it stored a response."""

    request: RequestFacts
    """The request that it was stored for; Vary compares with it."""
    response: ResponseFacts
    """The field section as it would be sent; after a 304 the merged one."""
    time: float
    """Unix seconds of storing or of the last validation."""
    own_cookie: bool = True
    """True while a Set-Cookie in `response` is the one of the response that was stored; False
    once a 304's has replaced it, which then belongs to whoever caused the validation."""
    first: ResponseFacts | None = None
    """The response that was stored before a 304 changed its fields; None if none has. For caches
    that read some directives once and for all when they store."""
    dropped: bool = False
    """True if the cache removes it once the request that validated it is answered."""
    state: object = None
    """What a family of caches keeps beside the fields, in a type of its own; the one thing that
    may be set later."""


type StoreTest = Callable[[RequestFacts, ResponseFacts, float], bool]
"""(request, response, time) → whether the condition for storing holds."""
type LookupTest = Callable[[RequestFacts], bool]
"""request → whether the cache may answer it from what it stored."""


@dataclass(frozen=True, slots=True)
class StoreRule:
    """One condition that a response must meet to be stored."""

    id: str
    source: Source
    holds: StoreTest
    unmet: str = ""
    """What it means that the condition is not met, for people."""


@dataclass(frozen=True, slots=True)
class LookupRule:
    """One condition that a request must meet to be looked up."""

    id: str
    source: Source
    holds: LookupTest
    unmet: str = ""


@dataclass(frozen=True, slots=True)
class Invalidation:
    """When a cache gives up what it holds, because the resource has changed (RFC 9111 §4.4)."""

    source: Source
    after: str
    """After what, in words; empty for a cache that never does."""
    holds: Callable[[RequestFacts, ResponseFacts], bool]
    """Whether this exchange makes it give up what it holds of the request's URL."""
    fields: tuple[str, ...] = ()
    """Response fields (lower case) that name further URLs of the same host to give up."""


def _never_stale(_stored: Stored, _request: RequestFacts, _response: ResponseFacts) -> bool:
    return False


def _always_pass(_stored: Stored, _request: RequestFacts, _time: float) -> Reuse:
    return Reuse.PASS


@dataclass(frozen=True, slots=True)
class Deviations:
    """How a user's own cache differs from the profile that it is based on (`[profiles.NAME]`)."""

    ignores: frozenset[str] = frozenset()
    """Response fields, in lower case, that it does not look at."""
    refuses_set_cookie: bool = False
    """It never stores a response that sets a cookie."""
    strips_set_cookie: bool = False
    """It takes the cookie fields out of what it reuses."""
    passes_cookie: bool = False
    """It answers no request that has a Cookie field from what it stored."""


@dataclass(frozen=True, slots=True)
class CacheProfile:
    """One cache in one configuration."""

    name: str
    configuration: str
    """The configuration in words or directives."""
    product: str
    version: str
    """Version that was measured; empty for a documented profile."""
    sources: tuple[Source, ...]
    lookup: tuple[LookupRule, ...] = ()
    """All must hold for a request to be looked up; else it passes and nothing is stored."""
    storage: tuple[StoreRule, ...] = ()
    """All must hold for a response to be stored."""
    reuse: Callable[[Stored, RequestFacts, float], Reuse] = _always_pass
    """What the cache does with a stored response for a request at a time (Vary included)."""
    strips: Callable[[Stored, RequestFacts], bool] = lambda _stored, _request: False
    """Whether the cookie fields are taken out of a stored response when it is reused."""
    conditional: Callable[[Stored, RequestFacts], Mapping[str, str]] = lambda _s, _r: {}
    """The conditional fields (lower-case name → value) that the cache sends to validate."""
    merge: Callable[[Stored, ResponseFacts, float], Stored | None] | None = None
    """How a 304 updates what is stored; None: the stored fields stay as they are. It returns None
    where the cache takes the 304 for unusable, drops what it has and asks without conditions."""
    validated: Callable[[Stored, RequestFacts], Outcome] | None = None
    """What the client receives whose request was answered by a 304, from the merged response;
    None: the same as on a hit. Not asked about a response that sets no cookie."""
    relays_304: Callable[[Stored, Stored, RequestFacts], bool] = lambda _old, _new, _request: False
    """Whether a client whose request was answered by a 304 is sent a 304 as well: their own
    condition holds for what was stored before or after, so nothing stored reaches them."""
    stale_if_error: Callable[[Stored, RequestFacts, ResponseFacts], bool] = _never_stale
    """Whether the cache answers from what it stored although the origin answered the attempt to
    validate with this full response."""
    stale_keeps_cookie: bool = False
    """Whether what `stale_if_error` lets through keeps the cookie that hits lose."""
    replaceable: Callable[[ResponseFacts], bool] = lambda _response: True
    """Whether this full answer to an attempt to validate takes the place of what is stored; else
    neither is left."""
    forwarded: Callable[[RequestFacts], RequestFacts] = lambda request: request
    """The request as the cache sends it on for a miss (some drop its conditional fields)."""
    invalidation: Invalidation | None = None
    """When it gives up what it holds of a URL; None where the documentation does not say."""
    collapses: bool = False
    """Whether clients that ask at once for a cold key are given one response with its cookie."""
    switch: str = ""
    """The configuration that would turn a refusal into a swap, or what does so here."""
    unknown: bool = False
    """True where the vendor's documentation leaves every outcome open."""
    undecided: Callable[[Run], bool] = lambda _run: False
    """Whether the vendor's documentation leaves the outcome of this run open."""
    settings: Mapping[str, object] = field(default_factory=dict)
    """Documented deviations that are plain values, for people who read the table."""
    deviations: Deviations | None = None
    """How a user's own cache differs; None for the profiles that come with the product."""
