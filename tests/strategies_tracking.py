"""Settings, templates and traffic for the tests of the tracker."""

from typing import Any

from hypothesis import strategies as st

from session_tracking.cookies.serialize import CookieTemplate, Quoting, SameSite, Style
from session_tracking.http.exchange import ClientId, Exchange, RequestFacts, ResponseFacts
from session_tracking.http.fields import FieldSection
from session_tracking.tracking.identifiers import Identifiers, IdFormat, SigningKey
from session_tracking.tracking.policy import (
    Detect,
    OnCacheable,
    OnNew,
    Refresh,
    Scope,
    TrackingSettings,
)

NOW = 1795253400.0
"""Sat, 21 Nov 2026 09:30:00 GMT."""

KEY = SigningKey("k1", b"a" * 32)
OLD_KEY = SigningKey("k0", b"b" * 32)
SIGNED = Identifiers(IdFormat.SIGNED, (KEY, OLD_KEY))
UNSIGNED = Identifiers(IdFormat.B64URL128)

_TEMPLATE: dict[str, Any] = {
    "name": "SessionTracking",
    "style": Style.RFC6265,
    "quoting": Quoting.COMPAT,
    "path": "/",
    "domain": None,
    "max_age": None,
    "expires_after": None,
    "secure": None,
    "http_only": True,
    "same_site": SameSite.LAX,
    "partitioned": False,
    "version": None,
    "comment": None,
    "comment_url": None,
    "discard": False,
    "port": None,
    "also_set_cookie": False,
}
_SETTINGS: dict[str, Any] = {
    "enabled": True,
    "detect": Detect.ANY_COOKIE,
    "scope": Scope.ALL,
    "on_new": OnNew.CONTINUE,
    "on_cacheable": OnCacheable.SKIP,
    "errors": True,
    "refresh": Refresh.NEVER,
    "forward_cookie": True,
    "behind_proxy": False,
    "reuse_on_connection": False,
    "unconfirmed_per_minute": 0,
    "respect_gpc": True,
    "respect_dnt": False,
    "consent_cookie": "",
    "consent_pattern": None,
    "skip_user_agents": (),
    "identifiers": UNSIGNED,
    "cache_control": "private, no-store",
    "vary_cookie": False,
    "targeted_fields": frozenset(),
}


def make_template(**changes: Any) -> CookieTemplate:
    """The default cookie, with changes."""
    return CookieTemplate(**_TEMPLATE | changes)


def make_settings(**changes: Any) -> TrackingSettings:
    """The default settings, with changes."""
    return TrackingSettings(**_SETTINGS | {"cookie": make_template()} | changes)


def make_request(*lines: tuple[str, str], method: str = "GET", path: str = "/") -> RequestFacts:
    """A request with these field lines."""
    return RequestFacts(method, f"http://shop.test{path}", FieldSection(lines))


def make_exchange(
    *lines: tuple[str, str], request: RequestFacts | None = None, status: int = 200
) -> Exchange:
    """An exchange whose response has these field lines."""
    return Exchange(
        request or make_request(),
        ResponseFacts(status, FieldSection(lines)),
        client=ClientId("127.0.0.1", "c1"),
        request_time=NOW,
        response_time=NOW,
    )


def octets(max_size: int = 40) -> st.SearchStrategy[str]:
    """Any octets as Latin-1 text, control characters included."""
    return st.text(st.characters(max_codepoint=255), max_size=max_size)


_AV = st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters=";")
_PATHS = st.text(_AV, max_size=20).map("/".__add__)
_DOMAINS = st.from_regex(r"\.?[a-z0-9-]{1,10}(\.[a-z0-9-]{1,10}){1,2}", fullmatch=True)
_SECONDS = st.none() | st.integers(1, 10**12)

