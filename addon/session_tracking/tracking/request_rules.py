"""The rules that a request alone decides: who is left alone, and why."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from session_tracking.cookies.cookie import parse_cookie
from session_tracking.cookies.serialize import SameSite
from session_tracking.http.exchange import RequestFacts
from session_tracking.tracking.policy import Rule, Scope, TrackingSettings

__all__ = ["REQUEST_RULES", "RequestRule", "is_page_load"]

EXCLUDED_METHODS: Final = frozenset({"CONNECT", "HEAD", "OPTIONS", "TRACE"})
"""No page is shown for these, and the answer to HEAD may update a stored GET (RFC 9111 §4.3.5)."""


@dataclass(frozen=True, slots=True)
class RequestRule:
    """One reason to give no cookie, whatever the response will be."""

    rule: Rule
    applies: Callable[[TrackingSettings, RequestFacts], bool]


def is_page_load(request: RequestFacts) -> bool:
    """Whether the request is a navigation, as far as it tells.

    Source: Fetch Metadata §2.3 (Sec-Fetch-Mode); Accept for clients that do not send it.
    """
    fields = request.fields
    mode = fields.first("sec-fetch-mode")
    if mode is not None:
        return mode == "navigate"
    return request.method == "GET" and any(
        member.partition(";")[0].rstrip().lower() == "text/html"
        for member in fields.members("accept")
    )


def _websocket(_settings: TrackingSettings, request: RequestFacts) -> bool:
    """A handshake, whose 101 can carry no cookie for pages (RFC 6455 §4.1)."""
    return any(member.lower() == "websocket" for member in request.fields.members("upgrade"))


def _bots(settings: TrackingSettings, request: RequestFacts) -> bool:
    if not settings.skip_user_agents:
        return False
    agent = request.fields.first("user-agent") or ""
    return any(pattern.search(agent) for pattern in settings.skip_user_agents)


def _cross_site(settings: TrackingSettings, request: RequestFacts) -> bool:
    """A user agent stores only SameSite=None from a subrequest of another site (6265bis §5.7)."""
    fields = request.fields
    return (
        fields.first("sec-fetch-site") == "cross-site"
        and fields.first("sec-fetch-mode") != "navigate"
        and settings.cookie.same_site != SameSite.NONE
    )


def _no_consent(settings: TrackingSettings, request: RequestFacts) -> bool:
    if not settings.consent_cookie:
        return False
    pattern = settings.consent_pattern
    return not any(
        name == settings.consent_cookie and (pattern is None or pattern.search(value))
        for name, value in parse_cookie(request.fields.values("cookie"))
    )


REQUEST_RULES: Final[tuple[RequestRule, ...]] = (
    RequestRule(Rule.METHOD, lambda _, request: request.method.upper() in EXCLUDED_METHODS),
    RequestRule(Rule.UPGRADE, _websocket),
    RequestRule(Rule.USER_AGENT, _bots),
    RequestRule(
        Rule.SCOPE,
        lambda settings, request: settings.scope == Scope.DOCUMENTS and not is_page_load(request),
    ),
    RequestRule(Rule.CROSS_SITE, _cross_site),
    RequestRule(
        Rule.GPC,
        lambda settings, request: settings.respect_gpc and request.fields.first("sec-gpc") == "1",
    ),
    RequestRule(
        Rule.DNT,
        lambda settings, request: settings.respect_dnt and request.fields.first("dnt") == "1",
    ),
    RequestRule(Rule.CONSENT, _no_consent),
)
"""In the order of evaluation: method and kind of the request, then privacy signals."""
