"""Fields that give some caches other orders than Cache-Control does (RFC 9213 and older ones)."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import http_sf

from session_tracking.caching.directives import Directives, delta_seconds, parse_directives
from session_tracking.http.fields import FieldSection
from session_tracking.spec import Spec, rfc9213

SURROGATE_CONTROL = Spec("Edge Architecture", "2.3", "https://www.w3.org/TR/edge-arch/")
X_ACCEL_EXPIRES = Spec(
    "ngx_http_proxy_module proxy_cache_valid",
    "",
    "https://nginx.org/en/docs/http/ngx_http_proxy_module.html#proxy_cache_valid",
)
LITESPEED = Spec(
    "LSCache X-LiteSpeed-Cache-Control",
    "",
    "https://docs.litespeedtech.com/lscache/devguide/controls/",
)
EDGE_CONTROL = Spec(
    "Akamai Edge-Control", "", "https://techdocs.akamai.com/property-mgr/docs/caching-2"
)


_LONGEST = 16_384
"""Octets of the longest field value that the library is asked to read."""


@dataclass(frozen=True, slots=True)
class TargetedField:
    """One field, and how the caches that obey it read it."""

    name: str
    """In lower case."""
    display: str
    spec: Spec
    read: Callable[[Sequence[str], float], Directives | None]
    """(field values, now in Unix seconds) → directives; None if those caches ignore the field."""


def _structured(values: Sequence[str], _now: float) -> Directives | None:
    """A Structured Fields dictionary; empty or malformed ones are ignored (RFC 9213 §2.1).

    Of one that is absurdly long nobody knows what a cache makes: it is read leniently, and fast.
    """
    text = ", ".join(values)
    return _dictionary(text) if len(text) <= _LONGEST else parse_directives([text])


@lru_cache(maxsize=1024)
def _dictionary(text: str) -> Directives | None:
    try:
        parsed = http_sf.parse(text.encode("latin-1", "replace"), tltype="dictionary")
    except ValueError:
        return None
    found: dict[str, tuple[str | None, ...]] = {}
    assert isinstance(parsed, dict)  # noqa: S101 - what `tltype` asks for; narrows the type
    for name, member in parsed.items():
        value = member[0] if isinstance(member, tuple) else member
        if value is True:
            found[name] = (None,)
        elif value is not False:
            found[name] = (str(value),)
    return Directives(found) if found else None


def _surrogate(values: Sequence[str], _now: float) -> Directives:
    """`max-age=3600+60` adds a stale window.

    A field that says nothing about storing counts too: in its presence Varnish, and Squid where it
    is addressed to it, look at Cache-Control no more.
    """
    said = parse_directives(values).arguments
    found: dict[str, tuple[str | None, ...]] = {}
    for name in ("no-store", "private", "no-cache"):
        if name in said:
            found[name] = said[name]
    if "no-store-remote" in said:
        found["no-store"] = (None,)
    if arguments := said.get("max-age"):
        fresh, _, stale = (arguments[0] or "").partition("+")
        found["max-age"] = (fresh.strip(),)
        if stale:
            found["stale-while-revalidate"] = (stale.strip(),)
    return Directives(found)


def _plain(values: Sequence[str], _now: float) -> Directives | None:
    """The syntax of Cache-Control, read as leniently."""
    said = parse_directives(values)
    return said if said.arguments else None


_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86400}
_DURATION = re.compile(r"(\d{1,10})([smhd]?)")


def _edge(values: Sequence[str], _now: float) -> Directives | None:
    """`cache-maxage=1d` is the edge's lifetime; `!no-store` lifts Cache-Control's no-store."""
    said = parse_directives(values).arguments
    found: dict[str, tuple[str | None, ...]] = {}
    if "no-store" in said or "bypass-cache" in said:
        found["no-store"] = (None,)
    if "!no-store" in said or "!no-cache" in said:
        found["public"] = (None,)
    for arguments in (said.get("cache-maxage"), said.get("max-age")):
        if arguments:
            duration = _DURATION.fullmatch(arguments[0] or "")
            seconds = int(duration[1]) * _UNITS[duration[2]] if duration else "invalid"
            found["max-age"] = (str(seconds),)
            break
    return Directives(found) if found else None


def _accel(values: Sequence[str], now: float) -> Directives | None:
    """Seconds or `@` and a Unix time; 0 keeps nginx from storing; anything else is ignored."""
    text = values[0]
    seconds = delta_seconds(text.removeprefix("@"))
    if seconds is None:
        return None
    if text.startswith("@"):
        seconds = max(0, seconds - int(now))
    return Directives({"max-age": (str(seconds),)} if seconds else {"no-store": (None,)})


_SPEC_9213 = rfc9213("2.2")
"""Why such a field counts and Cache-Control does not, whichever cache it is for."""

TARGETED: Mapping[str, TargetedField] = {
    field.name: field
    for field in (
        *(
            TargetedField(name.lower(), name, _SPEC_9213, _structured)
            for name in (
                "CDN-Cache-Control",
                "Cloudflare-CDN-Cache-Control",
                "Akamai-Cache-Control",
                "Netlify-CDN-Cache-Control",
                "Vercel-CDN-Cache-Control",
            )
        ),
        TargetedField("surrogate-control", "Surrogate-Control", SURROGATE_CONTROL, _surrogate),
        TargetedField("x-litespeed-cache-control", "X-LiteSpeed-Cache-Control", LITESPEED, _plain),
        TargetedField("x-accel-expires", "X-Accel-Expires", X_ACCEL_EXPIRES, _accel),
        TargetedField("edge-control", "Edge-Control", EDGE_CONTROL, _edge),
    )
}
"""Every field, in lower case, that some cache obeys before Cache-Control."""

TARGETED_FIELDS = frozenset(TARGETED)


def targeted_directives(fields: FieldSection, now: float) -> list[tuple[TargetedField, Directives]]:
    """The targeted fields present that some cache obeys, with their directives."""
    found = []
    for name in fields.names():
        if (field := TARGETED.get(name)) is not None:
            directives = field.read(fields.values(name), now)
            if directives is not None:
                found.append((field, directives))
    return found
