"""How fast a host may be asked: the arithmetic, without a clock."""

from dataclasses import dataclass, field

__all__ = ["Pace"]


@dataclass(slots=True)
class Pace:
    """A limit for each host. Times are seconds of any one clock.

    Requests that belong together are reserved together, so that those of other URLs of the host do
    not come between them: some caches want two hits within ten seconds.
    """

    rate: float
    """Requests a second that a host is sent, on average."""
    _free: dict[str, float] = field(default_factory=dict)

    @property
    def gap(self) -> float:
        """Seconds between two requests of a reservation that are sent in turn."""
        return 1 / self.rate

    def reserve(self, host: str, count: int, now: float) -> float:
        """When the first of `count` requests may be sent; the others a `gap` apart, or at once.

        Whoever comes next waits for all of them.
        """
        start = max(now, self._free.get(host, now))
        self._free[host] = start + count * self.gap
        return start
