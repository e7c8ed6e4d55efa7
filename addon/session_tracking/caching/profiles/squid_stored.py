"""How Squid 5.7 treats a stored response: its times, whether it is fresh, and its validation."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from session_tracking.caching.profiles.model import Outcome, Stored
from session_tracking.caching.profiles.squid_fields import (
    CONDITIONS,
    cache_control,
    content_length,
    date,
    modified_since,
    pragma_no_cache,
    strong_etag,
    surrogate_control,
    vary_names,
)
from session_tracking.caching.profiles.squid_parse import MAX_STALE_ANY, to_int
from session_tracking.http.exchange import RequestFacts, ResponseFacts
from session_tracking.http.fields import FieldSection

LM_FACTOR, LM_MAX = 0.20, 4320 * 60
"""`refresh_pattern . 0 20% 4320`: share of the age since Last-Modified, and limit in seconds."""

_DAY = 86400
_WHEN_STALE = frozenset({"must-revalidate", "proxy-revalidate", "s-maxage"})


@dataclass(frozen=True, slots=True)
class Times:
    """The times of a stored response, Unix seconds (StoreEntry)."""

    timestamp: int
    """When it was made, as far as Squid believes Date and Age."""
    expires: int
    """-1 if nothing says when it becomes stale."""
    modified: int
    """Last-Modified, or without one the timestamp."""


def expires(response: ResponseFacts, made: int, now: int, *, surrogate: bool) -> int:
    """When the response expires, counted from its Date `made`; -1 if it does not say.

    Source: HttpReply::hdrExpirationTime, then HttpStateData::processSurrogateControl.
    """
    targeted = surrogate_control(response) if surrogate else None
    if targeted is not None and targeted.lifetime is not None:
        return made + targeted.lifetime
    seconds = cache_control(response.fields).seconds
    lifetime = seconds.get("s-maxage", seconds.get("max-age"))
    if lifetime is not None:
        # Without a Date there is nothing to count from, so it is stale at once.
        return made + lifetime if made >= 0 else now
    if "expires" in response.fields:
        said = date(response.fields, "expires")
        return now if said < 0 else said
    return -1


def times_of(response: ResponseFacts, time: float, *, surrogate: bool = True) -> Times:
    """The times of a response that arrived at `time` (StoreEntry::timestampsSet)."""
    now, fields = int(time), response.fields
    made = served = date(fields, "date")
    if not now - _DAY <= served <= now:
        served = now
    if (said := fields.first("age")) is not None and now - served < (age := to_int(said)) < now:
        served = now - age
    until = expires(response, made, now, surrogate=surrogate)
    if until > 0 and made > -1:
        until = served + until - made
    modified = date(fields, "last-modified")
    return Times(served, until, served if modified < 0 else modified)


def stored_times(stored: Stored) -> Times:
    """The times of what is stored."""
    # A 304 has them worked out anew, from the merged fields and without Surrogate-Control.
    return times_of(stored.response, stored.time, surrogate=stored.first is None)


def staleness(times: Times, at: int, age: int, url: str) -> int:
    """Seconds that a response is stale, -1 while it is fresh (refresh.cc, refreshStaleness)."""
    if times.expires > -1:
        return -1 if times.expires > at else at - times.expires
    factor, limit = (0.0, 0) if _is_dynamic(url) else (LM_FACTOR, LM_MAX)
    if age > limit:
        return age - limit
    lifetime = max(0, int((times.timestamp - times.modified) * factor))
    return -1 if age < lifetime else age - lifetime


def _is_dynamic(url: str) -> bool:
    """Whether Debian's first refresh_pattern for HTTP matches: `(/cgi-bin/|?)`, with 0 0% 0."""
    return "?" in url or "/cgi-bin/" in url.lower()


def fresh(stored: Stored, request: RequestFacts, time: float) -> bool:
    """Whether the request may be answered without asking the origin (refresh.cc, refreshCheck)."""
    times = stored_times(stored)
    directives, now = cache_control(request.fields), int(time)
    ahead = directives.seconds.get("min-fresh", 0)
    age = max(0, now - times.timestamp) + ahead
    stale = staleness(times, now + ahead, age, request.url)
    always, when_stale = _revalidation(stored.first or stored.response)
    if always or (when_stale and stale > -1):
        return False
    limit = directives.seconds.get("max-age")
    if (
        limit is not None
        and (age > limit or limit == 0)
        and "immutable" not in cache_control(stored.response.fields)
    ):
        return False
    allowed = directives.seconds.get("max-stale")
    if allowed is not None and stale > -1:
        return allowed == MAX_STALE_ANY or stale < allowed
    return stale == -1


