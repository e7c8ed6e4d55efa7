"""What the tracker counts, from the start of the process on."""

from collections import Counter
from dataclasses import dataclass, field

from session_tracking.tracking.policy import Rule

__all__ = ["Counters"]


@dataclass(slots=True)
class Counters:
    """Totals over all sites."""

    issued: int = 0
    """New ids sent to a client."""
    refreshed: int = 0
    """Cookies sent again to the client that presented them."""
    confirmed: int = 0
    """Ids that came back for the first time: issued in this run, or validly signed."""
    seen: int = 0
    """Requests that brought a valid id."""
    passed: int = 0
    """Requests that passed because of another's cookie."""
    forged: int = 0
    """Requests that brought an id which we cannot have issued."""
    ambiguous: int = 0
    """Requests that brought our cookie more than once."""
    skipped: Counter[Rule] = field(default_factory=Counter)
    """Exchanges whose visitor got no id, by the rule that forbade it."""

    @property
    def collisions(self) -> int:
        """Responses whose origin sets a cookie of our name itself."""
        return self.skipped[Rule.COLLISION]
