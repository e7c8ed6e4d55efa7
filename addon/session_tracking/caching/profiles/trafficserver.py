"""Apache Traffic Server 9.2 as a reverse proxy, with the records.config that Debian ships.

It stores no Set-Cookie and merges none from a 304, but leaves Set-Cookie2 as it is.
"""

from collections.abc import Mapping
from dataclasses import replace

from session_tracking.caching.profiles.model import (
    CacheProfile,
    LookupRule,
    Outcome,
    Reuse,
    Source,
    Stored,
    StoreRule,
)
from session_tracking.caching.profiles.trafficserver_parse import (
    INT_MAX,
    CacheControl,
    parse_cache_control,
    parse_date,
    serves_ranges,
    to_int64,
)
from session_tracking.caching.profiles.trafficserver_vary import (
    CONDITIONS,
    likely_cacheable,
    selects,
)
from session_tracking.http.dates import format_http_date
from session_tracking.http.exchange import RequestFacts, ResponseFacts
from session_tracking.http.fields import FieldSection

GUARANTEED_MAX_LIFETIME = 31536000
HEURISTIC_MIN_LIFETIME, HEURISTIC_MAX_LIFETIME, HEURISTIC_LM_FACTOR = 3600, 86400, 0.10
"""Seconds, and a share of the time since Last-Modified (proxy.config.http.cache.…)."""

CACHEABLE = frozenset({200, 203, 300, 301, 304, 410})
"""Stored although neither Cache-Control nor Expires says so; 304 concerns what is stored."""

_NO_DIRECTIVES = CacheControl()
_POSITIVE = frozenset({"public", "max-age", "s-maxage", "must-revalidate", "proxy-revalidate"})
_REVALIDATE = frozenset({"must-revalidate", "proxy-revalidate"})
_SOURCE_TREE = "https://github.com/apache/trafficserver/blob/9.2.9/proxy/http/"


def _source(file: str, function: str) -> Source:
    return Source(f"{file}, {function}", _SOURCE_TREE + file)


_CACHEABLE = _source("HttpTransact.cc", "HttpTransact::is_response_cacheable")


def _cache_control(fields: FieldSection) -> CacheControl:
    values = fields.values("cache-control")
    return parse_cache_control(tuple(values)) if values else _NO_DIRECTIVES


def _pragma_no_cache(fields: FieldSection) -> bool:
    values = fields.values("pragma")
    return bool(values) and "no-cache" in parse_cache_control(tuple(values))


def _date(fields: FieldSection, name: str) -> int:
    """Unix seconds of the first such field; 0 without one, or without a date in it."""
    value = fields.first(name)
    return 0 if value is None else parse_date(value)


def _server_permits(_request: RequestFacts, response: ResponseFacts, _time: float) -> bool:
    directives = _cache_control(response.fields)
    forbidden = "no-store" in directives or "private" in directives
    return not forbidden and not _pragma_no_cache(response.fields)


def _required_headers(_request: RequestFacts, response: ResponseFacts, _time: float) -> bool:
    if response.status != 200 or "expires" in response.fields:
        return True
    directives = _cache_control(response.fields)
    return "max-age" in directives or "s-maxage" in directives


def _status_cacheable(_request: RequestFacts, response: ResponseFacts, _time: float) -> bool:
    if response.status in {206, 416}:
        return False
    if response.status in CACHEABLE or "expires" in response.fields:
        return True
    return not _POSITIVE.isdisjoint(_cache_control(response.fields).names)


def _no_cookies(request: RequestFacts, response: ResponseFacts, _time: float) -> bool:
    return "set-cookie" not in response.fields and "cookie" not in request.fields


