"""The ledger of values that were handed out: bounded, time-limited, without any value in it."""

from array import array
from dataclasses import dataclass
from struct import Struct
from typing import Self

from session_tracking.swaps.clients import Client

__all__ = ["DEFAULT_LIFETIME", "DEFAULT_VALUES", "ENTRY_SIZE", "Entry", "Ledger"]

DEFAULT_VALUES = 100_000
DEFAULT_LIFETIME = 86_400
"""Seconds after the last sight of a value."""

_FORM = Struct("<QQQ16sQQdIIHBB")
"""agent, connection, own, address, URL, other client, first sight, last sight, stamp, deliveries,
score, flags."""
ENTRY_SIZE = _FORM.size
"""Octets of a packed entry."""
_KEY = 16
_SIZE = _KEY + ENTRY_SIZE
_PATIENCE = 64
"""Values that may be spared in a row because they were seen again since the last round."""

PRESENTED_ID, MANY_URLS, BY_REQUEST, SHARED = 1, 2, 4, 8
_REPORTED = 6  # the upper two bits


@dataclass(slots=True)
class Entry:
    """What is known of one value: who had it first, and what became of it."""

    owner: Client
    first: float
    """Unix seconds of the first sight."""
    url: int
    """Tag of the URL of the first sight."""
    stamp: int = 0
    """Tag of Date and ETag of the first delivery; 0 if it had none."""
    last: int = 0
    """Whole Unix seconds of the last sight."""
    other: int = 0
    """Tag of the last client that was handed the value although it was another's; 0 for none."""
    deliveries: int = 1
    score: int = 0
    """Tenths of certainty that the value was swapped."""
    reported: int = 0
    """What was reported already: 0 nothing, 1 not assessable, 2 suspected, 3 confirmed."""
    many_urls: bool = False
    """Whether it was delivered on several URLs."""
    by_request: bool = False
    """Whether it was first seen in a request: its issue was before our time."""
    shared: bool = False
    """Whether its use by two clients was reported already."""

    def pack(self) -> bytes:
        """The entry in 76 octets, for ledgers elsewhere too."""
        address, agent, connection, own, presented = self.owner
        flags = (
            PRESENTED_ID * presented
            | MANY_URLS * self.many_urls
            | BY_REQUEST * self.by_request
            | SHARED * self.shared
            | self.reported << _REPORTED
        )
        last, deliveries, score = self.last, self.deliveries, self.score
        if not (0 <= last < 2**32 and deliveries < 2**16 and score < 2**8):
            last = min(max(last, 0), 2**32 - 1)
            deliveries, score = min(deliveries, 2**16 - 1), min(score, 2**8 - 1)
        return _FORM.pack(
            agent,
            connection,
            own,
            address,
            self.url,
            self.other,
            self.first,
            last,
            self.stamp,
            deliveries,
            score,
            flags,
        )

    @classmethod
    def unpack(cls, octets: bytes | bytearray, offset: int = 0) -> Self:
        """Read what `pack` gave. Raises struct.error if there are too few octets."""
        (
            agent, connection, own, address, url, other, first, last, stamp, deliveries, score,
            flags,
        ) = _FORM.unpack_from(octets, offset)  # fmt: skip
        return cls(
            Client(address, agent, connection, own, bool(flags & PRESENTED_ID)),
            first,
            url,
            stamp,
            last,
            other,
            deliveries,
            score,
            flags >> _REPORTED,
            bool(flags & MANY_URLS),
            bool(flags & BY_REQUEST),
            bool(flags & SHARED),
        )


