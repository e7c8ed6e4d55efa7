"""Looks through pieces of files on every core, while this process does something else."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager

from session_tracking.activity import finding
from session_tracking.activity.finding import Found, Piece
from session_tracking.errors import InputError
from session_tracking.escape import visible

__all__ = ["searching", "unreadable"]

_ALONE = 1 << 25
"""Octets up to which no further programs are started."""


@contextmanager
def searching(pieces: Sequence[Piece], text: bytes) -> Iterator[Callable[[], list[Found]]]:
    """Begin to look; the function waits for what each piece holds, and raises InputError."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    if sum(stop - start for _, start, stop in pieces) <= _ALONE or cores == 1:
        yield lambda: _found(pieces, text)
        return
    shares = [range(core, len(pieces), cores) for core in range(cores)]
    with ExitStack() as running:
        finders = [
            running.enter_context(_finder([pieces[number] for number in share], text))
            for share in shares
        ]
        yield lambda: _gathered(finders, shares)


def _found(pieces: Sequence[Piece], text: bytes) -> list[Found]:
    try:
        return [finding.find(piece, text) for piece in pieces]
    except OSError as error:
        raise unreadable(str(error.filename), error) from error


@contextmanager
def _finder(pieces: Sequence[Piece], text: bytes) -> Iterator[subprocess.Popen[str]]:
    """A process that looks through these pieces; ended where nobody waits for it."""
    with subprocess.Popen(  # noqa: S603 - this very Python
        [sys.executable, "-I", "-S", finding.__file__],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdin is not None  # noqa: S101 - a pipe
            process.stdin.write(json.dumps({"text": text.hex(), "pieces": pieces}))
            process.stdin.close()
            yield process
        finally:
            process.kill()


def _gathered(
    finders: Sequence[subprocess.Popen[str]], shares: Sequence[Sequence[int]]
) -> list[Found]:
    found: dict[int, Found] = {}
    answers = []
    for process in finders:
        assert process.stdout is not None  # noqa: S101 - a pipe
        answers.append(process.stdout.read())
    statuses = [process.wait() for process in finders]
    if any(statuses):
        raise InputError("the logs could not be searched: see the message above")
    for share, answer in zip(shares, answers, strict=True):
        found.update(zip(share, json.loads(answer), strict=True))
    return [found[number] for number in range(len(found))]


def unreadable(name: str, error: OSError) -> InputError:
    """What is told of a file that cannot be read."""
    return InputError(f"{visible(name)}: cannot be read: {error.strerror}")
