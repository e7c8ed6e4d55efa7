"""What is made of lists of field names: a client and a server send the same few all day."""

from collections.abc import Callable, Sequence

__all__ = ["MAX_LAYOUTS", "Layouts"]

MAX_LAYOUTS = 512
"""Lists of field names that are known; when there are more, all are forgotten."""

_LONGEST = 2048
"""Octets of the names of a list that is worth keeping."""


class Layouts[T]:
    """What was made of the lists of names that were seen last.

    `make` is given the names in lower case, in their order.
    """

    __slots__ = ("_known", "_make")

    def __init__(self, make: Callable[[list[bytes]], T]) -> None:
        self._make = make
        self._known: dict[tuple[bytes, ...], T] = {}

    def __len__(self) -> int:
        return len(self._known)

    def of(self, fields: Sequence[tuple[bytes, bytes]]) -> T:
        """What is made of the names of these field lines."""
        names = tuple([name for name, _ in fields])
        known = self._known.get(names)
        return self._new(names) if known is None else known

    def _new(self, names: tuple[bytes, ...]) -> T:
        made = self._make([name.lower() for name in names])
        if len(names) + sum(map(len, names)) <= _LONGEST:
            if len(self._known) >= MAX_LAYOUTS:
                self._known.clear()
            self._known[names] = made
        return made
