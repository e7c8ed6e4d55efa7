"""One TOML file: its content, and where everything in it stands."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from session_tracking.config.positions import Location, Positions, scan
from session_tracking.errors import ConfigError
from session_tracking.escape import visible

__all__ = ["Document", "display_name", "dotted", "read"]

_AT_LINE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)\Z")


@dataclass(frozen=True, slots=True)
class Document:
    """The content of a file that is valid TOML."""

    path: Path
    source: str
    """The name that messages call the file by, fit to be shown."""
    data: Mapping[str, Any]
    positions: Positions

    def at(self, location: Location) -> Any:  # noqa: ANN401 - any TOML value
        """The value at a location that exists."""
        value: Any = self.data
        for part in location:
            value = value[part]
        return value

    def line(self, location: Location) -> int:
        """1-based line of a key, or of the nearest table around it that is written down."""
        while location not in self.positions:
            location = location[:-1]
        return self.positions[location]

    def error(self, location: Location, problem: str, fix: str, code: str = "") -> ConfigError:
        """An error at the place of a key."""
        line = self.line(location)
        return ConfigError(self.source, line, dotted(location), problem, fix, code)


def dotted(location: Location) -> str:
    """A location as the dotted key that people write, fit to be shown: indices are left out."""
    return visible(".".join(part for part in location if isinstance(part, str)))


def display_name(path: Path) -> str:
    """A path as short as it can be and still be found from the working directory."""
    try:
        return visible(str(path.relative_to(Path.cwd())), 4096)
    except ValueError:
        return visible(str(path), 4096)


def read(path: Path, text: str | None = None) -> Document:
    """Read a file, or take the text that it is about to hold.

    Raises ConfigError if it cannot be read or is not TOML.
    """
    source = display_name(path)
    try:
        if text is None:
            text = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ConfigError(
            source,
            None,
            "",
            f"cannot be read: {error.strerror}.",
            "Name a file that exists, or make one with `session-tracker config init`.",
        ) from error
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        raise ConfigError(
            source, line, "", "is not UTF-8.", "Save the file as UTF-8, as TOML requires."
        ) from error
    try:
        data = tomllib.loads(text)
        return Document(path, source, data, scan(text))
    except RecursionError as error:
        raise ConfigError(
            source, None, "", "is nested too deeply.", "Nothing needs more than three levels."
        ) from error
    except ValueError as error:
        raise _syntax_error(source, text, str(error)) from error


def _syntax_error(source: str, text: str, message: str) -> ConfigError:
    line = None
    if found := _AT_LINE.search(message):
        line = int(found[1] or text.count("\n") + 1)
        message = message[: found.start()]
    fix = next((fix for start, fix in _FIXES if message.startswith(start)), "See https://toml.io.")
    if line and fix == _QUOTES and _BOOLEAN.search(text.split("\n")[line - 1]):
        fix = "Write true and false in lower case."
    return ConfigError(source, line, "", f"is not TOML: {visible(message)}.", fix)


_BOOLEAN = re.compile(r"=\s*(?:true|false)\b", re.IGNORECASE)


_ONCE = "Write each key and each [table] once; [[table]] begins another of its kind."
_QUOTES = "Put text in quotes, with \\\\ for a backslash, and close every quote and bracket."
_FIXES = (
    ("Expected ']' at the end of a table", "Close the header, as in [cookie]."),
    ("Expected ']]'", "Close the header with two brackets, as in [[site]]."),
    ("Expected '=' after a key", "Write a setting as key = value."),
    ("Invalid statement", "Write a setting as key = value."),
    ("Expected newline", "Write each setting on a line of its own, and text in quotes."),
    ("Unclosed", "Close every bracket."),
    ("Cannot overwrite", _ONCE),
    ("Cannot declare", _ONCE),
    ("Cannot mutate", _ONCE),
    ("Invalid value", _QUOTES),
    ("Illegal character", _QUOTES),
    (r"Found invalid character '\n'", _QUOTES),
    ('Expected "', _QUOTES),
    ("Unterminated string", _QUOTES),
    ("Unescaped", _QUOTES),
)
"""How what the standard library's reader says begins → what to do about it."""
