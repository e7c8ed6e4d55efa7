"""Errors of a text that is not on disk: their places are those that the file on disk has."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import replace
from difflib import SequenceMatcher

from session_tracking.errors import ConfigError

__all__ = ["as_on_disk"]


def as_on_disk(
    errors: Iterable[ConfigError], source: str, before: str, after: str
) -> tuple[ConfigError, ...]:
    """The errors of `after`, what a file was to hold, with the lines of `before`, what it holds.

    A line that the file does not have is left out: the key tells what it is about. That goes for
    `file:line` within the messages too.
    """
    lines = _kept(before, after)

    def place(found: re.Match[str]) -> str:
        line = lines.get(int(found[1]))
        return source if line is None else f"{source}:{line}"

    pattern = re.compile(rf"{re.escape(source)}:(\d+)\b")
    return tuple(
        replace(
            error,
            line=lines.get(error.line or 0) if error.source == source else error.line,
            problem=pattern.sub(place, error.problem),
            fix=pattern.sub(place, error.fix),
        )
        for error in errors
    )


def _kept(before: str, after: str) -> Mapping[int, int]:
    """1-based line of the new text → the same line of the old one."""
    matcher = SequenceMatcher(None, before.split("\n"), after.split("\n"), autojunk=False)
    return {
        new + index + 1: old + index + 1
        for old, new, size in matcher.get_matching_blocks()
        for index in range(size)
    }
