"""Carries sights to the ledger that a fleet shares, on a thread of its own: traffic never waits."""

import threading
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from typing import Protocol

from session_tracking.errors import SessionTrackerError
from session_tracking.swaps.sharing import Answer, Sight

__all__ = ["Books", "Courier", "Greeting", "Refused", "Store", "StoreError"]

BATCH = 500
"""Sights of one round trip."""
INTERVAL = 0.1
"""Seconds from one batch to the next; what comes meanwhile goes together."""
GREETING = 5.0
"""Seconds from one exchange of counters to the next."""
_PAUSES = (0.2, 5.0)
"""Seconds to wait after the first failure in a row, and at most."""


class StoreError(SessionTrackerError):
    """The shared ledger cannot be used now; the message tells why."""


@dataclass(frozen=True, slots=True)
class Refused:
    """A sight that was not stored."""

    reason: str
    again: bool
    """Whether it may be stored later."""


@dataclass(frozen=True, slots=True)
class Greeting:
    """What the store tells of itself and of the fleet."""

    identity: frozenset[str] = frozenset()
    """The running servers; another set means that what they held may be lost."""
    counters: tuple[bytes, ...] = ()
    """What each proxy put down."""
    problem: str = ""
    """Why the proxies of this fleet cannot understand each other; empty if they can."""


class Store(Protocol):
    """The shared ledger, as the courier sees it. Only its thread uses it."""

    def share(self, sights: Sequence[Sight]) -> list[Answer | Refused | None]:
        """Store first sights; what was known before, each in its place. Raises StoreError.

        To call it again with the same sights does no harm.
        """
        ...

    def greet(self, counters: bytes) -> Greeting:
        """Put down the counters of this proxy and read those of all. Raises StoreError."""
        ...

    def close(self) -> None:
        """Hang up."""


@dataclass(slots=True)
class Books:
    """What became of the sights: `sent` = `stored` + `gap` + `waiting`."""

    sent: int = 0
    """Sights that were to be shared."""
    stored: int = 0
    """Those that the store has acknowledged."""
    gap: int = 0
    """Those that it never got: too many waited, it refused them, or the run ended."""
    waiting: int = 0
    """Those that it has yet to acknowledge."""
    restored: int = 0
    """Sights among those sent that are older, told again after the store may have lost them."""
    outages: int = 0
    """How often it could not be used."""


