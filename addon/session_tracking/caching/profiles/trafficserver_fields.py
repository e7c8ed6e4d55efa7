"""What Traffic Server 9.2 reads in messages, and how it answers a client's own conditions."""

from session_tracking.caching.profiles.model import Stored
from session_tracking.caching.profiles.trafficserver_parse import (
    CacheControl,
    list_members,
    parse_cache_control,
    parse_date,
    serves_ranges,
    to_int64,
)
from session_tracking.caching.profiles.wire import without
from session_tracking.http.exchange import RequestFacts, ResponseFacts
from session_tracking.http.fields import FieldSection

CONDITIONS = frozenset({"if-match", "if-none-match", "if-modified-since", "if-unmodified-since"})
"""Request fields that it does not send on if it may store the response."""

_NO_DIRECTIVES = CacheControl()


def cache_control(fields: FieldSection) -> CacheControl:
    """The directives of Cache-Control; none of them where the field is absent."""
    values = fields.values("cache-control")
    return parse_cache_control(tuple(values)) if values else _NO_DIRECTIVES


def pragma_no_cache(fields: FieldSection) -> bool:
    """Whether Pragma has no-cache, whatever follows it."""
    values = fields.values("pragma")
    return bool(values) and "no-cache" in parse_cache_control(tuple(values))


def date(fields: FieldSection, name: str) -> int:
    """Unix seconds in the first line called `name`; 0 if there is none, or no date in it."""
    value = fields.first(name)
    return 0 if value is None else parse_date(value)


def is_empty(response: ResponseFacts) -> bool:
    """Whether it has no content, as CacheWrite and CacheVC::set_http_info see it."""
    length = response.fields.first("content-length")
    content = response.body_length if length is None else to_int64(length)
    return content == 0 or response.status == 204


def likely_cacheable(request: RequestFacts) -> bool:
    """HttpTransact::is_request_likely_cacheable."""
    fields = request.fields
    return request.method == "GET" and "authorization" not in fields and "range" not in fields


def forwarded(request: RequestFacts) -> RequestFacts:
    """The request as the origin gets it, as far as conditions go (HttpTransact::build_request)."""
    return without(request, CONDITIONS) if likely_cacheable(request) else request


def meets_condition(stored: Stored, request: RequestFacts) -> bool:
    """Whether the client's condition makes the answer 304.

    Source: HttpTransactCache.cc, match_response_to_request_conditionals.
    """
    asked, fields = request.fields, stored.response.fields
    etag = fields.first("etag")
    if "if-none-match" in asked and etag is not None:
        tags = [tag.strip() for tag in (asked.first("if-none-match") or "").split(",")]
        return "*" in tags or _opaque(etag) in [_opaque(tag) for tag in tags]
    if "if-modified-since" not in asked:
        return False
    since = date(asked, "if-modified-since")
    for name in ("last-modified", "date"):
        if name in fields:
            return 0 != date(fields, name) <= since
    return since >= int(stored.time)


def fails_precondition(stored: Stored, request: RequestFacts) -> bool:
    """Whether the client's condition makes the answer 412; `meets_condition` goes before it."""
    asked, fields = request.fields, stored.response.fields
    etag = fields.first("etag")
    if "if-modified-since" in asked or ("if-none-match" in asked and etag is not None):
        return False
    if (tags := asked.first("if-match")) is not None:
        # Without an ETag the condition is not read, and holds.
        return etag is not None and not _matches_strongly(etag, tags)
    if "if-unmodified-since" not in asked:
        return False
    return not 0 != date(fields, "last-modified") <= date(asked, "if-unmodified-since")


def range_served(stored: Stored, request: RequestFacts) -> bool:
    """Whether Range lets a fresh response serve; a strange one is left to the origin.

    Source: HttpTransact::build_response_from_cache.
    """
    response, values = stored.response, request.fields.values("range")
    if not values or request.method != "GET" or response.status != 200:
        return True
    if meets_condition(stored, request) or _range_withdrawn(stored, request):
        return True
    length = 0 if is_empty(response) else response.body_length
    return length is None or serves_ranges(values, length)


def _range_withdrawn(stored: Stored, request: RequestFacts) -> bool:
    """Whether If-Range does not hold, so that the whole content is sent."""
    condition, fields = request.fields.first("if-range"), stored.response.fields
    if condition is None:
        return False
    if condition[:1] in {"", '"'} or condition[1:2] == "/":
        return not _matches_strongly(fields.first("etag") or "", condition)
    modified = date(fields, "last-modified")
    return modified == 0 or parse_date(condition) != modified


def _opaque(tag: str) -> str:
    return tag.removeprefix("W/").strip('"')


def _matches_strongly(etag: str, tags: str) -> bool:
    listed = {tag.strip().strip('"') for tag in tags.split(",")}
    return not etag.startswith("W/") and not listed.isdisjoint({"*", etag.strip('"')})


def equal_lists(first: list[str], second: list[str]) -> bool:
    """Whether two fields have the same members but for case (do_vary_header_values_match)."""
    return [m.lower() for m in list_members(first)] == [m.lower() for m in list_members(second)]
