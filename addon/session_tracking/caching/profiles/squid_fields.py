"""What Squid 5.7 reads in the fields of one message."""

from functools import reduce

from session_tracking.caching.profiles.squid_parse import (
    CacheControl,
    Surrogate,
    join,
    list_items,
    parse_cache_control,
    parse_date,
    parse_surrogate_control,
    to_int,
)
from session_tracking.caching.profiles.wire import host
from session_tracking.http.exchange import RequestFacts, ResponseFacts
from session_tracking.http.fields import FieldSection

SURROGATE_ID = "lab.test"
"""surrogate_id, which is visible_hostname unless it is set."""

CONDITIONS = frozenset(
    {"if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "if-range"}
)
"""Request fields that make a request conditional (RFC 9110 §13.1)."""

_FIRST_LINE_ONLY = frozenset(
    {
        "age",
        "authorization",
        "content-length",
        "content-type",
        "cookie",
        "cookie2",
        "date",
        "from",
        "host",
        "if-modified-since",
        "if-range",
        "if-unmodified-since",
        "max-forwards",
        "origin",
        "proxy-authorization",
        "range",
        "referer",
        "te",
        "user-agent",
    }
)
"""Fields that Squid knows as no lists: of several lines the first counts (RegisteredHeaders)."""

_LONGEST = 18
"""Digits that surely fit 64 bits; a range with more is refused as one that overflows."""

_NO_DIRECTIVES = CacheControl()


def cache_control(fields: FieldSection) -> CacheControl:
    """The directives of Cache-Control; none of them where the field is absent."""
    values = fields.values("cache-control")
    return parse_cache_control(tuple(values)) if values else _NO_DIRECTIVES


def surrogate_control(response: ResponseFacts) -> Surrogate | None:
    """What Surrogate-Control orders; if it says anything at all, Cache-Control is ignored.

    Source: http.cc, HttpStateData::processSurrogateControl.
    """
    values = response.fields.values("surrogate-control")
    return parse_surrogate_control(tuple(values), SURROGATE_ID) if values else None


def pragma_no_cache(fields: FieldSection) -> bool:
    """Whether Pragma has "no-cache", be it followed by "=" or ";" and anything.

    Source: HttpHeader.cc, HttpHeader::hasListMember.
    """
    if "pragma" not in fields:
        return False
    text = join(fields.values("pragma")).lower()
    return any(
        text.startswith("no-cache", start) and text[start + 8 : start + 9] in {"", "=", ";", ","}
        for start, _ in list_items(text)
    )


def date(fields: FieldSection, name: str) -> int:
    """Unix seconds in the first line called `name`; -1 if there is none, or no date in it."""
    value = fields.first(name)
    return -1 if value is None else parse_date(value)


def content_length(response: ResponseFacts) -> int | None:
    """Octets of content by Content-Length, else as known; None if nothing tells."""
    value = response.fields.first("content-length")
    return response.body_length if value is None else to_int(value)


def strong_etag(fields: FieldSection) -> str | None:
    """The entity tag if it is a strong one (ETag.cc, etagParseInit)."""
    etag = fields.first("etag")
    quoted = etag is not None and len(etag) >= 2 and etag[0] == '"' == etag[-1]
    return etag if quoted else None


def vary_names(response: ResponseFacts) -> list[str]:
    """The members of Vary in lower case (http.cc, assembleVaryKey)."""
    values = response.fields.values("vary")
    if not values:
        return []
    text = join(values)
    return [text[start:end].lower() for start, end in list_items(text)]


def selecting_value(request: RequestFacts, name: str) -> str | None:
    """The value that Vary compares; None if the field is absent or, if it is no list, empty."""
    values = [host(request)] if name == "host" else request.fields.values(name)
    if not values:
        return None
    if name in _FIRST_LINE_ONLY:
        return values[0] or None
    # Empty lines in front leave no trace (StrList.cc, strListAdd).
    return reduce(lambda text, value: f"{text}, {value}" if text else value, values)


def modified_since(request: RequestFacts) -> int:
    """Unix seconds of If-Modified-Since; -1 without one, or without a date in it."""
    return date(request.fields, "if-modified-since")


def is_conditional(request: RequestFacts) -> bool:
    """HttpRequest::conditional."""
    fields = request.fields
    return "if-match" in fields or "if-none-match" in fields or modified_since(request) > 0


def asks_for_ranges(request: RequestFacts) -> bool:
    """Whether the request asks for more than one range (HttpRequest::multipartRangeRequest)."""
    value = request.fields.first("range") or request.fields.first("request-range") or ""
    ranges = value[6:].split(",") if value[:6].lower() == "bytes=" else ()
    return len(ranges) > 1 and all(_is_range(text.strip()) for text in ranges)


def _is_range(text: str) -> bool:
    first, dash, last = text.partition("-")
    given = [bound for bound in (first, last) if bound]
    if not dash or not given or not all(bound.isdecimal() for bound in given):
        return False
    if max(map(len, given)) > _LONGEST:
        return False
    return not (first and last) or int(first) <= int(last)
