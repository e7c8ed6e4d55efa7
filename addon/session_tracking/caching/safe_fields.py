"""The fields that keep a response out of every shared cache, as one edit."""

from typing import Final

from session_tracking.caching.directives import Directives, parse_directives
from session_tracking.caching.targeted import TARGETED_FIELDS
from session_tracking.http.fields import FieldSection

EXPIRED: Final = "Thu, 01 Jan 1970 00:00:00 GMT"
"""For caches of HTTP/1.0, which know no Cache-Control (RFC 2965 §3.2.3)."""

REPLACED: Final = TARGETED_FIELDS | {"age", "cache-control", "expires", "pragma"}
"""Every field, in lower case, that could re-allow storing or speaks of a stored response."""

_STRICTER: Final = (
    "no-store",
    "private",
    "no-cache",
    "must-revalidate",
    "proxy-revalidate",
    "no-transform",
)
"""Directives of the origin that are kept where its response has them unqualified."""


def protects(cache_control: str) -> bool:
    """Whether a Cache-Control value keeps every shared cache from storing, beyond doubt.

    That takes an unqualified no-store, or an unqualified private; `public` and `must-understand`
    may lift them again (RFC 9111 §5.2.2.3, §5.2.2.9).
    """
    return _protects(parse_directives((cache_control,)))


def _protects(said: Directives) -> bool:
    if "public" in said or "must-understand" in said:
        return False
    return said.unqualified("no-store") or said.unqualified("private")


def safe_fields(fields: FieldSection, cache_control: str) -> tuple[tuple[str, str], ...]:
    """The lines to send instead of `REPLACED`; the origin's stricter directives are kept.

    Raises ValueError if `cache_control` protects nothing.

    Source: RFC 9111 §5.2.2, §7.3; RFC 9213 §2.2.
    """
    if not protects(cache_control):
        raise ValueError("headers.cache_control holds no effective private or no-store")
    ours = parse_directives((cache_control,))
    theirs = parse_directives(fields.values("cache-control"))
    kept = (name for name in _STRICTER if theirs.unqualified(name) and not ours.unqualified(name))
    return ("Cache-Control", ", ".join((cache_control, *kept))), ("Expires", EXPIRED)
