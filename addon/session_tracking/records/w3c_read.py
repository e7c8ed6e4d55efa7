"""Reads the log as it is written, and as IIS writes it."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

__all__ = ["LogRow", "Reader"]


@dataclass(frozen=True, slots=True)
class LogRow:
    """One line with its fields."""

    number: int
    """1-based line of the file."""
    values: dict[str, str | None]
    """By the names of the last `#Fields` above it; None for `-`."""


class Reader:
    """The rows of one file, in order; once it is read, what was not to be read in it."""

    def __init__(self) -> None:
        self.rows: int = 0
        self.fields: list[str] = []
        """The names of the last `#Fields`."""
        self.remarks: list[str] = []
        """The texts of `#Remark`."""
        self.skipped: list[int] = []
        """Numbers of lines that do not have the fields they should have."""
        self.torn: bool = False
        """Whether the last line has no end: it is not read, since it may be written just now."""

    def read(self, path: Path) -> Iterator[LogRow]:
        """The rows of a file. Raises OSError."""
        with path.open("rb") as file:
            yield from self.read_stream(file)

    def read_stream(self, file: BinaryIO) -> Iterator[LogRow]:
        """The rows of a stream of octets."""
        for number, octets in enumerate(file, 1):
            if octets[-1:] != b"\n":
                self.torn = True
                return
            line = octets.decode("utf-8", "replace").rstrip("\r\n")
            if line.startswith("#"):
                self._directive(line)
                continue
            words = line.split(" ")
            if len(words) != len(self.fields):
                self.skipped.append(number)
                continue
            self.rows += 1
            pairs = zip(self.fields, words, strict=True)
            yield LogRow(number, {field: None if word == "-" else word for field, word in pairs})

    def _directive(self, line: str) -> None:
        name, _, rest = line[1:].partition(":")
        if name == "Fields":
            self.fields = rest.split()
        elif name == "Remark":
            self.remarks.append(rest.strip())
