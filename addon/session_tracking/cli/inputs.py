"""Opens what a verdict is asked about."""

import os
import sys
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import cast

import click

from session_tracking.errors import InputError
from session_tracking.escape import visible
from session_tracking.records.har import read_har
from session_tracking.records.questions import Question, Unreadable
from session_tracking.records.raw_text import read_raw
from session_tracking.records.verdict_lines import read_lines

__all__ = ["CAPTURES", "FILE", "Batch", "Input", "is_recording", "opened", "read", "with_progress"]

FILE = click.Path(exists=True, dir_okay=False, allow_dash=True)
"""A file to read, or `-` for standard input."""

CAPTURES = frozenset({".mitm", ".flow", ".flows", ".mitmproxy"})
"""Endings of the files that mitmproxy writes."""

type Batch = list[Question | Unreadable]
"""Some exchanges that were read at once, in their order; may be empty."""

HAR = ".har"

_AT_ONCE = 32
"""Exchanges of a capture that are judged together."""


@dataclass(frozen=True, slots=True)
class Input:
    """A file, or standard input, that is open for reading."""

    stream: BufferedReader
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
        yield Input(cast("BufferedReader", sys.stdin.buffer), name)
        return
    with Path(name).open("rb") as stream:
        yield Input(stream, name)


def read(source: Input, *, raw: bool = False) -> Iterator[Batch]:
    """What a file asks: by the ending of its name a HAR or a capture, else JSON lines.

    Raises InputError, with the name of the file, where it cannot be read.
    """
    now = time.time()
    try:
        if raw:
            yield list(read_raw(source.stream.read().decode("latin-1"), now))
        elif source.ending == HAR:
            yield from _batches(read_har(source.stream, now))
        elif source.ending in CAPTURES:
            from session_tracking.mitm.captures import read_flows  # noqa: PLC0415 - half a second

            yield from _batches(read_flows(source.stream, now))
        else:
            yield from read_lines(source.stream, now)
    except InputError as error:
        raise InputError(f"{source.shown}: {error}") from error


def is_recording(source: Input) -> bool:
    """Whether it is a HAR or a capture, by its name."""
    return source.ending == HAR or source.ending in CAPTURES


def _batches(items: Iterable[Question | Unreadable]) -> Iterator[Batch]:
    """Items by the batch; where they end in an error, those before it all the same."""
    batch: Batch = []
    try:
        for item in items:
            batch.append(item)
            if len(batch) == _AT_ONCE:
                yield batch
                batch = []
    except InputError:
        yield batch
        raise
    yield batch


def with_progress(source: Input, batches: Iterator[Batch]) -> Iterator[Batch]:
    """The batches, with a bar on standard error where that is a terminal and the input a file.

    There is none where the answers go to a terminal themselves.
    """
    if source.piped or not sys.stderr.isatty() or sys.stdout.isatty():
        yield from batches
        return
    size = os.fstat(source.stream.fileno()).st_size
    with click.progressbar(length=size, file=sys.stderr) as bar:
        for batch in batches:
            yield batch
            bar.update(source.stream.tell() - bar.pos)
