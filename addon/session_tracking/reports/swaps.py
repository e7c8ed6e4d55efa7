"""What a run says about swaps: how many were seen, and whether any could have been seen."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from session_tracking.swaps.events import EventKind, SwapEvent


class SwapVerdict(StrEnum):
    """Whether anybody was handed somebody else's session."""

    CONFIRMED = "confirmed"
    SUSPECTED = "suspected"
    NONE_SEEN = "none-seen"
    """None among clients that can be told apart."""
    NOT_ASSESSABLE = "not-assessable"


_ONE_CLIENT = "no two clients were seen that can be told apart"


@dataclass(slots=True)
class SwapRecord:
    """The events of a run, counted."""

    counts: Counter[EventKind] = field(default_factory=Counter)
    watched: int = 0
    """Deliveries of cookies whose value is one visitor's own."""
    tells_apart: bool = False
    """Whether two clients were seen that are certainly different."""
    reasons: dict[str, None] = field(default_factory=dict)
    """Why something could not be assessed, each once."""

    def add(self, events: Iterable[SwapEvent]) -> None:
        """Count events."""
        for event in events:
            self.counts[event.kind] += 1
            if event.reason:
                self.reasons[event.reason] = None

    @property
    def reason(self) -> str:
        """Why the answer is *not assessable*, or less than certain; empty if it is neither."""
        # Who was told apart by another proxy of the fleet was so, too.
        seen = self.counts[EventKind.CONFIRMED] + self.counts[EventKind.SUSPECTED]
        blind = self.watched and not self.tells_apart and not seen
        return "; ".join(self.reasons) or (_ONE_CLIENT if blind else "")

    @property
    def verdict(self) -> SwapVerdict:
        """The answer so far."""
        if self.counts[EventKind.CONFIRMED]:
            return SwapVerdict.CONFIRMED
        if self.counts[EventKind.SUSPECTED]:
            return SwapVerdict.SUSPECTED
        return SwapVerdict.NOT_ASSESSABLE if self.reason else SwapVerdict.NONE_SEEN

    def facts(self) -> dict[str, object]:
        """As plain values, for the report."""
        return {
            "verdict": self.verdict.value,
            "reason": self.reason,
            "watched": self.watched,
            **{kind.value.replace("-", "_"): self.counts[kind] for kind in EventKind},
        }
