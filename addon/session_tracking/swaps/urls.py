"""The URLs of first sights, as they are shown; bounded."""

from collections import OrderedDict

__all__ = ["MAX_URLS", "Urls"]

MAX_URLS = 20_000


class Urls:
    """URLs by their tag; the ledger has no room for text. The oldest goes first."""

    def __init__(self) -> None:
        self._urls: OrderedDict[int, str] = OrderedDict()

    def __len__(self) -> int:
        return len(self._urls)

    def remember(self, tag: int, url: str) -> None:
        """Keep a URL at hand."""
        if tag in self._urls:
            self._urls.move_to_end(tag)
            return
        self._urls[tag] = url
        if len(self._urls) > MAX_URLS:
            self._urls.popitem(last=False)

    def shown(self, tag: int) -> str:
        """The URL; empty if it is no longer known."""
        return self._urls.get(tag, "")