_RESPONSE_RULES = (
    StoreRule(
        "server-permits",
        _source(
            "HttpTransactHeaders.cc", "HttpTransactHeaders::does_server_allow_response_to_be_stored"
        ),
        _server_permits,
        'no-store, private (also private="…") or Pragma: no-cache',
    ),
    StoreRule(
        "www-authenticate",
        _CACHEABLE,
        lambda _request, response, _time: "www-authenticate" not in response.fields,
        "the response has WWW-Authenticate",
    ),
    StoreRule(
        "required-headers",
        _source("HttpTransact.cc", "HttpTransact::is_response_cacheable, required_headers 2"),
        _required_headers,
        "a 200 with neither Expires nor max-age nor s-maxage",
    ),
    StoreRule(
        "status-cacheable",
        _CACHEABLE,
        _status_cacheable,
        "a status that needs Expires or a directive that allows storing",
    ),
)
"""What a response must meet, be it stored or be it the 304 that lets a stored one live on."""

_COOKIE_RULE = StoreRule(
    "no-cookies",
    _source("HttpTransact.cc", "do_cookies_prevent_caching"),
    _no_cookies,
    "the response has Set-Cookie, or the request Cookie",
)

_REQUEST_RULES = (
    StoreRule(
        "method",
        _source(
            "HttpTransact.cc", "HttpTransact::handle_cache_operation_on_forward_server_response"
        ),
        lambda request, _response, _time: request.method == "GET",
        "the method is not GET",
    ),
    StoreRule(
        "not-unexpected-304",
        _source(
            "HttpTransact.cc", "HttpTransact::handle_cache_operation_on_forward_server_response"
        ),
        lambda _request, response, _time: response.status not in {304, 505},
        "304 without anything stored, or 505",
    ),
    StoreRule(
        "no-range",
        _source("HttpTransact.cc", "HttpTransact::HandleCacheOpenReadMiss"),
        lambda request, _response, _time: "range" not in request.fields,
        "the request has Range",
    ),
    StoreRule(
        "not-only-if-cached",
        _source("HttpTransact.cc", "HttpTransact::HandleCacheOpenReadMiss"),
        lambda request, _response, _time: "only-if-cached" not in _cache_control(request.fields),
        "the request says only-if-cached and is refused",
    ),
)

LOOKUP = (
    LookupRule(
        "method",
        _source("HttpTransactHeaders.cc", "HttpTransactHeaders::is_method_cacheable"),
        lambda request: request.method in {"GET", "HEAD"},
        "the method is neither GET nor HEAD",
    ),
)


def _lifetime(stored: Stored) -> int:
    """HttpTransact::calculate_document_freshness_limit, seconds."""
    fields = stored.response.fields
    directives = _cache_control(fields)
    for name in ("s-maxage", "max-age"):
        if name in directives:
            return min(max(0, directives.seconds[name]), GUARANTEED_MAX_LIFETIME)
    date = _date(fields, "date")
    if "expires" in fields:
        remaining = _date(fields, "expires") - (date or int(stored.time))
        return min(max(0, remaining), GUARANTEED_MAX_LIFETIME)
    modified = _date(fields, "last-modified")
    since = int((date - modified) * HEURISTIC_LM_FACTOR) if date and modified else 0
    return min(max(since, HEURISTIC_MIN_LIFETIME), HEURISTIC_MAX_LIFETIME)


def _age(stored: Stored, time: float) -> int:
    """HttpTransactHeaders::calculate_document_age, seconds."""
    fields, received = stored.response.fields, int(stored.time)
    date = _date(fields, "date")
    said = max(0, to_int64(fields.first("age") or ""))
    apparent = max(0, received - date) if date > 0 else 0
    return max(apparent, said) + max(0, int(time) - received)


def _fresh(stored: Stored, request: RequestFacts, time: float) -> bool:
    """HttpTransact::what_is_document_freshness."""
    directives, asked = _cache_control(stored.response.fields), _cache_control(request.fields)
    if "need-revalidate-once" in directives:
        return False
    lifetime, age = _lifetime(stored), _age(stored, time)
    revalidates = not _REVALIDATE.isdisjoint(directives.names)
    limit = lifetime
    if "max-stale" in asked and not revalidates:
        stale = asked.seconds["max-stale"]
        limit = INT_MAX if stale == INT_MAX else lifetime + stale
    if "min-fresh" in asked:
        limit = min(limit, lifetime - asked.seconds["min-fresh"])
    if not limit or age > limit:
        return False
    return age <= lifetime or not revalidates


