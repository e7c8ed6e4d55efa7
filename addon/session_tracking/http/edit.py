"""One change to a response's field section, applied whole or not at all, and taken back."""

from collections import Counter
from typing import NamedTuple

from session_tracking.http.fields import FieldSection


class Edit(NamedTuple):
    """Fields to remove, then field lines to add, with the reason.

    The tracker's cookie and its cache-safe fields are one edit, so neither goes without the other.
    """

    remove: frozenset[str]
    """Field names in lower case; every line of these goes."""
    add: tuple[tuple[str, str], ...]
    """Field lines to append, in order."""
    reason: str
    """What made the edit: `tracker` or `enforce`."""


class Undo(NamedTuple):
    """How to get back the field section as it was before an edit."""

    removed: tuple[tuple[int, str, str], ...]
    """(place, name, value) of the lines that went."""
    added: tuple[tuple[str, int], ...]
    """(name in lower case, how many lines of that name stand before it) of the lines that came.

    So they are found wherever others, behind us in the chain, put further lines.
    """
    reason: str
    """What made the edit, as in `Edit.reason`."""

    def facts(self) -> dict[str, object]:
        """As plain values, fit for a flow's metadata."""
        removed, added = [list(line) for line in self.removed], [list(line) for line in self.added]
        return {"removed": removed, "added": added, "reason": self.reason}

    def before(self, fields: FieldSection) -> FieldSection:
        """The field section as it came from upstream, but for what others, behind us, did to it."""
        met: Counter[str] = Counter()
        ours = frozenset(self.added)
        lines = []
        for line in fields.lines:
            name = line[0].lower()
            if (name, met[name]) not in ours:
                lines.append(line)
            met[name] += 1
        for place, name, value in self.removed:
            lines.insert(place, (name, value))
        return FieldSection(lines)

    @classmethod
    def of(cls, facts: object) -> "Undo | None":
        """Read what `facts` gave; None for anything else, since flow files come from anywhere."""
        match facts:
            case {
                "removed": list(removed),
                "added": list(added),
                "reason": "tracker" | "enforce" as reason,
            }:
                gone = tuple(line for line in map(_removed_line, removed) if line is not None)
                came = tuple(line for line in map(_added_line, added) if line is not None)
                if (len(gone), len(came)) == (len(removed), len(added)):
                    return cls(gone, came, reason)
        return None


def _removed_line(line: object) -> tuple[int, str, str] | None:
    match line:
        case [int(place), str(name), str(value)]:
            return place, name, value
    return None


def _added_line(line: object) -> tuple[str, int] | None:
    match line:
        case [str(name), int(before)]:
            return name, before
    return None
