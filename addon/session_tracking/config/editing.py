"""Changes keys in a file without touching anything else: comments, order and layout stay."""

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import tomlkit
from pydantic import ValidationError
from tomlkit.container import Container
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import AoT, InlineTable, Item, Table

from session_tracking.config.documents import display_name, read
from session_tracking.config.levels import normal_host
from session_tracking.config.loading import load
from session_tracking.config.replacing import replace_file
from session_tracking.config.root import Root
from session_tracking.config.sites import Configuration
from session_tracking.config.unwritten import as_on_disk
from session_tracking.errors import ConfigError, ConfigErrors
from session_tracking.escape import visible

__all__ = ["Place", "parse_value", "set_keys"]


@dataclass(frozen=True, slots=True)
class Place:
    """The table to write to; a site or path that does not exist is added."""

    site: str = ""
    """Host of the `[[site]]`; empty for the top of the file."""
    path: str = ""
    """Path of the `[[site.path]]`; empty for the site itself."""


def parse_value(key: str, text: str) -> Any:  # noqa: ANN401 - any TOML value
    """What a word on the command line stands for: TOML, or the bare text where that fits the key.

    Where neither fits it is what TOML says, and the checks will tell.
    """
    try:
        meant = tomllib.loads(f"value = {text}")["value"]
    except (ValueError, RecursionError):
        return text
    for candidate in (meant, text):
        try:
            Root.model_validate(_nested(key, candidate))
        except ValidationError:
            continue
        return candidate
    return meant


def set_keys(path: Path, changes: Sequence[tuple[str, Any]], place: Place) -> Configuration:
    """Write (dotted key, value) pairs to a file, if the result has no errors.

    Raises ConfigErrors and leaves the file as it is otherwise; what they say of lines holds for
    the file as it is. The file is replaced in one step and keeps its permissions.
    """
    try:
        read(path)
        text = before = path.read_bytes().decode("utf-8-sig")
        for key, value in changes:
            text = _changed(text, place, key, value, path)
    except ConfigError as error:
        raise ConfigErrors((error,)) from error
    try:
        configuration = load(path, text=text)
    except ConfigErrors as errors:
        told = as_on_disk(errors.errors, display_name(path), before, text)
        raise ConfigErrors(told) from errors
    try:
        replace_file(path, text)
    except OSError as error:
        problem, fix = f"cannot be written: {error.strerror}.", "Name a file of yours."
        raise ConfigErrors((ConfigError(display_name(path), None, "", problem, fix),)) from error
    return configuration


def _changed(text: str, place: Place, key: str, value: Any, path: Path) -> str:  # noqa: ANN401
    """The text of the file with one key set, verified by reading it."""
    expected = tomllib.loads(text)
    *tables, name = key.split(".")
    try:
        table = _table(expected, place)
        for part in tables:
            table = table.setdefault(part, {})
        table[name] = value
        edited = _edit(text, place, key, value)
        if tomllib.loads(edited) == expected:
            return edited
    except (ValueError, TypeError, AttributeError, TOMLKitError):
        pass  # such as a table where a value stands
    problem = "cannot be set in the way this file is laid out."
    raise ConfigError(display_name(path), None, visible(key), problem, "Write it by hand.")


def _table(data: dict[str, Any], place: Place) -> dict[str, Any]:
    """The table of plain data that a place names, added where it is missing."""
    table = data
    if place.site:
        table = _element(table.setdefault("site", []), "host", place.site)
    if place.path:
        table = _element(table.setdefault("path", []), "path", place.path)
    return table


def _element(tables: list[dict[str, Any]], key: str, name: str) -> dict[str, Any]:
    found = _find(tables, key, name)
    if found is None:
        found = {key: name}
        tables.append(found)
    return found


def _find[T: dict[str, Any]](tables: Sequence[T], key: str, name: str) -> T | None:
    """The element of an array of tables whose key has a value, up to spelling."""
    normal = normal_host if key == "host" else lambda path: path.rstrip("/")
    return next((t for t in tables if normal(str(t.get(key, ""))) == normal(name)), None)


def _edit(text: str, place: Place, key: str, value: Any) -> str:  # noqa: ANN401 - any TOML value
    document = tomlkit.parse(text)
    added = ""
    table: Any = document
    if place.site:
        site: Any = _find(document.get("site", []), "host", place.site)
        if site is None:
            added = _header("site", "host", place.site)
        else:
            table = site
    if place.path:
        below: Any = None if added else _find(table.get("path", []), "path", place.path)
        if below is None:
            added += _header("site.path", "path", place.path)
        else:
            table = below
    if added:
        return _after(document, table, added + _line(key, value), tables=True)
    section, _, name = key.rpartition(".")
    inner = table.get(section, {}) if section else table
    if name in inner or isinstance(inner, InlineTable):
        inner[name] = value
        return tomlkit.dumps(document)
    if _has_header(table, section):
        return _after(document, inner, _line(name, value), tables=False)
    return _after(document, table, _line(key, value), tables=False)


def _has_header(table: Any, section: str) -> bool:  # noqa: ANN401 - document or table
    """Whether a table inside has a line of its own, instead of dotted keys."""
    container = table.value if isinstance(table, Table) else table
    return any(
        key is not None and key.key == section and not key.is_dotted() for key, _ in container.body
    )


def _header(table: str, key: str, name: str) -> str:
    return f"\n[[{table}]]\n{_line(key, name)}"


def _line(key: str, value: Any) -> str:  # noqa: ANN401 - any TOML value
    return f"{key} = {tomlkit.item(value).as_string()}\n"


def _after(document: tomlkit.TOMLDocument, table: Any, lines: str, *, tables: bool) -> str:  # noqa: ANN401
    """The document with lines added after the last key of a table, before what follows it.

    Comments that stand there belong to what comes next, so the lines go in front of them. With
    `tables` the tables inside count as part of it.
    """
    if isinstance(table, Table):
        last: Item | None = _last_within(table, tables=tables)
    else:
        last = _last(document, tables=tables)
    if last is None:
        return lines + tomlkit.dumps(document)
    if not last.trivia.trail.endswith("\n"):
        last.trivia.trail += "\n"
    last.trivia.trail += lines
    return tomlkit.dumps(document)


def _last(container: Container, *, tables: bool) -> Item | None:
    """The last value of a container as it is printed."""
    for key, item in reversed(container.body):
        if key is None:
            continue
        if isinstance(item, AoT):
            if tables:
                return _last_within(item[-1], tables=tables)
        elif isinstance(item, Table):
            if tables or key.is_dotted():
                return _last_within(item, tables=tables)
        else:
            return item
    return None


def _last_within(table: Table, *, tables: bool) -> Item:
    """The last value of a table, or its header if it is empty."""
    last = _last(table.value, tables=tables)
    return table if last is None else last  # a value may be falsy


def _nested(key: str, value: object) -> dict[str, Any]:
    for part in reversed(key.split(".")):
        value = {part: value}
    return value  # type: ignore[return-value] # a key has at least one part
