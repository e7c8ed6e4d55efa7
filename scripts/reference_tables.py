"""The tables of the documentation that are made from the code: each function returns Markdown."""

import ast
import inspect
from collections.abc import Iterable
from textwrap import dedent

from session_tracking.audit.catalogue import RULES
from session_tracking.audit.rules.set_cookie import SEVERITIES
from session_tracking.caching.levels import Level
from session_tracking.mitm.options import OPTIONS
from session_tracking.records.w3c_fields import FIELDS
from session_tracking.reports.registry import REPORTS
from session_tracking.reports.run import ExitStatus


def options() -> str:
    """The options of mitmproxy that are ours."""
    return _table(("Option", ""), ((f"`{name}`", text) for name, _, _, text in OPTIONS))


def formats() -> str:
    """The formats of reports."""
    return _table(
        ("Format", "Read by"), ((f"`{name}`", form.about) for name, form in REPORTS.items())
    )


def rules() -> str:
    """The rules of the audit, with the gravest severity that each gives."""
    return _table(
        ("Rule", "Finds", "At most", "After"),
        (
            (
                f"`{rule.id}` {rule.name}",
                rule.title,
                rule.severity,
                ", ".join(f"[{spec}]({spec.url})" for spec in rule.spec),
            )
            for rule in RULES.values()
        ),
    )


def severities() -> str:
    """Severity by the cookie's class and the level of its response, worst level first."""
    levels = [level for level in reversed(Level) if level is not Level.SAFE]
    return _table(
        ("Cookie", *levels),
        (
            (cookie_class, *(by_level.get(level, "-") for level in levels))
            for cookie_class, by_level in SEVERITIES.items()
        ),
    )


def levels() -> str:
    """The levels, worst first, with what each means."""
    meanings = _attribute_docstrings(Level)
    return _table(
        ("Level", ""), ((f"**{level}**", meanings[level.name]) for level in reversed(Level))
    )


def log_fields() -> str:
    """The fields of the log, in their order."""
    return _table(("Field", ""), ((f"`{name}`", text) for name, text in FIELDS.items()))


def exit_statuses() -> str:
    """The exit statuses of every command."""
    meanings = _attribute_docstrings(ExitStatus)
    return _table(
        ("Exit status", ""), ((str(status.value), meanings[status.name]) for status in ExitStatus)
    )


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '\\|') for cell in row)} |" for row in lines)


def _attribute_docstrings(kind: type) -> dict[str, str]:
    """Name → docstring of the class's attributes, on one line."""
    (definition,) = ast.parse(dedent(inspect.getsource(kind))).body
    assert isinstance(definition, ast.ClassDef)  # noqa: S101 - it is the source of a class
    found = {}
    for assigned, text in zip(definition.body, definition.body[1:], strict=False):
        match assigned, text:
            case (
                ast.Assign(targets=[ast.Name(id=name)]),
                ast.Expr(value=ast.Constant(value=str(words))),
            ):
                found[name] = " ".join(words.split())
    return found
