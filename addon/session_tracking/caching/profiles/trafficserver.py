"""Apache Traffic Server 9.2 as a reverse proxy, with the records.config that Debian ships.

It stores no Set-Cookie and merges none from a 304, but leaves Set-Cookie2 as it is.
"""

from dataclasses import replace
from functools import partial

from session_tracking.caching.profiles.invalidation import by_methods
from session_tracking.caching.profiles.model import (
    CacheProfile,
    LookupRule,
    Reuse,
    Source,
    Stored,
    StoreRule,
)
from session_tracking.caching.profiles.trafficserver_fields import (
    cache_control,
    forwarded,
    is_empty,
    pragma_no_cache,
    range_served,
)
from session_tracking.caching.profiles.trafficserver_stored import (
    REVALIDATE,
    conditions,
    fresh,
    merge,
    relays_304,
    strips,
    validated,
    validated_no_cookies,
)
from session_tracking.caching.profiles.trafficserver_vary import selects
from session_tracking.http.exchange import RequestFacts, ResponseFacts

CACHEABLE = frozenset({200, 203, 300, 301, 304, 410})
"""Stored although neither Cache-Control nor Expires says so; 304 concerns what is stored."""

_POSITIVE = REVALIDATE | {"public", "max-age", "s-maxage"}
_SOURCE_TREE = "https://github.com/apache/trafficserver/blob/9.2.9/proxy/http/"


def _source(file: str, function: str) -> Source:
    return Source(f"{file}, {function}", _SOURCE_TREE + file)


_CACHEABLE = _source("HttpTransact.cc", "HttpTransact::is_response_cacheable")


def _server_permits(_request: RequestFacts, response: ResponseFacts, _time: float) -> bool:
    directives = cache_control(response.fields)
    forbidden = "no-store" in directives or "private" in directives
    return not forbidden and not pragma_no_cache(response.fields)


def _required_headers(_request: RequestFacts, response: ResponseFacts, _time: float) -> bool:
    if response.status != 200 or "expires" in response.fields:
        return True
    directives = cache_control(response.fields)
    return "max-age" in directives or "s-maxage" in directives


def _status_cacheable(_request: RequestFacts, response: ResponseFacts, _time: float) -> bool:
    if response.status in {206, 416}:
        return False
    if response.status in CACHEABLE or "expires" in response.fields:
        return True
    return not _POSITIVE.isdisjoint(cache_control(response.fields).names)


def _no_cookies(request: RequestFacts, response: ResponseFacts, _time: float) -> bool:
    return "set-cookie" not in response.fields and "cookie" not in request.fields


_RESPONSE_RULES = (
    StoreRule(
        "server-permits",
        _source(
            "HttpTransactHeaders.cc", "HttpTransactHeaders::does_server_allow_response_to_be_stored"
        ),
        _server_permits,
        'no-store, private (also private="…") or Pragma: no-cache',
    ),
    StoreRule(
        "www-authenticate",
        _CACHEABLE,
        lambda _request, response, _time: "www-authenticate" not in response.fields,
        "the response has WWW-Authenticate",
    ),
    StoreRule(
        "required-headers",
        _source("HttpTransact.cc", "HttpTransact::is_response_cacheable, required_headers 2"),
        _required_headers,
        "a 200 with neither Expires nor max-age nor s-maxage",
    ),
    StoreRule(
        "status-cacheable",
        _CACHEABLE,
        _status_cacheable,
        "a status that needs Expires or a directive that allows storing",
    ),
)
"""What a response must meet, be it stored or be it the 304 that lets a stored one live on."""

_COOKIE_RULE = StoreRule(
    "no-cookies",
    _source("HttpTransact.cc", "do_cookies_prevent_caching"),
    _no_cookies,
    "the response has Set-Cookie, or the request Cookie",
)

