"""Shows stretches of logs to DuckDB as files that hold lines of one layout each.

Nothing is copied to a disk. Needs `fsspec`, the interface that DuckDB reads foreign files through.
"""

import os
import re
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

from fsspec import AbstractFileSystem

from session_tracking.activity.log_view import SCHEME
from session_tracking.activity.stretches import Stretch

__all__ = ["virtual_files"]

_INVALID = re.compile(r"[\udc80-\udcff]")
_LONGEST_CHARACTER = 4


class _File:
    """An open one, as DuckDB calls it."""

    def __init__(self, stretches: Sequence[Stretch]) -> None:
        self._stretches = stretches
        self._ends = list(accumulate(part.stop - part.start for part in stretches))
        self._descriptors: dict[os.PathLike[str], int] = {}
        self._place = 0
        self.closed = False

    def read(self, size: int = -1) -> bytes:
        """Up to `size` octets of one stretch; nothing at the end."""
        number = bisect_right(self._ends, self._place)
        if number == len(self._ends):
            return b""
        left = self._ends[number] - self._place
        wanted = left if size < 0 else min(size, left)
        octets = self._octets(self._stretches[number], left, wanted)
        self._place += len(octets)
        return octets

    def _octets(self, part: Stretch, left: int, wanted: int) -> bytes:
        path = part.file.path
        if path not in self._descriptors:
            self._descriptors[path] = os.open(path, os.O_RDONLY)
        descriptor = self._descriptors[path]
        octets = os.pread(descriptor, wanted, part.stop - left)
        if octets.isascii():
            return octets
        # What is no UTF-8 would end the reading of its line. A character may lie across our ends.
        around = os.pread(
            descriptor,
            wanted + 2 * _LONGEST_CHARACTER,
            max(part.stop - left - _LONGEST_CHARACTER, 0),
        )
        ahead = min(part.stop - left, _LONGEST_CHARACTER)
        return _in_utf8(around)[ahead : ahead + len(octets)]

    def seek(self, place: int, whence: int = os.SEEK_SET) -> int:
        """Go to an octet."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._place, os.SEEK_END: self._ends[-1]}[whence]
        self._place = base + place
        return self._place

    def tell(self) -> int:
        """The octet that is read next."""
        return self._place

    def close(self) -> None:
        """Let go of the files."""
        for descriptor in self._descriptors.values():
            os.close(descriptor)
        self._descriptors.clear()
        self.closed = True


def _in_utf8(octets: bytes) -> bytes:
    """The octets with `?` for each that is no UTF-8; their number stays the same."""
    try:
        octets.decode()
    except UnicodeDecodeError:
        return _INVALID.sub("?", octets.decode("utf-8", "surrogateescape")).encode()
    return octets


class _VirtualFiles(AbstractFileSystem):  # type: ignore[misc] # it has no annotations
    """`stretches://NAME` → those stretches, one after the other."""

    protocol = SCHEME
    cachable = False

    def __init__(self, files: Mapping[str, Sequence[Stretch]]) -> None:
        super().__init__()
        self._files = files

    def open(self, path: str, *_: Any, **__: Any) -> Any:  # noqa: ANN401
        """Open one for reading."""
        return _File(self._files[_name(path)])

    def info(self, path: str, **_: Any) -> dict[str, Any]:  # noqa: ANN401
        """Name and size in octets."""
        size = sum(part.stop - part.start for part in self._files[_name(path)])
        return {"name": path, "size": size, "type": "file"}

    def glob(self, path: str, maxdepth: int | None = None, **_: Any) -> list[str]:  # noqa: ANN401, ARG002
        """The path itself: names hold no patterns."""
        return [path]


def virtual_files(files: Mapping[str, Sequence[Stretch]]) -> Any:  # noqa: ANN401 - fsspec's
    """The file system in which `stretches://NAME` is those stretches, one after the other."""
    return _VirtualFiles(files)


def _name(path: str) -> str:
    return path.removeprefix(f"{SCHEME}://")
