"""The log as a sink: makes exchanges lines, a few at a time, and writes them on its own thread.

A few, since the code is at hand in the processor's caches after the first one: one by one, between
all that the proxy does, takes twice as long. And no more than that: thousands of objects that live
a moment longer would make the interpreter look for garbage far more often. So lines are what waits.

The proxy never waits for the disk. While nothing can be written, lines wait; when too many wait,
further ones are counted, and a remark in the log tells how many are missing and from when to when.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from time import gmtime, strftime

from session_tracking.cookies.digest import Digester
from session_tracking.records.settings import OTHERS, LogFiles, LogSettings, Rollover
from session_tracking.records.visit import Visit
from session_tracking.records.w3c_file import LogFile
from session_tracking.records.w3c_keep import delete_old
from session_tracking.records.w3c_line import Kept, Layout
from session_tracking.records.w3c_names import file_name, period, turn_of

__all__ = ["FLUSH_SECONDS", "MAX_WAITING", "W3cLog"]

FLUSH_SECONDS = 0.25
"""How often the lines that wait are written: a killed process loses no more than these."""
MAX_WAITING = 10_000
"""Lines that may wait for the disk."""
AT_ONCE = 64
"""Exchanges that become lines together."""
MAX_UNLISTED = 200
"""Sites that the configuration does not name and that have a folder; the rest share one."""
MAX_OPEN = 256
"""Files that are open at once."""

_RETRY_SECONDS = 1.0
_STOP_SECONDS = 10.0
_MAX_TURNS = 999
_PURGE_SECONDS = 3600.0
_ROUTES = 5000


type _Line = tuple[float, tuple[str, ...], str]
"""(time, fields, text)."""
type _Route = tuple[LogSettings, str, "_Stream", Layout]
"""(settings, name of the folder, what it is written, how its lines are made)."""


@dataclass(slots=True)
class _Gap:
    """Lines that are missing."""

    lines: int
    first: float
    last: float

    def __str__(self) -> str:
        start, end = (strftime("%Y-%m-%d %H:%M:%S", gmtime(t)) for t in (self.first, self.last))
        return f"{self.lines} lines from {start} to {end} are missing: they could not be written"


@dataclass(slots=True)
class _Stream:
    """What one folder is written: its lines that wait, and its file."""

    folder: Path
    held: deque[_Line] = field(default_factory=deque)
    """In order."""
    file: LogFile | None = None
    of: str = ""
    """The period of the open file."""
    fields: tuple[str, ...] = ()
    """Those of the last line."""
    retry: float = 0.0
    """When to try again after a failure, on the monotonic clock."""
    used: float = 0.0
    """When it was written last, likewise."""


class W3cLog:
    """Lines for all sites. `put` is for the proxy's thread, everything else for the writer's."""

    def __init__(self, files: LogFiles, digester: Digester, tell: Callable[[str], None]) -> None:
        """`tell` is given a line when writing fails, and when it works again."""
        self.files = files
        self.written: int = 0
        """Lines that are in files."""
        self.lost: int = 0
        """Lines that will never be."""
        self._digester = digester
        self._kept: Kept = {}
        self._tell = tell
        self._fresh: deque[tuple[_Route, Visit]] = deque()
        """Exchanges that are no lines yet."""
        self._making = threading.Lock()
        """Held by who makes lines of them, so that they keep their order."""
        self._waiting: deque[tuple[_Stream, _Line]] = deque()
        self._held = 0
        self._gaps: dict[str, _Gap] = {}
        self._lock = threading.Lock()
        self._routes: dict[int, _Route] = {}
        self._streams: dict[str, _Stream] = {}
        self._unlisted: set[str] = set()
        self._trouble = ""
        self._purged = float("-inf")
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._work, name="session tracker: log", daemon=True)

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def stop(self) -> None:
        """Write what waits, as far as that is possible within seconds, and let go of the files."""
        self._ending.set()
        self._thread.join(_STOP_SECONDS)

    def put(self, settings: LogSettings, visit: Visit) -> None:
        """Take an exchange; does not wait for anything."""
        # By identity: the settings of a host are made once, and comparing them takes its time.
        route = self._routes.get(id(settings))
        if route is None or route[0] is not settings:
            route = self._route(settings)
        self._fresh.append((route, visit))
        if len(self._fresh) >= AT_ONCE:
            self._make_lines()

    def _make_lines(self) -> None:
        """Make lines of all exchanges there are, unless the other thread is about it."""
        if not self._making.acquire(blocking=False):
            return
        try:
            while self._fresh:
                (_, name, stream, layout), visit = self._fresh.popleft()
                if len(self._waiting) + self._held >= MAX_WAITING:
                    self._miss(name, visit.ended)
                    continue
                try:
                    line = layout.line(visit)
                except Exception as error:  # noqa: BLE001 - one exchange must not end the log
                    self._miss(name, visit.ended)
                    self._complain(f"an exchange could not be logged: {type(error).__name__}")
                else:
                    self._waiting.append((stream, (visit.ended, layout.fields, line)))
        finally:
            self._making.release()

    def write(self, now: float) -> None:
        """Write what waits; `now` is on the monotonic clock."""
        self._make_lines()
        for _ in range(len(self._waiting)):
            stream, line = self._waiting.popleft()
            stream.held.append(line)
            self._held += 1
        for name, stream in list(self._streams.items()):
            if now >= stream.retry and (stream.held or name in self._gaps):
                self._write_stream(name, stream, now)
        self._close_some()

    def close(self) -> None:
        """Let go of all files; lines that still wait are lost, and that is told."""
        left = len(self._fresh) + len(self._waiting) + self._held
        self.lost += left
        if left:
            self._tell(f"{left} lines of the log are lost: they could not be written")
        for stream in self._streams.values():
            _close(stream)

    def delete_old(self, now: float) -> None:
        """Delete what is not kept any longer; `now` is in Unix seconds. Does nothing too often."""
        keep = self.files.keep
        if keep is not None and now - self._purged >= _PURGE_SECONDS:
            self._purged = now
            delete_old(self.files.folder, now - keep)

    def _work(self) -> None:
        ending = False
        while not ending:
            ending = self._ending.wait(FLUSH_SECONDS)
            self.write(float("inf") if ending else time.monotonic())
            self.delete_old(time.time())
        self.close()

    def _miss(self, folder: str, when: float) -> None:
        self.lost += 1
        self._remember(folder, _Gap(1, when, when))

    def _remember(self, folder: str, gap: _Gap) -> None:
        """Have a gap told, together with what is to be told of that folder already."""
        with self._lock:
            known = self._gaps.setdefault(folder, gap)
            if known is not gap:
                known.lines += gap.lines
                known.first = min(known.first, gap.first)
                known.last = max(known.last, gap.last)

    def _route(self, settings: LogSettings) -> _Route:
        """Where the lines of a site go, and how they are written."""
        if len(self._routes) >= _ROUTES:
            self._routes.clear()
        name = self._name(settings)
        stream = self._streams.setdefault(name, _Stream(self.files.folder / name))
        route = (settings, name, stream, Layout(settings, self._digester, self._kept))
        self._routes[id(settings)] = route
        return route

    def _name(self, settings: LogSettings) -> str:
        """The folder that a site's lines go to."""
        name = settings.folder
        if settings.listed or name in self._unlisted:
            return name
        if len(self._unlisted) >= MAX_UNLISTED:
            return OTHERS
        self._unlisted.add(name)
        return name

    def _write_stream(self, name: str, stream: _Stream, now: float) -> None:
        stream.used = now
        try:
            while stream.held:
                self._write_some(stream)
            self._tell_gap(name, stream)
        except OSError as error:
            stream.retry = now + _RETRY_SECONDS
            self._complain(f"the log cannot be written: {error.strerror}; lines wait")
        else:
            if self._trouble:
                self._trouble = ""
                self._tell("the log is written again")

    def _write_some(self, stream: _Stream) -> None:
        """Write the first lines that go into the same file with the same fields."""
        when, fields, _ = stream.held[0]
        hour = when // 3600  # no period is shorter
        lines = []
        for at, their_fields, line in stream.held:
            if at // 3600 != hour or their_fields is not fields:
                break
            lines.append(line)
        file = self._file(stream, period(self.files.rollover, when))
        done = file.append(lines, fields, when)
        stream.fields = fields
        for _ in range(done):
            stream.held.popleft()
        self._held -= done
        self.written += done

    def _tell_gap(self, name: str, stream: _Stream) -> None:
        """Write how many lines are missing, after those that are there."""
        if name not in self._gaps or not stream.fields:
            return
        with self._lock:  # not while it is written: `put` takes the lock, and waits for no disk
            gap = self._gaps.pop(name)
        try:
            file = self._file(stream, period(self.files.rollover, gap.last))
            file.append([], stream.fields, gap.last)
            file.remark(str(gap))
        except OSError:
            self._remember(name, gap)
            raise

    def _file(self, stream: _Stream, of: str) -> LogFile:
        """The file of a period, open. Raises OSError."""
        file = stream.file
        if file is not None and stream.of == of and not file.gone and not self._is_full(file):
            return file
        _close(stream)
        stream.folder.mkdir(mode=0o750, parents=True, exist_ok=True)
        first = self._first_turn(stream)
        for turn in range(first, first + _MAX_TURNS):
            file = LogFile.open(stream.folder / file_name(of, turn))
            if file is None:
                continue
            if not self._is_full(file):
                stream.file, stream.of = file, of
                return file
            file.close()
        raise OSError(0, f"{_MAX_TURNS} files of a period are in use")

    def _first_turn(self, stream: _Stream) -> int:
        if self.files.rollover is not Rollover.SIZE:
            return 1
        return max((1, *(turn_of(path.name) for path in stream.folder.iterdir())))

    def _is_full(self, file: LogFile) -> bool:
        return self.files.rollover is Rollover.SIZE and file.size >= self.files.size

    def _close_some(self) -> None:
        """Close the files that were not written for longest, where too many are open."""
        streams = [each for each in list(self._streams.values()) if each.file is not None]
        if len(streams) > MAX_OPEN:
            streams.sort(key=lambda stream: stream.used)
            for stream in streams[:-MAX_OPEN]:
                _close(stream)

    def _complain(self, problem: str) -> None:
        if problem != self._trouble:
            self._trouble = problem
            self._tell(problem)


def _close(stream: _Stream) -> None:
    if stream.file is not None:
        stream.file.close()
        stream.file = None
