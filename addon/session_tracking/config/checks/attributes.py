"""Which attributes a style has, and what their values may be."""

from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import urlsplit

from session_tracking.config.checks.problem import Problem, Target
from session_tracking.config.section import NONE
from session_tracking.config.validation import show_value
from session_tracking.cookies.serialize import ATTRIBUTES, Quoting, Style
from session_tracking.cookies.set_cookie import MAX_ATTRIBUTE, MAX_PAIR
from session_tracking.tracking.identifiers import IdFormat

__all__ = ["lengths", "old_styles", "style_matrix", "values"]

_SET_COOKIE2: Final = (
    "style rfc2965 sends Set-Cookie2, which RFC 6265 made obsolete in 2011: no browser reads it, "
    "so the cookie never comes back and every request counts as new, while shared caches replay it "
    "to others."
)

_LONGEST_ID: Final[Mapping[IdFormat, int]] = {
    IdFormat.DECIMAL64: 20,
    IdFormat.HEX128: 32,
    IdFormat.B64URL128: 22,
    IdFormat.SIGNED: 22 + 1 + 32 + 1 + 22,
}
"""Octets of the longest id of each format."""

_NOT_SENT: Final[Mapping[str, object]] = {
    "path": NONE,
    "domain": NONE,
    "max_age": NONE,
    "expires_after": NONE,
    "http_only": False,
    "same_site": "",
    "partitioned": False,
    "version": "auto",
    "comment": "",
    "comment_url": "",
    "discard": False,
    "port": NONE,
}
"""Key → the value that leaves the attribute out. Every style has Secure."""


def style_matrix(target: Target) -> Iterator[Problem]:
    """E14: an attribute that somebody asked for and the style cannot carry.

    What is only there by default is left out without a word.
    """
    cookie = target.settings.cookie
    styles = {cookie.style}
    if cookie.also_set_cookie:
        if cookie.style is not Style.RFC2965:
            yield Problem(
                "E14",
                ("cookie.also_set_cookie", "cookie.style"),
                f"also_set_cookie is for style rfc2965; {cookie.style} sends Set-Cookie anyway.",
                "Set cookie.also_set_cookie = false.",
            )
        styles.add(Style.RFC6265)
    known = {attribute.key for style in styles for attribute in ATTRIBUTES[style]}
    for name, unset in _NOT_SENT.items():
        key = f"cookie.{name}"
        if name in known or key not in target.written or getattr(cookie, name) == unset:
            continue
        having = [style for style in Style if name in {a.key for a in ATTRIBUTES[style]}]
        yield Problem(
            "E14",
            (key, "cookie.style"),
            f"{name} is no attribute of style {cookie.style}.",
            f"Set {key} = {show_value(unset)}, or use style {' or '.join(having)}.",
        )


def values(target: Target) -> Iterator[Problem]:
    """E12, E15, E16, E17: Path, Version, Port, CommentURL."""
    cookie = target.settings.cookie
    path = cookie.path
    starts = path.startswith("/")
    if path != NONE and not (starts and path.isascii() and path == path.strip(" ")):
        yield Problem(
            "E12",
            ("cookie.path",),
            f"{show_value(path)} {'is no path as in URLs' if starts else 'does not start with /'}.",
            'Write it as in URLs, such as "/shop", or "none".',
        )
    if cookie.version not in {"auto", 1}:
        yield Problem("E15", ("cookie.version",), f"{cookie.version} is not 1.", 'Use "auto".')
    if not isinstance(cookie.port, str):
        for index, port in enumerate(cookie.port):
            if not 1 <= port <= 65535 or port in cookie.port[:index]:
                what = "is there twice" if 1 <= port <= 65535 else "is no port"
                yield Problem(
                    "E16",
                    ("cookie.port",),
                    f"{port} {what}.",
                    "Use each of 1 to 65535 once.",
                    index,
                )
    if cookie.comment_url and not _absolute(cookie.comment_url):
        yield Problem(
            "E17",
            ("cookie.comment_url",),
            f"{show_value(cookie.comment_url)} is no absolute http or https address.",
            "Write it with scheme and host, percent-encoded.",
        )


def _absolute(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    printable = url.isascii() and url.isprintable() and {" ", '"', "\\"}.isdisjoint(url)
    return printable and parts.scheme in {"http", "https"} and bool(parts.hostname)


def lengths(target: Target) -> Iterator[Problem]:
    """E5: what user agents ignore for its length (RFC 6265bis §5.6)."""
    cookie = target.settings.cookie
    if len(cookie.name) + _LONGEST_ID[cookie.id] > MAX_PAIR:
        yield Problem(
            "E5",
            ("cookie.name",),
            f"makes name and value longer than {MAX_PAIR} octets: browsers drop the cookie.",
            "Use a shorter name.",
        )
    for name in ("path", "domain", "comment", "comment_url"):
        value: str = getattr(cookie, name)
        if len(value.encode()) > MAX_ATTRIBUTE:
            yield Problem(
                "E5",
                (f"cookie.{name}",),
                f"is longer than {MAX_ATTRIBUTE} octets: browsers ignore the attribute.",
                "Shorten it.",
            )


def old_styles(target: Target) -> Iterator[Problem]:
    """W9, W10: styles that the user agents of today misread or do not read."""
    cookie = target.settings.cookie
    if cookie.style is Style.RFC2109 and cookie.quoting is Quoting.STRICT:
        yield Problem(
            "W9",
            ("cookie.quoting", "cookie.style"),
            "strict quoting: browsers ignore a quoted Path and Max-Age, and drop a quoted Domain.",
            'Use cookie.quoting = "compat".',
        )
    if cookie.style is Style.RFC2965 and not cookie.also_set_cookie:
        yield Problem(
            "W10",
            ("cookie.style", "cookie.also_set_cookie"),
            _SET_COOKIE2,
            'Use cookie.style = "rfc6265", or cookie.also_set_cookie = true to send both.',
        )
