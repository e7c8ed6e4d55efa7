"""Apache httpd: mod_cache with mod_cache_disk in front of mod_proxy_http.

Followed function by function through modules/cache and modules/proxy of the source, with
`CacheEnable disk /` and every other directive at its default. Cookies are no matter to it: what
it stores, it stores with Set-Cookie, unless a directive names that field.
"""

import re

from session_tracking.caching.profiles.httpd_merge import (
    conditional,
    merging,
    relays_304,
    stale_if_error,
    validated,
)
from session_tracking.caching.profiles.httpd_parse import control_of, parse_offset, passed_on
from session_tracking.caching.profiles.httpd_stored import (
    can_revalidate,
    expiry_usable,
    last_modified,
    query_allowed,
    reuse,
    varies_on_all,
)
from session_tracking.caching.profiles.invalidation import by_methods
from session_tracking.caching.profiles.model import (
    CacheProfile,
    LookupRule,
    Source,
    Stored,
    StoreRule,
)
from session_tracking.http.exchange import RequestFacts, ResponseFacts

MAX_FILE_SIZE = 1_000_000
"""CacheMaxFileSize, in octets."""

_SAVE = Source("cache_save_filter (modules/cache/mod_cache.c)")
_QUICK = Source("cache_quick_handler (modules/cache/mod_cache.c)")


def _status_allowed(_request: RequestFacts, response: ResponseFacts, _time: float) -> bool:
    if response.status in {200, 203, 300, 301}:
        return True
    fields = passed_on(response.fields)
    told = "expires" in fields or "cache-control" in fields
    # 206 is not written to disk, 204 has no octet to write, 304 is nothing to store.
    return told and response.status not in {204, 206, 304}


def _has_basis(_request: RequestFacts, response: ResponseFacts, _time: float) -> bool:
    fields = passed_on(response.fields)
    if response.status != 200 or "etag" in fields or "expires" in fields:
        return True
    return control_of(fields).explicit or last_modified(fields) is not None


def _expires_usable(_request: RequestFacts, response: ResponseFacts, time: float) -> bool:
    fields = passed_on(response.fields)
    return expiry_usable(fields, control_of(fields), time)


def _revalidates(_request: RequestFacts, response: ResponseFacts, _time: float) -> bool:
    fields = passed_on(response.fields)
    return can_revalidate(fields, control_of(fields))


def _query_allowed(request: RequestFacts, response: ResponseFacts, _time: float) -> bool:
    fields = passed_on(response.fields)
    return query_allowed(request, fields, control_of(fields))


def _size_allowed(_request: RequestFacts, response: ResponseFacts, _time: float) -> bool:
    length = passed_on(response.fields).first("content-length")
    if length is None:
        return response.body_length is None or 0 < response.body_length <= MAX_FILE_SIZE
    size = parse_offset(length) if length[:1].isdigit() else None
    return size is not None and 0 < size <= MAX_FILE_SIZE


def _fetches(request: RequestFacts, _response: ResponseFacts, _time: float) -> bool:
    control = control_of(request.fields)
    return "only-if-cached" not in control or "no-cache" in control


_REWRITTEN = re.compile(r"%|//|/\.\.?(?:/|$)")


def _key_found(request: RequestFacts, _response: ResponseFacts, _time: float) -> bool:
    if "no-cache" not in control_of(request.fields):
        return True
    # Such a request makes its key after the path has been normalized in place.
    path = request.url.partition("://")[2].partition("?")[0]
    return _REWRITTEN.search(path, path.find("/")) is None


