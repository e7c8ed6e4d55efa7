"""Reads the log as it is written, and as IIS writes it."""

import gzip
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

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
        """The rows of a file, plain or of gzip; one that ends too early is torn. Raises OSError."""
        with gzip.open(path) if path.suffix == ".gz" else path.open("rb") as file:
            try:
                yield from self.read_stream(file)
            except (EOFError, zlib.error):
                self.torn = True

    def read_stream(self, file: Iterable[bytes]) -> Iterator[LogRow]:
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
