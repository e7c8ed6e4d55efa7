"""HAProxy's `cache` section, with and without `process-vary`.

Followed function by function through src/cache.c and src/http_ana.c. Cookies matter to it in one
spelling only, `no-cache="set-cookie…`, and it never validates: what is fresh is handed out whole.
"""

from enum import Flag
from functools import lru_cache

from session_tracking.caching.profiles.haproxy_parse import lifetime, members
from session_tracking.caching.profiles.haproxy_vary import (
    encoding_known,
    has_secondary_key,
    secondary_key_matches,
    vary_supported,
)
from session_tracking.caching.profiles.invalidation import by_unsafe_methods
from session_tracking.caching.profiles.model import (
    CacheProfile,
    LookupRule,
    Reuse,
    Source,
    Stored,
    StoreRule,
)
from session_tracking.http.exchange import RequestFacts, ResponseFacts

MAX_AGE = 60
"""`max-age` of the cache section, in seconds: an upper limit, and the lifetime if none is given."""
MAX_OBJECT_SIZE = 64 * 1024 * 1024 // 256
"""A 256th of `total-max-size`, in octets, fields included."""

_STORE = Source("http_action_store_cache (src/cache.c)")
_CHECK = Source("http_check_response_for_cacheability (src/http_ana.c)")


def _allowed(request: RequestFacts, response: ResponseFacts, _time: float) -> bool:
    fields = response.fields
    if (fields.first("pragma") or "").lower() == "no-cache":
        return False
    start = _Flags.ALL if _may_store(request) else _Flags.NONE
    return _flags(members(fields, "cache-control"), start) is _Flags.ALL


def _may_store(request: RequestFacts) -> bool:
    """Whether the request leaves it to the response (http_check_request_for_cacheability)."""
    return "authorization" not in request.fields and not any(
        directive.lower().startswith("no-store")
        for directive in members(request.fields, "cache-control")
    )


class _Flags(Flag):
    """TX_CACHEABLE and TX_CACHE_COOK of the source; both are needed to store."""

    NONE = 0
    CACHEABLE = 1
    WITH_COOKIE = 2
    ALL = 3


@lru_cache(maxsize=4096)
def _flags(said: tuple[str, ...], start: _Flags) -> _Flags:
    """What is left of the flags after Cache-Control: `public` lifts whatever came before it."""
    flags = start
    for directive in map(str.lower, said):
        if directive == "public":
            flags = _Flags.ALL
        elif directive in _FORBIDDING:
            flags = _Flags.NONE
        elif directive.startswith('no-cache="set-cookie'):
            flags &= ~_Flags.WITH_COOKIE
    return flags


_FORBIDDING = frozenset({"private", "no-cache", "no-store", "max-age=0", "s-maxage=0"})


def _has_basis(_request: RequestFacts, response: ResponseFacts, _time: float) -> bool:
    fields = response.fields
    if "expires" in fields or "etag" in fields or "last-modified" in fields:
        return True
    return _lifetime_given(members(fields, "cache-control"))


@lru_cache(maxsize=4096)
def _lifetime_given(said: tuple[str, ...]) -> bool:
    for directive in map(str.lower, said):
        # `continue` in the loop of the source: a literal zero counts for nothing here.
        if directive not in _FORBIDDING and directive.startswith(("s-maxage", "max-age")):
            return True
    return False


def _age_allowed(_request: RequestFacts, response: ResponseFacts, time: float) -> bool:
    said = members(response.fields, "age")
    if not said:
        return True
    if not (said[0].isascii() and said[0].isdigit()) or len(said[0]) > 64:
        return False
    age, (_, promised) = int(said[0]), lifetime(response.fields, time, MAX_AGE)
    # Unsigned 32 bits are compared with signed ones; strl2llrc gives up at 64 bits.
    return 0 < age < 2**63 and min(age, 2**31) <= promised % 2**32


def _size_allowed(_request: RequestFacts, response: ResponseFacts, _time: float) -> bool:
    length = response.body_length
    if length is None or length < MAX_OBJECT_SIZE // 2:
        return True
    return length + response.fields.size() <= MAX_OBJECT_SIZE


