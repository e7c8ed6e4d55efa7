"""Which fields of a message a judgement read: all that it depends on, besides what names it.

A judgement that is made of a message's fields goes the same way, and comes to the same, for every
message with the same values of the fields that it read on that way.
"""

from collections.abc import Iterator, Set as AbstractSet
from dataclasses import dataclass, field

from session_tracking.http.exchange import ResponseFacts
from session_tracking.http.fields import FieldSection

__all__ = ["Notes", "ReadFields", "ReadResponse"]


@dataclass(slots=True)
class Notes:
    """What was read of one message; names in lower case."""

    values: set[str] = field(default_factory=set)
    """Fields of which the values were read."""
    counts: set[str] = field(default_factory=set)
    """Fields that were counted, or asked whether they are there."""
    length: bool = False
    """Whether the length of the content was read."""
    size: bool = False
    """Whether the octets of all fields were counted."""
    controls: bool = False
    """Whether control characters were looked for in all values."""
    whole: bool = False
    """Whether all fields were read, whatever their names."""


class ReadFields(FieldSection):
    """A field section that notes what is read of it; else the same as the one it is made of."""

    __slots__ = ("_notes", "_part")

    def __init__(self, fields: FieldSection, notes: Notes, *, part: bool = False) -> None:
        """`part` is whether it is only a part of a message's section."""
        super().__init__(fields.lines)
        self._notes = notes
        self._part = part

    @property
    def lines(self) -> tuple[tuple[str, str], ...]:
        """Every field line; all of them are read."""
        self._notes.whole = True
        return super().lines

    def values(self, name: str) -> list[str]:
        """As in any section."""
        self._notes.values.add(name)
        return super().values(name)

    def first(self, name: str) -> str | None:
        """As in any section."""
        self._notes.values.add(name)
        return super().first(name)

    def names(self) -> Iterator[str]:
        """As in any section; all of them are read."""
        self._notes.whole = True
        return super().names()

    def has_any(self, names: AbstractSet[str]) -> bool:
        """As in any section."""
        self._notes.counts |= names
        return super().has_any(names)

    def repeats(self, names: AbstractSet[str]) -> bool:
        """As in any section."""
        self._notes.counts |= names
        return super().repeats(names)

    def called(self, names: AbstractSet[str]) -> list[tuple[str, str]]:
        """As in any section."""
        self._notes.values |= names
        return super().called(names)

    def without(self, names: frozenset[str]) -> FieldSection:
        """As in any section; what is read of the rest is noted, too."""
        self._notes.counts |= names
        kept = super().without(names)
        return self if kept is self else ReadFields(kept, self._notes, part=True)

    def size(self, each: int = 0) -> int:
        """As in any section."""
        self._notes.size = True
        self._notes.whole |= self._part
        return super().size(each)

    def has_controls(self) -> bool:
        """As in any section."""
        self._notes.controls = True
        self._notes.whole |= self._part
        return super().has_controls()

    def __contains__(self, name: object) -> bool:
        self._notes.counts.add(str(name))
        return super().__contains__(name)

    def __len__(self) -> int:
        self._notes.whole = True
        return super().__len__()

    def __eq__(self, other: object) -> bool:
        self._notes.whole = True
        return super().__eq__(other)

    def __hash__(self) -> int:
        self._notes.whole = True
        return super().__hash__()


class ReadResponse(ResponseFacts):
    """A response that notes what is read of it, its status and version apart."""

    __slots__ = ("_notes", "_of")
    _notes: Notes
    _of: ResponseFacts

    def __init__(self, response: ResponseFacts, notes: Notes) -> None:
        for name, value in (  # the class is frozen
            ("status", response.status),
            ("fields", ReadFields(response.fields, notes)),
            ("http_version", response.http_version),
            ("_of", response),
            ("_notes", notes),
        ):
            object.__setattr__(self, name, value)

    # What is frozen is only read, and a property can be.
    @property
    def body_length(self) -> int | None:  # pyright: ignore[reportIncompatibleVariableOverride]
        """Octets of content, as in any response."""
        self._notes.length = True
        return self._of.body_length
