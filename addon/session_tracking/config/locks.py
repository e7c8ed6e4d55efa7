"""Inheritance ends where a level locks a key, as in IIS: levels below may not even repeat it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from session_tracking.config.levels import Level
from session_tracking.config.root import KEYS, LOCKS
from session_tracking.config.validation import nearest
from session_tracking.errors import ConfigError
from session_tracking.escape import visible

__all__ = ["lock_errors", "violations"]

_LOCKABLE = frozenset(KEYS) | {key.partition(".")[0] for key in KEYS}
"""What a lock may name: a key, or a whole table."""

_OPERATOR_ONLY = frozenset({"cookie.key_file", "cookie.key_env"})
"""What an included file may never write: it would have the proxy read files for its author."""


@dataclass(frozen=True, slots=True)
class _Lock:
    """What one level forbids to the levels below it."""

    key: str
    """The key that sets the lock: `locked`, `locked_except` or `override`."""
    place: str
    """File and line of the lock."""
    statement: str
    """The lock in TOML, fit to be shown."""
    names: tuple[str, ...] = ()
    """The keys and tables that are locked or, if `inverted`, that are not."""
    inverted: bool = False

    def forbids(self, key: str) -> bool:
        if key in LOCKS:  # a level that may set nothing has nothing to lock either
            return self.inverted and not self.names
        named = key in self.names or key.partition(".")[0] in self.names
        return named != self.inverted


def _locks_of(level: Level) -> Iterator[_Lock]:
    """The locks that a level sets, one for each name in `locked`."""
    override, locked, free = map(level.values.get, ("override", "locked", "locked_except"))
    if override and override.value == "deny":
        yield _Lock("override", str(override), 'override = "deny"', inverted=True)
    if free and free.value:
        yield _Lock("locked_except", str(free), "locked_except", tuple(free.value), inverted=True)
    if locked and "*" in locked.value:
        yield _Lock("locked", str(locked), 'locked = "*"', inverted=True)
    elif locked:
        for index, name in enumerate(locked.value):
            line = level.document.line((*level.location, "locked", index))
            yield _Lock(
                "locked", f"{locked.source}:{line}", f'locked = ["{visible(name)}"]', (name,)
            )


def violations(chain: Sequence[Level]) -> Iterator[ConfigError]:
    """The keys that the last level of a chain writes although a level above it locks them."""
    *above, last = chain
    locks = [lock for level in above for lock in _locks_of(level)]
    for key in last.values:
        if lock := next((lock for lock in locks if lock.forbids(key)), None):
            yield last.error(
                key,
                f"is locked at {lock.place} by {lock.statement}.",
                f"Remove it here, also if the value is the same, or free it at {lock.place}.",
                "E23",
            )
        elif last.tenant and key in _OPERATOR_ONLY:
            yield last.error(
                key,
                "may not be set by an included file.",
                f"Set it in the main file, for the site {visible(last.name)}.",
                "E23",
            )


def lock_errors(level: Level) -> Iterator[ConfigError]:
    """Locks that contradict each other at one level, or that name no key."""
    kinds = list(dict.fromkeys(lock.key for lock in _locks_of(level)))
    if len(kinds) > 1:
        yield level.error(
            kinds[1], f"contradicts {kinds[0]} of the same table.", "Keep one of them.", "E23"
        )
    for key in ("locked", "locked_except"):
        written = level.values.get(key)
        for index, name in enumerate(written.value if written else ()):
            if name not in _LOCKABLE and (key, name) != ("locked", "*"):
                close = nearest(name, _LOCKABLE)
                yield level.document.error(
                    (*level.location, key, index),
                    f'"{visible(name)}" is no key.',
                    f"Did you mean `{close}`?" if close else "Name keys such as `cookie.name`.",
                )
