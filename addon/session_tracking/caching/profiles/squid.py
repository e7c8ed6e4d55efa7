"""Squid 5.7 in front of one origin, with Debian's refresh_pattern lines and a memory cache.

Squid takes Set-Cookie out of every response that it counts as a hit, and leaves Set-Cookie2 in.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import reduce

from session_tracking.caching.profiles.model import (
    CacheProfile,
    LookupRule,
    Outcome,
    Reuse,
    Source,
    Stored,
    StoreRule,
)
from session_tracking.caching.profiles.squid_parse import (
    MAX_STALE_ANY,
    CacheControl,
    Surrogate,
    list_items,
    parse_cache_control,
    parse_date,
    parse_surrogate_control,
    to_int,
)
from session_tracking.http.exchange import RequestFacts, ResponseFacts
from session_tracking.http.fields import FieldSection

SURROGATE_ID = "lab.test"
"""surrogate_id, which is visible_hostname unless it is set."""
MINIMUM_EXPIRY_TIME = 60
"""minimum_expiry_time: seconds that a response without content must stay fresh to be stored."""
MAX_OBJECT_SIZE = 512 * 1024
"""maximum_object_size_in_memory, octets with the header."""
LM_FACTOR, LM_MAX = 0.20, 4320 * 60
"""`refresh_pattern . 0 20% 4320`: share of the age since Last-Modified, and limit in seconds."""

CACHEABLE = frozenset({200, 203, 300, 301, 308, 410})
REDIRECTS = frozenset({302, 307})
"""Stored only with a lifetime; any other status is never stored while negative_ttl is 0."""

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

_CONDITIONS = frozenset(
    {"if-match", "if-none-match", "if-modified-since", "if-unmodified-since", "if-range"}
)
_NO_DIRECTIVES = CacheControl()
_SOURCE_TREE = "https://github.com/squid-cache/squid/blob/SQUID_5_7/src/"


def _source(file: str, function: str) -> Source:
    return Source(f"{file}, {function}", _SOURCE_TREE + file)


_REUSABLE = _source("http.cc", "HttpStateData::reusableReply")


@dataclass(frozen=True, slots=True)
class _Times:
    """The times of a stored response, Unix seconds (StoreEntry)."""

    timestamp: int
    """When it was made, as far as Squid believes Date and Age."""
    expires: int
    """-1 if nothing says when it becomes stale."""
    modified: int


def _cache_control(fields: FieldSection) -> CacheControl:
    values = fields.values("cache-control")
    return parse_cache_control(", ".join(values)) if values else _NO_DIRECTIVES


def _surrogate(response: ResponseFacts) -> Surrogate | None:
    values = response.fields.values("surrogate-control")
    return parse_surrogate_control(", ".join(values), SURROGATE_ID) if values else None


def _date(fields: FieldSection, name: str) -> int:
    value = fields.first(name)
    return -1 if value is None else parse_date(value)


def _expires(response: ResponseFacts, date: int, now: int, *, surrogate: bool) -> int:
    """HttpReply::hdrExpirationTime, then HttpStateData::processSurrogateControl."""
    targeted = _surrogate(response) if surrogate else None
    if targeted is not None and targeted.lifetime is not None:
        return date + targeted.lifetime
    directives = _cache_control(response.fields)
    for name in ("s-maxage", "max-age"):
        if name in directives:
            # Without a Date there is nothing to count from, so it is stale at once.
            return date + directives[name] if date >= 0 else now
    if "expires" in response.fields:
        expires = _date(response.fields, "expires")
        return now if expires < 0 else expires
    return -1


def _times(response: ResponseFacts, time: float, *, surrogate: bool = True) -> _Times:
    """StoreEntry::timestampsSet."""
    now, fields = int(time), response.fields
    date = served = _date(fields, "date")
    if not now - 86400 <= served <= now:
        served = now
    age = to_int(fields.first("age") or "")
    if now - served < age < now:
        served = now - age
    expires = _expires(response, date, now, surrogate=surrogate)
    if expires > 0 and date > -1:
        expires = served + expires - date
    modified = _date(fields, "last-modified")
    return _Times(served, expires, served if modified < 0 else modified)


def _staleness(times: _Times, at: int, age: int, url: str) -> int:
    """Seconds that it is stale, -1 while fresh (refresh.cc, refreshStaleness)."""
    if times.expires > -1:
        return -1 if times.expires > at else at - times.expires
    factor, limit = (0.0, 0) if _is_dynamic(url) else (LM_FACTOR, LM_MAX)
    if age > limit:
        return age - limit
    lifetime = max(0, int((times.timestamp - times.modified) * factor))
    return -1 if age < lifetime else age - lifetime


def _is_dynamic(url: str) -> bool:
    """Whether `refresh_pattern -i (/cgi-bin/|\\?) 0 0% 0` matches."""
    return "?" in url or "/cgi-bin/" in url.lower()


def _varies(response: ResponseFacts) -> list[str]:
    """The names of Vary in lower case (http.cc, assembleVaryKey)."""
    text = ", ".join(response.fields.values("vary"))
    return [text[start:end].lower() for start, end in list_items(text)]


def _selecting(request: RequestFacts, name: str) -> str | None:
    """The value that Vary compares; None if the field is absent or, if Squid knows it, empty."""
    values = request.fields.values(name)
    if name in _FIRST_LINE_ONLY:
        return values[0] or None if values else None
    if not values:
        return None
    # Empty lines in front leave no trace (StrList.cc, strListAdd).
    return reduce(lambda text, value: f"{text}, {value}" if text else value, values)


def _may_store_by_directives(
    request: RequestFacts, response: ResponseFacts, _time: float
) -> bool:
    surrogate = _surrogate(response)
    if surrogate is not None:
        return not surrogate.no_store
    directives = _cache_control(response.fields)
    if "no-store" in directives or "private" in directives:
        return False
    return not ("no-cache" in directives and directives.no_cache_lists_fields)


def _authorized(request: RequestFacts, response: ResponseFacts, _time: float) -> bool:
    if "authorization" not in request.fields:
        return True
    directives = _cache_control(response.fields)
    allowing = ("public", "must-revalidate", "no-cache", "s-maxage")
    return _surrogate(response) is None and any(name in directives for name in allowing)


def _status_cacheable(_request: RequestFacts, response: ResponseFacts, time: float) -> bool:
    if response.status in CACHEABLE:
        return True
    date = _date(response.fields, "date")
    return (
        response.status in REDIRECTS
        and date > 0
        and _expires(response, date, int(time), surrogate=True) > date
    )


def _refreshable(request: RequestFacts, response: ResponseFacts, time: float) -> bool:
    """refresh.cc, refreshIsCachable: what is soon stale is kept for validation if it has content."""
    if _content_length(response) != 0 or response.status in REDIRECTS:
        return True
    if "*" in _varies(response):
        return False
    times, at = _times(response, time), int(time) + MINIMUM_EXPIRY_TIME
    return _staleness(times, at, max(0, at - times.timestamp), request.url) < 0


def _content_length(response: ResponseFacts) -> int | None:
    value = response.fields.first("content-length")
    return response.body_length if value is None else to_int(value)


def _fits(_request: RequestFacts, response: ResponseFacts, _time: float) -> bool:
    length = _content_length(response) or 0
    if length < MAX_OBJECT_SIZE // 2:
        return True
    header = sum(len(name) + len(value) + 4 for name, value in response.fields.lines)
    return length + header <= MAX_OBJECT_SIZE


def _asks_for_ranges(request: RequestFacts) -> bool:
    """Whether the request asks for more than one range (HttpRequest::multipartRangeRequest)."""
    value = request.fields.first("range") or request.fields.first("request-range") or ""
    ranges = value[6:].split(",") if value[:6].lower() == "bytes=" else ()
    return len(ranges) > 1 and all(_is_range(text.strip()) for text in ranges)


def _is_range(text: str) -> bool:
    first, dash, last = text.partition("-")
    if not dash or (first and not first.isdigit()) or (last and not last.isdigit()):
        return False
    return bool(first or last) and not (first and last and int(last) < int(first))


def _continuous(response: ResponseFacts) -> bool:
    kind = response.fields.first("content-type") or ""
    return kind[:25].lower() == "multipart/x-mixed-replace"


STORAGE = (
    StoreRule(
        "request-allows",
        _source("HttpRequest.cc", "HttpRequest::maybeCacheable"),
        lambda request, _response, _time: "no-store" not in _cache_control(request.fields)
        and "only-if-cached" not in _cache_control(request.fields),
        "the request says no-store, or only-if-cached and is refused",
    ),
    StoreRule(
        "directives-allow",
        _REUSABLE,
        _may_store_by_directives,
        'no-store, private, private="…" or no-cache="…" (or Surrogate-Control: no-store)',
    ),
    StoreRule(
        "authorization-allowed",
        _REUSABLE,
        _authorized,
        "the request has Authorization and no directive of the response lifts that",
    ),
    StoreRule(
        "content-type",
        _REUSABLE,
        lambda _request, response, _time: not _continuous(response),
        "the content is multipart/x-mixed-replace",
    ),
    StoreRule("status-cacheable", _REUSABLE, _status_cacheable, "the status is never stored"),
    StoreRule(
        "refreshable",
        _source("refresh.cc", "refreshIsCachable"),
        _refreshable,
        "no content, and stale within minimum_expiry_time",
    ),
    StoreRule(
        "vary-usable",
        _source("http.cc", "HttpStateData::haveParsedReplyHeaders"),
        lambda _request, response, _time: "vary" not in response.fields or bool(_varies(response)),
        "Vary names nothing",
    ),
    StoreRule(
        "vary-one-range",
        _source("store.cc", "StoreEntry::adjustVary"),
        lambda request, response, _time: "vary" not in response.fields
        or not _asks_for_ranges(request),
        "Vary, and the request asks for several ranges",
    ),
    StoreRule(
        "size",
        _source("store.cc", "StoreEntry::checkTooBig"),
        _fits,
        "larger than maximum_object_size_in_memory",
    ),
)

LOOKUP = (
    LookupRule(
        "method",
        _source("http/RequestMethod.cc", "HttpRequestMethod::respMaybeCacheable"),
        lambda request: request.method.upper() in {"GET", "HEAD"},
        "the method is neither GET nor HEAD",
    ),
)


def _reloads(request: RequestFacts) -> bool:
    """Whether the request wants no stored response; Pragma counts without Cache-Control only.

    Source: client_side_request.cc, clientInterpretRequestHeaders.
    """
    directives = _cache_control(request.fields)
    if directives.names:
        return "no-cache" in directives
    return _pragma_no_cache(request.fields)


def _pragma_no_cache(fields: FieldSection) -> bool:
    """HttpHeader::hasListMember: "no-cache", or it followed by "=" or ";" and anything."""
    values = fields.values("pragma")
    if not values:
        return False
    text = ", ".join(values).lower()
    return any(
        text.startswith("no-cache", start) and text[start + 8 : start + 9] in {"", "=", ";", ","}
        for start, _ in list_items(text)
    )


def _reuse(stored: Stored, request: RequestFacts, time: float) -> Reuse:
    """client_side_reply.cc, clientReplyContext::cacheHit; store.cc, storeGetPublicByRequest."""
    if _reloads(request):
        return Reuse.MISS
    if stored.request.method.upper() == "HEAD" and request.method.upper() != "HEAD":
        return Reuse.MISS
    first = stored.first or stored.response
    names = _varies(first)
    if "*" not in names and any(
        _selecting(stored.request, name) != _selecting(request, name) for name in names
    ):
        return Reuse.MISS
    if not _fresh(stored, first, request, time):
        return Reuse.VALIDATE
    if stored.response.status != 200 and _conditional_request(request):
        return Reuse.MISS
    return Reuse.HIT


def _fresh(stored: Stored, first: ResponseFacts, request: RequestFacts, time: float) -> bool:
    """refresh.cc, refreshCheck."""
    times = _stored_times(stored)
    directives, now = _cache_control(request.fields), int(time)
    ahead = directives["min-fresh"] if "min-fresh" in directives else 0
    age = max(0, now - times.timestamp) + ahead
    staleness = _staleness(times, now + ahead, age, request.url)
    always, when_stale = _revalidation(first)
    if always or (when_stale and staleness > -1):
        return False
    if "max-age" in directives and "immutable" not in _cache_control(stored.response.fields):
        limit = directives["max-age"]
        if age > limit or limit == 0:
            return False
    if "max-stale" in directives and staleness > -1:
        allowed = directives["max-stale"]
        return allowed == MAX_STALE_ANY or staleness < allowed
    return staleness == -1


def _revalidation(first: ResponseFacts) -> tuple[bool, bool]:
    """Whether to validate each time, and whether when stale, as decided on storing.

    Source: http.cc, HttpStateData::haveParsedReplyHeaders.
    """
    always = "vary" in first.fields and "*" in _varies(first)
    if _surrogate(first) is not None:
        return always, False
    directives = _cache_control(first.fields)
    if not directives.names:
        return always or _pragma_no_cache(first.fields), False
    when_stale = ("must-revalidate", "proxy-revalidate", "s-maxage")
    return always or "no-cache" in directives, any(name in directives for name in when_stale)


def _stored_times(stored: Stored) -> _Times:
    # A 304 has the times worked out anew, from the merged fields and without Surrogate-Control.
    return _times(stored.response, stored.time, surrogate=stored.first is None)


def _strong_etag(fields: FieldSection) -> str | None:
    etag = fields.first("etag")
    quoted = etag is not None and len(etag) >= 2 and etag[0] == '"' == etag[-1]
    return etag if quoted else None


def _conditional_request(request: RequestFacts) -> bool:
    fields = request.fields
    return "if-match" in fields or "if-none-match" in fields or _modified_since(request) > 0


def _modified_since(request: RequestFacts) -> int:
    return _date(request.fields, "if-modified-since")


def _conditions(stored: Stored, request: RequestFacts) -> Mapping[str, str]:
    """client_side_reply.cc, clientReplyContext::processExpired; the client's own tags go first."""
    conditions = {"if-modified-since": str(_stored_times(stored).modified)}
    asked = request.fields.values("if-none-match")
    etag = _strong_etag(stored.response.fields)
    if asked:
        conditions["if-none-match"] = ", ".join(asked)
    elif etag is not None:
        conditions["if-none-match"] = etag
    return conditions