def _reuse(stored: Stored, request: RequestFacts, time: float) -> Reuse:
    """HttpTransact::HandleCacheOpenReadHit."""
    if not selects(stored, request):
        return Reuse.MISS
    directives = _cache_control(stored.response.fields)
    if "authorization" in request.fields:
        if not _REVALIDATE.isdisjoint(directives.names):
            return Reuse.VALIDATE
        if "public" not in directives:
            return Reuse.MISS
    if "no-cache" in directives or not _fresh(stored, request, time):
        return Reuse.VALIDATE
    return Reuse.HIT if _range_served(stored, request) else Reuse.MISS


def _range_served(stored: Stored, request: RequestFacts) -> bool:
    """HttpTransact::build_response_from_cache: a strange Range is left to the origin."""
    values = request.fields.values("range")
    response = stored.response
    if not values or request.method != "GET" or response.status != 200:
        return True
    if _meets_condition(stored, request) or _range_withdrawn(stored, request):
        return True
    length = 0 if _is_empty(response) else response.body_length
    return length is None or serves_ranges(values, length)


def _range_withdrawn(stored: Stored, request: RequestFacts) -> bool:
    """Whether If-Range does not hold, so that the whole content is sent."""
    condition, fields = request.fields.first("if-range"), stored.response.fields
    if condition is None:
        return False
    if condition[:1] in {"", '"'} or condition[1:2] == "/":
        return not _matches_strongly(fields.first("etag") or "", condition)
    modified = _date(fields, "last-modified")
    return modified == 0 or parse_date(condition) != modified


def _reuse_no_cookies(stored: Stored, request: RequestFacts, time: float) -> Reuse:
    reuse = _reuse(stored, request, time)
    return Reuse.VALIDATE if reuse is Reuse.HIT and "cookie" in request.fields else reuse


def _forwarded(request: RequestFacts) -> RequestFacts:
    """HttpTransact::build_request."""
    if not likely_cacheable(request) or CONDITIONS.isdisjoint(request.fields.names()):
        return request
    lines = [line for line in request.fields.lines if line[0].lower() not in CONDITIONS]
    return replace(request, fields=FieldSection(lines))


def _conditions(stored: Stored, request: RequestFacts) -> Mapping[str, str]:
    """HttpTransact::issue_revalidate."""
    sent = _forwarded(request).fields
    names = ("if-none-match", "if-modified-since")
    conditions = {name: ", ".join(sent.values(name)) for name in names if name in sent}
    if stored.response.status == 200:
        fields = stored.response.fields
        if _date(fields, "last-modified") > 0:
            conditions["if-modified-since"] = fields.first("last-modified") or ""
        if (etag := fields.first("etag")) is not None:
            conditions["if-none-match"] = etag.removeprefix("W/")
    return conditions


def _merge(stored: Stored, validation: ResponseFacts, time: float) -> Stored:
    """HttpTransact::merge_and_update_headers_for_cache_update."""
    return _merge_by(_RESPONSE_RULES, stored, validation, time)


def _merge_no_cookies(stored: Stored, validation: ResponseFacts, time: float) -> Stored:
    return _merge_by((*_RESPONSE_RULES, _COOKIE_RULE), stored, validation, time)


def _merge_by(
    rules: tuple[StoreRule, ...], stored: Stored, validation: ResponseFacts, time: float
) -> Stored:
    if not all(rule.holds(stored.request, validation, time) for rule in rules):
        # It is deleted if the client's own condition holds too; while it is being served it is not.
        return replace(stored, dropped=_meets_condition(stored, stored.request))
    kept = {"content-length", "transfer-encoding", "set-cookie", "content-type", "warning"}
    sent = [line for line in validation.fields.lines if line[0].lower() not in kept]
    replaced = {name.lower() for name, _ in sent} | {"age", "etag", "expires"}
    date = _date(validation.fields, "date")
    if date <= 0:
        replaced.add("date")
        sent = [line for line in sent if line[0].lower() != "date"]
        sent.append(("Date", format_http_date(int(time))))
    lines = [line for line in stored.response.fields.lines if line[0].lower() not in replaced]
    return replace(
        stored,
        response=replace(stored.response, fields=FieldSection([*lines, *sent])),
        time=time,
        first=stored.first or stored.response,
        dropped=_is_empty(stored.response),
        own_cookie=stored.own_cookie and "set-cookie2" not in replaced,
    )


