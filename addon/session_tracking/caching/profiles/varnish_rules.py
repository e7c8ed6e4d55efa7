"""What Varnish looks up and stores: the built-in VCL, and what holds whatever the VCL says."""

from session_tracking.caching.profiles.model import LookupRule, Source, StoreRule
from session_tracking.caching.profiles.varnish_fields import faulty, joined
from session_tracking.caching.profiles.varnish_lifetime import lifetime
from session_tracking.caching.profiles.varnish_parse import parse_vary
from session_tracking.http.fields import FieldSection

FORBIDDING = ("no-cache", "no-store", "private")
"""What forbids storing wherever it stands in Cache-Control, quoted or within a longer word."""

_SOURCE_CODE = "https://github.com/varnishcache/varnish-cache/blob/varnish-7.1.1/bin/varnishd/"
_BUILTIN = "builtin.vcl"


def code(function: str, file: str) -> Source:
    """A function of Varnish 7.1.1 in a file of bin/varnishd/cache."""
    return Source(f"{function}, {file}", f"{_SOURCE_CODE}cache/{file}")


def vcl(subroutine: str) -> Source:
    """A subroutine of the built-in VCL."""
    return Source(f"{subroutine}, {_BUILTIN}", _SOURCE_CODE + _BUILTIN)


def _forbids(fields: FieldSection) -> bool:
    if "surrogate-control" in fields:
        return "no-store" in (fields.first("surrogate-control") or "").lower()
    text = joined(fields, "cache-control").lower()
    return any(word in text for word in FORBIDDING)


SOUND = LookupRule(
    "sound",
    code("cnt_recv", "cache_req_fsm.c"),
    lambda request: not faulty(request.fields),
    "the request is answered with 400",
)

METHOD = LookupRule(
    "method",
    vcl("vcl_req_method"),
    lambda request: request.method in {"GET", "HEAD"},
    "Varnish looks up GET and HEAD only",
)

BUILTIN_LOOKUP = (
    SOUND,
    METHOD,
    LookupRule(
        "authorization",
        vcl("vcl_req_authorization"),
        lambda request: "authorization" not in request.fields,
        "a request with Authorization passes",
    ),
    LookupRule(
        "cookie",
        vcl("vcl_req_cookie"),
        lambda request: "cookie" not in request.fields,
        "a request with Cookie passes",
    ),
)

WELL_FORMED = (
    StoreRule(
        "asked-304",
        code("vbf_stp_startfetch", "cache_fetch.c"),
        lambda _request, response, _time: response.status != 304,
        "a 304 that was not asked for is an error",
    ),
    StoreRule(
        "vary-syntax",
        code("VRY_Create", "cache_vary.c"),
        lambda _request, response, _time: (
            "vary" not in response.fields or parse_vary(joined(response.fields, "vary")) is not None
        ),
        "Vary cannot be read",
    ),
)

BUILTIN_STORAGE = (
    StoreRule(
        "set-cookie",
        vcl("vcl_beresp_cookie"),
        lambda _request, response, _time: "set-cookie" not in response.fields,
        "Set-Cookie makes it hit-for-miss; Set-Cookie2 does not",
    ),
    StoreRule(
        "control",
        vcl("vcl_beresp_control"),
        lambda _request, response, _time: not _forbids(response.fields),
        "Cache-Control, or Surrogate-Control in its place, forbids storing",
    ),
    StoreRule(
        "vary",
        vcl("vcl_beresp_vary"),
        lambda _request, response, _time: (
            "vary" not in response.fields or joined(response.fields, "vary") != "*"
        ),
        "Vary is *",
    ),
    StoreRule(
        "stale",
        vcl("vcl_beresp_stale"),
        lambda _request, response, time: lifetime(response, time).left(time) > 0,
        "no lifetime is left",
    ),
    *WELL_FORMED,
)

DELIVER_STORAGE = (
    StoreRule(
        "ttl",
        code("HSH_Lookup", "cache_hash.c"),
        lambda _request, response, time: lifetime(response, time).ttl > 0,
        "its lifetime is not above 0, so it is never looked up",
    ),
    *WELL_FORMED,
)
