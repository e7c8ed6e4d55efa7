"""The addon's children in mitmproxy's chain: they join when there is something for them to do."""

from collections.abc import Callable, MutableMapping
from typing import Protocol

__all__ = ["Child", "Children"]


class Child(Protocol):
    """An addon that belongs to another one."""

    name: str
    """By which mitmproxy knows it."""


class _Parent(Protocol):
    addons: list[Child]


class Children:
    """Keeps `addons` of the parent, which mitmproxy goes through for each event of each flow.

    Where there is no child there is no list: an empty one costs time, too.
    """

    def __init__(self, parent: _Parent, known: Callable[[], MutableMapping[str, object]]) -> None:
        """`known` gives what mitmproxy knows by name: else it refuses to remove the parent."""
        self._parent = parent
        self._known = known

    def join(self, child: Child) -> None:
        """Have a child's hooks called after those of its parent, unless they are already.

        One that joins in a hook of its parent is called for that event, too.
        """
        children = self._all()
        if child not in children:
            # A new list: the old one may be gone through just now.
            self._parent.addons = [*children, child]
            self._known()[child.name] = child

    def leave(self, child: Child) -> None:
        """Have them called no more."""
        children = self._all()
        if child in children:
            self._parent.addons = [each for each in children if each is not child]
            if not self._parent.addons:
                del self._parent.addons
            if self._known().get(child.name) is child:
                del self._known()[child.name]

    def _all(self) -> list[Child]:
        return getattr(self._parent, "addons", [])
