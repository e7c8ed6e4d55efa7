"""Field sections: the field lines of one message, in the order received (RFC 9110 §5, §6.5)."""

import re
from collections.abc import Iterable, Iterator, Set as AbstractSet

OWS = " \t"
"""Optional white space around a field value (RFC 9110 §5.6.3)."""


class FieldSection:
    """Field lines as (name, value) pairs of octets held as Latin-1 text; immutable.

    Names keep the spelling they arrived with and compare case-insensitively (§5.1). Values are
    as they arrived except for the white space around them (§5.5). Field lines are never combined
    here: Set-Cookie cannot be (§5.3), and who wants a list asks for `members`.
    """

    __slots__ = ("_first", "_lines", "_repeated")

    def __init__(self, lines: Iterable[tuple[str, str]] = ()) -> None:
        self._lines = tuple(lines)
        self._first = {name.lower(): value.strip(OWS) for name, value in self._lines}
        self._repeated: dict[str, list[str]] = {}
        if len(self._first) != len(self._lines):
            self._read_again()

    def _read_again(self) -> None:
        """Tell the values of repeated names apart: few sections have any."""
        found: dict[str, list[str]] = {}
        for name, value in self._lines:
            found.setdefault(name.lower(), []).append(value.strip(OWS))
        self._first = {name: values[0] for name, values in found.items()}
        self._repeated = {name: values for name, values in found.items() if len(values) > 1}

    @property
    def lines(self) -> tuple[tuple[str, str], ...]:
        """Every field line, in order, as it arrived."""
        return self._lines

    def values(self, name: str) -> list[str]:
        """The values of the field lines called `name` (lower case), in order; empty if absent."""
        value = self._first.get(name)
        if value is None:
            return []
        return self._repeated.get(name) or [value]

    def first(self, name: str) -> str | None:
        """The value of the first field line called `name` (lower case); None if absent."""
        return self._first.get(name)

    def members(self, name: str) -> Iterator[str]:
        """The non-empty members of a list-based field over all its lines (RFC 9110 §5.6.1).

        Commas inside quoted strings do not separate. Must not be used for Set-Cookie.
        """
        for value in self.values(name):
            yield from split_members(value)

    def names(self) -> Iterator[str]:
        """The field names present, in lower case, each once, in order of first appearance."""
        return iter(self._first)

    def has_any(self, names: AbstractSet[str]) -> bool:
        """Whether a field line is called any of `names` (lower case)."""
        return not self._first.keys().isdisjoint(names)

    def repeats(self, names: AbstractSet[str]) -> bool:
        """Whether more than one field line is called the same of `names` (lower case)."""
        return bool(self._repeated) and not names.isdisjoint(self._repeated)

    def called(self, names: AbstractSet[str]) -> list[tuple[str, str]]:
        """The field lines called any of `names` (lower case), in order, as they arrived."""
        lengths = {*map(len, names)}  # most names are told apart by their length alone
        return [
            line for line in self._lines if len(line[0]) in lengths and line[0].lower() in names
        ]

    def size(self, each: int = 0) -> int:
        """Octets of all names and values as they arrived, and `each` more for every line."""
        return sum([len(name) + len(value) + each for name, value in self._lines])

    def has_controls(self) -> bool:
        """Whether a value has a control character other than a tab."""
        return any(
            not value.isprintable() and _CONTROL.search(value) is not None
            for _, value in self._lines
        )

    def without(self, names: frozenset[str]) -> "FieldSection":
        """The section less the field lines called any of `names` (lower case)."""
        gone = names & self._first.keys()
        if not gone:
            return self
        lengths = {*map(len, gone)}  # most names are told apart by their length alone
        less = object.__new__(FieldSection)
        less._lines = tuple(
            [
                line
                for line in self._lines
                if len(line[0]) not in lengths or line[0].lower() not in gone
            ]
        )
        less._first = {name: value for name, value in self._first.items() if name not in gone}
        less._repeated = self._repeated and {
            name: values for name, values in self._repeated.items() if name not in gone
        }
        return less

    def __contains__(self, name: object) -> bool:
        return name in self._first

    def __len__(self) -> int:
        return len(self._lines)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, FieldSection) and self._lines == other._lines

    def __hash__(self) -> int:
        return hash(self._lines)

    def __repr__(self) -> str:
        # Values may be secrets: a representation shows the names only.
        return f"FieldSection({', '.join(name for name, _ in self._lines)!r})"


_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_QUOTED = r'"(?:[^"\\]+|\\.)*"?'
_UNQUOTED_RUNS = {
    separator: re.compile(rf'(?:[^"{separator}]+|{_QUOTED})+', re.DOTALL) for separator in ",;"
}
"""Text without the separator, quoted strings included; an unterminated one extends to the end."""


def split_members(value: str) -> list[str]:
    """Split one field value at its commas, outside of quoted strings (RFC 9110 §5.6.1, §5.6.4).

    Empty members are dropped.
    """
    parts = value.split(",") if '"' not in value else _UNQUOTED_RUNS[","].findall(value)
    return [member for part in parts if (member := part.strip(OWS))]


def split_parameters(value: str) -> list[str]:
    """Split at semicolons outside of quoted strings (RFC 9110 §5.6.6); empty parts are dropped."""
    return value.split(";") if '"' not in value else _UNQUOTED_RUNS[";"].findall(value)


def unquote(value: str) -> str:
    """The content of a quoted-string (RFC 9110 §5.6.4); any other text as it is."""
    if len(value) < 2 or value[0] != '"' or value[-1] != '"':
        return value
    inner = value[1:-1]
    if "\\" not in inner:
        return inner
    out: list[str] = []
    escaped = False
    for char in inner:
        if char == "\\" and not escaped:
            escaped = True
        else:
            out.append(char)
            escaped = False
    return "".join(out)