def _merge(stored: Stored, validation: ResponseFacts, time: float) -> Stored:
    """HttpHeader::update: fields of the 304 take the place of those with the same name."""
    kept = {"warning", "vary"}
    sent = [line for line in validation.fields.lines if line[0].lower() not in kept]
    replaced = {name.lower() for name, _ in sent}
    lines = [line for line in stored.response.fields.lines if line[0].lower() not in replaced]
    response = replace(stored.response, fields=FieldSection([*lines, *sent]))
    return replace(
        stored,
        response=response,
        time=time,
        first=stored.first or stored.response,
        own_cookie=stored.own_cookie and "set-cookie2" not in replaced,
    )


def _relays_304(_old: Stored, new: Stored, request: RequestFacts) -> bool:
    """clientReplyContext::handleIMSReply: only If-Modified-Since is looked at again.

    A conditional HEAD counts too: what it gets are the fields that the 304 has just made.
    """
    if request.method.upper() == "HEAD" and not _CONDITIONS.isdisjoint(request.fields.names()):
        return True
    since = _modified_since(request)
    return since > 0 and _stored_times(new).modified <= since


def _validated(stored: Stored, _request: RequestFacts) -> Outcome:
    """Like a hit, save that the client's If-None-Match is not looked at again."""
    if "set-cookie2" not in stored.response.fields:
        return Outcome.STRIPPED
    return Outcome.SWAP if stored.own_cookie else Outcome.FRESH


