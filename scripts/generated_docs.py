"""Keeps the generated parts of the documentation equal to the code they come from.

A document holds ``<!-- generated:NAME -->`` and ``<!-- /generated -->``, each on a
line of its own; what stands between them is written by the function that BLOCKS
names for NAME. ``scripts/docs`` rewrites, ``scripts/docs --check`` only compares.
"""

import re
import sys
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# NAME: "module:function"; the function takes nothing and returns Markdown.
BLOCKS = {
    "configuration-checks": "session_tracking.config.reference:codes_table",
    "configuration-keys": "session_tracking.config.reference:reference_table",
    "exit-statuses": "scripts.reference_tables:exit_statuses",
    "formats": "scripts.reference_tables:formats",
    "levels": "scripts.reference_tables:levels",
    "log-fields": "scripts.reference_tables:log_fields",
    "options": "scripts.reference_tables:options",
    "rules": "scripts.reference_tables:rules",
    "severities": "scripts.reference_tables:severities",
}

_OPENING = re.compile(r"<!-- generated:([\w-]+) -->")
_BLOCK = re.compile(r"(<!-- generated:([\w-]+) -->\n).*?(<!-- /generated -->)", re.DOTALL)


class DocumentError(Exception):
    """A document asks for something that does not exist; the message says what."""


def documents() -> list[Path]:
    """Every document that may hold generated parts."""
    return [ROOT / "README.md", *sorted((ROOT / "docs").glob("**/*.md"))]


def names(text: str) -> set[str]:
    """The blocks that a document asks for."""
    return set(_OPENING.findall(text))


def render(text: str, blocks: Mapping[str, str] = BLOCKS) -> str:
    """The document with every generated part made anew.

    Raises DocumentError for an unknown name, and for a part that is never closed
    or runs into the next one.
    """
    if unknown := names(text) - blocks.keys():
        raise DocumentError(f"no generator is called {', '.join(sorted(unknown))}")
    found = list(_BLOCK.finditer(text))
    if len(found) != len(_OPENING.findall(text)) or any(len(names(m[0])) > 1 for m in found):
        raise DocumentError("a generated part lacks its <!-- /generated --> line")
    return _BLOCK.sub(lambda m: f"{m[1]}{_generate(blocks[m[2]])}\n{m[3]}", text)


def _generate(target: str) -> str:
    module, _, function = target.partition(":")
    return str(getattr(import_module(module), function)()).strip("\n")


def main(arguments: list[str]) -> int:
    """Rewrite the documents, or compare them with ``--check``; 1 means out of date or broken."""
    check = arguments == ["--check"]
    if arguments and not check:
        print("usage: scripts/docs [--check]", file=sys.stderr)
        return 64
    status = 0
    for path in documents():
        text = path.read_text(encoding="utf-8")
        try:
            current = render(text)
        except DocumentError as error:
            print(f"{path.relative_to(ROOT)}: {error}", file=sys.stderr)
            status = 1
            continue
        if current == text:
            continue
        if check:
            print(f"{path.relative_to(ROOT)} is out of date: run scripts/docs", file=sys.stderr)
            status = 1
        else:
            path.write_text(current, encoding="utf-8")
            print(f"{path.relative_to(ROOT)} rewritten")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
