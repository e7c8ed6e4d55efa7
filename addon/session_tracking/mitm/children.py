"""The addon's children in mitmproxy's chain: they join when there is something for them to do."""

from typing import Protocol

__all__ = ["Children"]


class _Parent(Protocol):
    addons: list[object]


class Children:
    """Keeps `addons` of the parent, which mitmproxy goes through for each event of each flow.

    Where there is no child there is no list: an empty one costs time, too.
    """

    def __init__(self, parent: _Parent) -> None:
        self._parent = parent

    def join(self, child: object) -> None:
        """Have a child's hooks called after those of its parent, unless they are already."""
        children = self._all()
        if child not in children:
            # A new list: the old one may be gone through just now.
            self._parent.addons = [*children, child]

    def leave(self, child: object) -> None:
        """Have them called no more."""
        children = self._all()
        if child in children:
            self._parent.addons = [each for each in children if each is not child]
            if not self._parent.addons:
                del self._parent.addons

    def _all(self) -> list[object]:
        return getattr(self._parent, "addons", [])
