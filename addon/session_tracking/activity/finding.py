"""Finds where directives begin in logs, and where a text occurs; uses every core.

Runs as a program of its own for each core, started without site-packages: threads would wait for
each other. So it imports nothing of this package.
"""

import json
import os
import sys
from typing import IO

type Piece = tuple[str, int, int]
"""A file, and the octets of it to look at: from, up to."""
type Found = tuple[list[int], list[int]]
"""Offsets of lines that begin with `#`, and of the text: one for each line that holds it."""

_BLOCK = 1 << 18  # octets: stays in a core's cache
_MANY = 64  # signs in a block from which on they are looked for together with the line's end


def find(piece: Piece, text: bytes = b"") -> Found:
    """What a piece of a file holds. Raises OSError."""
    path, start, stop = piece
    directives: list[int] = []
    hits: list[int] = []
    block = bytearray(_BLOCK)
    overlap = max(len(text) - 1, 0)
    rest = start  # up to here lines were hit already
    within = False  # whether that is not a line's end
    seen = start  # up to here directives are known
    with open(path, "rb", buffering=0) as file:  # noqa: PTH123 - no imports that are not needed
        before = os.pread(file.fileno(), 1, start - 1) if start else b"\n"
        while start < stop:
            size = min(os.preadv(file.fileno(), [block], start), stop - start)
            if not size:
                break
            places = [start + place for place in _signs(block, size, before[0])]
            directives += [place for place in places if place >= seen]
            place = max(rest - start, 0)
            while text and place < size:
                place = block.find(b"\n" if within else text, place, size)
                if place < 0:
                    break
                if not within:
                    hits.append(start + place)
                within = not within
            if within:
                rest = start + size
            seen = start + size
            step = size - overlap if size > overlap and start + size < stop else size
            before = bytes(block[step - 1 : step])
            start += step
    return directives, hits


def _signs(block: bytearray, size: int, before: int) -> list[int]:
    """Where lines begin with `#`; `before` is the octet before the block."""
    found: list[int] = []
    place, count = block.find(b"#", 0, size), 0
    while place >= 0:
        if (block[place - 1] if place else before) == 0x0A:
            found.append(place)
        count += 1
        if count < _MANY:
            place = block.find(b"#", place + 1, size)
        else:
            place = block.find(b"\n#", place, size)
            place += place >= 0
    return found


def main(asked: IO[str], told: IO[str]) -> None:
    """Answer one question: JSON on both sides."""
    question = json.load(asked)
    json.dump([find(piece, bytes.fromhex(question["text"])) for piece in question["pieces"]], told)


if __name__ == "__main__":
    main(sys.stdin, sys.stdout)
