"""Workflow commands of GitHub Actions: findings as annotations of a run."""

from collections.abc import Iterator

from session_tracking.audit.findings import Severity
from session_tracking.reports.document import Document, State
from session_tracking.reports.text import asides, found_line, plural, suppression_line, verdict

__all__ = ["render"]

_COMMANDS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
_SHOWN = 10
"""Annotations of one kind that GitHub shows of a step."""


def render(document: Document) -> str:
    """One command a line: of each severity the first findings, and how many there are besides."""
    return "".join(f"{line}\n" for line in _lines(document))


def _lines(document: Document) -> Iterator[str]:
    for reason in document.run.incomplete:
        yield _command("error", "session-tracker is incomplete", reason)
    for given in document.suppressions:
        kind = "error" if given.expired else "notice" if given.matched else "warning"
        yield _command(kind, f"suppression of {given.rule}", suppression_line(given))
    for severity, command in _COMMANDS.items():
        new = [
            found
            for found in document.findings
            if found.severity == severity and found.state is State.NEW
        ]
        shown = new if len(new) <= _SHOWN else new[: _SHOWN - 1]
        for found in shown:
            yield _command(command, f"{found.rule} {found.title}", found_line(found))
        if further := len(new) - len(shown):
            yield _command(command, "session-tracker", f"… and {further} more of this severity")
    if known := document.counts.known:
        yield _command("notice", "session-tracker", f"{known} known from the baseline")
    if document.baseline is not None and (gone := document.baseline.vanished):
        text = "\n".join(f"{each.rule} {each.site}{each.route} {each.cookie}" for each in gone[:50])
        yield _command("notice", f"{len(gone)} vanished from the baseline", text)
    run = document.run
    for aside in asides(run):
        yield _command("notice", "session-tracker", aside)
    told = f"{verdict(document)} (exit status {run.exit_status:d}, fail on: {run.fail_on})"
    yield _command("notice", "session-tracker", f"{plural(run.exchanges, 'response')} seen: {told}")


def _command(kind: str, title: str, message: str) -> str:
    escaped = _data(title).replace(":", "%3A").replace(",", "%2C")
    return f"::{kind} title={escaped}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
