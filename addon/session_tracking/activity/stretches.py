"""Cuts logs into stretches: the lines between two directives, whose fields are known."""

import gzip
import json
import os
import subprocess
import sys
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from session_tracking.activity import finding
from session_tracking.activity.finding import Found, Piece
from session_tracking.errors import InputError
from session_tracking.escape import visible

__all__ = ["Layout", "LogFile", "Stretch", "cut", "lines_with", "unpacked"]

LONGEST = 1 << 18
"""Octets of a line that are looked at; IIS ends them at 65,536."""

_PIECE = 1 << 26
_ALONE = 1 << 25
"""Octets up to which no further programs are started."""


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
    return [
        stretch
        for file, stop, (directives, _) in _searched(files, b"")
        for stretch in _stretches(file, directives, stop)
    ]


def lines_with(files: Sequence[LogFile], text: str) -> list[Stretch]:
    """The lines that hold a text, each with its layout. Raises InputError."""
    found: list[Stretch] = []
    for file, stop, (directives, hits) in _searched(files, text.encode("utf-8", "replace")):
        if not hits:
            continue
        whole = iter(_stretches(file, directives, stop))
        stretch = next(whole, None)
        with file.path.open("rb") as stream:
            for hit in hits:
                while stretch and stretch.stop <= hit:
                    stretch = next(whole, None)
                again = found and found[-1].file is file and hit < found[-1].stop
                if stretch and stretch.start <= hit and not again:
                    found.append(_line(stream.fileno(), hit, stretch))
    return found


def _line(descriptor: int, place: int, stretch: Stretch) -> Stretch:
    first = max(stretch.start, place - LONGEST)
    start = first + os.pread(descriptor, place - first, first).rfind(b"\n") + 1
    end = os.pread(descriptor, min(LONGEST, stretch.stop - place), place).find(b"\n") + 1
    return replace(stretch, start=start, stop=place + end if end else stretch.stop)


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


def _searched(files: Sequence[LogFile], text: bytes) -> Iterator[tuple[LogFile, int, Found]]:
    """What each file holds, and where its last whole line ends."""
    stops = [_last_line_end(file) for file in files]
    pieces: list[Piece] = []
    owners: list[int] = []
    for number, (file, stop) in enumerate(zip(files, stops, strict=True)):
        for start in range(file.start, stop, _PIECE):
            # A text may lie across the end of a piece, never across that of a line.
            pieces.append((str(file.path), start, min(start + _PIECE + len(text), stop)))
            owners.append(number)
    found: list[Found] = [([], []) for _ in files]
    for number, (directives, hits) in zip(owners, _found(pieces, text), strict=True):
        found[number][0].extend(_later(directives, found[number][0]))
        found[number][1].extend(_later(hits, found[number][1]))
    return zip(files, stops, found, strict=True)


def _later(places: Sequence[int], known: Sequence[int]) -> list[int]:
    """Those after the last one known: pieces lie a little over each other."""
    return [place for place in places if not known or place > known[-1]]


def _last_line_end(file: LogFile) -> int:
    try:
        with file.path.open("rb") as stream:
            stop = os.fstat(stream.fileno()).st_size
            while stop > file.start:
                start = max(file.start, stop - LONGEST)
                end = os.pread(stream.fileno(), stop - start, start).rfind(b"\n")
                if end >= 0:
                    return start + end + 1
                stop = start
            return file.start
    except OSError as error:
        raise _unreadable(file.name, error) from error


def _found(pieces: Sequence[Piece], text: bytes) -> list[Found]:
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    if sum(stop - start for _, start, stop in pieces) <= _ALONE or cores == 1:
        try:
            return [finding.find(piece, text) for piece in pieces]
        except OSError as error:
            raise _unreadable(str(error.filename), error) from error
    shares = [list(range(core, len(pieces), cores)) for core in range(cores)]
    running = []
    for share in shares:
        process = subprocess.Popen(  # noqa: S603 - this very Python
            [sys.executable, "-I", "-S", finding.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdin is not None  # noqa: S101 - a pipe
        question = {"text": text.hex(), "pieces": [pieces[number] for number in share]}
        process.stdin.write(json.dumps(question))
        process.stdin.close()
        running.append(process)
    answers = []
    for process in running:
        assert process.stdout is not None  # noqa: S101 - a pipe
        with process.stdout:
            answers.append(process.stdout.read())
    statuses = [process.wait() for process in running]
    if any(statuses):
        raise InputError("the logs could not be searched: see the message above")
    found: dict[int, Found] = {}
    for share, answer in zip(shares, answers, strict=True):
        found.update(zip(share, json.loads(answer), strict=True))
    return [found[number] for number in range(len(pieces))]


def unpacked(path: Path, folder: Path, number: int) -> tuple[Path, bool]:
    """A file of gzip as a plain one in `folder`, and whether it was whole. Raises InputError."""
    plain = folder / f"{number}.log"
    try:
        with gzip.open(path) as stream, plain.open("wb") as copy:
            try:
                while block := stream.read(1 << 20):
                    copy.write(block)
            except (EOFError, zlib.error, gzip.BadGzipFile):
                return plain, False
    except OSError as error:
        raise _unreadable(str(path), error) from error
    return plain, True


def _unreadable(name: str, error: OSError) -> InputError:
    return InputError(f"{visible(name)}: cannot be read: {error.strerror}")
