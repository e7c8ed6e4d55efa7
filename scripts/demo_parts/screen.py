"""What the demo prints: short sections with aligned columns."""

import os
import shutil
import sys
import textwrap
from collections.abc import Iterable, Mapping
from typing import Any

from scripts.demo_parts.acts import Act
from scripts.demo_parts.visits import Visit
from scripts.sample_site import PAGES

COLOURS = {"error": "31;1", "warning": "33;1", "note": "36;1", "bold": "1", "dim": "2", "id": "32"}
MIN_WIDTH, MAX_WIDTH = 60, 100
TABLE_WIDTH = 120
"""Columns for tables where there is no terminal."""


def _colourful() -> bool:
    return (
        sys.stdout.isatty()
        and not os.environ.get("NO_COLOR")
        and os.environ.get("TERM", "dumb") != "dumb"
    )


def paint(kind: str, text: str) -> str:
    """The text in a colour, on a terminal that wants one."""
    return f"\x1b[{COLOURS[kind]}m{text}\x1b[m" if _colourful() else text


def heading(text: str) -> None:
    """The first line of a section."""
    print(f"\n{paint('bold', textwrap.fill(text, _width()))}", flush=True)


def rows(lines: Iterable[tuple[str, str]]) -> None:
    """Two columns, the first as wide as its widest text."""
    lines = list(lines)
    width = max(len(left) for left, _ in lines)
    for left, right in lines:
        _paragraph(f"{left:<{width}}  {right}", "  ", " " * (width + 4))


def visit_columns() -> None:
    """The heads of the columns of `visit`."""
    _visit_line(("", "request", "", "Cache-Control received"), "cookies received or brought", "dim")


def visit(seen: Visit) -> None:
    """One line for one visit."""
    said = seen.cache_control or "-"
    columns = (seen.visitor, f"{seen.method} {seen.path}", seen.status, said)
    if seen.given:
        _visit_line(columns, "new, given  ", "id", seen.given)
    elif seen.cookies:
        _visit_line(columns, f"from the site: {', '.join(seen.cookies)}")
    elif seen.brought:
        _visit_line(columns, "recognised  ", "id", seen.brought)
    else:
        _visit_line(columns, "")


def _visit_line(columns: tuple[object, ...], came: str, colour: str = "", value: str = "") -> None:
    """One line, or two where the terminal is too narrow; the value, or else all, in the colour."""
    line = "  {:1}  {:21}  {:3}  {:27}".format(*columns)
    if len(line) + 2 + len(came + value) > _width():
        line = f"{line.rstrip()}\n{' ' * 4}"
    text = f"{line}  {came}"
    if value:
        text += paint(colour, value)
    elif colour:
        text = paint(colour, text)
    print(text.rstrip(), flush=True)


def act(done: Act) -> None:
    """One line for each request of an act."""
    owners: dict[str, str] = {}
    _act_line(("", "request", "Cache-Control received", "by"), "what came of it", "dim")
    for step in done.steps:
        columns = (
            step.visitor,
            f"{step.method} {step.path}",
            step.cache_control,
            "cache" if step.by_cache else "site",
        )
        owner = owners.setdefault(step.given, step.visitor)
        if not step.given:
            _act_line(columns, f'"{step.text}"')
        elif owner == step.visitor:
            _act_line(columns, f"a new session, {step.given[:8]}…", "id")
        else:
            _act_line(columns, f"the session of {owner}, {step.given[:8]}…", "error")


def _act_line(columns: tuple[object, ...], came: str, colour: str = "") -> None:
    line = "  {:1}  {:21}  {:22}  {:5}".format(*columns)
    if len(line) + 2 + len(came) > _width():
        line = f"{line.rstrip()}\n{' ' * 4}"
    print(f"{line}  {paint(colour, came) if colour else came}".rstrip(), flush=True)


def table(printed: str) -> None:
    """Columns that somebody else has aligned, as many of them as fit into the terminal."""
    lines = printed.splitlines()
    room = shutil.get_terminal_size((TABLE_WIDTH, 0)).columns - 2
    blank = (
        end for end in range(room + 1) if not any(line[end : end + 2].strip() for line in lines)
    )
    fitting = max(blank, default=0)
    for number, line in enumerate(lines):
        text = line[:fitting].rstrip()
        print(f"  {text if number else paint('dim', text)}", flush=True)


def remark(text: str) -> None:
    """A sentence below a table."""
    _paragraph(text, "  ", "  ")


def findings(report: Mapping[str, Any]) -> None:
    """Every finding of the report, with its reasons and its remedy."""
    for found in report["findings"]:
        severity = found["severity"]
        what = (
            f"{found['rule']}  {found['method']} {found['route']} sets"
            f' "{found["cookie"]}" ({found["class"]}): {found["level"]}'
        )
        filled = _filled(what, " " * 11, " " * 18)
        print(f"  {paint(severity, f'{severity:7}')}{filled[9:]}", flush=True)
        # Some remedies name the reason themselves.
        why = "; ".join(
            f"{reason['text']} ({reason['spec']})"
            for reason in found["reasons"]
            if reason["text"] not in found["remedy"]
        )
        if why:
            _paragraph(f"Why: {why}.")
        _paragraph(f"Fix: {found['remedy']}")


def _paragraph(text: str, first: str = " " * 11, others: str = " " * 16) -> None:
    """The text between its indents and the right margin; only what has no space goes beyond."""
    print(_filled(text, first, others), flush=True)


def _filled(text: str, first: str, others: str) -> str:
    return textwrap.fill(
        text,
        _width(),
        initial_indent=first,
        subsequent_indent=others,
        break_long_words=False,
        break_on_hyphens=False,
    )


def _width() -> int:
    """Columns to keep to: the terminal's, within reason."""
    columns = shutil.get_terminal_size((MAX_WIDTH, 0)).columns
    return max(MIN_WIDTH, min(MAX_WIDTH, columns))


def unflagged(report: Mapping[str, Any], seen: Iterable[Visit]) -> None:
    """The pages that were visited and gave no reason to complain."""
    flagged = {found["route"] for found in report["findings"]}
    paths = dict.fromkeys(each.path for each in seen)
    rows((path, PAGES[path]) for path in paths if path not in flagged)
