"""The strict reading of RFC 9111 for a shared cache: what the standard allows, and no more.

Nobody measured it. It is the profile that a cache is judged by whose documentation says nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from session_tracking.caching.directives import NONE, Directives, delta_seconds, parse_directives
from session_tracking.caching.freshness import Freshness, freshness_of
from session_tracking.caching.profiles.invalidation import by_unsafe_methods
from session_tracking.caching.profiles.model import (
    CacheProfile,
    LookupRule,
    Outcome,
    Reuse,
    Source,
    Stored,
    StoreRule,
)
from session_tracking.caching.storage import REQUIREMENTS, plain_policy
from session_tracking.http.exchange import RequestFacts, ResponseFacts
from session_tracking.http.fields import FieldSection, split_members
from session_tracking.spec import Spec, rfc9111

COOKIES = ("set-cookie", "set-cookie2")
NOT_UPDATED = frozenset({"content-encoding", "content-length", "content-range", "content-type"})
"""Fields that a 304 does not change (RFC 9111 §3.2)."""
FORBIDS_STALE = ("must-revalidate", "proxy-revalidate", "s-maxage", "no-cache")
"""Response directives that forbid answering from a stale response (RFC 9111 §4.2.4)."""


def _source(spec: Spec) -> Source:
    return Source(str(spec), spec.url)


def _storable(request: RequestFacts, response: ResponseFacts, _time: float) -> bool:
    policy = plain_policy(response.fields)
    for requirement in REQUIREMENTS:
        if not requirement.holds(request, response, policy):
            return False
    return response.status not in {206, 304}


def _asked(request: RequestFacts) -> Directives:
    values = request.fields.values("cache-control")
    return parse_directives(values) if values else NONE


def _asked_to_store(request: RequestFacts, _response: ResponseFacts, _time: float) -> bool:
    return "no-store" not in _asked(request)


def _asked_to_fetch(request: RequestFacts, _response: ResponseFacts, _time: float) -> bool:
    return "only-if-cached" not in _asked(request)


STORAGE = (
    StoreRule(
        "storable",
        _source(rfc9111("3")),
        _storable,
        "a condition of storing is not met: " + ", ".join(rule.unmet for rule in REQUIREMENTS),
    ),
    StoreRule(
        "request-no-store",
        _source(rfc9111("5.2.1.5")),
        _asked_to_store,
        "the request says no-store",
    ),
    StoreRule(
        "only-if-cached",
        _source(rfc9111("5.2.1.7")),
        _asked_to_fetch,
        "the request says only-if-cached: the cache answers 504 itself",
    ),
)


@dataclass(slots=True)
class _Kept:
    """What follows from a stored response for every request, worked out once."""

    varies: list[str]
    orders: Directives
    arrived: Freshness
    """At the time of storing."""
    strips: bool


def _kept_of(stored: Stored) -> _Kept:
    if not isinstance(stored.state, _Kept):
        fields, policy = stored.response.fields, plain_policy(stored.response.fields)
        gone = _not_kept(stored.response) | policy.directives.qualified("no-cache")
        stored.state = _Kept(
            [name.lower() for name in fields.members("vary")] if "vary" in fields else [],
            policy.directives,
            freshness_of(stored.response, policy, stored.time, stored.time),
            all(name in gone or name not in fields for name in COOKIES),
        )
    return stored.state


def _reuse(stored: Stored, request: RequestFacts, time: float) -> Reuse:
    """RFC 9111 §4: method, Vary, directives of both sides, freshness."""
    if request.method == "GET" and stored.request.method == "HEAD":
        return Reuse.MISS
    asked = _asked(request)
    found = _found(stored, request, asked, time)
    return Reuse.PASS if found is not Reuse.HIT and "only-if-cached" in asked else found


def _found(stored: Stored, request: RequestFacts, asked: Directives, time: float) -> Reuse:
    kept = _kept_of(stored)
    if request is not stored.request:
        for name in kept.varies:
            if _value(request, name) != _value(stored.request, name):
                return Reuse.MISS
    if "*" in kept.varies or kept.orders.unqualified("no-cache") or "no-cache" in asked:
        return Reuse.VALIDATE
    age = kept.arrived.age + int(time - stored.time)
    return Reuse.HIT if _fresh_enough(kept, asked, age) else Reuse.VALIDATE


def _value(request: RequestFacts, name: str) -> str | None:
    values = request.fields.values(name)
    return ", ".join(values) if values else None


def _fresh_enough(kept: _Kept, asked: Directives, age: int) -> bool:
    """RFC 9111 §4.2 and §5.2.1: what the client adds to the response's own lifetime."""
    if not asked.arguments:
        return kept.arrived.lifetime > age
    limit = _seconds(asked, "max-age")
    if limit is not None and age > limit:
        return False
    left = kept.arrived.lifetime - age - (_seconds(asked, "min-fresh") or 0)
    if left > 0 or "max-stale" not in asked or any(n in kept.orders for n in FORBIDS_STALE):
        return left > 0
    stale = asked.arguments["max-stale"][0]
    return stale is None or -left <= (delta_seconds(stale) or 0)