class Ledger:
    """At most `capacity` entries by the keyed digest of their value, 16 octets each.

    Open addressing over one block of memory: a dictionary of objects takes three times as much.
    When it is full, an entry goes that was not seen since the last round (CLOCK). Digests are
    uniform and keyed, so nobody can choose values that collide.
    """

    __slots__ = (
        "_at",
        "_digest",
        "_hand",
        "_index",
        "_mask",
        "_records",
        "_seen",
        "_used",
        "capacity",
        "lifetime",
    )

    def __init__(self, capacity: int = DEFAULT_VALUES, lifetime: int = DEFAULT_LIFETIME) -> None:
        self.capacity: int = capacity
        self.lifetime: int = lifetime
        """Seconds after which a value that was not seen again is forgotten."""
        size = 1 << (capacity * 3 // 2).bit_length()
        self._mask = size - 1
        # Slot number plus 1 at or after the place that the digest names; 0 is free.
        self._index = array("I", bytes(4 * size))
        # Zeroed here, so that no insert has to wait for the pages.
        self._records = bytearray(capacity * _SIZE)
        self._seen = bytearray(capacity)
        self._used = 0
        self._hand = 0
        self._digest = b""
        self._at = 0

    def __len__(self) -> int:
        return self._used

    def get(self, digest: bytes, now: float) -> Entry | None:
        """The entry of a value; None if there is none, or none young enough."""
        slot = self._index[self._place(digest)]
        if not slot:
            return None
        entry = Entry.unpack(self._records, (slot - 1) * _SIZE + _KEY)
        if now - entry.last > self.lifetime:
            return None
        self._seen[slot - 1] = 1
        return entry

    def put(self, digest: bytes, entry: Entry) -> None:
        """Store an entry, in the place of the one that the value had."""
        self._put(digest, digest + entry.pack())

    def _put(self, digest: bytes, record: bytes) -> None:
        place = self._place(digest)
        slot = self._index[place]
        if not slot:
            if self._used < self.capacity:
                slot = self._used = self._used + 1
            else:
                slot = self._free() + 1
                place = self._place(digest)  # freeing moves what stands in the index
            self._index[place] = slot
        start = (slot - 1) * _SIZE
        self._records[start : start + _SIZE] = record

    def entries(self, start: int, count: int) -> list[tuple[bytes, Entry]]:
        """The entries of `count` slots from one on, old ones too; none behind the last slot."""
        starts = (slot * _SIZE for slot in range(start, min(start + count, self._used)))
        records = self._records
        return [(bytes(records[at : at + _KEY]), Entry.unpack(records, at + _KEY)) for at in starts]

    def resized(self, capacity: int, lifetime: int) -> "Ledger":
        """A ledger of another size with the same entries, as many as fit."""
        other = Ledger(capacity, lifetime)
        for slot in range(self._used):
            record = bytes(self._records[slot * _SIZE : (slot + 1) * _SIZE])
            other._put(record[:_KEY], record)
        return other

    def _place(self, digest: bytes) -> int:
        """Where in the index the digest is, or where it would be put."""
        if digest == self._digest:  # a look-up is mostly followed by an insert
            return self._at
        index, mask, records = self._index, self._mask, self._records
        place = int.from_bytes(digest[:8]) & mask
        while slot := index[place]:
            start = (slot - 1) * _SIZE
            if records[start : start + _KEY] == digest:
                break
            place = (place + 1) & mask
        self._digest, self._at = digest, place
        return place

    def _free(self) -> int:
        """A slot whose entry has gone to make room."""
        for _ in range(_PATIENCE):
            if not self._seen[self._hand]:
                break
            self._seen[self._hand] = 0
            self._hand = (self._hand + 1) % self.capacity
        slot = self._hand
        self._hand = (slot + 1) % self.capacity
        start = slot * _SIZE
        self._unlink(self._place(bytes(self._records[start : start + _KEY])))
        self._seen[slot] = 0
        return slot

    def _unlink(self, hole: int) -> None:
        """Free a place of the index, and move up what was put behind it because it was taken."""
        index, mask = self._index, self._mask
        index[hole] = 0
        self._digest = b""
        place = hole
        while slot := index[place := (place + 1) & mask]:
            start = (slot - 1) * _SIZE
            home = int.from_bytes(self._records[start : start + 8]) & mask
            # Distances go around the end; what is between the hole and its place stays.
            if (place - home) & mask >= (place - hole) & mask:
                index[hole] = slot
                index[place] = 0
                hole = place
