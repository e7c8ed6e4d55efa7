"""What the shadow cache keeps of a message: facts that caches act upon, and no secrets."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from itertools import islice

from session_tracking.cookies.classify import CookieClass, CookieNames, classify
from session_tracking.cookies.cookie import parse_cookie
from session_tracking.cookies.digest import Digester, TokenDigest
from session_tracking.cookies.set_cookie import response_cookies
from session_tracking.http.exchange import Exchange, RequestFacts, ResponseFacts
from session_tracking.http.fields import FieldSection

__all__ = [
    "MAX_COOKIES",
    "CookieNaming",
    "HeldCookie",
    "comparable",
    "held_cookies",
    "kept_request",
    "kept_response",
    "presents",
]

_SECRETS = frozenset({"cookie", "authorization", "proxy-authorization"})
_COOKIES = frozenset({"set-cookie", "set-cookie2"})
_ACTED_UPON = frozenset(
    {
        *("accept", "accept-encoding", "accept-language", "host", "origin", "referer"),
        *("cache-control", "pragma", "range", "if-range", "if-none-match", "if-modified-since"),
        *("if-match", "if-unmodified-since", "user-agent", "via", "x-forwarded-for", "connection"),
        *_SECRETS,
    }
)
"""Request fields that some profile looks at whether Vary names them or not."""
_IDLE_TEXT = frozenset(
    {
        *("location", "link", "content-security-policy", "report-to", "nel", "server-timing"),
        *("content-security-policy-report-only", "permissions-policy", "www-authenticate"),
        *("alt-svc", "accept-ch", "x-powered-by", "access-control-expose-headers"),
    }
)
"""Response fields that no cache acts upon, and that may be long or secret."""


MAX_COOKIES = 64
"""Cookies of one response that are kept."""


@dataclass(frozen=True, slots=True)
class CookieNaming:
    """What is known of cookies by their names."""

    own_name: str = ""
    """Name of the cookie that the tracker issues."""
    names: CookieNames = field(default_factory=CookieNames)
    ignore: tuple[str, ...] = ()
    """Cookies, as fnmatch patterns, that are never spoken of."""


@dataclass(frozen=True, slots=True)
class HeldCookie:
    """A cookie of a stored response, without its value."""

    name: str
    field: str
    """`set-cookie` or `set-cookie2`."""
    cookie_class: CookieClass
    digest: TokenDigest


def held_cookies(
    exchange: Exchange, digester: Digester, about: CookieNaming
) -> tuple[HeldCookie, ...]:
    """What is kept of the cookies that a response sets; those that are ignored are left out."""
    now = exchange.response_time
    return tuple(
        HeldCookie(
            cookie.name,
            cookie.field,
            classify(cookie, now, own_name=about.own_name, names=about.names),
            digester.digest("", cookie.name, cookie.value),
        )
        for cookie in islice(response_cookies(exchange.response.fields), MAX_COOKIES)
        if not any(fnmatchcase(cookie.name, pattern) for pattern in about.ignore)
    )


def presents(
    sent: Sequence[str], cookies: Iterable[HeldCookie], digester: Digester
) -> frozenset[HeldCookie]:
    """Those of the cookies that a request with these Cookie fields brings, with the same values."""
    wanted = {cookie.name: cookie for cookie in cookies}
    return frozenset(
        found
        for name, value in parse_cookie(sent)
        if (found := wanted.get(name)) and found.digest == digester.digest("", name, value)
    )


def comparable(request: RequestFacts, digester: Digester) -> RequestFacts:
    """The request with digests in the place of secrets: equal secrets stay equal (Vary)."""
    if _SECRETS.isdisjoint(request.fields.names()):
        return request
    lines = (
        (name, _digest(value, digester) if name.lower() in _SECRETS else value)
        for name, value in request.fields.lines
    )
    return RequestFacts(request.method, request.url, FieldSection(lines), request.http_version)


def _digest(value: str, digester: Digester) -> str:
    return digester.digest("", "", value).octets.hex() if value else ""


def kept_request(request: RequestFacts, response: ResponseFacts) -> RequestFacts:
    """What is stored of a comparable request: what caches act upon, and what Vary names.

    Of the query it is only kept that there is one.
    """
    wanted = _ACTED_UPON.union(name.lower() for name in response.fields.members("vary"))
    lines = (line for line in request.fields.lines if line[0].lower() in wanted)
    path, query, _ = request.url.partition("?")
    return RequestFacts(request.method, f"{path}{query}", FieldSection(lines), request.http_version)


def kept_response(response: ResponseFacts) -> ResponseFacts:
    """What is stored of a response: that a cookie is set, but not which."""
    lines = (
        (name, "-") if name.lower() in _COOKIES else (name, value)
        for name, value in response.fields.lines
        if name.lower() not in _IDLE_TEXT
    )
    return ResponseFacts(
        response.status, FieldSection(lines), response.http_version, response.body_length
    )
