"""One change to a response's field section, applied whole or not at all, and taken back."""

from dataclasses import dataclass

from session_tracking.http.fields import FieldSection


@dataclass(frozen=True, slots=True)
class Edit:
    """Fields to remove, then field lines to add, with the reason.

    The tracker's cookie and its cache-safe fields are one edit, so neither goes without the other.
    """

    remove: frozenset[str]
    """Field names in lower case; every line of these goes."""
    add: tuple[tuple[str, str], ...]
    """Field lines to append, in order."""
    reason: str
    """What made the edit: `tracker` or `enforce`."""


@dataclass(frozen=True, slots=True)
class Undo:
    """How to get back the field section as it was before an edit."""

    removed: tuple[tuple[int, str, str], ...]
    """(place, name, value) of the lines that went."""
    added: int
    """How many lines were appended."""
    reason: str
    """What made the edit, as in `Edit.reason`."""

    def facts(self) -> dict[str, object]:
        """As plain values, fit for a flow's metadata."""
        removed = [list(line) for line in self.removed]
        return {"removed": removed, "added": self.added, "reason": self.reason}

    def before(self, fields: FieldSection) -> FieldSection:
        """The field section as it came from upstream."""
        lines = list(fields.lines[: len(fields) - self.added])
        for place, name, value in self.removed:
            lines.insert(place, (name, value))
        return FieldSection(lines)

    @classmethod
    def of(cls, facts: object) -> "Undo | None":
        """Read what `facts` gave; None for anything else, since flow files come from anywhere."""
        match facts:
            case {
                "removed": list(lines),
                "added": int(added),
                "reason": "tracker" | "enforce" as reason,
            }:
                removed = tuple(line for line in map(_removed_line, lines) if line is not None)
                return cls(removed, added, reason) if len(removed) == len(lines) else None
        return None


def _removed_line(line: object) -> tuple[int, str, str] | None:
    match line:
        case [int(place), str(name), str(value)]:
            return place, name, value
    return None
