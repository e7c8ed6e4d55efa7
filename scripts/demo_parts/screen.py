"""What the demo prints: short sections with aligned columns."""

import os
import shutil
import sys
import textwrap
from collections.abc import Iterable, Mapping
from typing import Any

from scripts.demo_parts.visits import Visit
from scripts.sample_site import PAGES

COLOURS = {"error": "31;1", "warning": "33;1", "note": "36;1", "bold": "1", "dim": "2", "id": "32"}
MIN_WIDTH, MAX_WIDTH = 60, 100


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
    print(f"\n{paint('bold', text)}", flush=True)


def rows(lines: Iterable[tuple[str, str]]) -> None:
    """Two columns, the first as wide as its widest text."""
    lines = list(lines)
    width = max(len(left) for left, _ in lines)
    for left, right in lines:
        print(f"  {left:<{width}}  {right}", flush=True)


def visit_columns() -> None:
    """The heads of the columns of `visit`."""
    print(
        paint(
            "dim",
            _visit_line("", "request", "", "Cache-Control received", "cookies received or brought"),
        )
    )


def visit(seen: Visit) -> None:
    """One line for one visit."""
    said = seen.cache_control or "-"
    print(
        _visit_line(
            seen.visitor, f"{seen.method} {seen.path}", seen.status, said, _what_came(seen)
        ),
        flush=True,
    )


def _visit_line(*columns: object) -> str:
    return "  {:1}  {:21}  {:3}  {:27}  {}".format(*columns).rstrip()


def _what_came(seen: Visit) -> str:
    if seen.given:
        return f"new, given  {paint('id', seen.given)}"
    if seen.cookies:
        return f"from the site: {', '.join(seen.cookies)}"
    return f"recognised  {paint('id', seen.brought)}" if seen.brought else ""


def findings(report: Mapping[str, Any]) -> None:
    """Every finding of the report, with its reasons and its remedy."""
    for found in report["findings"]:
        severity = paint(found["severity"], f"{found['severity']:7}")
        print(
            f"  {severity}  {found['rule']}  {found['method']} {found['route']} sets"
            f' "{found["cookie"]}" ({found["class"]}): {found["level"]}'
        )
        # Some remedies name the reason themselves.
        why = "; ".join(
            f"{reason['text']} ({reason['spec']})"
            for reason in found["reasons"]
            if reason["text"] not in found["remedy"]
        )
        if why:
            _paragraph(f"Why: {why}.")
        _paragraph(f"Fix: {found['remedy']}")


def _paragraph(text: str) -> None:
    width = max(MIN_WIDTH, min(MAX_WIDTH, shutil.get_terminal_size((MAX_WIDTH, 0)).columns))
    indent = " " * 11
    hanging = indent + "     "
    print(textwrap.fill(text, width, initial_indent=indent, subsequent_indent=hanging,
                        break_on_hyphens=False))  # fmt: skip


def unflagged(report: Mapping[str, Any], seen: Iterable[Visit]) -> None:
    """The pages that were visited and gave no reason to complain."""
    flagged = {found["route"] for found in report["findings"]}
    paths = dict.fromkeys(each.path for each in seen)
    rows((path, PAGES[path]) for path in paths if path not in flagged)
