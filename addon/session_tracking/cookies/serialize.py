"""Cookies as field lines: four styles of Set-Cookie and Set-Cookie2, each with its own attributes.

What a style may carry is a table, `ATTRIBUTES`; the serialiser, the configuration's checks and the
documentation read the same one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from session_tracking.spec import Spec, rfc2109, rfc2965, rfc6265bis

__all__ = [
    "ATTRIBUTES",
    "Attribute",
    "CookieTemplate",
    "Quoting",
    "SameSite",
    "Style",
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
