"""The cookie's name, its protection, its lifetime and its ids."""

import re
from collections.abc import Iterator

from session_tracking.config.checks.problem import Problem, Target
from session_tracking.config.validation import show_value
from session_tracking.cookies.classify import KNOWN_SESSION_NAMES
from session_tracking.cookies.serialize import ATTRIBUTES, SameSite, Style
from session_tracking.tracking.identifiers import ENTROPY_BITS, IdFormat

__all__ = ["identifiers", "lifetime", "names", "prefixes", "security"]

TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
"""RFC 9110 §5.6.2."""

MAX_LIFETIME = 400 * 24 * 60 * 60
"""Seconds; user agents shorten what is longer (RFC 6265bis §5.5)."""


def names(target: Target) -> Iterator[Problem]:
    """E1, E2, E19: the cookie's name."""
    cookie = target.settings.cookie
    name, shown = cookie.name, show_value(cookie.name)
    if not TOKEN.fullmatch(name):
        yield Problem(
            "E1",
            ("cookie.name",),
            f"{shown} is no token." if name else "is empty.",
            "Use letters, digits and !#$%&'*+-.^_`|~ only.",
        )
    if name.startswith("$") and cookie.style in {Style.RFC2109, Style.RFC2965}:
        yield Problem(
            "E2",
            ("cookie.name", "cookie.style"),
            f"{shown} starts with $, which style {cookie.style} keeps for itself.",
            "Take the $ away.",
        )
    if name.lower() in KNOWN_SESSION_NAMES:
        yield Problem(
            "E19",
            ("cookie.name",),
            f"{shown} is the name of an application's session cookie: the two would overwrite "
            "each other.",
            "Use a name of its own, such as SessionTracking.",
        )


def prefixes(target: Target) -> Iterator[Problem]:
    """E8, E9, E10: what a name promises to browsers, which drop the cookie if it does not hold."""
    cookie = target.settings.cookie
    name = cookie.name.lower()
    keys = ("cookie.name", "cookie.secure", "cookie.path", "cookie.domain", "cookie.http_only")
    host_only = cookie.secure is True and cookie.path == "/" and cookie.domain == "none"
    script_free = cookie.secure is True and cookie.http_only
    if name.startswith("__host-") and not host_only:
        yield Problem(
            "E8",
            keys,
            "the name starts with __Host-, which needs Secure, Path=/ and no Domain.",
            'Set cookie.secure = true, cookie.path = "/" and cookie.domain = "none".',
        )
    if name.startswith("__secure-") and cookie.secure is not True:
        yield Problem(
            "E9",
            keys[:2],
            "the name starts with __Secure-, which needs Secure.",
            "Set cookie.secure = true.",
        )
    if name.startswith(("__http-", "__host-http-")) and not script_free:
        yield Problem(
            "E10",
            keys,
            "the name's prefix needs Secure and HttpOnly.",
            "Set cookie.secure = true and cookie.http_only = true.",
        )


def security(target: Target) -> Iterator[Problem]:
    """E6, E7, W2, W3, W4, W8: the attributes that keep the cookie from others."""
    cookie = target.settings.cookie
    known = {attribute.key for attribute in ATTRIBUTES[cookie.style]}
    if cookie.same_site is SameSite.NONE and cookie.secure is not True:
        yield Problem(
            "E6",
            ("cookie.same_site", "cookie.secure"),
            "SameSite=None without Secure: browsers drop the cookie.",
            "Set cookie.secure = true.",
        )
    if cookie.partitioned and cookie.secure is not True:
        yield Problem(
            "E7",
            ("cookie.partitioned", "cookie.secure"),
            "Partitioned without Secure: browsers drop the cookie.",
            "Set cookie.secure = true.",
        )
    if cookie.same_site is SameSite.UNSET and "same_site" in known:
        yield Problem(
            "W2",
            ("cookie.same_site", "cookie.style"),
            "no SameSite: browsers take that for Lax, some for two minutes only.",
            'Set cookie.same_site = "Lax".',
        )
    if "http_only" not in known and not cookie.also_set_cookie:
        yield Problem(
            "W3",
            ("cookie.style",),
            f"{cookie.style} has no HttpOnly: scripts can read it.",
            'Use cookie.style = "rfc6265".',
        )
    elif not cookie.http_only:
        yield Problem(
            "W3",
            ("cookie.http_only",),
            "is off: scripts can read the cookie.",
            "Set cookie.http_only = true.",
        )
    if cookie.secure is False:
        yield Problem(
            "W4",
            ("cookie.secure",),
            "is off: a cookie from https also travels over http.",
            'Set cookie.secure = "auto".',
        )
    if cookie.partitioned and cookie.same_site is not SameSite.NONE:
        yield Problem(
            "W8",
            ("cookie.partitioned", "cookie.same_site"),
            "Partitioned without SameSite=None: embedded sites are not sent the cookie.",
            'Set cookie.same_site = "None".',
        )


def lifetime(target: Target) -> Iterator[Problem]:
    """E11, W1, W11: Max-Age and Expires."""
    cookie = target.settings.cookie
    for key, seconds in (("max_age", cookie.max_age), ("expires_after", cookie.expires_after)):
        if isinstance(seconds, str):
            continue
        if seconds <= 0:
            yield Problem(
                "E11",
                (f"cookie.{key}",),
                f"{seconds} would delete the cookie as soon as it arrives: every request is new.",
                'Use a positive number of seconds, or "none".',
            )
        if seconds > MAX_LIFETIME:
            yield Problem(
                "W1",
                (f"cookie.{key}",),
                f"{seconds} s is over 400 days, the longest in browsers.",
                f"Use at most {MAX_LIFETIME}.",
            )
    if cookie.max_age == "none" and cookie.expires_after == "none":
        yield Problem(
            "W11",
            ("cookie.max_age", "cookie.expires_after"),
            "no lifetime: the cookie lasts until the browser is closed.",
            "Set cookie.max_age to recognise visitors later.",
        )


def identifiers(target: Target) -> Iterator[Problem]:
    """W7, and where a signed id gets its key from."""
    cookie = target.settings.cookie
    if (bits := ENTROPY_BITS[cookie.id]) < 128:
        yield Problem(
            "W7",
            ("cookie.id",),
            f"{cookie.id} has {bits} bits of entropy, 128 are recommended.",
            'Use "b64url128" or "hex128".',
        )
    if cookie.key_file and cookie.key_env:
        yield Problem(
            "",
            ("cookie.key_file", "cookie.key_env"),
            "key_file and key_env are both set.",
            "Keep one of them.",
        )
    elif cookie.id is IdFormat.SIGNED and not cookie.key_file and not cookie.key_env:
        yield Problem(
            "",
            ("cookie.id", "cookie.key_file", "cookie.key_env"),
            "signed ids need a key, and there is none by default.",
            "Make one with `session-tracker config new-key session.key` and set "
            'cookie.key_file = "session.key".',
        )