_REQUEST_RULES = (
    StoreRule(
        "method",
        _source(
            "HttpTransact.cc", "HttpTransact::handle_cache_operation_on_forward_server_response"
        ),
        lambda request, _response, _time: request.method == "GET",
        "the method is not GET",
    ),
    StoreRule(
        "not-unexpected-304",
        _source(
            "HttpTransact.cc", "HttpTransact::handle_cache_operation_on_forward_server_response"
        ),
        lambda _request, response, _time: response.status not in {304, 505},
        "304 without anything stored, or 505",
    ),
    StoreRule(
        "no-range",
        _source("HttpTransact.cc", "HttpTransact::HandleCacheOpenReadMiss"),
        lambda request, _response, _time: "range" not in request.fields,
        "the request has Range",
    ),
    StoreRule(
        "not-only-if-cached",
        _source("HttpTransact.cc", "HttpTransact::HandleCacheOpenReadMiss"),
        lambda request, _response, _time: "only-if-cached" not in cache_control(request.fields),
        "the request says only-if-cached and is refused",
    ),
)

LOOKUP = (
    LookupRule(
        "method",
        _source("HttpTransactHeaders.cc", "HttpTransactHeaders::is_method_cacheable"),
        lambda request: request.method in {"GET", "HEAD"},
        "the method is neither GET nor HEAD",
    ),
)


def _reuse(stored: Stored, request: RequestFacts, time: float) -> Reuse:
    """HttpTransact::HandleCacheOpenReadHit."""
    if not selects(stored, request):
        return Reuse.MISS
    directives = cache_control(stored.response.fields)
    if "authorization" in request.fields:
        if not REVALIDATE.isdisjoint(directives.names):
            return Reuse.VALIDATE
        if "public" not in directives:
            return Reuse.MISS
    if "no-cache" in directives or not fresh(stored, request, time):
        return Reuse.VALIDATE
    return Reuse.HIT if range_served(stored, request) else Reuse.MISS


def _reuse_no_cookies(stored: Stored, request: RequestFacts, time: float) -> Reuse:
    """The same, save that a visitor with Cookie never gets what is stored unasked."""
    reuse = _reuse(stored, request, time)
    return Reuse.VALIDATE if reuse is Reuse.HIT and "cookie" in request.fields else reuse


_DEFAULT = CacheProfile(
    name="trafficserver",
    configuration="Debian's records.config",
    product="Apache Traffic Server",
    version="9.2.9 (Debian 9.2.5+ds-0+deb12u4)",
    sources=(
        _CACHEABLE,
        _source("HttpTransact.cc", "HttpTransact::HandleCacheOpenReadHit"),
        _source("HttpTransact.cc", "HttpTransact::set_headers_for_cache_write"),
    ),
    lookup=LOOKUP,
    storage=(*_REQUEST_RULES, *_RESPONSE_RULES),
    reuse=_reuse,
    strips=strips,
    conditional=conditions,
    merge=partial(merge, _RESPONSE_RULES),
    validated=validated,
    relays_304=relays_304,
    replaceable=lambda response: not is_empty(response),
    forwarded=forwarded,
    invalidation=by_methods(
        _source("HttpTransact.cc", "does_method_require_cache_copy_deletion"),
        *("DELETE", "PURGE", "PUT", "POST"),
        below=600,
    ),
    switch=(
        "ttl-in-cache in cache.config stores what is refused here, whatever the response says;"
        " Set-Cookie is still taken out before storing, Set-Cookie2 is not"
    ),
    settings={
        "proxy.config.http.cache.required_headers": 2,
        "proxy.config.http.cache.ignore_client_no_cache": 1,
        "proxy.config.http.cache.cache_responses_to_cookies": 1,
    },
)

PROFILES = (
    _DEFAULT,
    replace(
        _DEFAULT,
        name="trafficserver-no-cookies",
        configuration="+ proxy.config.http.cache.cache_responses_to_cookies 0",
        storage=(*_REQUEST_RULES, *_RESPONSE_RULES, _COOKIE_RULE),
        reuse=_reuse_no_cookies,
        merge=partial(merge, (*_RESPONSE_RULES, _COOKIE_RULE)),
        validated=validated_no_cookies,
        settings={
            **_DEFAULT.settings,
            "proxy.config.http.cache.cache_responses_to_cookies": 0,
        },
    ),
)
