"""What the tracker remembers of the recent past, bounded.

It holds keyed hashes of ids, but for `reuse_on_connection`: what other requests of a young
connection are to be given has to be kept in clear, for at most 10,000 connections.
"""

from collections import OrderedDict
from collections.abc import Hashable

from session_tracking.cookies.digest import Digester
from session_tracking.http.exchange import ClientId

__all__ = ["Memory", "RecentSet"]

REUSE_SECONDS = 10.0
"""How long the first requests of a connection share an id."""

MAX_IDS = 100_000
MAX_CONNECTIONS = 10_000
MAX_CLIENTS = 10_000
MAX_NOTICES = 1_000


class RecentSet[T: Hashable]:
    """A set of at most `capacity` items that forgets the oldest half when it is full."""

    __slots__ = ("_half", "_old", "_young")

    def __init__(self, capacity: int) -> None:
        self._half = capacity // 2
        self._young: set[T] = set()
        self._old: set[T] = set()

    def add(self, item: T) -> bool:
        """Add an item; False if it is in the set already."""
        if item in self:
            return False
        if len(self._young) >= self._half:
            self._old, self._young = self._young, set()
        self._young.add(item)
        return True

    def __contains__(self, item: object) -> bool:
        return item in self._young or item in self._old

    def __len__(self) -> int:
        return len(self._young) + len(self._old)


class Memory:
    """Ids issued and confirmed, ids of young connections, and clients that return none."""

    def __init__(self) -> None:
        self._digester = Digester()
        # The interpreter's hash, under a secret of the process: an id cannot be read from it.
        self._issued: RecentSet[int] = RecentSet(MAX_IDS // 2)
        self._confirmed: RecentSet[int] = RecentSet(MAX_IDS // 2)
        self._connections: OrderedDict[tuple[str, str, str], tuple[str, float]] = OrderedDict()
        self._minute = 0
        self._unconfirmed: dict[bytes, int] = {}
        self._notices: RecentSet[tuple[str, ...]] = RecentSet(MAX_NOTICES)

    def issue(self, site: str, name: str, value: str) -> bool:
        """Remember an id that was sent; False if it was sent before."""
        return self._issued.add(hash((site, name, value)))

    def confirm(self, site: str, name: str, value: str, *, proven: bool) -> bool:
        """Whether an id came back that is ours, for the first time; `proven` is by signature."""
        known = hash((site, name, value))
        return (proven or known in self._issued) and self._confirmed.add(known)

    def connection_id(self, connection: str, site: str, name: str, now: float) -> str | None:
        """The id that this connection was given in the last 10 seconds; None if there is none."""
        value, since = self._connections.get((connection, site, name), (None, 0.0))
        return value if 0 <= now - since < REUSE_SECONDS else None

    def remember_connection(
        self, connection: str, site: str, name: str, value: str, now: float
    ) -> None:
        """Keep the id for further requests of the connection."""
        self._connections[connection, site, name] = (value, now)
        self._connections.move_to_end((connection, site, name))
        if len(self._connections) > MAX_CONNECTIONS:
            self._connections.popitem(last=False)

    def unconfirmed(self, client: ClientId, agent: str, now: float) -> int:
        """Ids that this (address, User-Agent) was given this minute and has not returned."""
        self._turn_minute(now)
        return self._unconfirmed.get(self._client_key(client, agent), 0)

    def count_unconfirmed(self, client: ClientId, agent: str, now: float, change: int) -> None:
        """Add to, or take from, what `unconfirmed` tells."""
        self._turn_minute(now)
        key = self._client_key(client, agent)
        count = max(0, self._unconfirmed.get(key, 0) + change)
        # A flood of different clients is not what the limit is for: it must only not cost memory.
        if key in self._unconfirmed or (count and len(self._unconfirmed) < MAX_CLIENTS):
            self._unconfirmed[key] = count

    def first_time(self, *notice: str) -> bool:
        """Whether this was not asked before: for what is to be logged once."""
        return self._notices.add(notice)

    def _turn_minute(self, now: float) -> None:
        minute = int(now // 60)
        if minute != self._minute:
            self._minute = minute
            self._unconfirmed.clear()

    def _client_key(self, client: ClientId, agent: str) -> bytes:
        return self._digester.octets(client.address, "", agent)