templates: st.SearchStrategy[CookieTemplate] = st.builds(
    CookieTemplate,
    name=st.from_regex(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]{1,20}", fullmatch=True),
    style=st.sampled_from(Style),
    quoting=st.sampled_from(Quoting),
    path=st.none() | _PATHS,
    domain=st.none() | _DOMAINS,
    max_age=_SECONDS,
    expires_after=_SECONDS,
    secure=st.none() | st.booleans(),
    http_only=st.booleans(),
    same_site=st.sampled_from(SameSite),
    partitioned=st.booleans(),
    version=st.sampled_from([None, 1]),
    comment=st.none()
    | st.text(st.characters(exclude_categories=["Cc", "Cs"], exclude_characters=";"), max_size=20),
    comment_url=st.none() | st.just("https://shop.test/privacy"),
    discard=st.booleans(),
    port=st.none() | st.lists(st.integers(1, 65535), max_size=3).map(tuple),
    also_set_cookie=st.booleans(),
)
"""Cookies as a checked configuration may ask for them."""

cookie_contents = st.text(
    st.characters(min_codepoint=0x21, max_codepoint=0x7E, exclude_characters='",;\\'),
    min_size=1,
    max_size=60,
)
"""1*cookie-octet (RFC 6265bis §4.1.1)."""

all_settings: st.SearchStrategy[TrackingSettings] = st.builds(
    TrackingSettings,
    enabled=st.just(value=True),
    detect=st.sampled_from(Detect),
    scope=st.sampled_from(Scope),
    on_new=st.sampled_from(OnNew),
    on_cacheable=st.sampled_from(OnCacheable),
    errors=st.booleans(),
    refresh=st.sampled_from(Refresh),
    forward_cookie=st.booleans(),
    behind_proxy=st.booleans(),
    reuse_on_connection=st.booleans(),
    unconfirmed_per_minute=st.sampled_from([0, 1, 60]),
    respect_gpc=st.booleans(),
    respect_dnt=st.booleans(),
    consent_cookie=st.sampled_from(["", "consent"]),
    consent_pattern=st.none(),
    skip_user_agents=st.just(()),
    cookie=templates,
    identifiers=st.sampled_from([SIGNED, *(Identifiers(f) for f in IdFormat if f != "signed")]),
    cache_control=st.sampled_from(
        ["private, no-store", "no-store", "private", "private, max-age=600", "no-store, private=x"]
    ),
    vary_cookie=st.booleans(),
    targeted_fields=st.sampled_from([frozenset(), frozenset({"x-cache-ttl"})]),
)
"""Settings as a checked configuration may ask for them."""

_CACHE_CONTROL = st.lists(
    st.sampled_from(
        [
            "public",
            "private",
            "no-store",
            "no-cache",
            "max-age=600",
            "s-maxage=60",
            "must-revalidate",
            "max-age=bad",
            "no-transform",
            "must-understand",
            "immutable",
            'private="x"',
            "stale-while-revalidate=9",
        ]
    ),
    max_size=5,
).map(", ".join)

response_lines = st.lists(
    st.tuples(
        st.sampled_from(
            [
                "Cache-Control",
                "cache-control",
                "CDN-Cache-Control",
                "Cloudflare-CDN-Cache-Control",
                "Surrogate-Control",
                "Netlify-CDN-Cache-Control",
                "X-Cache-TTL",
            ]
        ),
        _CACHE_CONTROL | octets(),
    )
    | st.tuples(
        st.sampled_from(
            [
                "Expires",
                "Pragma",
                "Age",
                "Date",
                "Last-Modified",
                "ETag",
                "X-Accel-Expires",
                "Edge-Control",
                "Vary",
                "Set-Cookie",
                "Set-Cookie2",
                "Content-Type",
            ]
        ),
        st.sampled_from(
            [
                "Sat, 21 Nov 2099 09:30:00 GMT",
                "0",
                "600",
                "@9999999999",
                "cache-maxage=1d",
                "*",
                "Cookie",
                "!no-store",
                '"v"',
                "a=b; Path=/",
                "text/html",
                "image/png",
            ]
        )
        | octets(),
    ),
    max_size=12,
).map(tuple)
"""Field lines that speak of caching in all the ways there are, well and badly."""
