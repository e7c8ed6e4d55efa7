"""Where nginx answers the client itself: faulty requests, and responses that it refuses."""

import re

from session_tracking.caching.profiles.nginx_parse import INVALID_TIME, parse_time
from session_tracking.caching.profiles.wire import raw_values
from session_tracking.http.exchange import RequestFacts, ResponseFacts
from session_tracking.http.fields import FieldSection

REFUSABLE = frozenset({"if-match", "if-unmodified-since", "range"})
"""Request fields, in lower case, that can make nginx refuse what it fetched."""

ONCE = frozenset(
    {
        "authorization",
        "content-length",
        "content-range",
        "expect",
        "host",
        "if-match",
        "if-modified-since",
        "if-none-match",
        "if-range",
        "if-unmodified-since",
        "transfer-encoding",
    }
)
"""Request fields, in lower case, whose repetition is answered with 400."""

_SPEC = re.compile(r" *(?:(?P<first>\d+) *- *(?P<last>\d*)|-(?P<suffix>\d+)) *", re.ASCII)


def repeats(fields: FieldSection) -> bool:
    """Whether a request is answered with 400 for a field that occurs twice.

    Source: ngx_http_headers_in, ngx_http_process_unique_header_line, ngx_http_process_host
    (src/http/ngx_http_request.c).
    """
    return fields.repeats(ONCE)


def refused(request: RequestFacts, response: ResponseFacts) -> bool:
    """Whether the client gets 412 or 416 for a 200 that might be stored, which then is not.

    Source: ngx_http_upstream_send_response, which ends where the header filters return an error.
    """
    fields = request.fields
    if response.status != 200 or not fields.has_any(REFUSABLE):
        return False
    return precondition_failed(fields, response.fields) or not_satisfiable(request, response)


def precondition_failed(asked: FieldSection, sent: FieldSection) -> bool:
    """Whether If-Unmodified-Since or If-Match does not hold.

    Source: ngx_http_not_modified_header_filter, ngx_http_test_if_match
    (src/http/modules/ngx_http_not_modified_filter_module.c).
    """
    since = raw_values(asked, "if-unmodified-since")
    if since:
        modified = _last_modified(sent)
        if modified == INVALID_TIME or parse_time(since[0]) < modified:
            return True
    tags = raw_values(asked, "if-match")
    if not tags or tags[0] == "*":
        return False
    etags = raw_values(sent, "etag")
    if not etags:
        return True
    member = rf"(?:^|,)[ \t,]*{re.escape(etags[-1])}[ \t]*(?:,|$)"
    return re.search(member, tags[0]) is None


def not_satisfiable(request: RequestFacts, response: ResponseFacts) -> bool:
    """Whether nginx answers Range with 416, which it may where the origin accepts ranges.

    Source: ngx_http_range_header_filter, ngx_http_range_parse with a single range
    (src/http/modules/ngx_http_range_filter_module.c).
    """
    asked, length = raw_values(request.fields, "range"), response.body_length
    if not asked or length is None or "accept-ranges" not in response.fields:
        return False
    value = asked[0]
    if len(value) < 7 or value[:6].lower() != "bytes=" or not _if_range(request, response):
        return False
    ranges = 0
    for text in value[6:].split(","):
        spec = _SPEC.fullmatch(text)
        if spec is None or any(map(_too_large, spec.groups(""))):
            return True
        first, end = _octets(spec, length)
        if first < end:
            ranges += 1
            if ranges > 1:
                return False
        elif first == 0:
            return False
    return ranges == 0


def _too_large(digits: str) -> bool:
    """Whether a number has more than 63 bits."""
    digits = digits.lstrip("0")
    return len(digits) > 19 or int(digits or 0) >= 2**63


def _octets(spec: re.Match[str], length: int) -> tuple[int, int]:
    """First octet and the one after the last of a range in `length` octets."""
    if spec["suffix"] is not None:
        first, last = max(0, length - int(spec["suffix"])), length - 1
    else:
        first, last = int(spec["first"]), int(spec["last"] or length)
    return first, min(last + 1, length)


def _if_range(request: RequestFacts, response: ResponseFacts) -> bool:
    """Whether If-Range, where there is one, lets Range count."""
    values = raw_values(request.fields, "if-range")
    if not values:
        return True
    if len(values[0]) >= 2 and values[0][-1] == '"':
        return values[0] in raw_values(response.fields, "etag")[-1:]
    modified = _last_modified(response.fields)
    return modified == parse_time(values[0]) != INVALID_TIME


def _last_modified(fields: FieldSection) -> int:
    values = raw_values(fields, "last-modified")
    return parse_time(values[-1]) if values else INVALID_TIME