_STORAGE = (
    StoreRule(
        "method", _STORE, lambda request, _r, _t: request.method == "GET", "the method is not GET"
    ),
    StoreRule(
        "status", _STORE, lambda _q, response, _t: response.status == 200, "the status is not 200"
    ),
    StoreRule(
        "directives",
        _CHECK,
        _allowed,
        'Pragma: no-cache, or private, no-cache, no-store, no-cache="set-cookie", max-age=0 or'
        " s-maxage=0 without a later public, or Authorization or no-store in the request"
        " without a public",
    ),
    StoreRule(
        "basis",
        _CHECK,
        _has_basis,
        "neither max-age, s-maxage, Expires, ETag nor Last-Modified",
    ),
    StoreRule("age", _STORE, _age_allowed, "Age is zero, malformed or above the lifetime"),
    StoreRule("size", _STORE, _size_allowed, "more than 262,144 octets with the fields"),
)
_NO_VARY = StoreRule(
    "vary", _STORE, lambda _q, response, _t: "vary" not in response.fields, "Vary is present"
)
_VARY = (
    StoreRule(
        "vary",
        Source("http_check_vary_header (src/cache.c)"),
        lambda _q, response, _t: vary_supported(members(response.fields, "vary")),
        "Vary names anything but Accept-Encoding and Referer",
    ),
    StoreRule(
        "secondary-key",
        Source("http_request_build_secondary_key (src/cache.c)"),
        lambda request, response, _t: (
            "vary" not in response.fields
            or (not _ignores_cache(request) and has_secondary_key(request))
        ),
        "with Vary: the request is not looked up, or accepts more than 15 encodings",
    ),
    StoreRule(
        "encoding",
        Source("set_secondary_key_encoding (src/cache.c)"),
        lambda _q, response, _t: "vary" not in response.fields or encoding_known(response),
        "with Vary: Content-Encoding is none that it knows",
    ),
)

_LOOKUP = (
    LookupRule(
        "method",
        Source("http_action_req_cache_use (src/cache.c)"),
        lambda request: request.method in {"GET", "HEAD"},
        "the method is neither GET nor HEAD",
    ),
    LookupRule(
        "version",
        Source("http_action_req_cache_use (src/cache.c)"),
        lambda request: request.http_version != "HTTP/1.0",
        "the request is HTTP/1.0",
    ),
)


def _ignores_cache(request: RequestFacts) -> bool:
    """Whether the request is not looked up, though its response may be stored.

    Source: http_check_request_for_cacheability (src/http_ana.c).
    """
    fields = request.fields
    if "authorization" in fields:
        return True
    if "cache-control" in fields:
        return any(
            directive.lower().startswith(("max-age", "no-cache", "max-stale", "min-fresh"))
            for directive in members(fields, "cache-control")
        )
    return (fields.first("pragma") or "").lower() == "no-cache"


def _reuse(stored: Stored, request: RequestFacts, time: float) -> Reuse:
    """Source: entry_exist, sha1_hosturi, http_action_req_cache_use (src/cache.c)."""
    if _ignores_cache(request) or not _same_host(stored.request, request):
        return Reuse.MISS
    seconds, _ = lifetime(stored.response.fields, stored.time, MAX_AGE)
    if int(stored.time) + seconds <= int(time):
        return Reuse.MISS
    return Reuse.HIT if secondary_key_matches(stored, request) else Reuse.MISS


def _same_host(first: RequestFacts, second: RequestFacts) -> bool:
    """Whether both have one Host, port and case included; where one names none, they have."""
    one, other = members(first.fields, "host")[:1], members(second.fields, "host")[:1]
    return not one or not other or one == other


def _profile(name: str, extra: str, vary: tuple[StoreRule, ...], switch: str) -> CacheProfile:
    return CacheProfile(
        name=name,
        configuration=f"cache section with max-age 60{extra}, cache-use, cache-store",
        product="HAProxy",
        version="2.6.12-1+deb12u4",
        sources=(
            Source("src/cache.c, src/http_ana.c of HAProxy 2.6.12"),
            Source("cache", "https://docs.haproxy.org/2.6/configuration.html#6"),
            Source("measured: HAProxy 2.6.12 of Debian 12"),
        ),
        lookup=_LOOKUP,
        storage=(*_STORAGE, *vary),
        reuse=_reuse,
        invalidation=by_unsafe_methods(Source("http_action_store_cache (src/cache.c)")),
        switch=switch,
    )


PROFILES = (
    _profile(
        "haproxy",
        "",
        (_NO_VARY,),
        "the default swaps; process-vary on makes it store more",
    ),
    _profile("haproxy-vary", ", process-vary on", _VARY, "the default swaps"),
)