def _is_empty(response: ResponseFacts) -> bool:
    """Whether it has no content: an update leaves nothing of it (CacheVC::set_http_info)."""
    length = response.fields.first("content-length")
    content = response.body_length if length is None else to_int64(length)
    return content == 0 or response.status == 204


def _meets_condition(stored: Stored, request: RequestFacts) -> bool:
    """HttpTransactCache::match_response_to_request_conditionals answers 304."""
    asked, fields = request.fields, stored.response.fields
    if "if-none-match" in asked and (etag := fields.first("etag")) is not None:
        tags = (asked.first("if-none-match") or "").split(",")
        return any(tag.strip() == "*" or _opaque(tag) == _opaque(etag) for tag in tags)
    if "if-modified-since" not in asked:
        return False
    since = _date(asked, "if-modified-since")
    for name in ("last-modified", "date"):
        if name in fields:
            made = _date(fields, name)
            return made != 0 and since >= made
    return since >= int(stored.time)


def _fails_precondition(stored: Stored, request: RequestFacts) -> bool:
    """match_response_to_request_conditionals answers 412."""
    asked, fields = request.fields, stored.response.fields
    if "if-modified-since" in asked or ("if-none-match" in asked and "etag" in fields):
        return False
    if (tags := asked.first("if-match")) is not None:
        return not _matches_strongly(fields.first("etag") or "", tags)
    if "if-unmodified-since" not in asked:
        return False
    modified = _date(fields, "last-modified")
    return modified == 0 or _date(asked, "if-unmodified-since") < modified


def _matches_strongly(etag: str, tags: str) -> bool:
    listed = {tag.strip().strip('"') for tag in tags.split(",")}
    return not etag.startswith("W/") and not listed.isdisjoint({"*", etag.strip('"')})


def _opaque(tag: str) -> str:
    return tag.strip().removeprefix("W/").strip('"')


def _relays_304(old: Stored, new: Stored, request: RequestFacts) -> bool:
    """A 304 that may not be stored goes to the client in place of 412 as well.

    A conditional HEAD counts too where the 304 was merged: what it gets are fields just made.
    """
    conditional = not (CONDITIONS | {"if-range"}).isdisjoint(request.fields.names())
    if request.method == "HEAD" and conditional and new.response is not old.response:
        return True
    return _meets_condition(old, request) or _fails_precondition(old, request)


def _strips(stored: Stored, request: RequestFacts) -> bool:
    """HttpTransact::set_headers_for_cache_write deletes Set-Cookie; a 304 carries neither."""
    return "set-cookie2" not in stored.response.fields or _meets_condition(stored, request)


def _validated(stored: Stored, _request: RequestFacts) -> Outcome:
    if "set-cookie2" not in stored.response.fields:
        return Outcome.STRIPPED
    return Outcome.SWAP if stored.own_cookie else Outcome.FRESH


_DEFAULT = CacheProfile(
    name="trafficserver",
    configuration="Debian's records.config",
    product="Apache Traffic Server",
    version="9.2.9 (Debian 9.2.5+ds-0+deb12u4)",
    sources=(_CACHEABLE,),
    lookup=LOOKUP,
    storage=(*_REQUEST_RULES, *_RESPONSE_RULES),
    reuse=_reuse,
    strips=_strips,
    conditional=_conditions,
    merge=_merge,
    relays_304=_relays_304,
    validated=_validated,
    replaceable=lambda response: not _is_empty(response),
    forwarded=_forwarded,
)

PROFILES = (
    _DEFAULT,
    replace(
        _DEFAULT,
        name="trafficserver-no-cookies",
        configuration="+ proxy.config.http.cache.cache_responses_to_cookies 0",
        storage=(*_REQUEST_RULES, *_RESPONSE_RULES, _COOKIE_RULE),
        reuse=_reuse_no_cookies,
        merge=_merge_no_cookies,
    ),
)
