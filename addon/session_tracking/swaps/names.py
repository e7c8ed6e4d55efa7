"""What is known of cookie-names: which show a new value to each visitor, and which the same."""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field

from session_tracking.swaps.clients import Client, mark

__all__ = ["MAX_NAMES", "Name", "Names"]

MAX_NAMES = 1_000

DELIVERIES = 20
CLIENTS = 5
SHARE = 0.2
"""A name is constant after that many deliveries to that many clients, if fewer of them than this
share brought a new value."""

MANY_FRESH = 5


@dataclass(slots=True)
class Name:
    """One cookie-name of one site, judged by the deliveries to who did not have the value."""

    fresh: int = 0
    """New values without signs of a cache hit."""
    repeats: int = 0
    """Values that others had before, without signs of a cache hit."""
    wide_repeats: int = 0
    """Those of them that were seen on several URLs, which no stored response is."""
    clients: set[int] = field(default_factory=set)
    """Tags of the first few clients that were counted."""
    constant: bool = False

    @property
    def varies(self) -> bool:
        """Whether two visitors were given two values: then it is no constant of the site."""
        return self.fresh >= 2

    @property
    def own_to_each(self) -> bool:
        """Whether so many values were new that one handed out twice is remarkable by itself."""
        return self.fresh >= MANY_FRESH and self.fresh > self.repeats

    @property
    def personal(self) -> bool:
        """Whether two visitors were given two values, and values are seldom given out again."""
        several = self.fresh >= 2 and len(self.clients) > 1
        return several and self.fresh > self.repeats and not self.constant

    def count(self, client: Client, *, wide: bool) -> None:
        """Count a repeat; `wide` if its value was seen on several URLs."""
        self.repeats += 1
        if wide:
            self.wide_repeats += 1
            self.meet(client)

    def learn(self) -> bool:
        """Whether the name turns out to be constant by what was counted."""
        deliveries = self.fresh + self.wide_repeats
        self.constant = (
            deliveries >= DELIVERIES
            and len(self.clients) >= CLIENTS
            and self.fresh < SHARE * deliveries
        )
        return self.constant

    def meet(self, client: Client) -> None:
        """Remember a client that was given a value."""
        if len(self.clients) < CLIENTS:
            self.clients.add(mark(client))


class Names:
    """The names that were seen last, at most `MAX_NAMES`."""

    def __init__(self) -> None:
        self._names: OrderedDict[tuple[str, str], Name] = OrderedDict()

    def __len__(self) -> int:
        return len(self._names)

    def personal(self, sites: Iterable[str], name: str) -> bool:
        """Whether the values of a name are known to be one visitor's own at one of these sites."""
        found = [self._names.get((site[:256], name[:256])) for site in sites]
        return any(known is not None and known.personal for known in found)

    def of(self, site: str, name: str) -> Name:
        """What is known of a name; a new record for one not seen lately."""
        key = (site[:256], name[:256])
        found = self._names.get(key)
        if found is None:
            found = self._names[key] = Name()
            if len(self._names) > MAX_NAMES:
                self._names.popitem(last=False)
        else:
            self._names.move_to_end(key)
        return found
