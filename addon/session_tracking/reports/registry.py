"""The formats of reports, and the files that were asked for."""

import difflib
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from session_tracking.errors import SessionTrackerError
from session_tracking.escape import visible
from session_tracking.reports import github, gitlab, html, json, junit, markdown, sarif, text
from session_tracking.reports.document import Document
from session_tracking.reports.files import write_atomically

__all__ = ["REPORTS", "Format", "ReportProblem", "ReportSpec", "parse_spec", "write_reports"]


class ReportProblem(SessionTrackerError):
    """A report was asked for that cannot be written; the message tells the fix."""


@dataclass(frozen=True, slots=True)
class Format:
    """One way to write a report."""

    about: str
    """Who reads it, as the manual tells it."""
    render: Callable[[Document], str]


REPORTS: Mapping[str, Format] = MappingProxyType(
    {
        "text": Format("people, on a terminal or in a log", text.render),
        "json": Format("programs: every later command reads it", json.render),
        "sarif": Format("GitHub, Azure DevOps and others that keep alerts (2.1.0)", sarif.render),
        "junit": Format("Jenkins and most CI systems: a case a route and rule", junit.render),
        "markdown": Format("the summary of a step, below 1 MB", markdown.render),
        "html": Format("people, in a browser: one file, with search and filters", html.render),
        "github": Format("GitHub Actions: annotations, to be printed: `github=-`", github.render),
        "gitlab": Format("GitLab: a code quality report", gitlab.render),
    }
)
"""Name of the format → how it is written."""


@dataclass(frozen=True, slots=True)
class ReportSpec:
    """A report that was asked for."""

    form: str
    """One of `REPORTS`."""
    path: Path | None
    """None is standard output."""

    def __str__(self) -> str:
        return visible("standard output" if self.path is None else str(self.path), 1000)


def parse_spec(written: str) -> ReportSpec:
    """What `FORMAT=PATH` asks for; PATH `-` is standard output, and FILE.json alone is JSON.

    Raises ReportProblem if there is no such format, or no folder for the file.
    """
    form, equals, name = written.partition("=")
    if not equals and written.endswith(".json"):
        form, name = "json", written
    if form not in REPORTS or not name:
        close = difflib.get_close_matches(form, REPORTS, n=1)
        hint = f"Did you mean {close[0]}=…? " if close and form not in REPORTS else ""
        raise ReportProblem(
            f"{visible(written)!r} is no report. {hint}Write FORMAT=PATH, with one of these"
            f" formats: {', '.join(REPORTS)}."
        )
    if name == "-":
        return ReportSpec(form, None)
    path = Path(name).expanduser()
    if not path.parent.is_dir():
        raise ReportProblem(
            f"there is no folder for {visible(str(path), 1000)!r}. Create it first."
        )
    return ReportSpec(form, path)


def write_reports(specs: Iterable[ReportSpec], document: Document) -> Iterator[str]:
    """Write the reports, each file in one step; what could not be written, and why."""
    for spec in specs:
        rendered = REPORTS[spec.form].render(document)
        try:
            if spec.path is None:
                sys.stdout.write(rendered)
                sys.stdout.flush()
            else:
                write_atomically(spec.path, rendered)
        except OSError as error:
            yield f"the report {spec} could not be written: {error.strerror}"
