"""Cookies as field lines: four styles of Set-Cookie and Set-Cookie2, each with its own attributes.

What a style may carry is a table, `ATTRIBUTES`; the serialiser, the configuration's checks and the
documentation read the same one.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache
from types import MappingProxyType
from typing import Final

from session_tracking.http.dates import format_http_date, format_netscape_date
from session_tracking.spec import Spec, rfc2109, rfc2965, rfc6265bis

__all__ = [
    "ATTRIBUTES",
    "Attribute",
    "CookieTemplate",
    "Quoting",
    "SameSite",
    "Style",
    "serialize",
]


class Style(StrEnum):
    """Which specification a cookie is written by."""

    NETSCAPE = "netscape"
    RFC2109 = "rfc2109"
    RFC2965 = "rfc2965"
    RFC6265 = "rfc6265"


class Quoting(StrEnum):
    """How style rfc2109 quotes; rfc2965 always quotes everything, the others never do."""

    COMPAT = "compat"
    """Only what user agents of today read with quotes around it: Comment, and a value no token."""
    STRICT = "strict"
    """Every value, as the RFC's own examples do; user agents of today then ignore Path and more."""


class SameSite(StrEnum):
    """The SameSite attribute (RFC 6265bis §4.1.2.7)."""

    LAX = "Lax"
    STRICT = "Strict"
    NONE = "None"
    UNSET = ""
    """No attribute: user agents take it for Lax."""


@dataclass(frozen=True, slots=True)
class CookieTemplate:
    """Everything about a cookie except its value and the time."""

    name: str
    style: Style
    quoting: Quoting
    path: str | None
    """None sends no Path: the user agent takes the folder of the request's path."""
    domain: str | None
    """With or without the leading dot, the style decides what is sent; None is host-only."""
    max_age: int | None
    """Seconds."""
    expires_after: int | None
    """Seconds from the moment of sending to Expires."""
    secure: bool | None
    """None is automatic: with Secure iff the client's side of the exchange is https."""
    http_only: bool
    same_site: SameSite
    partitioned: bool
    version: int | None
    """None sends the 1 that rfc2109 and rfc2965 require."""
    comment: str | None
    """Any Unicode text, sent as UTF-8."""
    comment_url: str | None
    discard: bool
    port: tuple[int, ...] | None
    """None sends no Port; an empty tuple the bare attribute, which means the request's port."""
    also_set_cookie: bool
    """With style rfc2965: the same cookie once more as Set-Cookie, in style rfc6265."""

    def __hash__(self) -> int:
        # Templates are few, and they are looked up for each cookie: the name alone tells enough.
        return hash(self.name)


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute that a style may carry."""

    name: str
    """As it is spelt on the wire."""
    key: str
    """The member of `CookieTemplate`, which is the key below `[cookie]` too."""
    spec: Spec
    required: bool = False


_NETSCAPE = Spec("Netscape cookie specification", "")
_BIS, _R2109, _R2965 = rfc6265bis("4.1.2"), rfc2109("4.2.2"), rfc2965("3.2.2")

ATTRIBUTES: Final[Mapping[Style, tuple[Attribute, ...]]] = MappingProxyType(
    {
        Style.NETSCAPE: (
            Attribute("expires", "expires_after", _NETSCAPE),
            Attribute("path", "path", _NETSCAPE),
            Attribute("domain", "domain", _NETSCAPE),
            Attribute("secure", "secure", _NETSCAPE),
        ),
        Style.RFC2109: (
            Attribute("Version", "version", _R2109, required=True),
            Attribute("Path", "path", _R2109),
            Attribute("Domain", "domain", _R2109),
            Attribute("Max-Age", "max_age", _R2109),
            Attribute("Comment", "comment", _R2109),
            Attribute("Secure", "secure", _R2109),
        ),
        Style.RFC2965: (
            Attribute("Version", "version", _R2965, required=True),
            Attribute("Path", "path", _R2965),
            Attribute("Domain", "domain", _R2965),
            Attribute("Port", "port", _R2965),
            Attribute("Max-Age", "max_age", _R2965),
            Attribute("Discard", "discard", _R2965),
            Attribute("Comment", "comment", _R2965),
            Attribute("CommentURL", "comment_url", _R2965),
            Attribute("Secure", "secure", _R2965),
        ),
        Style.RFC6265: (
            Attribute("Expires", "expires_after", _BIS),
            Attribute("Max-Age", "max_age", _BIS),
            Attribute("Domain", "domain", _BIS),
            Attribute("Path", "path", _BIS),
            Attribute("Secure", "secure", _BIS),
            Attribute("HttpOnly", "http_only", _BIS),
            Attribute("SameSite", "same_site", _BIS),
            Attribute("Partitioned", "partitioned", Spec("CHIPS", "")),
        ),
    }
)
"""The attributes of each style, in the order they are sent.