STORAGE = (
    StoreRule(
        "status",
        _SAVE,
        _status_allowed,
        "the status is none of 200, 203, 300 and 301 and neither Expires nor Cache-Control is"
        " sent, or it is 204 or 206",
    ),
    StoreRule(
        "no-store",
        _SAVE,
        lambda _q, response, _t: "no-store" not in control_of(passed_on(response.fields)),
        "no-store",
    ),
    StoreRule(
        "private",
        _SAVE,
        lambda _q, response, _t: "private" not in control_of(passed_on(response.fields)),
        "private without field names",
    ),
    StoreRule(
        "basis",
        _SAVE,
        _has_basis,
        "a 200 without Last-Modified, ETag, Expires, max-age and s-maxage",
    ),
    StoreRule(
        "expires",
        _SAVE,
        _expires_usable,
        "Expires is malformed or past, and max-age and s-maxage are absent",
    ),
    StoreRule(
        "query",
        _SAVE,
        _query_allowed,
        "a query string, and Expires, max-age and s-maxage are absent",
    ),
    StoreRule(
        "revalidate",
        _SAVE,
        _revalidates,
        "must-revalidate or proxy-revalidate with a lifetime of zero and no validator",
    ),
    StoreRule(
        "vary",
        _SAVE,
        lambda _q, response, _t: not varies_on_all(passed_on(response.fields)),
        "Vary has *",
    ),
    StoreRule(
        "size",
        Source("create_entity (modules/cache/mod_cache_disk.c)"),
        _size_allowed,
        "no content, or more than 1,000,000 octets",
    ),
    StoreRule(
        "head",
        Source("commit_entity (modules/cache/mod_cache_disk.c)"),
        lambda request, _r, _t: request.method != "HEAD",
        "HEAD: it is stored, but removing the absent body file fails and takes the entry with it",
    ),
    StoreRule(
        "key",
        Source("cache_select, cache_generate_key_default (modules/cache/cache_storage.c)"),
        _key_found,
        "the request says no-cache and its path is not in normal form: stored under a key that"
        " no lookup makes",
    ),
    StoreRule(
        "only-if-cached",
        Source("cache_select (modules/cache/cache_storage.c)"),
        _fetches,
        "the request says only-if-cached: the cache answers 504 itself",
    ),
)

LOOKUP = (
    LookupRule(
        "method",
        _QUICK,
        lambda request: request.method in {"GET", "HEAD"},
        "the method is neither GET nor HEAD",
    ),
    LookupRule(
        "authorization",
        _QUICK,
        lambda request: "authorization" not in request.fields,
        "the request has Authorization",
    ),
    LookupRule(
        "request-no-store",
        Source("ap_cache_check_no_store (modules/cache/cache_util.c)"),
        lambda request: "no-store" not in control_of(request.fields),
        "the request says no-store",
    ),
)


def _profile(name: str, configuration: str, ignored: frozenset[str], switch: str) -> CacheProfile:
    def strips(stored: Stored, _request: RequestFacts) -> bool:
        fields = passed_on(stored.response.fields)
        gone = control_of(fields).listed | ignored
        return all(name in gone or name not in fields for name in ("set-cookie", "set-cookie2"))

    return CacheProfile(
        name=name,
        configuration=configuration,
        product="Apache httpd",
        version="2.4.71-1~deb12u1",
        sources=(
            Source("modules/cache and modules/proxy of Apache httpd 2.4"),
            Source("mod_cache", "https://httpd.apache.org/docs/2.4/mod/mod_cache.html"),
            Source("measured: httpd 2.4.71 of Debian 12"),
        ),
        lookup=LOOKUP,
        storage=STORAGE,
        reuse=reuse,
        strips=strips,
        conditional=conditional,
        merge=merging(ignored),
        validated=validated,
        relays_304=relays_304,
        stale_if_error=stale_if_error,
        invalidation=by_methods(
            Source("cache_quick_handler, cache_invalidate_filter (modules/cache/mod_cache.c)"),
            *("PUT", "POST", "DELETE"),
            below=300,
            fields=("location", "content-location"),
        ),
        switch=switch,
    )


PROFILES = (
    _profile(
        "httpd",
        "mod_cache_disk, CacheEnable disk /",
        frozenset(),
        "the default swaps; CacheIgnoreNoLastMod, CacheStorePrivate, CacheStoreNoStore and"
        " CacheStoreExpired make it store what it refuses",
    ),
    _profile(
        "httpd-ignore-set-cookie",
        "mod_cache_disk, CacheEnable disk /, CacheIgnoreHeaders Set-Cookie",
        frozenset({"set-cookie"}),
        "without CacheIgnoreHeaders Set-Cookie it swaps; Set-Cookie2 has to be named as well",
    ),
)
