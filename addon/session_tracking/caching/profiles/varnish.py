"""Varnish 7.1 in three configurations: its built-in rules, cut short, and overruled.

A response without any lifetime is kept for two minutes, and every one for another ten seconds of
grace, in which it is still handed out while it is fetched anew in the background.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
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
from session_tracking.caching.profiles.varnish_fields import (
    connection_options,
    same_variant,
)
from session_tracking.caching.profiles.varnish_lifetime import (
    DEFAULT_GRACE,
    DEFAULT_TTL,
    LifetimeOf,
    forced,
    lifetime,
)
from session_tracking.caching.profiles.varnish_rules import (
    BUILTIN_LOOKUP,
    BUILTIN_STORAGE,
    DELIVER_STORAGE,
    METHOD,
    SOUND,
    WELL_FORMED,
    code,
    vcl,
)
from session_tracking.caching.profiles.wire import CONDITIONS, host, without
from session_tracking.http.exchange import RequestFacts, ResponseFacts
from session_tracking.http.fields import FieldSection

_MANUAL = "https://varnish-cache.org/docs/7.1/"


def _reuse(
    lifetime_of: LifetimeOf,
    host_of: Callable[[RequestFacts], str],
    stored: Stored,
    request: RequestFacts,
    time: float,
) -> Reuse:
    """Fresh, in grace, or fetched anew; nothing is kept for validation after that (default_keep).

    Source: HSH_Lookup (bin/varnishd/cache/cache_hash.c).
    """
    if request is not stored.request and host_of(stored.request) != host_of(request):
        return Reuse.MISS
    if not same_variant(stored.request, stored.response, request):
        return Reuse.MISS
    held = lifetime_of(stored.response, stored.time)
    left = held.left(time)
    if left > 0:
        return Reuse.HIT
    # The newest expired response is looked for from the year 1970 on.
    return Reuse.STALE if left + held.grace > 0 and held.origin > 0 else Reuse.MISS


def _conditional(stored: Stored, _request: RequestFacts) -> Mapping[str, str]:
    """The validators of a 200 with content, both if it has both.

    Source: vbf_stp_mkbereq, vbf_stp_fetch (bin/varnishd/cache/cache_fetch.c).
    """
    response = stored.response
    if response.status != 200 or response.body_length == 0:
        return {}
    fields = response.fields
    conditions = {"if-modified-since": "last-modified", "if-none-match": "etag"}
    return {
        condition: value
        for condition, validator in conditions.items()
        if (value := fields.first(validator)) is not None
    }


_LIFETIME_FIELDS = frozenset({"age", "cache-control", "date", "expires"})


def _merge(
    storage: tuple[StoreRule, ...], stored: Stored, validation: ResponseFacts, time: float
) -> Stored:
    """The 304's lines, and the stored lines of the fields that the 304 does not have.

    The lifetime follows from the 304's own lines alone: the stored ones are left out here.

    Source: HTTP_Merge (cache_http.c), vbf_stp_startfetch (cache_fetch.c).
    """
    sent = validation.fields
    replaced = _LIFETIME_FIELDS.union(sent.names())
    kept = (line for line in stored.response.fields.lines if line[0].lower() not in replaced)
    merged = replace(stored.response, fields=FieldSection((*sent.lines, *kept)))
    dropped = not all(rule.holds(stored.request, merged, time) for rule in storage)
    return Stored(stored.request, merged, time, dropped=dropped)


def _strips(stored: Stored, _request: RequestFacts) -> bool:
    """Set-Cookie2 is not stored where Connection lists it; Set-Cookie cannot be taken away."""
    fields = stored.response.fields
    return "set-cookie" not in fields and "set-cookie2" in connection_options(fields)


def _profile(
    name: str,
    configuration: str,
    lookup: tuple[LookupRule, ...],
    storage: tuple[StoreRule, ...],
    switch: str,
    lifetime_of: LifetimeOf = lifetime,
    host_of: Callable[[RequestFacts], str] = lambda request: host(request).lower(),
) -> CacheProfile:
    return CacheProfile(
        name=name,
        configuration=configuration,
        product="Varnish",
        version="7.1.1",
        sources=(
            code("RFC2616_Ttl", "cache_rfc2616.c"),
            code("HSH_Lookup", "cache_hash.c"),
            vcl("vcl_builtin_recv, vcl_builtin_backend_response"),
            Source("Built-in VCL", f"{_MANUAL}users-guide/vcl-built-in-code.html"),
        ),
        lookup=lookup,
        storage=storage,
        reuse=partial(_reuse, lifetime_of, host_of),
        strips=_strips,
        conditional=_conditional,
        merge=partial(_merge, storage),
        forwarded=partial(without, names=CONDITIONS),
        # Those who wait are sent on to the origin once the built-in rules refuse to store.
        collapses=storage is not BUILTIN_STORAGE,
        invalidation=never(vcl("vcl_req_method, which passes all but GET and HEAD")),
        switch=switch,
        settings={
            "default_ttl": DEFAULT_TTL,
            "default_grace": DEFAULT_GRACE,
            "default_keep": 0.0,
        },
    )


PROFILES: tuple[CacheProfile, ...] = (
    _profile(
        "varnish",
        "built-in VCL",
        BUILTIN_LOOKUP,
        BUILTIN_STORAGE,
        "own VCL that ends vcl_backend_response before the built-in rules, or its own"
        " vcl_beresp_cookie, without `unset beresp.http.Set-Cookie`",
    ),
    _profile(
        "varnish-deliver",
        "sub vcl_backend_response { return (deliver); }",
        BUILTIN_LOOKUP,
        DELIVER_STORAGE,
        "return (deliver) does so here; `unset beresp.http.Set-Cookie` before it would strip it",
    ),
    _profile(
        "varnish-force",
        "return (hash) for GET and HEAD; set beresp.ttl = 60s; return (deliver);",
        (SOUND, METHOD),
        WELL_FORMED,
        "return (hash) and return (deliver) do so here; `unset beresp.http.Set-Cookie` before the"
        " latter would strip it",
        forced,
        host,  # vcl_req_host, which makes it lower case, is not reached
    ),
)
"""The measured configurations; on a miss the origin gets no conditional field of the client."""
