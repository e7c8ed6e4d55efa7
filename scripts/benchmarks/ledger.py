"""What the ledger of the swap detector costs, and what it would cost in other forms."""

import gc
import json
import os
import resource
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from scripts.benchmarks.figures import CannotMeasureError, Figure, Progress
from session_tracking.swaps.clients import Client
from session_tracking.swaps.ledger import Entry, Ledger

ROOT = Path(__file__).resolve().parents[2]

VALUES = 1_000_000
MAX_MIB = 150.0
MAX_MICROSECONDS = 5.0
_NOW = 1_795_000_000.0
_KEY = 16
_BATCH = 500
_BATCHES = 20


class Form(Protocol):
    """A store of entries by digest."""

    def get(self, digest: bytes, now: float) -> Entry | None:
        """The entry of a digest."""

    def put(self, digest: bytes, entry: Entry) -> None:
        """Store an entry."""


class Dictionary:
    """A dictionary of packed entries: neither bounded nor forgetful."""

    def __init__(self, _capacity: int) -> None:
        self._entries: dict[bytes, bytes] = {}

    def get(self, digest: bytes, _now: float) -> Entry | None:
        """The entry of a digest."""
        packed = self._entries.get(digest)
        return None if packed is None else Entry.unpack(packed)

    def put(self, digest: bytes, entry: Entry) -> None:
        """Store an entry."""
        self._entries[digest] = entry.pack()


class Sqlite:
    """An embedded database in memory, without transactions for each entry."""

    def __init__(self, _capacity: int) -> None:
        self._database = sqlite3.connect(":memory:", isolation_level=None)
        self._database.execute("PRAGMA journal_mode = OFF")
        self._database.execute(
            "CREATE TABLE entry (digest BLOB PRIMARY KEY, facts BLOB) WITHOUT ROWID"
        )
        self._database.execute("BEGIN")

    def get(self, digest: bytes, _now: float) -> Entry | None:
        """The entry of a digest."""
        found = self._database.execute("SELECT facts FROM entry WHERE digest = ?", (digest,))
        row = found.fetchone()
        return None if row is None else Entry.unpack(row[0])

    def put(self, digest: bytes, entry: Entry) -> None:
        """Store an entry."""
        self._database.execute("INSERT OR REPLACE INTO entry VALUES (?, ?)", (digest, entry.pack()))


FORMS: dict[str, Callable[[int], Form]] = {
    "ledger": Ledger,
    "dictionary": Dictionary,
    "SQLite": Sqlite,
}


def measure(progress: Progress, *, quick: bool = False) -> list[Figure]:
    """The figures of each form, from processes of their own. Raises CannotMeasureError."""
    values = VALUES // 100 if quick else VALUES
    figures = []
    for name in FORMS:
        progress(name)
        mib, microseconds = _process(name, values)
        ours = name == "ledger"
        figures += [
            Figure(f"{name}, {values:,} values", mib, "MiB", at_most=MAX_MIB if ours else None),
            Figure(
                f"{name}, look-up and insert",
                microseconds,
                "µs",
                at_most=MAX_MICROSECONDS if ours else None,
            ),
        ]
    return figures


def _process(name: str, values: int) -> tuple[float, float]:
    command = [sys.executable, "-m", "scripts.benchmarks.ledger", name, str(values)]
    paths = os.pathsep.join([str(ROOT), str(ROOT / "addon")])
    done = subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": paths},
    )
    if done.returncode:
        raise CannotMeasureError(f"the process with the {name} failed: {done.stderr[-500:]}")
    mib, microseconds = json.loads(done.stdout)
    return mib, microseconds


def _run(name: str, values: int) -> tuple[float, float]:
    """MiB that the entries took, and microseconds of the best batch when it was nearly full.

    The dearer of two: values that are new, and values that are known.
    """
    before = _resident()
    form = FORMS[name](values)
    # Made as they go, so that the digests themselves take no room.
    for _ in range(values // _BATCH - _BATCHES):
        _batch(form, [os.urandom(_KEY) for _ in range(_BATCH)])
    last = [[os.urandom(_KEY) for _ in range(_BATCH)] for _ in range(_BATCHES)]
    new = min(_batch(form, digests) for digests in last)
    full = (_resident() - before) / 2**20
    known = min(_batch(form, digests) for digests in last)
    return full, max(new, known)


def _batch(form: Form, digests: list[bytes]) -> float:
    """Microseconds for each look-up with the insert that follows it."""
    entry = Entry(Client(bytes(_KEY), 1, 2, 3), _NOW, 4, last=int(_NOW))
    gc.disable()
    started = time.thread_time()
    for digest in digests:
        form.get(digest, _NOW)
        form.put(digest, entry)
    spent = time.thread_time() - started
    gc.enable()
    return spent / len(digests) * 1e6


def _resident() -> int:
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


if __name__ == "__main__":
    print(json.dumps(_run(sys.argv[1], int(sys.argv[2]))))
