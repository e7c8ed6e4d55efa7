"""What a vendor's documentation says about its cache, and nothing that it does not say.

A rule that is not met is a documented refusal: the next visitor is answered by the origin. Where
no rule refuses, the documentation has to say that the response is reused; else the outcome is
unknown.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from session_tracking.caching.directives import Directives, parse_directives
from session_tracking.caching.profiles.model import (
    CacheProfile,
    LookupRule,
    Reuse,
    Run,
    Source,
    Stored,
    StoreRule,
)
from session_tracking.caching.targeted import TARGETED_FIELDS
from session_tracking.http.dates import parse_http_date
from session_tracking.http.exchange import RequestFacts, ResponseFacts

CONDITIONS = frozenset(
    {"if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since", "range"}
)
"""Request fields that ask for less than the whole response."""

type Decided = Callable[[Run], bool]


def directives_of(response: ResponseFacts) -> Directives:
    """The directives of Cache-Control."""
    return parse_directives(response.fields.values("cache-control"))


def lifetime_given(response: ResponseFacts, time: float) -> int | None:
    """Seconds that s-maxage, max-age or Expires give, in this order; None if none does.

    A lifetime that cannot be read is 0.
    """
    directives = directives_of(response)
    for name in ("s-maxage", "max-age"):
        if name in directives:
            return directives.seconds(name) or 0
    if "expires" in response.fields:
        expiry = parse_http_date(response.fields.values("expires")[0])
        return 0 if expiry is None else max(0, expiry - int(time))
    return None


def plain(run: Run) -> bool:
    """Whether the run has none of what the documentation of caches is silent about.

    That is: the next visitor's conditions and directives, Age, a second cookie field name, the
    qualified forms, and fields that speak to CDNs alone.
    """
    asked, fields = run.next_request.fields, run.response.fields
    silent = {"cache-control", "pragma"} | CONDITIONS
    if asked.has_any(silent) or run.request.fields.has_any(silent):
        return False
    if "age" in fields or "set-cookie2" in fields or fields.has_any(TARGETED_FIELDS):
        return False
    directives = directives_of(run.response)
    return not any(directives.qualified(name) for name in ("no-cache", "private"))


def varies_same(run: Run) -> bool:
    """Whether both visitors' requests have the same values of all that Vary names; not for `*`."""
    names = [name.lower() for name in run.response.fields.members("vary")]
    return "*" not in names and all(
        run.request.fields.values(name) == run.next_request.fields.values(name) for name in names
    )


def forbids(*names: str) -> Callable[[RequestFacts, ResponseFacts, float], bool]:
    """A test that fails if Cache-Control has one of the directives without an argument."""

    def holds(_request: RequestFacts, response: ResponseFacts, _time: float) -> bool:
        directives = directives_of(response)
        return not any(directives.unqualified(name) for name in names)

    return holds


def no_set_cookie(_request: RequestFacts, response: ResponseFacts, _time: float) -> bool:
    """Whether Set-Cookie is absent."""
    return "set-cookie" not in response.fields


def method_in(*methods: str) -> Callable[[RequestFacts], bool]:
    """A test that holds for these methods."""
    return lambda request: request.method in methods


@dataclass(frozen=True, slots=True)
class Documented:
    """One vendor's rules: what refuses, and what is said to be reused."""

    lookup: tuple[LookupRule, ...]
    storage: tuple[StoreRule, ...]
    reused: Decided
    """Whether the documentation says that the next visitor is answered from the cache, for a run
    that nothing refuses."""
    strips: bool = False
    """Whether the cookie fields are taken out of what is reused."""

    def undecided(self, run: Run) -> bool:
        """Whether nothing in the documentation settles the run."""
        for asked in self.lookup:
            if not asked.holds(run.request) or not asked.holds(run.next_request):
                return False
        for kept in self.storage:
            if not kept.holds(run.request, run.response, run.time):
                return False
        return not self.reused(run)


def _hit(_stored: Stored, _request: RequestFacts, _time: float) -> Reuse:
    return Reuse.HIT


def documented(
    name: str,
    product: str,
    configuration: str,
    rules: Documented,
    *,
    sources: Iterable[Source],
    switch: str,
    collapses: bool = False,
) -> CacheProfile:
    """The profile of a cache that its vendor describes."""
    strips = rules.strips
    return CacheProfile(
        name=name,
        configuration=configuration,
        product=product,
        version="",
        sources=tuple(sources),
        lookup=rules.lookup,
        storage=rules.storage,
        reuse=_hit,
        strips=lambda _stored, _request: strips,
        collapses=collapses,
        switch=switch,
        undecided=rules.undecided,
    )
