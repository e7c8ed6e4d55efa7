"""The exceptions of this package.

SessionTrackerError
├── ConfigError      one thing that is wrong in a configuration, with its place and its fix
├── ConfigErrors     all of them at once
├── InputError       a capture, HAR, log or verdict line that cannot be read
└── MissingLibraryError   an extra that is not installed
"""

import traceback
from dataclasses import dataclass
from pathlib import Path


class SessionTrackerError(Exception):
    """Base of all errors that this package raises on purpose."""


@dataclass(eq=False)
class ConfigError(SessionTrackerError):
    """One thing that is wrong in a configuration, where it is, and how to mend it."""

    source: str
    """File name, option name, or `defaults`."""
    line: int | None
    """1-based line in that file; None where there is none."""
    key: str
    """Dotted key, such as `cookie.name`; empty for the file as a whole."""
    problem: str
    fix: str
    code: str = ""
    """Number of the check that found it (E1…E23), empty for syntax and types."""

    def __str__(self) -> str:
        place = self.source if self.line is None else f"{self.source}:{self.line}"
        key = f" {self.key}:" if self.key else ""
        code = f" [{self.code}]" if self.code else ""
        return f"{place}:{key} {self.problem}{code} {self.fix}"


@dataclass(eq=False)
class ConfigErrors(SessionTrackerError):
    """Every error of one loading attempt, in the order of the files and lines."""

    errors: tuple[ConfigError, ...]

    def __str__(self) -> str:
        return "\n".join(str(error) for error in self.errors)


class InputError(SessionTrackerError):
    """Input that cannot be read; the message names the place and the fix."""


class MissingLibraryError(SessionTrackerError):
    """What was asked for needs an extra that is not installed; the message tells the command."""


def fault(error: BaseException) -> str:
    """What is told of an error that nobody meant to raise: its type, and where it came from.

    Its own message stays out: it may quote what the traffic brought.
    """
    place = " < ".join(
        f"{Path(frame.filename).name}:{frame.lineno}"
        for frame in reversed(traceback.extract_tb(error.__traceback__))
    )
    return f"{type(error).__name__} at {place}. This is a bug; please report it."
