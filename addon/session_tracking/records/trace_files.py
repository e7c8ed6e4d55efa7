"""The traces as a sink: numbered files in a folder for each site, written by a thread."""

import json
import os
import queue
import re
import threading
from collections.abc import Callable
from pathlib import Path

from session_tracking.records.settings import OTHERS, TraceSettings
from session_tracking.records.trace import Account, har
from session_tracking.records.visit import Visit

__all__ = ["MAX_WAITING", "TraceFiles", "is_trace_name"]

MAX_WAITING = 1000
"""Traces that may wait for the disk; what comes on top is not written, and told."""
MAX_FOLDERS = 200
"""Sites that have a folder; the rest share one."""
_STOP_SECONDS = 10.0
_NAME = re.compile(r"tr\d{6}\.har")
_LAST = ".last"
"""The file in a folder that holds the number of the last trace, and the lock of its writers."""
_DIGITS = 6


def is_trace_name(name: str) -> bool:
    """Whether a file is a trace by its name."""
    return _NAME.fullmatch(name) is not None


type _Waiting = tuple[TraceSettings, str, Visit, Account]


class TraceFiles:
    """Takes exchanges and returns at once.

    Numbers go on where an earlier run ended; several processes may write into the same folder.
    """

    def __init__(self, key: bytes, tell: Callable[[str], None]) -> None:
        """`key` makes the digests; `tell` is given a line when something goes wrong."""
        self._key = key
        self._tell = tell
        self._waiting: queue.Queue[_Waiting | None] = queue.Queue(MAX_WAITING)
        self._folders: set[Path] = set()
        self._complained = False
        self._thread = threading.Thread(
            target=self._work, name="session tracker: traces", daemon=True
        )
        self._thread.start()

    def put(self, settings: TraceSettings, url: str, visit: Visit, account: Account) -> None:
        """Take an exchange."""
        try:
            self._waiting.put_nowait((settings, url, visit, account))
        except queue.Full:
            self._complain("too many wait for the disk")

    def stop(self) -> None:
        """Write what waits, as far as that is possible within seconds."""
        try:
            self._waiting.put(None, timeout=_STOP_SECONDS)
        except queue.Full:
            return
        self._thread.join(_STOP_SECONDS)

    def _work(self) -> None:
        while (waiting := self._waiting.get()) is not None:
            try:
                self._write(*waiting)
            except Exception as error:  # noqa: BLE001 - one exchange must not end the traces
                self._complain(getattr(error, "strerror", None) or type(error).__name__)
            else:
                self._complained = False

    def _write(self, settings: TraceSettings, url: str, visit: Visit, account: Account) -> None:
        text = json.dumps(har(url, visit, account, settings, self._key), indent=1)
        folder = settings.root / settings.folder
        if folder not in self._folders:
            if len(self._folders) >= MAX_FOLDERS:
                folder = settings.root / OTHERS
            self._folders.add(folder)
        folder.mkdir(mode=0o750, parents=True, exist_ok=True)
        path = folder / f"tr{_next_number(folder, settings.max_files):06}.har"
        draft = folder / f".{path.name}.{os.getpid()}"
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, 0o640)
        with os.fdopen(handle, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(text)
        draft.replace(path)

    def _complain(self, problem: str) -> None:
        if not self._complained:
            self._complained = True
            self._tell(f"traces are missing: {problem}")


def _next_number(folder: Path, max_files: int) -> int:
    """A number that nobody else writes to now; the first comes after the last. Raises OSError."""
    import fcntl  # noqa: PLC0415 - Windows has none

    flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
    with os.fdopen(os.open(folder / _LAST, flags, 0o640), "r+b", buffering=0) as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        last = file.read(_DIGITS)
        number = (int(last) if last.isdigit() else 0) % max_files + 1
        os.pwrite(file.fileno(), b"%0*d" % (_DIGITS, number), 0)
    return number
