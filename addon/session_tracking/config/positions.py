"""Where each key of a TOML document stands.

The standard library's reader tells no positions. This scanner gives them for text that the reader
has accepted already, which keeps it short: it only needs to know where keys and values begin.
"""

import re
import tomllib
from collections.abc import Iterator, Mapping

__all__ = ["Location", "Positions", "scan"]

type Location = tuple[str | int, ...]
"""Keys and array indices from the top of the document, such as `("site", 0, "cookie", "name")`."""

type Positions = Mapping[Location, int]
"""1-based line of every key, table and array item; the document itself, `()`, is line 1."""

_STRING = r"\"\"\"(?:\\.|[^\\])*?\"{3,5}|'''.*?'{3,5}|\"(?:\\.|[^\"\\\n])*\"|'[^'\n]*'"
_KEY_PART = rf"(?:{_STRING}|[A-Za-z0-9_-]+)"
_KEY = re.compile(rf"{_KEY_PART}(?:[ \t]*\.[ \t]*{_KEY_PART})*", re.DOTALL)
_SCALAR = re.compile(rf"(?:{_STRING})|[^,\]}}#\n]+", re.DOTALL)
_BLANK = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")


def scan(text: str) -> Positions:
    """Line of every key in a document that `tomllib.loads` accepts.

    Where a key is spread over several places (dotted keys, tables below tables), the first counts.
    """
    return _Scanner(text).document()


class _Scanner:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line = 1
        self._counted = 0
        self._found: dict[Location, int] = {(): 1}
        self._tables: dict[Location, int] = {}
        """Arrays of tables: how many tables each has so far."""

    def document(self) -> Positions:
        table: Location = ()
        self._skip_blank()
        while self._at < len(self._text):
            if self._text.startswith("[[", self._at):
                table = self._header(2)
            elif self._text[self._at] == "[":
                table = self._header(1)
            else:
                self._pair(table)
            self._skip_blank()
        return self._found

    def _header(self, brackets: int) -> Location:
        self._at += brackets
        self._skip_blank()
        parts = self._key()
        self._skip_blank()
        self._at += brackets
        table: Location = ()
        for part in parts[:-1]:
            table = self._newest((*table, part))
        table = (*table, parts[-1])
        if brackets == 2:
            index = self._tables.get(table, 0)
            self._tables[table] = index + 1
            self._record(table)
            table = (*table, index)
        self._record(table)
        return table

    def _newest(self, table: Location) -> Location:
        """A table on the way to another: of an array of tables, the last one so far."""
        self._record(table)
        if table in self._tables:
            return (*table, self._tables[table] - 1)
        return table

    def _pair(self, table: Location) -> None:
        for part in self._key():
            table = (*table, part)
            self._record(table)
        self._skip_blank()
        self._at += 1  # the equals sign
        self._skip_blank()
        self._value(table)

    def _value(self, location: Location) -> None:
        match self._text[self._at]:
            case "[":
                for index in self._items("]"):
                    self._record((*location, index))
                    self._value((*location, index))
            case "{":
                for _ in self._items("}"):
                    self._pair(location)
            case _:
                self._at = self._end_of(_SCALAR)

    def _items(self, closing: str) -> Iterator[int]:
        """Stops at the beginning of each item; the caller goes past it."""
        self._at += 1
        index = 0
        self._skip_blank()
        while self._text[self._at] != closing:
            yield index
            index += 1
            self._skip_blank()
            if self._text[self._at] == ",":
                self._at += 1
                self._skip_blank()
        self._at += 1

    def _key(self) -> tuple[str, ...]:
        start = self._at
        self._at = self._end_of(_KEY)
        parts: list[str] = []
        inner: object = tomllib.loads(f"{self._text[start : self._at]} = 0")
        while isinstance(inner, dict):
            ((part, inner),) = inner.items()
            parts.append(part)
        return tuple(parts)

    def _skip_blank(self) -> None:
        self._at = self._end_of(_BLANK)

    def _end_of(self, pattern: re.Pattern[str]) -> int:
        found = pattern.match(self._text, self._at)
        assert found, "the reader accepted what this pattern does not know"  # noqa: S101
        return found.end()

    def _record(self, location: Location) -> None:
        self._line += self._text.count("\n", self._counted, self._at)
        self._counted = self._at
        self._found.setdefault(location, self._line)
