"""Opens what a verdict is asked about."""

import os
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import click

from session_tracking.errors import InputError
from session_tracking.escape import visible
from session_tracking.records.har import read_har
from session_tracking.records.questions import Question, Unreadable
from session_tracking.records.raw_text import read_raw
from session_tracking.records.verdict_lines import read_lines

__all__ = ["CAPTURES", "FILE", "Input", "opened", "read", "with_progress"]

FILE = click.Path(exists=True, dir_okay=False, allow_dash=True)
"""A file to read, or `-` for standard input."""

CAPTURES = frozenset({".mitm", ".flow", ".flows", ".mitmproxy"})
"""Endings of the files that mitmproxy writes."""

_REFRESH = 256
"""Exchanges between two looks at how far the file has been read."""


@dataclass(frozen=True, slots=True)
class Input:
    """A file, or standard input, that is open for reading."""

    stream: BinaryIO
    name: str
    """As the user wrote it; `-` is standard input."""

    @property
    def piped(self) -> bool:
        """Whether it is standard input."""
        return self.name == "-"

    @property
    def shown(self) -> str:
        """The name, fit to be shown."""
        return "standard input" if self.piped else visible(self.name)

    @property
    def ending(self) -> str:
        """The end of the name from its last dot, in lower case."""
        return Path(self.name).suffix.lower()


@contextmanager
def opened(name: str) -> Iterator[Input]:
    """The input of that name; `-` is standard input, which stays open."""
    if name == "-":
        yield Input(sys.stdin.buffer, name)
        return
    with Path(name).open("rb") as stream:
        yield Input(stream, name)


def read(source: Input, *, raw: bool = False) -> Iterator[Question | Unreadable]:
    """What a file asks: by the ending of its name a HAR or a capture, else JSON lines.

    Raises InputError, with the name of the file, where it cannot be read.
    """
    now = time.time()
    try:
        if raw:
            yield from read_raw(source.stream.read().decode("latin-1"), now)
        elif source.ending == ".har":
            yield from read_har(source.stream, now)
        elif source.ending in CAPTURES:
            from session_tracking.mitm.captures import read_flows  # noqa: PLC0415 - half a second

            yield from read_flows(source.stream, now)
        else:
            yield from read_lines(source.stream, now)
    except InputError as error:
        raise InputError(f"{source.shown}: {error}") from error


def with_progress[T](source: Input, items: Iterable[T]) -> Iterator[T]:
    """The items, with a bar on standard error where that is a terminal and the input a file.

    There is none where the answers go to a terminal themselves.
    """
    if source.piped or not sys.stderr.isatty() or sys.stdout.isatty():
        yield from items
        return
    size = os.fstat(source.stream.fileno()).st_size
    with click.progressbar(length=size, file=sys.stderr) as bar:
        for number, item in enumerate(items):
            if number % _REFRESH == 0:
                bar.update(source.stream.tell() - bar.pos)
            yield item
        bar.update(size - bar.pos)
