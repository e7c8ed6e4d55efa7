"""What the shadow cache will make of exchanges, by the fields that it looks at."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Self

from session_tracking.engine.outcome import SiteSettings
from session_tracking.http.exchange import Exchange
from session_tracking.http.reading import Notes
from session_tracking.shadow.foresight import Foreseen
from session_tracking.shadow.shadow import Shadow

__all__ = ["MAX_CASES", "MAX_NAMES", "Case", "Foresight", "Reading", "imagines"]

MAX_CASES = 8192
"""Cases that are known; when there are more, all are forgotten."""
MAX_NAMES = 64
"""Fields that are told apart: Vary may name any number."""

_LOOK_AGAIN = 1.0
"""Seconds for which nothing is foreseen of exchanges of which nothing could be."""


@dataclass(frozen=True, slots=True)
class Reading:
    """The fields that exchanges are told apart by, besides their URL; names in lower case."""

    asked: frozenset[str] = frozenset()
    """Request fields of which the values count."""
    asked_counts: frozenset[str] = frozenset()
    """Request fields of which the number counts."""
    answered: frozenset[str] = frozenset()
    """Response fields of which the values count."""
    answered_counts: frozenset[str] = frozenset()
    """Response fields of which the number counts."""

    asked_controls: bool = False
    """Whether it counts if a request field has control characters."""
    answered_size: bool = False
    """Whether the octets of all response fields count."""

    def with_notes(self, asked: Notes, answered: Notes) -> Self | None:
        """All that, and what was read of an exchange: itself if that is no more.

        None where too much was read.
        """
        if asked.whole or answered.whole or asked.size or answered.controls:
            return None
        # The length is taken from this field.
        length = {"content-length"} if answered.length else set()
        more = type(self)(
            self.asked | asked.values,
            self.asked_counts | asked.counts,
            self.answered | answered.values | length,
            self.answered_counts | answered.counts,
            self.asked_controls or asked.controls,
            self.answered_size or answered.size,
        )
        if more == self:
            return self
        names = (more.asked, more.asked_counts, more.answered, more.answered_counts)
        # Octets beyond ASCII have no lower case before they are decoded.
        if sum(map(len, names)) > MAX_NAMES or not all(map(str.isascii, frozenset().union(*names))):
            return None
        return more


def imagines(settings: SiteSettings) -> bool:
    """Whether the shadow is told of live exchanges: one that serves has seen them already."""
    return settings.shadow.enabled and not settings.shadow.serve


@dataclass(frozen=True, slots=True)
class Case:
    """Exchanges that are equal in what is read of them."""

    settings: SiteSettings
    site: str
    """The name that the site is counted by."""
    url: str
    until: float
    """Unix seconds until which it holds."""
    foreseen: Foreseen | None
    """None: nothing can be foreseen, or nothing is imagined."""
    idle: bool
    """Whether nothing is imagined of them."""


class Foresight:
    """What is known of cases, by a number that stands for all that was read of an exchange."""

    def __init__(self) -> None:
        self.reading: Reading = Reading()
        """What the number has to stand for, besides the URL, the method and the status."""
        self._cases: dict[int, Case] = {}
        self.case: Callable[[int], Case | None] = self._cases.get
        """The case with a number; None for 0, and if there is none."""

    def learn(
        self,
        number: int,
        settings: SiteSettings,
        site: str,
        exchange: Exchange,
        shadow: Shadow,
    ) -> None:
        """Keep what can be foreseen, now that the shadow has observed a live exchange."""
        now, case, idle = exchange.response_time, self.case(number), not imagines(settings)
        if settings.audit.shared_bodies:
            return  # there is more to look at
        if case is not None and case.foreseen is None and now < case.until:
            return
        sight = None if idle else shadow.foresee(settings.shadow, exchange)
        foreseen, until = None, now + _LOOK_AGAIN
        if sight is not None:
            reading = self.reading.with_notes(sight.asked, sight.answered)
            if reading is not None and reading is not self.reading:
                # From now on, the numbers are other ones.
                self.reading = reading
                self._cases.clear()
                return
            if reading is not None:
                foreseen, until = sight.foreseen, sight.foreseen.until
        if len(self._cases) >= MAX_CASES:
            self._cases.clear()
        self._cases[number] = Case(settings, site, exchange.request.url, until, foreseen, idle)
