"""The rules that the response decides: where a cookie must not go, although the request was new."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from session_tracking.caching.directives import Directives, parse_directives
from session_tracking.caching.targeted import targeted_directives
from session_tracking.cookies.set_cookie import response_cookies
from session_tracking.http.dates import parse_http_date
from session_tracking.http.exchange import Exchange
from session_tracking.http.fields import FieldSection
from session_tracking.tracking.policy import OnCacheable, Rule, TrackingSettings
from session_tracking.tracking.request_rules import is_page_load

__all__ = ["RESPONSE_RULES", "ResponseRule", "is_document", "is_publicly_cacheable"]

_DOCUMENT_TYPES = frozenset({"text/html", "application/xhtml+xml"})


@dataclass(frozen=True, slots=True)
class ResponseRule:
    """One reason to give no cookie with this response."""

    rule: Rule
    applies: Callable[[TrackingSettings, Exchange], bool]


def is_document(exchange: Exchange) -> bool:
    """Whether the response is a page that somebody looks at, as far as the exchange tells."""
    mode = exchange.request.fields.first("sec-fetch-mode")
    if mode is not None and mode != "navigate":
        return False
    content_type = exchange.response.fields.first("content-type")
    if content_type:
        return content_type.partition(";")[0].rstrip().lower() in _DOCUMENT_TYPES
    return is_page_load(exchange.request)


def is_publicly_cacheable(exchange: Exchange) -> bool:
    """Whether the origin invites shared caches to store the response for everybody.

    It does so with public or an explicit lifetime, in any field that some cache obeys. A response
    that sets a cookie is none of these: it was never for everybody.

    Source: RFC 9111 §3, §4.2.1; RFC 9213 §2.2.
    """
    fields, now = exchange.response.fields, exchange.response_time
    if exchange.request.method != "GET" or "set-cookie" in fields or "set-cookie2" in fields:
        return False
    if any(_invites(directives) for _, directives in targeted_directives(fields, now)):
        return True
    said = parse_directives(fields.values("cache-control"))
    return _invites(said, expires_later=_expires_later(fields, now))


def _invites(said: Directives, *, expires_later: bool = False) -> bool:
    if "no-store" in said or said.unqualified("private"):
        return False
    for name in ("s-maxage", "max-age"):
        if name in said:
            return "public" in said or bool(said.seconds(name))
    return "public" in said or expires_later


def _expires_later(fields: FieldSection, now: float) -> bool:
    expires = parse_http_date(fields.first("expires") or "")
    date = parse_http_date(fields.first("date") or "")
    return expires is not None and expires > (now if date is None else date)


def _collides(settings: TrackingSettings, exchange: Exchange) -> bool:
    """Two cookies of one name must not be sent in one response (RFC 6265bis §4.1.1)."""
    name = settings.cookie.name
    return any(cookie.name == name for cookie in response_cookies(exchange.response.fields))


def _must_stay_cacheable(settings: TrackingSettings, exchange: Exchange) -> bool:
    return (
        settings.on_cacheable != OnCacheable.MAKE_SAFE
        and is_publicly_cacheable(exchange)
        and not is_document(exchange)
    )


RESPONSE_RULES: Final[tuple[ResponseRule, ...]] = (
    # A user agent may ignore a 1xx; 206 and 304 update a stored response (RFC 9111 §3.3, §4.3.4).
    ResponseRule(
        Rule.STATUS, lambda _, x: x.response.status < 200 or x.response.status in {206, 304}
    ),
    ResponseRule(Rule.ERROR, lambda settings, x: x.response.status >= 400 and not settings.errors),
    ResponseRule(Rule.COLLISION, _collides),
    ResponseRule(Rule.CACHEABLE, _must_stay_cacheable),
)
"""In the order of evaluation."""
