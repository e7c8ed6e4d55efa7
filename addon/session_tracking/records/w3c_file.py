"""One file of the log: locked, appended to, and whole line by line whatever happens.

A file belongs to the process that holds its lock; another process takes the next name. A line that
the end of a process tore is cut off when the file is opened again.
"""

import os
from contextlib import suppress
from pathlib import Path
from time import gmtime, strftime
from typing import Self

from session_tracking import __version__
from session_tracking.records.w3c_names import SOFTWARE

__all__ = ["LogFile", "repair"]

_FLAGS = os.O_RDWR | os.O_APPEND | os.O_CREAT
for _posix in ("O_CLOEXEC", "O_NOFOLLOW"):  # the addon loads on Windows, too, if without a log
    _FLAGS |= getattr(os, _posix, 0)
_MODE = 0o640
_BLOCK = 65536


class LogFile:
    """A file that is open and ours alone."""

    def __init__(self, path: Path, handle: int) -> None:
        self.path = path
        self.size: int = os.fstat(handle).st_size
        """Octets of whole lines."""
        self._handle = handle
        self._torn = False
        self._fields: tuple[str, ...] = ()

    @classmethod
    def open(cls, path: Path) -> Self | None:
        """Open a file to append to; None if another process has it. Raises OSError."""
        while True:
            handle = os.open(path, _FLAGS, _MODE)
            try:
                if not _lock(handle):
                    os.close(handle)
                    return None
                if os.fstat(handle).st_nlink:
                    return cls._whole(path, handle)
            except OSError:
                os.close(handle)
                raise
            os.close(handle)  # somebody has deleted it in between

    @classmethod
    def _whole(cls, path: Path, handle: int) -> Self:
        """The file without the line that was torn when its last writer ended."""
        torn = repair(handle)
        file = cls(path, handle)
        if torn and file.size:
            file.remark(f"a torn line of {torn} octets was cut off here")
        return file

    def close(self) -> None:
        """Let go of the file."""
        with suppress(OSError):  # the next one to open it will repair it
            self._cut()
        os.close(self._handle)

    @property
    def gone(self) -> bool:
        """Whether the name leads elsewhere by now: the file was moved or deleted."""
        try:
            return not os.path.samestat(self.path.stat(), os.fstat(self._handle))
        except FileNotFoundError:
            return True

    def append(self, lines: list[str], fields: tuple[str, ...], when: float) -> int:
        """Write lines of these fields, and directives where they differ; how many are written.

        `when` is the time of the first line, in Unix seconds. Fewer than all are written when the
        disk is full; OSError is raised if nothing could be written.
        """
        head = [] if fields == self._fields else _directives(fields, when)
        done = self._write(head + lines) - len(head)
        if done >= 0:
            self._fields = fields
        return max(0, done)

    def remark(self, text: str) -> None:
        """Write a remark, which every reader skips. Raises OSError."""
        self._write([f"#Remark: {text}"])

    def _write(self, lines: list[str]) -> int:
        """Write whole lines; how many were written. Raises OSError if none was."""
        if not lines:
            return 0
        self._cut()
        octets = ("\n".join(lines) + "\n").encode("utf-8")
        written, problem = 0, None
        try:
            while written < len(octets):
                written += os.write(self._handle, memoryview(octets)[written:])
        except OSError as error:
            problem = error
        whole = octets.rfind(b"\n", 0, written) + 1
        self.size += whole
        self._torn = whole < written
        if problem is not None and not whole:
            raise problem
        return octets.count(b"\n", 0, whole)

    def _cut(self) -> None:
        """Take back a line that did not fit. Raises OSError."""
        if self._torn:
            os.ftruncate(self._handle, self.size)
            self._torn = False


def repair(handle: int) -> int:
    """Cut off a last line without its end; the octets that went. Raises OSError."""
    size = end = os.fstat(handle).st_size
    while end:
        start = max(0, end - _BLOCK)
        line_end = os.pread(handle, end - start, start).rfind(b"\n")
        if line_end >= 0:
            end = start + line_end + 1
            break
        end = start
    if end < size:
        os.ftruncate(handle, end)
    return size - end


def _directives(fields: tuple[str, ...], when: float) -> list[str]:
    return [
        f"{SOFTWARE}{__version__}",
        "#Version: 1.0",
        f"#Date: {strftime('%Y-%m-%d %H:%M:%S', gmtime(when))}",
        f"#Fields: {' '.join(fields)}",
    ]


def _lock(handle: int) -> bool:
    import fcntl  # noqa: PLC0415 - Windows has none

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