class Courier:
    """Takes sights and returns at once; answers are to be fetched."""

    def __init__(self, store: Store, limit: int) -> None:
        self._store = store
        self._limit = limit
        self._lock = threading.Lock()
        self._waiting: deque[Sight] = deque()
        self._answers: deque[tuple[Sight, Answer]] = deque()
        self._notices: deque[str] = deque()
        self._books = Books()
        self._ending = threading.Event()
        self._deadline = 0.0
        self._closed = False
        self._thread: threading.Thread | None = None
        self._down = False
        self._gap_told = 0
        self._identity: frozenset[str] = frozenset()
        self._greeted = -GREETING
        self.counters: bytes = b""
        """What this proxy has counted, for the others."""
        self.fleet: tuple[bytes, ...] = ()
        """What all proxies have counted, as of the last time the store could be asked."""
        self.problem: str = ""
        """Why proxies of this fleet cannot understand each other; empty if they can."""
        self.lossy: bool = False
        """Whether the store may lack what this proxy knows; whoever tells it again unsets this."""

    # -------------------------------------------------------------------- the proxy's thread

    def start(self) -> None:
        """Begin to work."""
        self._thread = threading.Thread(
            target=self._work, name="session tracker: fleet", daemon=True
        )
        self._thread.start()

    def offer(self, sight: Sight, *, restored: bool = False) -> None:
        """Have a sight shared, now or later; without room for it, it counts as a gap."""
        with self._lock:
            books = self._books
            books.sent += 1
            books.restored += restored
            if self._closed or books.waiting >= self._limit:
                books.gap += 1
            else:
                books.waiting += 1
                self._waiting.append(sight)

    @property
    def room(self) -> int:
        """How many sights may be offered before half the room is taken."""
        return self._limit // 2 - self._books.waiting

    @property
    def down(self) -> bool:
        """Whether the store could not be used when it was last asked."""
        return self._down

    @property
    def books(self) -> Books:
        """A balanced copy of the books."""
        with self._lock:
            return replace(self._books)

    def answers(self) -> list[tuple[Sight, Answer]]:
        """The answers since the last time, for sights whose value another proxy had met."""
        return _drained(self._answers)

    def notices(self) -> list[str]:
        """What the user is to be told, since the last time."""
        return _drained(self._notices)

    def stop(self, seconds: float) -> None:
        """Let what waits be stored within these seconds, and close the books."""
        self._deadline = time.monotonic() + seconds
        self._ending.set()
        if self._thread is not None:
            self._thread.join(seconds + 1)
        with self._lock:
            # A thread that still waits for the store counts nothing any more.
            self._closed = True
            self._books.gap += self._books.waiting
            self._books.waiting = 0
            self._waiting.clear()

    # ---------------------------------------------------------------------- its own thread

    def _work(self) -> None:
        pause = INTERVAL
        while not self._ending.wait(pause):
            pause = self._turn(pause)
        while self._books.waiting and time.monotonic() < self._deadline:
            if self._turn(INTERVAL) > INTERVAL:
                time.sleep(INTERVAL)
        with suppress(StoreError):
            self._greet()
        self._store.close()

    def _turn(self, pause: float) -> float:
        """Have a batch stored and exchange counters where it is time; seconds to wait then."""
        try:
            # First of all: who is not known before it is told something is not missed afterwards.
            if self._down or time.monotonic() - self._greeted >= GREETING:
                self._greet()
            if batch := self._batch():
                self._share(batch)
        except StoreError as error:
            self._failed(str(error))
            return min(max(2 * pause, _PAUSES[0]), _PAUSES[1])
        self._succeeded()
        return INTERVAL

    def _batch(self) -> list[Sight]:
        with self._lock:
            return [self._waiting[number] for number in range(min(BATCH, len(self._waiting)))]

    def _share(self, batch: list[Sight]) -> None:
        """Have a batch stored. Raises StoreError if some of it must be tried again."""
        again, reason = [], ""
        done = self._store.share(batch)
        with self._lock:
            if self._closed:
                return
            for sight, answer in zip(batch, done, strict=True):
                self._waiting.popleft()
                if isinstance(answer, Refused) and answer.again:
                    again.append(sight)
                    reason = answer.reason
                    continue
                self._books.waiting -= 1
                if isinstance(answer, Refused):
                    self._books.gap += 1
                    continue
                self._books.stored += 1
                if answer is not None:
                    self._answers.append((sight, answer))
            self._waiting.extendleft(reversed(again))
        if again:
            raise StoreError(reason)

    def _greet(self) -> None:
        greeting = self._store.greet(self.counters)
        self._greeted = time.monotonic()
        self.fleet = greeting.counters
        if self._identity and greeting.identity != self._identity:
            self._notices.append(
                "the fleet's ledger was started anew; what is known here is told to it again"
            )
            self.lossy = True
        self._identity = greeting.identity
        if greeting.problem and greeting.problem != self.problem:
            self._notices.append(greeting.problem)
            self.problem = greeting.problem

    def _failed(self, reason: str) -> None:
        if self._down:
            return
        self._down = True
        with self._lock:
            self._books.outages += 1
        self._notices.append(
            f"the fleet's ledger cannot be used: {reason}. Detection goes on here, and up to"
            f" {self._limit} sights wait"
        )

    def _succeeded(self) -> None:
        gap = self.books.gap
        if self._down:
            self._notices.append("the fleet's ledger can be used again")
        if gap > self._gap_told:
            self._notices.append(
                f"{gap - self._gap_told} sights did not get into the fleet's ledger; a swap between"
                " two proxies may have been missed"
            )
            self.lossy = True
        self._down, self._gap_told = False, gap


def _drained[T](waiting: deque[T]) -> list[T]:
    return [waiting.popleft() for _ in range(len(waiting))]