def _seconds(asked: Directives, name: str) -> int | None:
    """The argument as seconds; 0 if it cannot be read, None if the directive is absent."""
    return (asked.seconds(name) or 0) if name in asked else None


def _conditional(stored: Stored, _request: RequestFacts) -> Mapping[str, str]:
    """RFC 9111 §4.3.1: every validator that there is."""
    fields = stored.response.fields
    names = {"if-none-match": "etag", "if-modified-since": "last-modified"}
    return {
        name: value
        for name, validator in names.items()
        if (value := fields.first(validator)) is not None
    }


def _kept(response: ResponseFacts) -> FieldSection:
    """What may be stored of the fields (RFC 9111 §3.1, §5.2.2.7)."""
    return response.fields.without(_not_kept(response))


def _not_kept(response: ResponseFacts) -> frozenset[str]:
    fields = response.fields
    private = plain_policy(fields).directives.qualified("private")
    return private | _members(*fields.values("connection")) if "connection" in fields else private


@lru_cache(maxsize=64)
def _members(*values: str) -> frozenset[str]:
    return frozenset(name.lower() for value in values for name in split_members(value))


def _strips(stored: Stored, _request: RequestFacts) -> bool:
    """The qualified forms and Connection take fields out of what is reused unvalidated."""
    return _kept_of(stored).strips


def _merge(stored: Stored, validation: ResponseFacts, time: float) -> Stored | None:
    """RFC 9111 §3.2 and §4.3.4; None where the 304 is about another representation."""
    old, new = _kept(stored.response), validation.fields
    tags = {fields.first("etag") for fields in (old, new)} - {None}
    if len(tags) > 1:
        return None
    updated = [line for line in new.lines if line[0].lower() not in NOT_UPDATED]
    names = {name.lower() for name, _ in updated}
    remaining = [line for line in old.lines if line[0].lower() not in names]
    response = ResponseFacts(stored.response.status, FieldSection((*remaining, *updated)))
    return Stored(
        stored.request,
        response,
        time,
        own_cookie=any(name.lower() in COOKIES for name, _ in remaining),
        dropped=not all(rule.holds(stored.request, response, time) for rule in STORAGE),
    )


def _validated(stored: Stored, _request: RequestFacts) -> Outcome:
    """After validation the fields that no-cache lists may be sent (RFC 9111 §5.2.2.4)."""
    if not any(name in stored.response.fields for name in COOKIES):
        return Outcome.STRIPPED
    return Outcome.SWAP if stored.own_cookie else Outcome.FRESH


RFC9111 = CacheProfile(
    name="rfc9111",
    configuration="a shared cache that does all that the standard allows and nothing else",
    product="RFC 9111",
    version="",
    sources=(_source(rfc9111("3")), _source(rfc9111("4")), _source(rfc9111("7.3"))),
    lookup=(
        LookupRule(
            "method",
            _source(rfc9111("4")),
            lambda request: request.method in {"GET", "HEAD", "POST"},
            "the method is none of GET, HEAD and POST",
        ),
    ),
    storage=STORAGE,
    reuse=lambda stored, request, time: (
        Reuse.PASS if request.method == "POST" else _reuse(stored, request, time)
    ),
    strips=_strips,
    conditional=_conditional,
    merge=_merge,
    validated=_validated,
    invalidation=by_unsafe_methods(_source(rfc9111("4.4"))),
    switch="Set-Cookie does not inhibit caching (RFC 9111 §7.3): whatever may be stored swaps",
)
