"""Unknown keys and wrong types, told by key, place and remedy instead of by model."""

import difflib
import json
import re
from collections.abc import Iterable, Iterator
from datetime import date
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from session_tracking.config.documents import Document
from session_tracking.config.positions import Location
from session_tracking.config.root import KEYS, Root, TenantFile
from session_tracking.config.section import Section
from session_tracking.errors import ConfigError
from session_tracking.escape import visible

__all__ = ["expectation", "is_table", "nearest", "show_value", "title", "validate"]

_WEAK_ID = re.compile(r"(?:decimal|hex|b64url)0*(\d{1,2})")


def validate(
    document: Document, model: type[Root | TenantFile]
) -> tuple[list[ConfigError], frozenset[Location]]:
    """The errors of a document against a model, and the locations that are not to be used."""
    try:
        model.model_validate(document.data)
    except ValidationError as failure:
        details = failure.errors(include_url=False)
    else:
        return [], frozenset()
    grouped: dict[Location, dict[str, Any]] = {}
    for detail in details:
        # A union fails once for each of its members; the location says it once.
        location = _written(document.data, detail["loc"])
        if detail["type"] == "missing":
            location = (*location, detail["loc"][-1])
        if location not in grouped or detail["type"] == "less_than_equal":
            grouped[location] = {**detail}
    errors = [
        _error(document, model, location, detail)
        for location, detail in grouped.items()
        # An array that is wrong for its item, too, is not told twice.
        if not any(other[:-1] == location for other in grouped)
    ]
    return errors, frozenset(grouped)


def _written(data: Any, loc: Iterable[str | int]) -> Location:  # noqa: ANN401 - any TOML value
    """The part of a pydantic location that the file holds: without the names of union members."""
    location: Location = ()
    for part in loc:
        try:
            data = data[part]
        except (KeyError, IndexError, TypeError):
            continue
        location = (*location, part)
    return location


def _error(
    document: Document, model: type[Section], location: Location, detail: dict[str, Any]
) -> ConfigError:
    table, field = _field(model, location)
    if detail["type"] == "extra_forbidden":
        fix = _suggestion(table, location)
        if model is TenantFile and len(location) == 1:
            fix = "An included file holds [[site]] tables only."
        return document.error(location, "is no key of this table.", fix)
    if detail["type"] == "missing":
        return document.error(
            location, "is missing.", f"Add `{location[-1]} = …`, {_expected(field)}."
        )
    shown = show_value(detail["input"])
    weak = _WEAK_ID.fullmatch(shown.strip('"')) if location[-2:] == ("cookie", "id") else None
    if weak and int(weak[1]) < 64:
        return document.error(
            location,
            f"{shown} has less than 64 bits of entropy: ids can be guessed.",
            f"Use {_expected(field)}.",
            "E18",
        )
    problem, fix = _unfit(location, detail, field)
    return document.error(location, f"{shown} {problem}", fix)


def _unfit(location: Location, detail: dict[str, Any], field: FieldInfo | None) -> tuple[str, str]:
    """What is wrong with a value that is there, and the fix."""
    if detail["type"] in _BOUNDS:
        bound, problem, fix = _BOUNDS[detail["type"]]
        return problem, f"{fix} {detail['ctx'][bound]}."
    if location == ("site",) and isinstance(detail["input"], dict) and "path" in detail["input"]:
        return (
            "is not allowed.",
            "Write [[site]] with its host first: each [[site.path]] belongs to the one above it.",
        )
    return "is not allowed.", f"Use {_expected(field)}."


_BOUNDS = {
    "less_than_equal": ("le", "is too large.", "Use at most"),
    "greater_than": ("gt", "is too small.", "Use more than"),
    "greater_than_equal": ("ge", "is too small.", "Use at least"),
}
"""What pydantic calls a number beyond a bound → where it tells the bound, problem and fix."""


def _field(model: type[Section], location: Location) -> tuple[type[Section], FieldInfo | None]:
    """The table that a location is in, and its field there; None if there is no such key."""
    field: FieldInfo | None = None
    for part in location:
        if isinstance(part, int):
            continue
        inner = None if field is None else is_table(field.annotation)
        model = inner or model
        if field is not None and get_origin(field.annotation) is dict and inner is None:
            # A key that the user names, such as a rule: its values are of one type.
            return model, FieldInfo.from_annotation(get_args(field.annotation)[1])
        field = model.model_fields.get(part)
    return model, field


def is_table(annotation: Any) -> type[Section] | None:  # noqa: ANN401 - any annotation
    """The table that values of a type are, alone or in an array."""
    for candidate in (annotation, *get_args(annotation)):
        if isinstance(candidate, type) and issubclass(candidate, Section):
            return candidate
    return None


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name that somebody may have meant; None where none is like it."""
    return next(iter(difflib.get_close_matches(name, list(known), n=1, cutoff=_ALIKE)), None)


_ALIKE = 0.7
"""Share of letters in common: `naem` is meant for `name`, `nope` is not for `scope`."""


def _suggestion(table: type[Section], location: Location) -> str:
    name = str(location[-1])
    if close := nearest(name, table.model_fields):
        return f"Did you mean `{close}`?"
    elsewhere = [key for key in KEYS if key.rpartition(".")[2] == name]
    if elsewhere:
        return f"Did you mean `{elsewhere[0]}`?"
    if close := nearest(name, KEYS):
        return f"Did you mean `{close}`?"
    return f"Known here: {', '.join(table.model_fields)}."


def _expected(field: FieldInfo | None) -> str:
    assert field is not None, "only unknown keys have no field"  # noqa: S101
    return expectation(field.annotation)


_SIMPLE = {
    bool: ("true", "false"),
    date: ("a date without quotes, such as 2027-01-31",),
    int: ("a whole number",),
    str: ("a string",),
}


def expectation(annotation: Any) -> str:  # noqa: ANN401 - any annotation
    """What values a type allows, in words: `"auto", true or false`."""
    *first, last = _alternatives(annotation)
    return f"{', '.join(first)} or {last}" if first else last


def _alternatives(annotation: Any) -> Iterator[str]:  # noqa: ANN401 - any annotation
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin in {Union, UnionType}:
        for argument in arguments:
            yield from _alternatives(argument)
    elif origin is Annotated:
        yield from _alternatives(arguments[0])
    elif origin is Literal:
        yield from map(show_value, arguments)
    elif origin is tuple and (table := is_table(annotation)):
        yield f"tables in double brackets: {title(table)}"
    elif origin is tuple:
        yield f"an array of {_items(arguments[0])}"
    elif origin is dict:
        table = is_table(annotation)
        own = f"tables of their own: {title(table)}" if table else ""
        yield own or f"a table of {expectation(arguments[1])}"
    elif issubclass(annotation, Enum):
        yield from (show_value(member.value) for member in annotation)
    elif issubclass(annotation, Section):
        yield f"a table: {title(annotation)}"
    else:
        yield from _SIMPLE[annotation]


def _items(annotation: Any) -> str:  # noqa: ANN401 - any annotation
    if annotation in {int, str}:
        return "numbers" if annotation is int else "strings"
    return expectation(annotation)


def title(table: type[Section]) -> str:
    """The header of a table, as its docstring begins with it."""
    return str(table.__doc__).split("``")[1]


def show_value(value: object) -> str:
    """A value as TOML writes it, in one line and fit to be shown."""
    if isinstance(value, (str, bool, int, float, list, dict)):
        return visible(json.dumps(value, ensure_ascii=False, default=str))
    return visible(str(value))
