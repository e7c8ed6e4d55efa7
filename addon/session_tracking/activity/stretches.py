"""Cuts logs into stretches: the lines between two directives, whose fields are known."""

import gzip
import os
import zlib
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from session_tracking.activity.finding import REACH, Found, Piece
from session_tracking.activity.searching import searching, unreadable
from session_tracking.errors import InputError
from session_tracking.escape import visible

__all__ = ["Layout", "LogFile", "Stretch", "cut", "searched", "unpacked"]

LONGEST = 1 << 18
"""Octets of a line that are looked at; IIS ends them at 65,536."""

_PIECE = 1 << 26
"""Octets that one process looks through at a time."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What the words of a line are."""

    fields: tuple[str, ...] = ()
    """As `#Fields` names them; empty before the first one."""
    date: str = ""
    """Of `#Date`, `YYYY-MM-DD`, for logs whose lines hold the time alone; else empty."""


@dataclass(frozen=True, slots=True)
class LogFile:
    """A log to read."""

    path: Path
    """Where its octets are, unpacked."""
    name: str
    """As the user knows it."""
    site: str
    """The folder that it is in."""
    start: int = 0
    """The octet to begin at."""
    layout: Layout = Layout()
    """What is known at that octet."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """Whole lines of one layout."""

    file: LogFile
    start: int
    stop: int
    layout: Layout


def cut(files: Sequence[LogFile]) -> list[Stretch]:
    """The stretches of all files, in their order. Raises InputError.

    What follows the last line's end is torn, or still being written, and belongs to none.
    """
    with searched(files) as stretches:
        return stretches()


@contextmanager
def searched(files: Sequence[LogFile], text: str = "") -> Iterator[Callable[[], list[Stretch]]]:
    """Begin to look through files; the function waits for the stretches. Both raise InputError.

    With a text these are the lines that hold it, and lines that follow them.
    """
    octets = text.encode("utf-8", "replace")
    stops = [_last_line_end(file) for file in files]
    pieces: list[Piece] = []
    owners: list[int] = []
    for number, (file, stop) in enumerate(zip(files, stops, strict=True)):
        for start in range(file.start, stop, _PIECE):
            # A text may lie across the end of a piece, never across that of a line.
            pieces.append((str(file.path), start, min(start + _PIECE + len(octets), stop)))
            owners.append(number)
    with searching(pieces, octets) as found_pieces:

        def stretches() -> list[Stretch]:
            found: list[Found] = [([], []) for _ in files]
            for number, (directives, hits) in zip(owners, found_pieces(), strict=True):
                found[number][0].extend(_later(directives, found[number][0]))
                found[number][1].extend(_later(hits, found[number][1]))
            told: list[Stretch] = []
            for file, stop, (directives, hits) in zip(files, stops, found, strict=True):
                if not text:
                    told += _stretches(file, directives, stop)
                elif hits:
                    told += _lines_at(file, hits, list(_stretches(file, directives, stop)))
            return told

        yield stretches


def _later(places: Sequence[int], known: Sequence[int]) -> list[int]:
    """Those after the last one known: pieces lie a little over each other."""
    return [place for place in places if not known or place > known[-1]]


def _lines_at(
    file: LogFile, hits: Sequence[int], stretches: Sequence[Stretch]
) -> Iterator[Stretch]:
    """What of a file's stretches may hold the text, in order, each line once."""
    stops = [stretch.stop for stretch in stretches]
    told = 0  # up to here
    with file.path.open("rb") as stream:
        for hit in hits:
            for number in range(bisect_right(stops, hit), len(stretches)):
                stretch = stretches[number]
                if stretch.start >= hit + REACH:
                    break
                start = _line_start(stream.fileno(), max(hit, stretch.start), stretch.start)
                stop = _line_end(stream.fileno(), min(hit + REACH, stretch.stop), stretch.stop)
                if max(start, told) < stop:
                    yield replace(stretch, start=max(start, told), stop=stop)
                    told = stop


def _stretches(file: LogFile, directives: Sequence[int], stop: int) -> Iterator[Stretch]:
    layout, start = file.layout, file.start
    with file.path.open("rb") as stream:
        for place in directives:
            if start < place:
                yield Stretch(file, start, place, layout)
            line = os.pread(stream.fileno(), LONGEST, place).split(b"\n", 1)[0]
            layout = _told(line.decode("utf-8", "replace"), layout)
            start = place + len(line) + 1
    if start < stop:
        yield Stretch(file, start, stop, layout)


def _told(directive: str, layout: Layout) -> Layout:
    """The layout after a directive."""
    name, _, rest = directive.partition(":")
    words = rest.split()
    match name.lower():
        case "#fields":
            return replace(layout, fields=tuple(words))
        case "#date" if words:
            return replace(layout, date=words[0])
        case _:
            return layout


def _last_line_end(file: LogFile) -> int:
    try:
        with file.path.open("rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            return _line_start(stream.fileno(), size, file.start)
    except OSError as error:
        raise unreadable(file.name, error) from error


def _line_start(descriptor: int, place: int, first: int) -> int:
    """Where the line begins that goes on at a place, or `first`."""
    while place > first:
        start = max(first, place - LONGEST)
        end = os.pread(descriptor, place - start, start).rfind(b"\n")
        if end >= 0:
            return start + end + 1
        place = start
    return first


def _line_end(descriptor: int, place: int, last: int) -> int:
    """Where the line ends that a place lies in, or begins: at `last`, where none does before."""
    while place < last:
        end = os.pread(descriptor, LONGEST, place).find(b"\n")
        if end >= 0:
            return place + end + 1
        place += LONGEST
    return last


def unpacked(path: Path, folder: Path, number: int) -> tuple[Path, bool]:
    """A file of gzip as a plain one in `folder`, and whether it was whole. Raises InputError."""
    plain = folder / f"{number}.log"
    try:
        with gzip.open(path) as stream, plain.open("wb") as copy:
            try:
                while block := stream.read1(1 << 20):  # read() would lose what is before a torn end
                    copy.write(block)
            except (EOFError, zlib.error, gzip.BadGzipFile) as error:
                if isinstance(error, gzip.BadGzipFile) and not copy.tell():
                    raise InputError(f"{visible(str(path))} is not packed by gzip.") from None
                return plain, False
    except OSError as error:
        raise unreadable(str(path), error) from error
    return plain, True
