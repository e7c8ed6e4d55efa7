"""One exchange as an example for a finding: its field lines, without anything that is secret.

Only the values of fields that have a say in caching are shown, and those that say what was asked
for. Of any other field, and of those that hold secrets, the name alone stands.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import islice

from session_tracking.audit.routes import shown_url
from session_tracking.caching.targeted import TARGETED_FIELDS
from session_tracking.cookies.cookie import parse_cookie
from session_tracking.cookies.set_cookie import response_cookies
from session_tracking.escape import visible
from session_tracking.http.exchange import Exchange, RequestFacts
from session_tracking.http.fields import FieldSection, split_parameters

__all__ = ["ELIDED", "Example", "Line", "example_of"]

ELIDED = "…"
"""Stands for what is not shown."""

MAX_LINES = 40
"""Field lines of a message that are shown."""
_MAX_VALUE = 300

type Line = tuple[str, str]
"""Name and value of a field, fit to be shown."""

_SHOWN = TARGETED_FIELDS | {
    "accept", "accept-encoding", "accept-language", "accept-ranges", "age", "allow",
    "cache-control", "cache-status", "cf-cache-status", "connection", "content-encoding",
    "content-language", "content-length", "content-type", "date", "dnt", "expires", "host",
    "if-modified-since", "if-unmodified-since", "keep-alive", "last-modified", "pragma", "range",
    "sec-fetch-dest", "sec-fetch-mode", "sec-fetch-site", "sec-fetch-user", "sec-gpc", "server",
    "strict-transport-security", "transfer-encoding", "upgrade-insecure-requests", "vary", "via",
    "x-accel-expires", "x-cache", "x-cache-hits", "x-cache-status", "x-content-type-options",
    "x-frame-options", "x-proxy-cache", "x-varnish",
}  # fmt: skip
"""Fields, in lower case, whose values are shown."""

_URLS = frozenset({"content-location", "location", "origin", "referer"})
_ATTRIBUTES = frozenset(
    {"path", "domain", "max-age", "expires", "secure", "httponly", "samesite", "partitioned",
     "version", "discard", "port"}
)  # fmt: skip
"""Attributes of a cookie whose values say nothing about a visitor."""
_SHORTEST_SECRET = 6
"""Characters of a cookie's value from which on it is looked for in other fields."""
_ABSOLUTE = re.compile(r"https?://", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Example:
    """The two messages of an exchange; all of it is safe to be shown."""

    request: str
    """The method and the URL."""
    request_fields: tuple[Line, ...]
    status: int
    response_fields: tuple[Line, ...]
    cut: bool
    """Whether there were more field lines than are shown."""


def example_of(exchange: Exchange) -> Example:
    """What may be shown of an exchange. Never raises, whatever the fields hold."""
    request, response = exchange.request, exchange.response
    secrets = _secrets(exchange)
    return Example(
        f"{visible(request.method, 20)} {shown_url(request)}",
        tuple(_lines(request.fields, secrets)),
        response.status,
        tuple(_lines(response.fields, secrets)),
        len(request.fields) > MAX_LINES or len(response.fields) > MAX_LINES,
    )


def _secrets(exchange: Exchange) -> list[str]:
    """The cookie values of the exchange, the longest first: no other field may show one."""
    request, response = exchange.request.fields, exchange.response.fields
    values = {value for _, value in islice(parse_cookie(request.values("cookie")), MAX_LINES)}
    values |= {cookie.value for cookie in islice(response_cookies(response), MAX_LINES)}
    return sorted((v for v in values if len(v) >= _SHORTEST_SECRET), key=len, reverse=True)


def _lines(fields: FieldSection, secrets: Iterable[str]) -> Iterator[Line]:
    for name, value in islice(fields.lines, MAX_LINES):
        yield visible(name, 80), visible(_value(name.lower(), value.strip(), secrets), _MAX_VALUE)


def _value(name: str, value: str, secrets: Iterable[str]) -> str:
    if name == "cookie":
        return "; ".join(_pair(part) for part in value.split(";", MAX_LINES)[:MAX_LINES])
    if name in {"set-cookie", "set-cookie2"}:
        return _cookie(value, secrets)
    if name in _URLS:
        return _url(value)
    if name not in _SHOWN:
        return ELIDED
    return _without(secrets, value[:2048])


def _without(secrets: Iterable[str], text: str) -> str:
    for secret in secrets:
        text = text.replace(secret, ELIDED)
    return text


def _pair(part: str) -> str:
    """A cookie with its name alone; without a name the whole is a value."""
    name, equals, _ = part.strip().partition("=")
    return f"{visible(name, 80)}={ELIDED}" if equals else ELIDED


def _cookie(value: str, secrets: Iterable[str]) -> str:
    """A cookie that is set: its name, and the attributes that say nothing about a visitor."""
    pair, *attributes = split_parameters(value[:8192]) or [""]
    said = (_without(secrets, _attribute(part)) for part in islice(attributes, MAX_LINES))
    return "; ".join((_pair(pair), *said))


def _attribute(part: str) -> str:
    part = part.strip()
    name, equals, _ = part.partition("=")
    if name.strip().lower() in _ATTRIBUTES:
        # A further cookie may follow a comma in Set-Cookie2.
        return part if "=" not in part.partition("=")[2] else f"{name}={ELIDED}"
    return f"{visible(name, 40)}={ELIDED}" if equals else ELIDED


def _url(value: str) -> str:
    if _ABSOLUTE.match(value):
        return shown_url(RequestFacts("GET", value))
    if value.startswith("/"):
        return shown_url(RequestFacts("GET", f"http://h{value}")).removeprefix("http://h")
    return ELIDED
