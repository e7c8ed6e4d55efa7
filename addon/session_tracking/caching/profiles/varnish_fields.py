"""What Varnish compares and drops: variants under Vary, and fields that Connection lists."""

from itertools import takewhile

from session_tracking.caching.profiles.varnish_parse import parse_vary
from session_tracking.http.exchange import RequestFacts, ResponseFacts
from session_tracking.http.fields import OWS, FieldSection

HOP_BY_HOP = frozenset(
    {
        "connection",
        "http2-settings",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
    }
)
"""Fields that never pass (HTTPH_R_PASS in include/tbl/http_headers.h)."""

NOT_FETCHED = HOP_BY_HOP | {
    "accept-ranges",
    "cache-control",
    "content-range",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "proxy-authenticate",
    "proxy-authorization",
    "range",
}
"""Request fields that Varnish drops from a request it fetches for (HTTPH_R_FETCH)."""

WELL_KNOWN = (NOT_FETCHED - HOP_BY_HOP) | frozenset(
    "accept accept-charset accept-encoding accept-language age allow authorization"
    " content-encoding content-language content-length content-location content-md5 content-type"
    " cookie date etag expect expires from host last-modified location max-forwards pragma"
    " referer retry-after server set-cookie user-agent vary via warning www-authenticate"
    " x-forwarded-for".split()
)
"""Fields that Connection cannot take away."""

_ALWAYS_DIFFERENT = frozenset({"x-forwarded-for"})
"""Varnish adds the client's address before it compares, and the next visitor has another one."""


def joined(fields: FieldSection, name: str) -> str:
    """The values of all lines called `name` (lower case), joined by commas.

    Source: http_CollectHdr (bin/varnishd/cache/cache_http.c), for Cache-Control and Vary.
    """
    return ", ".join(fields.values(name))


def connection_options(fields: FieldSection) -> tuple[str, ...]:
    """The field names, in lower case, that Connection takes away.

    Reading ends at the first well-known field.

    Source: http_DoConnection (cache_http.c).
    """
    return tuple(takewhile(lambda name: name not in WELL_KNOWN, _listed(fields)))


def faulty(fields: FieldSection) -> bool:
    """Whether a request is answered with 400.

    That is so where Host or Content-Length is repeated, Connection lists a well-known field, or a
    value has control characters other than tabs.

    Source: cnt_recv (cache_req_fsm.c), http_DoConnection (cache_http.c), http1_dissect_hdrs
    (http1/cache_http1_proto.c).
    """
    if len(fields.values("host")) > 1 or len(fields.values("content-length")) > 1:
        return True
    if fields.has_controls():
        return True
    return "connection" in fields and not WELL_KNOWN.isdisjoint(_listed(fields))


def _listed(fields: FieldSection) -> list[str]:
    return [name.strip(OWS).lower() for name in joined(fields, "connection").split(",")]


def same_variant(stored: RequestFacts, response: ResponseFacts, request: RequestFacts) -> bool:
    """Whether the response that was fetched for `stored` may answer `request` under its Vary.

    The request as sent to the origin is compared with the one that came in, so a field that is not
    sent on never matches one that is there. The first line of a field counts. Accept-Encoding does
    not count, and Host is part of the key already.

    Source: VRY_Create, VRY_Match, vry_cmp (bin/varnishd/cache/cache_vary.c), http_gzip_support.
    """
    if "vary" not in response.fields:
        return True
    dropped = NOT_FETCHED.union(connection_options(stored.fields))
    for name in parse_vary(joined(response.fields, "vary")) or ():
        if name in {"accept-encoding", "host"}:
            continue
        before = None if name in dropped else stored.fields.first(name)
        if name in _ALWAYS_DIFFERENT or before != request.fields.first(name):
            return False
        if name == "x-varnish" and before is None:
            return False  # the number of the fetch, which no request has
    return True
