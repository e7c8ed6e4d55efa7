"""Puts down what the tracker, the detector and the audit do, by site."""

from collections.abc import Iterable

from session_tracking.shadow.counters import (
    ENFORCED,
    FAILURES,
    FLEET,
    SWAPS,
    TRACKER,
    Counter,
    Counters,
)
from session_tracking.shadow.shadow import SHADOW_COUNTERS
from session_tracking.swaps.events import EventKind, SwapEvent

__all__ = ["FLEET_SITE", "Books", "counted"]

FLEET_SITE = "(fleet)"
"""What the counters of the fleet's ledger are listed under: it belongs to no site."""

_EVENTS = {
    EventKind.SUSPECTED.value: "swaps_suspected",
    EventKind.CONFIRMED.value: "swaps_confirmed",
}


def counted(*, tracking: bool, enforce: bool, swaps: bool, shadow: bool) -> tuple[Counter, ...]:
    """The counters of a site where these are on."""
    groups = (
        (tracking, TRACKER),
        (enforce, (ENFORCED,)),
        (swaps, SWAPS),
        (shadow, SHADOW_COUNTERS),
    )
    return (FAILURES, *(counter for on, group in groups if on for counter in group))


class Books:
    """Keeps the counters of all sites in step with what the parts did."""

    def __init__(self, counters: Counters) -> None:
        self.counters: Counters = counters
        self._credited = (0, 0, 0)
        self._carried: tuple[int, ...] = (0, 0, 0, 0)

    def credit(self, site: str, totals: tuple[int, int, int]) -> None:
        """What the tracker issued, confirmed and called forged by now; the rest is this site's.

        `site` is the name that `Counters.open` gave.
        """
        for counter, total, before in zip(TRACKER, totals, self._credited, strict=True):
            if total > before:
                self.counters.add(site, counter.name, total - before)
        self._credited = totals

    def due(self, totals: tuple[int, int, int]) -> bool:
        """Whether the tracker did anything that was not put down yet."""
        return totals != self._credited

    def events(self, site: str, events: Iterable[SwapEvent]) -> None:
        """What the detector saw."""
        for event in events:
            if (name := _EVENTS.get(event.kind.value)) is not None:
                self.counters.add(site, name)

    def enforced(self, site: str) -> None:
        """A response was made safe."""
        self.counters.add(site, ENFORCED.name)

    def failed(self, site: str) -> None:
        """An exchange could not be judged."""
        self.counters.add(site, FAILURES.name)

    def fleet(self, *now: int) -> None:
        """What was sent to the fleet's ledger by now, stored, lost, and what waits."""
        self.counters.open(FLEET_SITE, FLEET, listed=True)
        *totals, waiting = zip(FLEET, now, self._carried, strict=True)
        for counter, value, before in totals:
            self.counters.add(FLEET_SITE, counter.name, value - before)
        gauge, value, _ = waiting
        known = self.counters.by_site(gauge.name, FLEET_SITE)[FLEET_SITE]
        self.counters.add(FLEET_SITE, gauge.name, value - known)
        self._carried = now
