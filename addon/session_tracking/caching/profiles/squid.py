"""Squid 5.7 in front of one origin, with Debian's refresh_pattern lines and a memory cache.

Squid takes Set-Cookie out of every response that it counts as a hit, and leaves Set-Cookie2 in. A
response whose content is still arriving is handed to further visitors as it is, cookie and all.
"""

from session_tracking.caching.profiles.model import (
    CacheProfile,
    Invalidation,
    LookupRule,
    Reuse,
    Source,
    Stored,
    StoreRule,
)
from session_tracking.caching.profiles.squid_fields import (
    asks_for_ranges,
    cache_control,
    content_length,
    date,
    is_conditional,
    pragma_no_cache,
    selecting_value,
    surrogate_control,
    vary_names,
)
from session_tracking.caching.profiles.squid_stored import (
    answers_with_older,
    conditions,
    expires,
    fresh,
    merge,
    purges,
    relays_304,
    staleness,
    strips,
    times_of,
    validated,
)
from session_tracking.http.exchange import RequestFacts, ResponseFacts

MINIMUM_EXPIRY_TIME = 60
"""minimum_expiry_time: seconds that a response without content must stay fresh to be stored."""
MAX_OBJECT_SIZE = 512 * 1024
"""maximum_object_size_in_memory, octets with the header."""

CACHEABLE = frozenset({200, 203, 300, 301, 308, 410})
REDIRECTS = frozenset({302, 307})
"""Stored only with a lifetime; any other status is never stored while negative_ttl is 0."""

_SOURCE_TREE = "https://github.com/squid-cache/squid/blob/SQUID_5_7/src/"


def _source(file: str, function: str) -> Source:
    return Source(f"{file}, {function}", _SOURCE_TREE + file)


_REUSABLE = _source("http.cc", "HttpStateData::reusableReply")


def _request_allows(request: RequestFacts, _response: ResponseFacts, _time: float) -> bool:
    directives = cache_control(request.fields)
    return "no-store" not in directives and "only-if-cached" not in directives


def _directives_allow(_request: RequestFacts, response: ResponseFacts, _time: float) -> bool:
    surrogate = surrogate_control(response)
    if surrogate is not None:
        return not surrogate.no_store
    directives = cache_control(response.fields)
    if "no-store" in directives or "private" in directives:
        return False
    return "no-cache" not in directives or not directives.no_cache_lists_fields


def _authorized(request: RequestFacts, response: ResponseFacts, _time: float) -> bool:
    if "authorization" not in request.fields:
        return True
    directives = cache_control(response.fields)
    allowing = {"public", "must-revalidate", "no-cache", "s-maxage"}
    return surrogate_control(response) is None and not allowing.isdisjoint(directives.names)


def _is_one_document(_request: RequestFacts, response: ResponseFacts, _time: float) -> bool:
    kind = response.fields.first("content-type") or ""
    return kind[:25].lower() != "multipart/x-mixed-replace"


def _status_cacheable(_request: RequestFacts, response: ResponseFacts, time: float) -> bool:
    if response.status in CACHEABLE:
        return True
    made = date(response.fields, "date")
    return (
        response.status in REDIRECTS
        and made > 0
        and expires(response, made, int(time), surrogate=True) > made
    )


def _refreshable(request: RequestFacts, response: ResponseFacts, time: float) -> bool:
    # What has content is stored though it is stale: it may be validated, be it by its Date.
    if content_length(response) != 0 or response.status in REDIRECTS:
        return True
    if "*" in vary_names(response):
        return False
    times, at = times_of(response, time), int(time) + MINIMUM_EXPIRY_TIME
    return staleness(times, at, max(0, at - times.timestamp), request.url) < 0


def _vary_usable(_request: RequestFacts, response: ResponseFacts, _time: float) -> bool:
    return "vary" not in response.fields or bool(vary_names(response))


def _vary_for_one_range(request: RequestFacts, response: ResponseFacts, _time: float) -> bool:
    return "vary" not in response.fields or not asks_for_ranges(request)


def _fits(request: RequestFacts, response: ResponseFacts, _time: float) -> bool:
    length = content_length(response) or 0
    if length < MAX_OBJECT_SIZE // 2 or request.method.upper() == "HEAD":
        return length <= MAX_OBJECT_SIZE
    return length + response.fields.size(4) <= MAX_OBJECT_SIZE


