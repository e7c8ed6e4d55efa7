"""The table of all keys for the manual, made from the models."""

from collections.abc import Iterator, Mapping

from pydantic.fields import FieldInfo

from session_tracking.config.checks import CODES
from session_tracking.config.root import Alert, Delegate, Path, Profile, Root, Site, Suppress
from session_tracking.config.section import Section
from session_tracking.config.validation import expectation, is_table, show_value

__all__ = ["codes_table", "reference_table"]


def reference_table() -> str:
    """Markdown: every table with its keys, their values, defaults and descriptions."""
    parts = ["Keys at the top of the file, of a site, and of a path:"]
    apart = {Site, Profile, Delegate, Alert, Suppress}
    shared = [table for table in _tables(Root) if table not in apart]
    parts.append(_rows(_keys(Root)))
    for table in shared:
        parts += [_sentence(table), _rows(_keys(table))]
    for table in (Profile, Alert, Suppress):
        parts += [_sentence(table), _rows(_keys(table))]
    arranging: tuple[type[Section], ...] = (Site, Path, Delegate)
    for table in arranging:
        own = {name: field for name, field in _keys(table).items() if field.is_required()}
        parts += [_sentence(table), _rows(own)]
    return "\n\n".join(parts)


def codes_table() -> str:
    """Markdown: the code of every check, and what it stands for."""
    rows = (f"| {code} | {meaning} |" for code, meaning in CODES.items())
    return "\n".join(("| Code | |", "|---|---|", *rows))


def _tables(model: type[Section]) -> Iterator[type[Section]]:
    for field in model.model_fields.values():
        if table := is_table(field.annotation):
            yield table


def _keys(model: type[Section]) -> Mapping[str, FieldInfo]:
    fields = model.model_fields.items()
    return {name: field for name, field in fields if not is_table(field.annotation)}


def _sentence(table: type[Section]) -> str:
    return str(table.__doc__).replace("``", "`").rstrip(".") + ":"


def _rows(fields: Mapping[str, FieldInfo]) -> str:
    lines = ["| Key | Values | Default | |", "|---|---|---|---|"]
    for name, field in fields.items():
        given = field.get_default(call_default_factory=True)
        plain = list(given) if isinstance(given, tuple) else given
        default = "required" if field.is_required() else f"`{show_value(plain)}`"
        values = expectation(field.annotation).replace("|", "\\|")
        lines.append(f"| `{name}` | {values} | {default} | {field.description} |")
    return "\n".join(lines)