def _revalidation(first: ResponseFacts) -> tuple[bool, bool]:
    """Whether to validate each time, and whether when stale, as decided on storing.

    Source: http.cc, HttpStateData::haveParsedReplyHeaders.
    """
    always = "*" in vary_names(first)
    if surrogate_control(first) is not None:
        return always, False
    directives = cache_control(first.fields)
    if not directives.names:
        return always or pragma_no_cache(first.fields), False
    return always or "no-cache" in directives, not _WHEN_STALE.isdisjoint(directives.names)


def conditions(stored: Stored, request: RequestFacts) -> Mapping[str, str]:
    """What Squid sends to validate; entity tags of the client go before its own.

    Source: client_side_reply.cc, clientReplyContext::processExpired; http.cc,
    copyOneHeaderFromClientsideRequestToUpstreamRequest.
    """
    sent = {"if-modified-since": str(stored_times(stored).modified)}
    asked = request.fields.values("if-none-match")
    etag = strong_etag(stored.response.fields)
    if asked:
        sent["if-none-match"] = ", ".join(asked)
    elif etag is not None:
        sent["if-none-match"] = etag
    return sent


def merge(stored: Stored, validation: ResponseFacts, time: float) -> Stored:
    """Fields of the 304 take the place of those with the same name (HttpHeader::update)."""
    kept = {"warning", "vary"}
    sent = [line for line in validation.fields.lines if line[0].lower() not in kept]
    replaced = {name.lower() for name, _ in sent}
    lines = [line for line in stored.response.fields.lines if line[0].lower() not in replaced]
    return replace(
        stored,
        response=replace(stored.response, fields=FieldSection([*lines, *sent])),
        time=time,
        first=stored.first or stored.response,
        own_cookie=stored.own_cookie and "set-cookie2" not in replaced,
    )


def relays_304(_old: Stored, new: Stored, request: RequestFacts) -> bool:
    """Whether the 304 goes on to the client: only If-Modified-Since is looked at again.

    Without content a conditional request counts too: what it gets are the fields that the 304 that
    it asked for has just made.

    Source: clientReplyContext::handleIMSReply.
    """
    empty = request.method.upper() == "HEAD" or content_length(new.response) == 0
    if empty and request.fields.has_any(CONDITIONS):
        return True
    return 0 < modified_since(request) >= stored_times(new).modified


def validated(stored: Stored, _request: RequestFacts) -> Outcome:
    """Like a hit, save that the client's If-None-Match is not looked at again."""
    if "set-cookie2" not in stored.response.fields:
        return Outcome.STRIPPED
    return Outcome.SWAP if stored.own_cookie else Outcome.FRESH


def answers_with_older(stored: Stored, _request: RequestFacts, response: ResponseFacts) -> bool:
    """Whether an answer is thrown away because a 304 gave what is stored a later Date.

    What is stored then goes to the client, and not being a hit it keeps its Set-Cookie.

    Source: clientReplyContext::handleIMSReply, HttpReply::olderThan.
    """
    answered, kept = date(response.fields, "date"), date(stored.response.fields, "date")
    return 0 not in {answered, kept} and answered < kept


def strips(stored: Stored, request: RequestFacts) -> bool:
    """Whether a hit loses its cookies: Set-Cookie always, Set-Cookie2 if a 304 is the answer.

    Source: client_side_reply.cc, clientReplyContext::buildReplyHeader.
    """
    return "set-cookie2" not in stored.response.fields or answers_304(stored, request)


def answers_304(stored: Stored, request: RequestFacts) -> bool:
    """Whether a hit is answered with 304 (clientReplyContext::processConditional)."""
    asked = request.fields.values("if-none-match")
    if not asked:
        return 0 < modified_since(request) >= stored_times(stored).modified
    opaque = (stored.response.fields.first("etag") or "").removeprefix("W/")
    tags = [tag.strip() for tag in ", ".join(asked).split(",")]
    return "*" in tags or (bool(opaque) and opaque in [tag.removeprefix("W/") for tag in tags])


_PURGES_NOT = frozenset(
    {
        *("GET", "HEAD", "CONNECT", "TRACE", "OPTIONS", "PROPFIND", "COPY", "LOCK", "UNLOCK"),
        "SEARCH",
    }
)


def purges(request: RequestFacts, response: ResponseFacts) -> bool:
    """Whether what is stored of the URL is removed.

    Source: http/RequestMethod.cc, HttpRequestMethod::purgesOthers; Client::maybePurgeOthers.
    """
    return request.method not in _PURGES_NOT and response.status < 400
