"""What goes out beside the cookie, who gets it, and patterns."""

import re
from collections.abc import Iterator
from ipaddress import ip_network

from session_tracking.caching.safe_fields import protects
from session_tracking.config.checks.cookie import TOKEN
from session_tracking.config.checks.problem import Problem, Target
from session_tracking.config.root import KEYS
from session_tracking.config.validation import show_value
from session_tracking.tracking.policy import Detect

__all__ = [
    "cache_control",
    "connections",
    "networks",
    "patterns",
    "privacy",
    "simulation",
    "strings",
]

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_SENT = frozenset({"cookie.path", "cookie.domain", "cookie.comment", "cookie.comment_url"})
"""Keys whose text stands between semicolons."""


def strings(target: Target) -> Iterator[Problem]:
    """E4: text that would end a header line or an attribute. E1 holds the cookie's name."""
    for key in KEYS:
        table, _, name = key.rpartition(".")
        value = getattr(getattr(target.settings, table) if table else target.settings, name)
        items = value if isinstance(value, tuple) else (value,)
        for index, item in enumerate(items):
            if not isinstance(item, str) or key == "cookie.name":
                continue
            what = "a control character" if _CONTROL.search(item) else ""
            if key in _SENT and ";" in item:
                what = "a semicolon"
            if what:
                place = index if items is value else None
                yield Problem(
                    "E4", (key,), f"{show_value(item)} holds {what}.", "Remove it.", place
                )


def cache_control(target: Target) -> Iterator[Problem]:
    """E20, and the names of further fields to remove."""
    headers = target.settings.headers
    shown = show_value(headers.cache_control)
    if not protects(headers.cache_control):
        yield Problem(
            "E20",
            ("headers.cache_control",),
            f"{shown} has no unqualified no-store or private, or something that lifts it again: a "
            "shared cache may give one visitor's cookie to another.",
            'Use "private, no-store".',
        )
    if not headers.cache_control.isascii():
        yield Problem("E4", ("headers.cache_control",), f"{shown} is not ASCII.", "Use ASCII only.")
    for index, name in enumerate(headers.targeted_fields):
        if not TOKEN.fullmatch(name):
            yield Problem(
                "",
                ("headers.targeted_fields",),
                f"{show_value(name)} is no field name.",
                "Write the name alone, such as CDN-Cache-Control.",
                index,
            )


def privacy(target: Target) -> Iterator[Problem]:
    """E21, and a consent that could never be found."""
    settings, chosen = target.settings, target.settings.privacy
    if chosen.consent_cookie and settings.detect is Detect.ANY_COOKIE:
        yield Problem(
            "E21",
            ("privacy.consent_cookie", "detect"),
            'a consent cookie with detect = "any-cookie" counts as a session itself, so nobody who '
            "consents ever gets ours.",
            'Set detect = "own-cookie".',
        )
    if chosen.consent_cookie and not TOKEN.fullmatch(chosen.consent_cookie):
        yield Problem(
            "E1",
            ("privacy.consent_cookie",),
            f"{show_value(chosen.consent_cookie)} is no token.",
            "Write the cookie's name alone.",
        )
    if chosen.consent_pattern and not chosen.consent_cookie:
        yield Problem(
            "",
            ("privacy.consent_pattern", "privacy.consent_cookie"),
            "consent_pattern has no cookie to look at.",
            "Set privacy.consent_cookie.",
        )


def patterns(target: Target) -> Iterator[Problem]:
    """Regular expressions that do not compile."""
    chosen = target.settings.privacy
    agents = enumerate(chosen.skip_user_agents)
    for key, pattern, index in (
        ("privacy.consent_pattern", chosen.consent_pattern, None),
        *(("privacy.skip_user_agents", pattern, index) for index, pattern in agents),
    ):
        try:
            re.compile(pattern)
        except (re.error, OverflowError, RecursionError) as error:
            yield Problem(
                "",
                (key,),
                f"{show_value(pattern)} is no regular expression: {error}.",
                "Mend it; backslashes are safe in 'single quotes'.",
                index,
            )


def networks(target: Target) -> Iterator[Problem]:
    """Proxies that are no addresses."""
    for index, text in enumerate(target.settings.swaps.trusted_proxies):
        try:
            ip_network(text, strict=False)
        except ValueError:
            yield Problem(
                "",
                ("swaps.trusted_proxies",),
                f"{show_value(text)} is no network.",
                'Write an address or a network, such as "10.0.0.0/8".',
                index,
            )


def connections(target: Target) -> Iterator[Problem]:
    """Two keys about connections."""
    settings = target.settings
    if settings.reuse_on_connection and settings.behind_proxy:
        yield Problem(
            "",
            ("reuse_on_connection", "behind_proxy"),
            "reuse_on_connection gives one id to all visitors of a connection, which they share as "
            "behind_proxy says: a session swap.",
            "Set one of them to false.",
        )
    if settings.unconfirmed_per_minute < 0:
        yield Problem(
            "", ("unconfirmed_per_minute",), "is negative.", "Use 0 for no limit, or a number."
        )


def simulation(target: Target) -> Iterator[Problem]:
    """A simulated cache that would show nothing."""
    settings = target.settings
    if not settings.shadow.serve:
        return
    if settings.enforce.enabled:
        yield Problem(
            "",
            ("shadow.serve", "enforce.enabled"),
            "is for development: a simulated cache shows what swaps, and [enforce] is there to keep"
            " it from happening.",
            "Set one of them to false; to see both, put a second mitmproxy with [enforce] behind.",
        )
    if not settings.shadow.enabled:
        yield Problem(
            "",
            ("shadow.serve", "shadow.enabled"),
            "has no cache to answer from.",
            "Set shadow.enabled = true.",
        )
