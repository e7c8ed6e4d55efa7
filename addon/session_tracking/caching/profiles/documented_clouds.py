"""Content delivery networks, continued: the large clouds and Akamai."""

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

# ---------------------------------------------------------------- Google Cloud CDN

_GOOGLE_CACHING = Source("Caching overview", "https://cloud.google.com/cdn/docs/caching")
GOOGLE_STATUSES = frozenset({200, 203, 300, 301, 302, 307, 410})
GOOGLE_VARY = frozenset({"accept", "accept-encoding", "origin"})


def _google_asked(request: RequestFacts, _response: ResponseFacts, _time: float) -> bool:
    return "no-store" not in directives_of(ResponseFacts(200, request.fields))


def _google_reused(run: Run) -> bool:
    response = run.response
    lifetime = lifetime_given(response, run.time)
    return (
        plain(run)
        and varies_same(run)
        and {name.lower() for name in response.fields.members("vary")} <= GOOGLE_VARY
        and "public" in directives_of(response)
        and "authorization" not in run.request.fields
        and run.next_request.method == "GET"
        and response.status in GOOGLE_STATUSES
        and lifetime is not None
        and lifetime > run.after
    )


_GOOGLE = Documented(
    lookup=(),
    storage=(
        StoreRule(
            "method",
            _GOOGLE_CACHING,
            lambda request, _r, _t: request.method == "GET",
            "it is not a response to GET",
        ),
        StoreRule("set-cookie", _GOOGLE_CACHING, no_set_cookie, "Set-Cookie"),
        StoreRule(
            "forbidden",
            _GOOGLE_CACHING,
            forbids("private", "no-store", "no-cache"),
            "private, no-store or no-cache",
        ),
        StoreRule("request-no-store", _GOOGLE_CACHING, _google_asked, "the request says no-store"),
    ),
    reused=_google_reused,
)

# ---------------------------------------------------------------- Azure Front Door

_AZURE_CACHING = Source(
    "Caching with Azure Front Door",
    "https://learn.microsoft.com/en-us/azure/frontdoor/front-door-caching",
)


def _azure_reused(run: Run) -> bool:
    fields, lifetime = run.response.fields, lifetime_given(run.response, run.time)
    if not plain(run) or run.response.status != 200 or "vary" in fields or "set-cookie" in fields:
        return False
    if "authorization" in run.request.fields:
        return False
    return lifetime > run.after if lifetime is not None else "cache-control" not in fields


_AZURE = Documented(
    lookup=(LookupRule("method", _AZURE_CACHING, method_in("GET"), "the method is not GET"),),
    storage=(
        StoreRule(
            "forbidden",
            _AZURE_CACHING,
            forbids("private", "no-store", "no-cache"),
            "private, no-store or no-cache",
        ),
    ),
    reused=_azure_reused,
)

# -------------------------------------------------------------------------- Akamai

_AKAMAI_VARY = Source(
    "Remove Vary Header", "https://techdocs.akamai.com/property-mgr/docs/rm-vary-header"
)
_AKAMAI_CACHING = Source(
    "Learn about Akamai's caching", "https://techdocs.akamai.com/property-mgr/docs/know-caching"
)


def _akamai_vary(_request: RequestFacts, response: ResponseFacts, _time: float) -> bool:
    fields = response.fields
    if "vary" not in fields:
        return True
    names = {name.lower() for name in fields.members("vary")}
    return names == {"accept-encoding"} and fields.first("content-encoding") in {"br", "gzip"}


_AKAMAI = Documented(
    lookup=(LookupRule("method", _AKAMAI_CACHING, method_in("GET"), "the method is not GET"),),
    storage=(
        StoreRule(
            "vary",
            _AKAMAI_VARY,
            _akamai_vary,
            "Vary, unless it is Accept-Encoding and the content is coded with gzip or br",
        ),
    ),
    reused=lambda _run: False,
)

PROFILES = (
    documented(
        "google-cloud-cdn",
        "Google Cloud CDN",
        "cache mode CACHE_ALL_STATIC",
        _GOOGLE,
        sources=(_GOOGLE_CACHING,),
        switch="cache mode FORCE_CACHE_ALL overrides what the origin forbids",
    ),
    documented(
        "azure-front-door",
        "Azure Front Door",
        "caching on, the origin's fields honoured",
        _AZURE,
        sources=(_AZURE_CACHING,),
        switch="caching of a route with the behaviour `override always`",
        collapses=True,
    ),
    documented(
        "akamai",
        "Akamai",
        "Property Manager without rules of its own",
        _AKAMAI,
        sources=(_AKAMAI_CACHING, _AKAMAI_VARY),
        switch="Remove Vary Header, and caching options that do not honour the origin",
    ),
)
