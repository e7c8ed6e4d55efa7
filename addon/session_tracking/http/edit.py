"""One change to a response's field section, applied whole or not at all."""

from dataclasses import dataclass


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
