"""Signs that a response came out of a cache: somebody else may have received it before.

A missing sign proves nothing: a cache may hide its hits, and `Via` alone names a way, not a store.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import cast

import http_sf

from session_tracking.caching.directives import delta_seconds
from session_tracking.http.fields import FieldSection, split_members
from session_tracking.spec import Spec, rfc9111, rfc9211

_LONGEST = 4096
"""Octets of the longest field value that is read; no cache writes as much about itself."""


@dataclass(frozen=True, slots=True)
class HitEvidence:
    """One sign that a stored response was reused."""

    field: str
    """The field that shows it, in its usual spelling."""
    text: str
    """What it says, in words of ours: fit to be shown."""
    spec: Spec
    """What defines the field, or the vendor's page about it."""


@dataclass(frozen=True, slots=True)
class _Sign:
    name: str
    display: str
    spec: Spec
    read: Callable[[Sequence[str]], str]
    """Field values → what they show; empty if they show no hit."""


def _age(values: Sequence[str]) -> str:
    """A positive Age: the origin neither made nor validated this response for this request."""
    first = next((member for value in values for member in split_members(value)), None)
    seconds = delta_seconds(first) or 0
    return f"Age says that it left the origin {seconds} s ago" if seconds else ""


def _cache_status(values: Sequence[str]) -> str:
    """A member with `hit` and without `fwd`, which exclude each other (RFC 9211 §2.1, §2.2)."""
    text = ", ".join(values)
    if "hit" in text and any("fwd" not in said for said in _hits(text)):
        return "Cache-Status reports a hit"
    return ""


@lru_cache(maxsize=1024)
def _hits(text: str) -> tuple[frozenset[str], ...]:
    """The parameters of each member that has `hit`; a malformed list is ignored as a whole."""
    try:
        parsed = http_sf.parse(text.encode("latin-1", "replace"), tltype="list")
    except ValueError:
        return ()
    members = cast("list[tuple[object, dict[str, object]]]", parsed)  # what `tltype` asks for
    return tuple(frozenset(said) for _, said in members if said.get("hit") is True)


def _simulation(values: Sequence[str]) -> str:
    """A hit in the cache that Session Tracker simulates for development."""
    if any(_hits(", ".join(values))):
        return "a simulated cache answered: [shadow] serve = true"
    return ""


_REUSED = frozenset({"hit", "stale", "updating", "revalidated"})
"""What Cloudflare and nginx call an answer that they had stored; `EXPIRED` was fetched anew."""


def _status(display: str) -> Callable[[Sequence[str]], str]:
    """What reads a field whose whole value is one of those words."""

    def read(values: Sequence[str]) -> str:
        found = next((v.lower() for v in values if v.lower() in _REUSED), "")
        return f"{display} is {found.upper()}" if found else ""

    return read


_HIT = re.compile(r"(?:tcp_(?:[a-z]+_)*)?(?:refresh)?hit(?:stale)?", re.IGNORECASE)
"""The first word of a node's report: `HIT`, `Hit from …`, `RefreshHit from …`, `TCP_MEM_HIT`."""


def _x_cache(values: Sequence[str]) -> str:
    reports = (member.partition(" ")[0] for value in values for member in split_members(value))
    return "X-Cache reports a hit" if any(_HIT.fullmatch(word) for word in reports) else ""


def _x_cache_hits(values: Sequence[str]) -> str:
    counts = (delta_seconds(member) or 0 for value in values for member in split_members(value))
    return "X-Cache-Hits counts a hit" if any(counts) else ""


def _x_varnish(values: Sequence[str]) -> str:
    """Two ids in one report: that of this request, and that of the one it was stored for."""
    reports = (member.split() for value in values for member in split_members(value))
    if any(len(ids) == 2 and all(map(_is_id, ids)) for ids in reports):
        return "X-Varnish names the earlier request that it was stored for"
    return ""


def _is_id(word: str) -> bool:
    return word.isascii() and word.isdigit()


_NGINX = Spec(
    "nginx $upstream_cache_status",
    "",
    "https://nginx.org/en/docs/http/ngx_http_upstream_module.html#var_upstream_cache_status",
)
"""nginx tells a hit by no field of its own: these are the names that its users give to one."""

_SIGNS = (
    _Sign("age", "Age", rfc9111("5.1"), _age),
    _Sign("cache-status", "Cache-Status", rfc9211("2.1"), _cache_status),
    _Sign(
        "session-tracker-simulation",
        "Session-Tracker-Simulation",
        Spec("Session Tracker docs/shadow.md", "", ""),
        _simulation,
    ),
    _Sign(
        "cf-cache-status",
        "CF-Cache-Status",
        Spec(
            "Cloudflare cache responses",
            "",
            "https://developers.cloudflare.com/cache/concepts/cache-responses/",
        ),
        _status("CF-Cache-Status"),
    ),
    _Sign(
        "x-cache",
        "X-Cache",
        Spec(
            "X-Cache (Fastly, Akamai, CloudFront, Squid)",
            "",
            "https://www.fastly.com/documentation/reference/http/http-headers/X-Cache/",
        ),
        _x_cache,
    ),
    _Sign(
        "x-cache-hits",
        "X-Cache-Hits",
        Spec(
            "Fastly X-Cache-Hits",
            "",
            "https://www.fastly.com/documentation/reference/http/http-headers/X-Cache-Hits/",
        ),
        _x_cache_hits,
    ),
    _Sign("x-cache-status", "X-Cache-Status", _NGINX, _status("X-Cache-Status")),
    _Sign("x-proxy-cache", "X-Proxy-Cache", _NGINX, _status("X-Proxy-Cache")),
    _Sign(
        "x-varnish",
        "X-Varnish",
        Spec(
            "Varnish X-Varnish",
            "",
            "https://varnish-cache.org/docs/3.0/faq/http.html",
        ),
        _x_varnish,
    ),
)


SIGN_FIELDS = frozenset(sign.name for sign in _SIGNS)
"""The fields, in lower case, that `hit_evidence` looks at."""


def hit_evidence(fields: FieldSection) -> Iterator[HitEvidence]:
    """The signs of a cache hit in a response's fields, the standards' first; never raises.

    Source: RFC 9111 §5.1, RFC 9211 §2; the vendors' fields as their pages describe them.
    """
    for sign in _SIGNS:
        if sign.name in fields:
            values = fields.values(sign.name)
            if sum(map(len, values)) <= _LONGEST and (text := sign.read(values)):
                yield HitEvidence(sign.display, text, sign.spec)
