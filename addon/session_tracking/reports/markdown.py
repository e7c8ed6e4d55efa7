"""Markdown, for the summary of a CI step or a comment on a change."""

import string
from collections.abc import Iterator

from session_tracking.reports.document import Document, Found, State
from session_tracking.reports.text import (
    asides,
    plural,
    suppression_line,
    told_of_caches,
    verdict,
    why,
)

__all__ = ["MAX_OCTETS", "render"]

MAX_OCTETS = 1_000_000
"""CI systems refuse a summary of more than 1 MiB."""

_ENTITIES = {ord(mark): f"&#{ord(mark)};" for mark in string.punctuation if mark not in ",-."}
"""Punctuation that may mean something to a reader of Markdown or HTML."""
_SHOWN = 50
_SIGNS = {"error": "🛑", "warning": "⚠️", "note": "💡"}


def render(document: Document) -> str:
    """The report as Markdown; what is too much for the place is counted instead of shown."""
    run, counts = document.run, document.counts
    seen = f"{plural(run.exchanges, 'response')} seen, {run.cookies_set} setting cookies"
    found = f"**{counts.new} new**, {counts.known} known, {counts.suppressed} suppressed"
    end = f"fails on: {run.fail_on} · exit status {run.exit_status:d}"
    parts = [
        f"## Session cookies and caches: {_text(verdict(document))}\n",
        f"{seen} · {found} · {end}\n",
    ]
    parts += [f"> **Incomplete:** {_text(reason)}\n" for reason in run.incomplete]
    parts += [f"> {_text(aside)}\n" for aside in asides(run)]
    if counts.dropped:
        parts.append(f"> {counts.dropped} further findings were counted but not kept.\n")
    parts += _end(document)
    room = MAX_OCTETS - sum(map(_octets, parts)) - 500
    for title, state in (("New", State.NEW), ("Known", State.KNOWN)):
        those = [each for each in document.findings if each.state is state]
        if those:
            lines, room = _section(f"{title} findings", those, room)
            parts += lines
    return "\n".join(parts)


def _section(title: str, findings: list[Found], room: int) -> tuple[list[str], int]:
    """The table of some findings and what is to be said of each, as far as there is room."""
    lines = [
        f"### {title}\n",
        "| | Rule | Where | Cookie | Level | Seen |",
        "|---|---|---|---|---|---|",
    ]
    for number, found in enumerate(findings):
        row = _row(found)
        room -= _octets(row)
        if room < 0:
            lines.append(f"\n… and {len(findings) - number} more: another format holds them all.")
            return [*lines, ""], 0
        lines.append(row)
    lines.append("")
    for found in findings:
        details = "\n".join(_details(found))
        room -= _octets(details)
        if room < 0:
            return lines, 0
        lines.append(details)
    return lines, room


def _row(found: Found) -> str:
    rule = _text(f"{found.rule} {found.name}")
    where = _code(f"{found.method} {found.site}{found.route}")
    return (
        f"| {_SIGNS[found.severity]} {found.severity} | {rule} | {where}"
        f" | {_code(found.cookie)} ({found.cookie_class}) | {found.level or 'seen to happen'}"
        f" | {found.count}× |"
    )


def _details(found: Found) -> Iterator[str]:
    title = _text(f"{found.rule} {found.title}")
    yield f"<details><summary>{title}: {_code(found.url)}</summary>\n"
    yield f"- Why: {_text(why(found))}"
    for about, told in told_of_caches(found):
        yield f"- {about.capitalize()}: {_text(told)}"
    if found.masked_by:
        yield f"- This visitor was protected by: {_text(found.masked_by)}"
    yield f"- **Fix:** {_text(found.remedy)}"
    yield f"- Fingerprint: {_code(found.fingerprint)}\n"
    yield "</details>\n"


def _end(document: Document) -> list[str]:
    """The suppressions, and what the baseline says."""
    lines: list[str] = []
    if document.suppressions:
        lines.append("### Suppressions\n")
        lines += [f"- {_text(suppression_line(each))}" for each in document.suppressions[:_SHOWN]]
        lines.append("")
    if document.baseline is not None:
        gone = document.baseline.vanished
        lines.append(
            f"### Baseline {_code(document.baseline.source)}: {document.counts.known} known,"
            f" {len(gone)} vanished\n"
        )
        for each in gone[:_SHOWN]:
            how = "vanished" if each.visited else "not looked for"
            lines.append(
                f"- {_text(each.rule)} {_code(f'{each.site}{each.route} {each.cookie}')}: {how}"
            )
        lines.append("")
    return lines


def _text(text: str) -> str:
    return text.translate(_ENTITIES)


def _code(text: str) -> str:
    return f"<code>{_text(text)}</code>"


def _octets(text: str) -> int:
    return len(text.encode()) + 1
