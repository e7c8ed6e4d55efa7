"""Counters by site, with the names and meanings that administrators know from http.sys.

A gauge tells how things are now and goes down again; a total only grows within its epoch. A counter
that nobody counts is absent, which is not 0.
"""

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum

__all__ = [
    "COUNTERS",
    "MAX_SITES",
    "OTHER_SITES",
    "Counter",
    "Counters",
    "Epoch",
    "Kind",
]

MAX_SITES = 200
"""Sites that are counted apart, besides those of the configuration; the rest is counted as one."""
OTHER_SITES = "(other)"
"""The site that stands for all that are not counted apart."""


class Kind(StrEnum):
    """How a counter behaves."""

    GAUGE = "gauge"
    TOTAL = "total"


@dataclass(frozen=True, slots=True)
class Counter:
    """One thing that is counted."""

    name: str
    """As alerts and reports call it."""
    kind: Kind
    title: str
    """What it counts."""


def _cache(prefix: str, what: str) -> tuple[Counter, ...]:
    rows = (
        ("current", Kind.GAUGE, "Current URIs cached: {} that the cache would hold now"),
        ("total", Kind.TOTAL, "Total URIs cached: {} that it would have stored"),
        ("hits", Kind.TOTAL, "URI cache hits: requests that it would have answered from {}"),
        ("misses", Kind.TOTAL, "URI cache misses: requests that the origin answered with {}"),
        ("flushes", Kind.TOTAL, "URI cache flushes: occasions on which it would have dropped {}"),
        ("flushed", Kind.TOTAL, "Total flushed URIs: {} that it would have dropped"),
    )
    return tuple(Counter(prefix + name, kind, text.format(what)) for name, kind, text in rows)


CACHE = _cache("", "responses")
UNSAFE = _cache("unsafe_", "responses with cookies")
WOULD_BE = Counter(
    "would_be_swaps", Kind.TOTAL, "Answers of the shadow cache with the session of somebody else"
)
TRACKER = (
    Counter("issued", Kind.TOTAL, "New ids of ours that were sent to a visitor"),
    Counter("confirmed", Kind.TOTAL, "Ids of ours that came back for the first time"),
    Counter("forged", Kind.TOTAL, "Requests with an id that we cannot have issued"),
)
ENFORCED = Counter("enforced", Kind.TOTAL, "Responses that were made safe")
SWAPS = (
    Counter("swaps_suspected", Kind.TOTAL, "Swaps that were seen, without proof"),
    Counter("swaps_confirmed", Kind.TOTAL, "Swaps that were seen and are certain"),
)
FLEET = (
    Counter("fleet_sent", Kind.TOTAL, "Sights of values for the ledger that the fleet shares"),
    Counter("fleet_stored", Kind.TOTAL, "Sights that this ledger has acknowledged"),
    Counter("fleet_gap", Kind.TOTAL, "Sights that it never got"),
    Counter("fleet_waiting", Kind.GAUGE, "Sights that it has yet to acknowledge"),
)
FAILURES = Counter("failures", Kind.TOTAL, "Exchanges that a fault of ours kept from being judged")

COUNTERS: Mapping[str, Counter] = {
    counter.name: counter
    for counter in (*CACHE, *UNSAFE, WOULD_BE, *TRACKER, ENFORCED, *SWAPS, FAILURES, *FLEET)
}
"""Name → counter, in the order in which they are shown."""


@dataclass(frozen=True, slots=True)
class Epoch:
    """A time over which totals grow: from the start or a reset to the next reset."""

    id: str
    """16 hexadecimal digits; another one after each reset and each start of the process."""
    started: float
    """Unix seconds."""


class Counters:
    """The counters of every site."""

    def __init__(self, started: float) -> None:
        self._sites: dict[str, dict[str, int]] = {}
        self._unlisted = 0
        self.epoch: Epoch = Epoch(secrets.token_hex(8), started)

    def open(self, site: str, counters: Iterable[Counter], *, listed: bool = False) -> str:
        """Start counting these at 0 where that has not begun; the name that the site goes by.

        A `listed` site is one of the configuration: it is always counted apart.
        """
        counts = self._sites.get(site)
        if counts is None:
            if not listed:
                if self._unlisted >= MAX_SITES:
                    site = OTHER_SITES
                else:
                    self._unlisted += 1
            counts = self._sites.setdefault(site, {})
        for counter in counters:
            counts.setdefault(counter.name, 0)
        return site

    def add(self, site: str, name: str, count: int = 1) -> None:
        """Count for a site by the name that `open` gave."""
        counts = self._sites[site]
        counts[name] = counts.get(name, 0) + count

    def value(self, name: str, site: str = "") -> int | None:
        """The counter of a site, or the sum over all; None where nobody counts it."""
        return sum(found.values()) if (found := self.by_site(name, site)) else None

    def by_site(self, name: str, site: str = "") -> dict[str, int]:
        """Site → counter, for the sites that count it."""
        return {
            each: counts[name]
            for each, counts in tuple(self._sites.items())
            if name in counts and site in {"", each}
        }

    def sites(self) -> dict[str, dict[str, int]]:
        """Site → counter name → value, each in the order in which they are shown."""
        return {
            site: {name: counts[name] for name in COUNTERS if name in counts}
            for site, counts in sorted(self._sites.items())
        }

    def reset(self, now: float) -> None:
        """Begin a new epoch: everything that is counted is 0 again."""
        for counts in self._sites.values():
            counts.update(dict.fromkeys(counts, 0))
        self.epoch = Epoch(secrets.token_hex(8), now)
