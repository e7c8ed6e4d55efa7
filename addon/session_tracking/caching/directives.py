"""Cache directives: Cache-Control and the fields that share its syntax (RFC 9111 §5.2)."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from session_tracking.http.fields import OWS, split_members, unquote

MAX_SECONDS = 2**31
"""What a larger delta-seconds counts as (RFC 9111 §1.2.2)."""

_CACHED_LENGTH = 512
_NO_NAMES: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Directives:
    """The directives of one field, over all its lines."""

    arguments: Mapping[str, tuple[str | None, ...]]
    """Lower-case name → the argument of each occurrence, unquoted; None where it has none."""
    odd: frozenset[str] = frozenset()
    """Names, in lower case, that never occur in lower case: not every cache knows them then."""

    def __contains__(self, name: object) -> bool:
        return name in self.arguments

    def unqualified(self, name: str) -> bool:
        """Whether the directive occurs without an argument (RFC 9111 §5.2.2.4, §5.2.2.7)."""
        return None in self.arguments.get(name, ())

    def qualified(self, name: str) -> frozenset[str]:
        """The field names, in lower case, that the qualified form of `name` lists."""
        if name not in self.arguments:
            return _NO_NAMES
        return frozenset(
            field.strip(OWS).lower()
            for argument in self.arguments[name]
            if argument is not None
            for field in argument.split(",")
        )

    def seconds(self, name: str) -> int | None:
        """The first argument of `name` as delta-seconds; None if it is absent or no number."""
        arguments = self.arguments.get(name)
        return delta_seconds(arguments[0]) if arguments else None

    def conflicting(self, name: str) -> bool:
        """Whether `name` occurs more than once with different arguments (RFC 9111 §4.2.1)."""
        return len(set(self.arguments.get(name, ()))) > 1


NONE = Directives({})
"""The directives of a field that is absent."""


def delta_seconds(text: str | None) -> int | None:
    """Non-negative whole seconds, at most 2**31; None for anything else (RFC 9111 §1.2.2)."""
    if text is None or not text.isascii() or not text.isdigit():
        return None
    return MAX_SECONDS if len(text) > 10 else min(int(text), MAX_SECONDS)


def parse_directives(values: Iterable[str]) -> Directives:
    """Read the field values of all lines of one field; never raises.

    White space around `=` is tolerated as lenient caches do: taking `max-age = 60` for a lifetime
    errs on the side of the visitor.
    """
    lines = tuple(values)
    if sum(map(len, lines)) > _CACHED_LENGTH:
        return _parse(lines)
    return _parse_cached(lines)


def _parse(lines: tuple[str, ...]) -> Directives:
    found: dict[str, list[str | None]] = {}
    plain = set()
    for line in lines:
        for member in split_members(line):
            name, equals, argument = member.partition("=")
            name = name.strip(OWS)
            lowered = name.lower()
            if name == lowered:
                plain.add(name)
            found.setdefault(lowered, []).append(unquote(argument.strip(OWS)) if equals else None)
    return Directives(
        {name: tuple(arguments) for name, arguments in found.items()},
        frozenset(found.keys() - plain),
    )


_parse_cached = lru_cache(maxsize=4096)(_parse)