A configuration may set what its style lists; with `also_set_cookie` also what rfc6265 lists.
"""

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
"""token (RFC 9110 §5.6.2)."""
_COOKIE_VALUE = re.compile(r"[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]+")
"""1*cookie-octet (RFC 6265bis §4.1.1)."""
_AV_VALUE = re.compile(r"[\x21-\x3a\x3c-\x7e]([\x20-\x3a\x3c-\x7e]*[\x21-\x3a\x3c-\x7e])?")
"""av-octets that no user agent trims (RFC 6265bis §4.1.1)."""
_COMMENT = re.compile(r"[\x20-\x3a\x3c-\x7e\x80-\xff]*")
"""What a quoted Comment may hold; a `;` would end it for user agents of today."""

_LAST_DATE = 253402300799
"""The last second of the year 9999, after which no date format has room."""


@dataclass(frozen=True, slots=True)
class _Sending:
    """One cookie about to be sent."""

    template: CookieTemplate
    style: Style
    now: float
    https: bool


_Content = str | bool | None
"""What an attribute says: text, True for the bare attribute, False or None to leave it out."""


def _expires(sending: _Sending) -> _Content:
    after = sending.template.expires_after
    if after is None:
        return None
    date = min(sending.now + after, _LAST_DATE)
    netscape = sending.style == Style.NETSCAPE
    return format_netscape_date(date) if netscape else format_http_date(date)


def _domain(sending: _Sending) -> _Content:
    domain = sending.template.domain
    if domain is None:
        return None
    bare = domain.removeprefix(".")
    return bare if sending.style == Style.RFC6265 else f".{bare}"


def _port(sending: _Sending) -> _Content:
    port = sending.template.port
    return ",".join(map(str, port)) or True if port is not None else None


def _comment(sending: _Sending) -> _Content:
    comment = sending.template.comment
    return None if comment is None else comment.encode().decode("latin-1")


def _secure(sending: _Sending) -> _Content:
    secure = sending.template.secure
    return sending.https if secure is None else secure


def _decimal(number: int | None) -> _Content:
    return None if number is None else str(number)


_CONTENT: Final[Mapping[str, Callable[[_Sending], _Content]]] = {
    "comment": _comment,
    "comment_url": lambda sending: sending.template.comment_url,
    "discard": lambda sending: sending.template.discard,
    "domain": _domain,
    "expires_after": _expires,
    "http_only": lambda sending: sending.template.http_only,
    "max_age": lambda sending: _decimal(sending.template.max_age),
    "partitioned": lambda sending: sending.template.partitioned,
    "path": lambda sending: sending.template.path,
    "port": _port,
    "same_site": lambda sending: sending.template.same_site or None,
    "secure": _secure,
    "version": lambda sending: _decimal(sending.template.version or 1),
}


def serialize(
    template: CookieTemplate, value: str, *, now: float, https: bool
) -> tuple[tuple[str, str], ...]:
    """The field lines (name, value) that send one cookie.

    `now` is in Unix seconds; `https` tells the client's side of the exchange. The configuration
    was checked long before; this is the last gate, so that no setting or value ever splits a field
    or adds an attribute: it raises ValueError for an octet that has no place where it stands.

    Source: RFC 6265bis §4.1.1, RFC 2965 §3.2.2, RFC 2109 §4.2.2, the Netscape specification.
    """
    if _COOKIE_VALUE.fullmatch(value) is None:
        raise ValueError("the cookie's value holds an octet that no cookie may hold")
    # Without Expires nothing but the value changes from one cookie to the next.
    now = 0.0 if template.expires_after is None else now
    line = _line(template, template.style, value, now, https=https)
    if template.style != Style.RFC2965:
        return (("Set-Cookie", line),)
    if not template.also_set_cookie:
        return (("Set-Cookie2", line),)
    modern = _line(template, Style.RFC6265, value, now, https=https)
    return (("Set-Cookie2", line), ("Set-Cookie", modern))


def _line(template: CookieTemplate, style: Style, value: str, now: float, *, https: bool) -> str:
    # RFC 2109 and RFC 2965 know tokens and quoted strings only; the others have no quoting.
    quote_value = _quotes_all(template, style) or (
        style == Style.RFC2109 and _TOKEN.fullmatch(value) is None
    )
    shown = _quoted(value) if quote_value else value
    return f"{template.name}={shown}{_attributes(template, style, now, https=https)}"


def _quotes_all(template: CookieTemplate, style: Style) -> bool:
    return style == Style.RFC2965 or (style == Style.RFC2109 and template.quoting == Quoting.STRICT)


@lru_cache(maxsize=256)
def _attributes(template: CookieTemplate, style: Style, now: float, *, https: bool) -> str:
    """The attributes, each after its semicolon; the name is checked beside them."""
    if _TOKEN.fullmatch(template.name) is None:
        raise ValueError("the cookie's name is no token (RFC 9110 §5.6.2)")
    quote_all = _quotes_all(template, style)
    sending = _Sending(template, style, now, https)
    parts = []
    for attribute in ATTRIBUTES[style]:
        content = _CONTENT[attribute.key](sending)
        if content is True:
            parts.append(f"; {attribute.name}")
        elif isinstance(content, str):
            is_comment = attribute.key == "comment"
            if (_COMMENT if is_comment else _AV_VALUE).fullmatch(content) is None:
                raise ValueError(f"{attribute.name} holds a character that no attribute may hold")
            text = _quoted(content) if quote_all or is_comment else content
            parts.append(f"; {attribute.name}={text}")
    return "".join(parts)


def _quoted(text: str) -> str:
    """A quoted-string (RFC 9110 §5.6.4)."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
