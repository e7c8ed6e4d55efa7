"""nginx 1.22 as a caching proxy, in four configurations.

What is stored follows from the field lines in the order in which they arrive: once a line forbids
storing, no later one allows it. A stored response keeps all its Set-Cookie lines.
"""

from collections.abc import Mapping
from functools import partial

from session_tracking.caching.profiles.invalidation import never
from session_tracking.caching.profiles.model import (
    CacheProfile,
    LookupRule,
    Reuse,
    Source,
    Stored,
    StoreRule,
)
from session_tracking.caching.profiles.nginx_answers import refused, repeats
from session_tracking.caching.profiles.nginx_lifetime import valid_until
from session_tracking.caching.profiles.nginx_parse import variant
from session_tracking.caching.profiles.wire import CONDITIONS, raw_values, without
from session_tracking.http.exchange import RequestFacts, ResponseFacts

_SOURCE_CODE = "https://github.com/nginx/nginx/blob/release-1.22.1/src/http/"
_MANUAL = "https://nginx.org/en/docs/http/ngx_http_proxy_module.html"

MAX_VARY = 128
"""The longest Vary, in octets, that a cache file has room for (NGX_HTTP_CACHE_VARY_LEN)."""


def _code(function: str, file: str = "ngx_http_upstream.c") -> Source:
    return Source(f"{function}, {file}", _SOURCE_CODE + file)


def _vary_usable(_request: RequestFacts, response: ResponseFacts, _time: float) -> bool:
    return not any(
        value == "*" or len(value) > MAX_VARY for value in raw_values(response.fields, "vary")
    )


def _buffered(_request: RequestFacts, response: ResponseFacts, _time: float) -> bool:
    buffering = True
    for value in raw_values(response.fields, "x-accel-buffering"):
        match value.lower():
            case "no":
                buffering = False
            case "yes":
                buffering = True
            case _:
                pass
    return buffering


LOOKUP = (
    LookupRule(
        "method",
        Source("proxy_cache_methods, default GET HEAD", f"{_MANUAL}#proxy_cache_methods"),
        lambda request: request.method in {"GET", "HEAD"},
        "nginx caches GET and HEAD only",
    ),
    LookupRule(
        "repeated-fields",
        _code("ngx_http_process_unique_header_line", "ngx_http_request.c"),
        lambda request: not repeats(request.fields),
        "the request repeats a field that may occur once, which is an error",
    ),
)
"""Cookie, Authorization, Host and the request's Cache-Control make no difference to a lookup."""

_SET_COOKIE = StoreRule(
    "set-cookie",
    _code("ngx_http_upstream_process_set_cookie"),
    lambda _request, response, _time: "set-cookie" not in response.fields,
    "Set-Cookie, unless ignored, forbids storing; Set-Cookie2 does not",
)

STORAGE = (
    StoreRule(
        "vary",
        _code("ngx_http_upstream_process_vary"),
        _vary_usable,
        f"Vary is * or longer than {MAX_VARY} octets",
    ),
    StoreRule(
        "x-accel-buffering",
        _code("ngx_http_upstream_process_buffering"),
        _buffered,
        "X-Accel-Buffering: no passes the response on without storing it",
    ),
    StoreRule(
        "x-accel-redirect",
        _code("ngx_http_upstream_process_headers"),
        lambda _request, response, _time: "x-accel-redirect" not in response.fields,
        "X-Accel-Redirect makes nginx answer from another location",
    ),
    StoreRule(
        "not-refused",
        _code("ngx_http_upstream_send_response"),
        lambda request, response, _time: not refused(request, response),
        "the client's precondition or range made nginx answer 412 or 416",
    ),
)
"""What holds for every configuration."""


def _reuse(
    ignored: frozenset[str],
    by_status: Mapping[int, int],
    stored: Stored,
    request: RequestFacts,
    time: float,
) -> Reuse:
    """Fresh and of the right variant, or fetched anew: nothing is validated, nothing served stale.

    Source: ngx_http_file_cache_read (ngx_http_file_cache.c); proxy_cache_revalidate and
    proxy_cache_use_stale are off unless set.
    """
    until = valid_until(stored.response, stored.time, ignored, by_status)
    if until is None or until < int(time):
        return Reuse.MISS
    vary = raw_values(stored.response.fields, "vary")
    if vary and variant(vary[-1], stored.request) != variant(vary[-1], request):
        return Reuse.MISS
    return Reuse.HIT


def _profile(
    name: str,
    configuration: str,
    switch: str,
    ignored: frozenset[str] = frozenset(),
    by_status: Mapping[int, int] | None = None,
) -> CacheProfile:
    seconds = by_status or {}
    lifetime = StoreRule(
        "lifetime",
        _code("ngx_http_upstream_process_cache_control, _process_expires, _process_accel_expires"),
        lambda _request, response, time: valid_until(response, time, ignored, seconds) is not None,
        "no lifetime from Cache-Control, Expires, X-Accel-Expires or proxy_cache_valid, or one of"
        " them forbids storing",
    )
    honoured = () if "set-cookie" in ignored else (_SET_COOKIE,)
    return CacheProfile(
        name=name,
        configuration=configuration,
        product="nginx",
        version="1.22.1",
        sources=(
            _code("ngx_http_upstream_cache, ngx_http_upstream_send_response"),
            _code("ngx_http_file_cache_read", "ngx_http_file_cache.c"),
            Source("proxy_cache, proxy_cache_valid, proxy_ignore_headers", _MANUAL),
        ),
        lookup=LOOKUP,
        storage=(*honoured, lifetime, *STORAGE),
        reuse=partial(_reuse, ignored, seconds),
        forwarded=partial(without, names=CONDITIONS),
        invalidation=never(_code("ngx_http_upstream_cache")),
        switch=switch,
        settings={"ignored fields": sorted(ignored), "seconds by status": dict(seconds)},
    )


_REFUSES = "proxy_ignore_headers Set-Cookie, without proxy_hide_header Set-Cookie"
_SWAPS = "proxy_ignore_headers Set-Cookie does so here; proxy_hide_header Set-Cookie would strip it"
_COOKIE = frozenset({"set-cookie"})

PROFILES: tuple[CacheProfile, ...] = (
    _profile("nginx", "proxy_cache on, nothing else", _REFUSES),
    _profile(
        "nginx-cache-valid",
        "proxy_cache_valid 200 302 10m; proxy_cache_valid 404 1m;",
        _REFUSES,
        by_status={200: 600, 302: 600, 404: 60},
    ),
    _profile(
        "nginx-ignore-set-cookie", "proxy_ignore_headers Set-Cookie;", _SWAPS, ignored=_COOKIE
    ),
    _profile(
        "nginx-cache-everything",
        "proxy_ignore_headers Set-Cookie Cache-Control; proxy_cache_valid 200 1m;",
        _SWAPS,
        ignored=_COOKIE | {"cache-control"},
        by_status={200: 60},
    ),
)
"""The measured configurations; the origin gets no conditional field of the client."""