def _answers_with_older(stored: Stored, _request: RequestFacts, response: ResponseFacts) -> bool:
    """clientReplyContext::handleIMSReply: an answer older than what a 304 dated is thrown away."""
    answered, kept = _date(response.fields, "date"), _date(stored.response.fields, "date")
    return 0 not in {answered, kept} and answered < kept


def _strips(stored: Stored, request: RequestFacts) -> bool:
    """clientReplyContext::buildReplyHeader deletes Set-Cookie on hits; a 304 carries neither."""
    return "set-cookie2" not in stored.response.fields or _answers_304(stored, request)


def _answers_304(stored: Stored, request: RequestFacts) -> bool:
    """clientReplyContext::processConditional."""
    asked = request.fields.values("if-none-match")
    if not asked:
        since = _modified_since(request)
        return since > 0 and _stored_times(stored).modified <= since
    etag = stored.response.fields.first("etag") or ""
    opaque = etag.removeprefix("W/")
    tags = [tag.strip() for tag in ", ".join(asked).split(",")]
    return "*" in tags or (bool(opaque) and opaque in [tag.removeprefix("W/") for tag in tags])


PROFILES = (
    CacheProfile(
        name="squid",
        configuration="accelerator, Debian's refresh_pattern lines, memory cache",
        product="Squid",
        version="5.7-2+deb12u6",
        sources=(_REUSABLE,),
        lookup=LOOKUP,
        storage=STORAGE,
        reuse=_reuse,
        strips=_strips,
        conditional=_conditions,
        merge=_merge,
        relays_304=_relays_304,
        validated=_validated,
        stale_if_error=_answers_with_older,
        stale_keeps_cookie=True,
        collapses=True,
        switch="",
    ),
)
