"""How Traffic Server 9.2 treats a stored response: whether it is fresh, and its validation."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from session_tracking.caching.profiles.model import Outcome, Stored, StoreRule
from session_tracking.caching.profiles.trafficserver_fields import (
    CONDITIONS,
    cache_control,
    date,
    fails_precondition,
    forwarded,
    is_empty,
    meets_condition,
)
from session_tracking.caching.profiles.trafficserver_parse import INT_MAX, to_int64
from session_tracking.http.dates import format_http_date
from session_tracking.http.exchange import RequestFacts, ResponseFacts
from session_tracking.http.fields import FieldSection

GUARANTEED_MAX_LIFETIME = 31536000
HEURISTIC_MIN_LIFETIME, HEURISTIC_MAX_LIFETIME, HEURISTIC_LM_FACTOR = 3600, 86400, 0.10
"""Seconds, and a share of the time since Last-Modified (proxy.config.http.cache.…)."""

REVALIDATE = frozenset({"must-revalidate", "proxy-revalidate"})
_CONDITIONS = CONDITIONS | {"if-range"}
_KEPT = frozenset({"content-length", "transfer-encoding", "set-cookie", "content-type", "warning"})
"""Fields that a 304 does not change."""


def _lifetime(stored: Stored) -> int:
    """HttpTransact::calculate_document_freshness_limit, seconds."""
    fields = stored.response.fields
    directives = cache_control(fields)
    for name in ("s-maxage", "max-age"):
        if name in directives:
            return min(max(0, directives.seconds[name]), GUARANTEED_MAX_LIFETIME)
    made = date(fields, "date")
    if "expires" in fields:
        remaining = date(fields, "expires") - (made or int(stored.time))
        return min(max(0, remaining), GUARANTEED_MAX_LIFETIME)
    modified = date(fields, "last-modified")
    since = int((made - modified) * HEURISTIC_LM_FACTOR) if made and modified else 0
    return min(max(since, HEURISTIC_MIN_LIFETIME), HEURISTIC_MAX_LIFETIME)


def _age(stored: Stored, time: float) -> int:
    """HttpTransactHeaders::calculate_document_age, seconds."""
    fields, received = stored.response.fields, int(stored.time)
    made = date(fields, "date")
    said = max(0, to_int64(fields.first("age") or ""))
    apparent = max(0, received - made) if made else 0
    return max(apparent, said) + max(0, int(time) - received)


def fresh(stored: Stored, request: RequestFacts, time: float) -> bool:
    """Whether the request may be answered without asking the origin.

    Of the request's Cache-Control only max-stale and min-fresh count: ignore_client_no_cache and
    ignore_client_cc_max_age are 1 as shipped.

    Source: HttpTransact::what_is_document_freshness.
    """
    directives, asked = cache_control(stored.response.fields), cache_control(request.fields)
    if "need-revalidate-once" in directives:
        return False
    lifetime, age = _lifetime(stored), _age(stored, time)
    revalidates = not REVALIDATE.isdisjoint(directives.names)
    limit = lifetime
    if "max-stale" in asked and not revalidates:
        stale = asked.seconds["max-stale"]
        limit = INT_MAX if stale == INT_MAX else lifetime + stale
    if "min-fresh" in asked:
        limit = min(limit, lifetime - asked.seconds["min-fresh"])
    return limit != 0 and age <= limit and (age <= lifetime or not revalidates)


def conditions(stored: Stored, request: RequestFacts) -> Mapping[str, str]:
    """What it sends to validate: of a stored 200 its validators, of the client what it forwards.

    Source: HttpTransact::issue_revalidate.
    """
    fields, asked = stored.response.fields, forwarded(request).fields
    names = ("if-none-match", "if-modified-since")
    sent = {name: ", ".join(asked.values(name)) for name in names if name in asked}
    if stored.response.status == 200:
        if date(fields, "last-modified"):
            sent["if-modified-since"] = fields.values("last-modified")[0]
        if "etag" in fields:
            sent["if-none-match"] = fields.values("etag")[0].removeprefix("W/")
    return sent


def merge(
    rules: Iterable[StoreRule], stored: Stored, validation: ResponseFacts, time: float
) -> Stored:
    """Put the fields of a 304 in place of those with the same name, if it may be stored itself.

    If it may not, what is stored stays, as it cannot be deleted while it is being served; it is
    deleted where the client's own condition held, so that nothing is served. A stored response
    without content does not outlive an update (CacheWrite.cc).

    Source: HttpTransact::handle_cache_operation_on_forward_server_response,
    merge_and_update_headers_for_cache_update.
    """
    if not all(rule.holds(stored.request, validation, time) for rule in rules):
        return replace(stored, dropped=meets_condition(stored, stored.request))
    replaced = {name.lower() for name, _ in validation.fields.lines} - _KEPT
    sent = [line for line in validation.fields.lines if line[0].lower() in replaced - {"age"}]
    made = date(validation.fields, "date")
    if not made:
        made = int(time)
        sent = [line for line in sent if line[0].lower() != "date"]
        sent.append(("Date", format_http_date(made)))
    if "age" in validation.fields:
        said = max(0, to_int64(validation.fields.values("age")[0]))
        sent.append(("Age", str(max(0, int(time) - made) + said)))
    replaced |= {"age", "date", "etag", "expires"}
    lines = [line for line in stored.response.fields.lines if line[0].lower() not in replaced]
    return replace(
        stored,
        response=replace(stored.response, fields=FieldSection([*lines, *sent])),
        time=time,
        first=stored.first or stored.response,
        dropped=is_empty(stored.response),
        own_cookie=stored.own_cookie and "set-cookie2" not in replaced,
    )


def relays_304(old: Stored, new: Stored, request: RequestFacts) -> bool:
    """Whether a conditional request is answered with what the 304 says, not with what is stored.

    So it is where the client's condition holds, where the answer would be 412, and where the stored
    status is another than 200. Without content a merged 304 leaves nothing of what was stored: the
    fields are those that the client's own condition has just made.
    """
    if not request.fields.has_any(_CONDITIONS):
        return False
    merged = new.response is not old.response
    bare = request.method == "HEAD" or is_empty(old.response)
    if (merged and bare) or old.response.status != 200:
        return True
    return meets_condition(old, request) or fails_precondition(old, request)


def validated(stored: Stored, _request: RequestFacts) -> Outcome:
    """Like a hit, save that the client's condition was looked at already."""
    if "set-cookie2" not in stored.response.fields:
        return Outcome.STRIPPED
    return Outcome.SWAP if stored.own_cookie else Outcome.FRESH


def validated_no_cookies(stored: Stored, request: RequestFacts) -> Outcome:
    """The same, save that a 304 to a request with Cookie may not be stored, and changes nothing."""
    outcome = validated(stored, request)
    return Outcome.SWAP if outcome is Outcome.FRESH and "cookie" in request.fields else outcome


def strips(stored: Stored, request: RequestFacts) -> bool:
    """Whether a hit has no cookie: Set-Cookie is never stored, Set-Cookie2 is not in a 304.

    Source: HttpTransact::set_headers_for_cache_write.
    """
    return "set-cookie2" not in stored.response.fields or meets_condition(stored, request)
