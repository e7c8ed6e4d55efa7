"""Varnish 7.1 in three configurations: its built-in rules, cut short, and overruled.

A response without any lifetime is kept for two minutes, and every one for another ten seconds of
grace, in which it is still handed out while it is fetched anew in the background.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial

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
    faulty,
    joined,
    same_variant,
)
from session_tracking.caching.profiles.varnish_lifetime import (
    DEFAULT_GRACE,
    DEFAULT_TTL,
    Lifetime,
    LifetimeOf,
    forced,
    lifetime,
)
from session_tracking.caching.profiles.varnish_parse import parse_vary
from session_tracking.caching.profiles.wire import CONDITIONS, host, without
from session_tracking.http.exchange import RequestFacts, ResponseFacts
from session_tracking.http.fields import FieldSection

FORBIDDING = ("no-cache", "no-store", "private")
"""What forbids storing wherever it stands in Cache-Control, quoted or within a longer word."""

_SOURCE_CODE = "https://github.com/varnishcache/varnish-cache/blob/varnish-7.1.1/bin/varnishd/"
_MANUAL = "https://varnish-cache.org/docs/7.1/"
_BUILTIN = "builtin.vcl"


def _code(function: str, file: str) -> Source:
    return Source(f"{function}, {file}", f"{_SOURCE_CODE}cache/{file}")


def _vcl(subroutine: str) -> Source:
    return Source(f"{subroutine}, {_BUILTIN}", _SOURCE_CODE + _BUILTIN)


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
    if host_of(stored.request) != host_of(request) or not same_variant(
        stored.request, stored.response, request
    ):
        return Reuse.MISS
    held = stored.state
    if not isinstance(held, Lifetime):
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


def _merge(
    lifetime_of: LifetimeOf,
    storage: tuple[StoreRule, ...],
    stored: Stored,
    validation: ResponseFacts,
    time: float,
) -> Stored:
    """The 304's lines, and the stored lines of the fields that the 304 does not have.

    The lifetime follows from the 304's own lines alone.

    Source: HTTP_Merge (cache_http.c), vbf_stp_startfetch (cache_fetch.c).
    """
    sent = validation.fields
    kept = (line for line in stored.response.fields.lines if line[0].lower() not in sent)
    merged = replace(stored.response, fields=FieldSection((*sent.lines, *kept)))
    dropped = not all(rule.holds(stored.request, merged, time) for rule in storage)
    state = lifetime_of(validation, time)
    return Stored(stored.request, merged, time, dropped=dropped, state=state)


def _strips(stored: Stored, _request: RequestFacts) -> bool:
    """Set-Cookie2 is not stored where Connection lists it; Set-Cookie cannot be taken away."""
    fields = stored.response.fields
    return "set-cookie" not in fields and "set-cookie2" in connection_options(fields)


_SOUND = LookupRule(
    "sound",
    _code("cnt_recv", "cache_req_fsm.c"),
    lambda request: not faulty(request.fields),
    "the request is answered with 400",
)

_METHOD = LookupRule(
    "method",
    _vcl("vcl_req_method"),
    lambda request: request.method in {"GET", "HEAD"},
    "Varnish looks up GET and HEAD only",
)

BUILTIN_LOOKUP = (
    _SOUND,
    _METHOD,
    LookupRule(
        "authorization",
        _vcl("vcl_req_authorization"),
        lambda request: "authorization" not in request.fields,
        "a request with Authorization passes",
    ),
    LookupRule(
        "cookie",
        _vcl("vcl_req_cookie"),
        lambda request: "cookie" not in request.fields,
        "a request with Cookie passes",
    ),
)

_WELL_FORMED = (
    StoreRule(
        "asked-304",
        _code("vbf_stp_startfetch", "cache_fetch.c"),
        lambda _request, response, _time: response.status != 304,
        "a 304 that was not asked for is an error",
    ),
    StoreRule(
        "vary-syntax",
        _code("VRY_Create", "cache_vary.c"),
        lambda _request, response, _time: (
            "vary" not in response.fields or parse_vary(joined(response.fields, "vary")) is not None
        ),
        "Vary cannot be read",
    ),
)

_BUILTIN_STORAGE = (
    StoreRule(
        "set-cookie",
        _vcl("vcl_beresp_cookie"),
        lambda _request, response, _time: "set-cookie" not in response.fields,
        "Set-Cookie makes it hit-for-miss; Set-Cookie2 does not",
    ),
    StoreRule(
        "control",
        _vcl("vcl_beresp_control"),
        lambda _request, response, _time: not _forbids(response.fields),
        "Cache-Control, or Surrogate-Control in its place, forbids storing",
    ),
    StoreRule(
        "vary",
        _vcl("vcl_beresp_vary"),
        lambda _request, response, _time: (
            "vary" not in response.fields or joined(response.fields, "vary") != "*"
        ),
        "Vary is *",
    ),
    StoreRule(
        "stale",
        _vcl("vcl_beresp_stale"),
        lambda _request, response, time: lifetime(response, time).left(time) > 0,
        "no lifetime is left",
    ),
    *_WELL_FORMED,
)

_DELIVER_STORAGE = (
    StoreRule(
        "ttl",
        _code("HSH_Lookup", "cache_hash.c"),
        lambda _request, response, time: lifetime(response, time).ttl > 0,
        "its lifetime is not above 0, so it is never looked up",
    ),
    *_WELL_FORMED,
)


def _forbids(fields: FieldSection) -> bool:
    if "surrogate-control" in fields:
        return "no-store" in (fields.first("surrogate-control") or "").lower()
    text = joined(fields, "cache-control").lower()
    return any(word in text for word in FORBIDDING)


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
            _code("RFC2616_Ttl", "cache_rfc2616.c"),
            _code("HSH_Lookup", "cache_hash.c"),
            _vcl("vcl_builtin_recv, vcl_builtin_backend_response"),
            Source("Built-in VCL", f"{_MANUAL}users-guide/vcl-built-in-code.html"),
        ),
        lookup=lookup,
        storage=storage,
        reuse=partial(_reuse, lifetime_of, host_of),
        strips=_strips,
        conditional=_conditional,
        merge=partial(_merge, lifetime_of, storage),
        forwarded=partial(without, names=CONDITIONS),
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
        _BUILTIN_STORAGE,
        "own VCL that ends vcl_backend_response before the built-in rules, or its own"
        " vcl_beresp_cookie, without `unset beresp.http.Set-Cookie`",
    ),
    _profile(
        "varnish-deliver",
        "sub vcl_backend_response { return (deliver); }",
        BUILTIN_LOOKUP,
        _DELIVER_STORAGE,
        "return (deliver) does so here; `unset beresp.http.Set-Cookie` before it would strip it",
    ),
    _profile(
        "varnish-force",
        "return (hash) for GET and HEAD; set beresp.ttl = 60s; return (deliver);",
        (_SOUND, _METHOD),
        _WELL_FORMED,
        "return (hash) and return (deliver) do so here; `unset beresp.http.Set-Cookie` before the"
        " latter would strip it",
        forced,
        host,  # vcl_req_host, which makes it lower case, is not reached
    ),
)
"""The measured configurations; on a miss the origin gets no conditional field of the client."""
