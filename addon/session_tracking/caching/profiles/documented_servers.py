"""Caches inside web servers and frameworks, each as its documentation describes it."""

from session_tracking.caching.directives import parse_directives
from session_tracking.caching.profiles.documented_rules import (
    Documented,
    directives_of,
    documented,
    forbids,
    lifetime_given,
    method_in,
    no_set_cookie,
    plain,
    varies_same,
)
from session_tracking.caching.profiles.model import LookupRule, Run, Source, StoreRule
from session_tracking.http.exchange import RequestFacts, ResponseFacts

# ------------------------------------------------------- ASP.NET Core and the like

_ASPNET = Source(
    "Response caching middleware in ASP.NET Core",
    "https://learn.microsoft.com/en-us/aspnet/core/performance/caching/middleware",
)
ASPNET_MAX_BODY = 64 * 1024 * 1024
"""MaximumBodySize, in octets."""


def _aspnet_asked(request: RequestFacts) -> bool:
    asked = parse_directives(request.fields.values("cache-control"))
    if "cache-control" in request.fields:
        return "no-cache" not in asked and "no-store" not in asked
    return "no-cache" not in parse_directives(request.fields.values("pragma"))


def _aspnet_public(_request: RequestFacts, response: ResponseFacts, _time: float) -> bool:
    return "public" in directives_of(response)


def _aspnet_reused(run: Run) -> bool:
    lifetime = lifetime_given(run.response, run.time)
    return plain(run) and varies_same(run) and lifetime is not None and lifetime > run.after


_ASPNET_CORE = Documented(
    lookup=(
        LookupRule("method", _ASPNET, method_in("GET", "HEAD"), "the method is not GET or HEAD"),
        LookupRule(
            "authorization",
            _ASPNET,
            lambda request: "authorization" not in request.fields,
            "the request has Authorization",
        ),
        LookupRule("request", _ASPNET, _aspnet_asked, "the request says no-cache or no-store"),
    ),
    storage=(
        StoreRule(
            "status", _ASPNET, lambda _q, response, _t: response.status == 200, "it is no 200"
        ),
        StoreRule("set-cookie", _ASPNET, no_set_cookie, "Set-Cookie"),
        StoreRule("public", _ASPNET, _aspnet_public, "public is absent"),
        StoreRule(
            "forbidden",
            _ASPNET,
            forbids("private", "no-store", "no-cache"),
            "private, no-store or no-cache",
        ),
        StoreRule(
            "vary",
            _ASPNET,
            lambda _q, response, _t: "*" not in response.fields.members("vary"),
            "Vary: *",
        ),
        StoreRule(
            "stale",
            _ASPNET,
            lambda _q, response, time: lifetime_given(response, time) != 0,
            "it is stale already",
        ),
        StoreRule(
            "size",
            _ASPNET,
            lambda _q, response, _t: (response.body_length or 0) <= ASPNET_MAX_BODY,
            "more than 64 MB",
        ),
    ),
    reused=_aspnet_reused,
)

# --------------------------------------------------------------------------- Caddy

_SOUIN = Source("Caddy cache-handler", "https://github.com/caddyserver/cache-handler")
_SOUIN_STORE = Source(
    "Store (pkg/middleware/middleware.go)", "https://github.com/darkweak/souin/tree/master/pkg"
)
_SOUIN_COOKIE = Source(
    "Set-Cookie is stored and replayed", "https://github.com/darkweak/souin/issues/805"
)
SOUIN_STATUSES = frozenset({200, 203, 204, 206, 300, 301, 404, 405, 410, 414, 501})
SOUIN_TTL = 120
"""Seconds for which a response without any lifetime is kept."""


def _souin_private(request: RequestFacts, response: ResponseFacts, _time: float) -> bool:
    personal = "authorization" in request.fields or "private" in directives_of(response)
    varies = ",".join(response.fields.values("vary")).lower()
    return not personal or "authorization" in varies


def _souin_no_store(request: RequestFacts, response: ResponseFacts, _time: float) -> bool:
    if "no-store" in parse_directives(request.fields.values("cache-control")):
        return False
    return "no-store" not in directives_of(response) or "expires" in response.fields


def _souin_reused(run: Run) -> bool:
    lifetime = lifetime_given(run.response, run.time)
    directives = directives_of(run.response)
    return (
        plain(run)
        and varies_same(run)
        and run.request.method == run.next_request.method == "GET"
        and run.response.status in {200, 203, 300, 301, 404, 410}
        and not any(name in directives for name in ("no-cache", "no-store", "private"))
        and (run.response.body_length or 0) > 0
        and (SOUIN_TTL if lifetime is None else lifetime) > run.after
    )


_CADDY = Documented(
    lookup=(
        LookupRule("method", _SOUIN, method_in("GET", "HEAD"), "the method is not GET or HEAD"),
    ),
    storage=(
        StoreRule(
            "status",
            _SOUIN_STORE,
            lambda _q, response, _t: response.status in SOUIN_STATUSES,
            "a status that is not kept",
        ),
        StoreRule(
            "private",
            _SOUIN_STORE,
            _souin_private,
            "private, or Authorization in the request, and Vary does not name Authorization",
        ),
        StoreRule("no-store", _SOUIN_STORE, _souin_no_store, "no-store on either side"),
        StoreRule(
            "vary",
            _SOUIN_STORE,
            lambda _q, response, _t: "*" not in response.fields.members("vary"),
            "Vary: *",
        ),
    ),
    reused=_souin_reused,
)

PROFILES = (
    documented(
        "caddy-cache",
        "Caddy with cache-handler (Souin)",
        "the minimal configuration: cache, ttl 120s",
        _CADDY,
        sources=(_SOUIN, _SOUIN_STORE, _SOUIN_COOKIE),
        switch=(
            'the default swaps; Cache-Control: no-cache="Set-Cookie" from the origin has the field'
            " taken out"
        ),
        collapses=True,
    ),
    documented(
        "aspnetcore-response-caching",
        "ASP.NET Core response caching middleware",
        "AddResponseCaching, UseResponseCaching",
        _ASPNET_CORE,
        sources=(_ASPNET,),
        switch="output caching with a policy that does not look at Set-Cookie",
    ),
)