STORAGE = (
    StoreRule("status-cacheable", _REUSABLE, _status_cacheable, "the status is never stored"),
    StoreRule(
        "directives-allow",
        _REUSABLE,
        _directives_allow,
        'no-store, private, private="…" or no-cache="…" (or Surrogate-Control: no-store)',
    ),
    StoreRule(
        "request-allows",
        _source("HttpRequest.cc", "HttpRequest::maybeCacheable"),
        _request_allows,
        "the request says no-store, or only-if-cached and is refused",
    ),
    StoreRule(
        "authorization-allowed",
        _REUSABLE,
        _authorized,
        "the request has Authorization and no directive of the response lifts that",
    ),
    StoreRule(
        "one-document", _REUSABLE, _is_one_document, "the content is multipart/x-mixed-replace"
    ),
    StoreRule(
        "refreshable",
        _source("refresh.cc", "refreshIsCachable"),
        _refreshable,
        "no content, and stale within minimum_expiry_time",
    ),
    StoreRule(
        "vary-usable",
        _source("http.cc", "HttpStateData::haveParsedReplyHeaders"),
        _vary_usable,
        "Vary names nothing",
    ),
    StoreRule(
        "vary-for-one-range",
        _source("store.cc", "StoreEntry::adjustVary"),
        _vary_for_one_range,
        "Vary, and the request asks for several ranges",
    ),
    StoreRule(
        "size",
        _source("store.cc", "StoreEntry::checkTooBig"),
        _fits,
        "larger than maximum_object_size_in_memory",
    ),
)

LOOKUP = (
    LookupRule(
        "method",
        _source("http/RequestMethod.cc", "HttpRequestMethod::respMaybeCacheable"),
        lambda request: request.method.upper() in {"GET", "HEAD"},
        "the method is neither GET nor HEAD",
    ),
)


def _reuse(stored: Stored, request: RequestFacts, time: float) -> Reuse:
    """client_side_reply.cc, clientReplyContext::cacheHit; store.cc, storeGetPublicByRequest."""
    if _reloads(request):
        return Reuse.MISS
    if stored.request.method.upper() == "HEAD" and request.method.upper() != "HEAD":
        return Reuse.MISS
    # A 304 changes neither Vary nor the variant's key.
    names = vary_names(stored.first or stored.response)
    if (
        names
        and "*" not in names
        and any(
            selecting_value(stored.request, name) != selecting_value(request, name)
            for name in names
        )
    ):
        return Reuse.MISS
    if not fresh(stored, request, time):
        return Reuse.VALIDATE
    if stored.response.status != 200 and is_conditional(request):
        return Reuse.MISS
    return Reuse.HIT


def _reloads(request: RequestFacts) -> bool:
    """Whether the request wants no stored response; Pragma counts without Cache-Control only.

    Source: client_side_request.cc, clientInterpretRequestHeaders.
    """
    directives = cache_control(request.fields)
    if directives.names:
        return "no-cache" in directives
    return pragma_no_cache(request.fields)


PROFILES = (
    CacheProfile(
        name="squid",
        configuration="accelerator, Debian's refresh_pattern lines, memory cache",
        product="Squid",
        version="5.7 (Debian 5.7-2+deb12u6)",
        sources=(
            _REUSABLE,
            _source("client_side_reply.cc", "clientReplyContext::cacheHit and handleIMSReply"),
            _source("client_side_reply.cc", "clientReplyContext::buildReplyHeader"),
        ),
        lookup=LOOKUP,
        storage=STORAGE,
        reuse=_reuse,
        strips=strips,
        conditional=conditions,
        merge=merge,
        validated=validated,
        relays_304=relays_304,
        stale_if_error=answers_with_older,
        stale_keeps_cookie=True,
        invalidation=Invalidation(
            _source("clients/Client.cc", "Client::maybePurgeOthers"),
            "methods that may change something, with an answer below 400",
            purges,
            ("location", "content-location"),
        ),
        collapses=True,
        switch=(
            "refresh_pattern with ignore-no-store or ignore-private stores what is refused here;"
            " hits still lose Set-Cookie, but not Set-Cookie2"
        ),
        settings={
            "negative_ttl": 0,
            "minimum_expiry_time": MINIMUM_EXPIRY_TIME,
            "maximum_object_size_in_memory": MAX_OBJECT_SIZE,
        },
    ),
)
