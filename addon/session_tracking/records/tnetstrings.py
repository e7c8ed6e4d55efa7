"""Tagged netstrings, in which mitmproxy writes flows: each value stands behind its length.

That is `length:octets` and one octet that tells the type. What is not asked for is skipped by its
length alone.
"""

import mmap
import re
from collections.abc import Callable, Iterator
from itertools import chain
from typing import Any

__all__ = ["LENGTH", "FieldLines", "Octets", "value"]

type Octets = bytes | mmap.mmap
"""A file's content; of a mapped file only those parts are read that are looked at."""

LENGTH = re.compile(rb"(\d{1,12}):")
"""What stands before a value."""

_MANY = 20_000
"""Field lines that are remembered."""


class FieldLines:
    """Reads lists of [name, value] pairs, and remembers the lines: most come again and again."""

    def __init__(self) -> None:
        self._read = _Lines().__getitem__

    def read(self, octets: bytes) -> list[tuple[str, str]]:
        """The lines as Latin-1 text, without pseudo-header fields.

        Line feeds, which stand in no field value (RFC 9110 §5.5), separate several of them. Raises
        ValueError for anything else than such a list.
        """
        pieces = octets.split(_END)
        if pieces.pop():
            raise ValueError("no list of field lines")
        try:
            return list(chain.from_iterable(map(self._read, pieces)))
        except _CutError:  # a value holds what ends a line
            return [
                line for name, text in _pairs(_values(octets)) for line in field_lines(name, text)
            ]


_END = b",]"
"""The end of a line: of its value, and of the pair."""


class _CutError(Exception):
    """A piece is not one whole line."""


class _Lines(dict[bytes, list[tuple[str, str]]]):
    """Lines by their octets but for `_END`. A piece that fits its own length is a whole line."""

    def __missing__(self, piece: bytes) -> list[tuple[str, str]]:
        try:
            ((name, text),) = _pairs(_values(piece + _END))
        except ValueError as error:
            raise _CutError from error
        read = field_lines(name, text)
        if len(piece) <= _LONG:
            if len(self) >= _MANY:
                self.clear()
            self[piece] = read
        return read


_LONG = 512
"""Octets of the longest line that is worth remembering."""


def field_lines(name: bytes, text: bytes) -> list[tuple[str, str]]:
    """The field lines that are meant by one that was recorded; none for a pseudo-header field."""
    if name[:1] == b":":
        return []
    spelled = name.decode("latin-1")
    return [(spelled, part) for part in text.decode("latin-1").split("\n")]


def _pairs(items: list[Any]) -> Iterator[tuple[bytes, bytes]]:
    for item in items:
        match item:
            case [bytes(name), bytes(text)]:
                yield name, text
            case _:
                raise ValueError("no list of field lines")


def value(octets: bytes) -> Any:  # noqa: ANN401
    """Any value. Raises ValueError if the octets are none, or nested too deeply."""
    try:
        found, end = _value(octets, 0)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if end != len(octets):
        raise ValueError("more than one value")
    return found


def _value(octets: bytes, position: int) -> tuple[Any, int]:
    head = LENGTH.match(octets, position)
    if head is None:
        raise ValueError("no value")
    start = head.end()
    end = start + int(head[1])
    inner, kind = octets[start:end], octets[end : end + 1]
    if kind == b"}":
        items = _values(inner)
        return dict(zip(items[::2], items[1::2], strict=True)), end + 1
    if kind == b"]":
        return _values(inner), end + 1
    if kind not in _PLAIN:
        raise ValueError("no value of a known type")
    return _PLAIN[kind](inner), end + 1


def _values(octets: bytes) -> list[Any]:
    found, position = [], 0
    while position < len(octets):
        item, position = _value(octets, position)
        found.append(item)
    return found


_PLAIN: dict[bytes, Callable[[bytes], object]] = {
    b",": bytes,
    b";": lambda octets: octets.decode("utf-8"),
    b"#": int,
    b"^": float,
    b"!": lambda octets: octets == b"true",
    b"~": lambda _octets: None,
}
