"""Which statuses are traced, in the words of IIS: `200-399,404.2,500`."""

import re
from dataclasses import dataclass

__all__ = ["StatusCodes", "parse_status_codes"]

_ITEM = re.compile(r"([1-9]\d\d)(?:-([1-9]\d\d)|\.(\d{1,3}))?")


@dataclass(frozen=True, slots=True)
class StatusCodes:
    """Ranges of statuses, and statuses with a sub-status."""

    ranges: tuple[tuple[int, int], ...]
    """(first, last)."""
    exact: frozenset[tuple[int, int]] = frozenset()
    """(status, sub-status)."""

    def match(self, status: int, substatus: int) -> bool:
        """Whether a status is meant."""
        if (status, substatus) in self.exact:
            return True
        return any(first <= status <= last for first, last in self.ranges)


def parse_status_codes(text: str) -> StatusCodes | None:
    """Items with commas between them: `404`, `404.2` or `400-499`; None if it is something else."""
    ranges, exact = [], set()
    for item in text.split(","):
        found = _ITEM.fullmatch(item.strip())
        if found is None:
            return None
        first, last, sub = found.groups()
        if sub is not None:
            exact.add((int(first), int(sub)))
        elif int(last or first) < int(first):
            return None
        else:
            ranges.append((int(first), int(last or first)))
    return StatusCodes(tuple(ranges), frozenset(exact))
