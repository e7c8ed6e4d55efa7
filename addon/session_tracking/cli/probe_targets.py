"""Which URLs `session-tracker probe` asks, and with which fields."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import click

from session_tracking.audit.routes import shown_url
from session_tracking.caching.profiles.simulate import sets_cookie
from session_tracking.cli.inputs import Input, opened, read
from session_tracking.cli.report_files import report_findings
from session_tracking.escape import visible
from session_tracking.http.exchange import RequestFacts
from session_tracking.http.fields import FieldSection
from session_tracking.records.questions import Unreadable
from session_tracking.swaps.probe.facts import Target, TargetError, visitor_lines

__all__ = ["Targets", "header_lines"]

METHODS = frozenset({"GET", "HEAD"})
"""What is ever asked."""

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\t -~\x80-\xff]*")
_OURS = frozenset(
    {"connection", "content-length", "cookie", "cookie2", "expect", "te", "transfer-encoding",
     "upgrade"}
)  # fmt: skip


def header_lines(given: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """The field lines of `--header NAME:VALUE`. Raises click.UsageError for what cannot be sent."""
    lines = []
    for text in given:
        name, colon, value = text.partition(":")
        value = value.strip(" \t")
        if not colon or not _TOKEN.fullmatch(name) or not _VALUE.fullmatch(value):
            raise click.UsageError(f"--header {visible(text, 60)!r} is not NAME: VALUE.")
        if name.lower() in _OURS:
            why = "the clients have no cookies" if "cookie" in name.lower() else "it is set by us"
            raise click.UsageError(f"--header {name}: {why}.")
        lines.append((name, value))
    return tuple(lines)


@dataclass(slots=True)
class Targets:
    """The targets, each URL once, and what could not become one."""

    fields: tuple[tuple[str, str], ...]
    """Field lines of every request; they replace recorded ones of the same name."""
    found: dict[str, Target] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    """Why the answer will be incomplete; fit to be shown."""

    def add_url(self, url: str) -> None:
        """A URL that the user named. Raises click.UsageError if it is none."""
        try:
            self._add(Target.of(url, self.fields))
        except TargetError as problem:
            raise click.UsageError(f"{visible(url)}: {problem}.") from None

    def add_file(self, name: str) -> None:
        """The URLs that set cookies, of a JSON report, or of what `verdict` reads."""
        with opened(name) as source:
            findings = report_findings(source)
            before = len(self.found) + len(self.problems)
            if findings is None:
                self._add_exchanges(source)
            else:
                self._add_findings(findings, source)
            if len(self.found) + len(self.problems) == before:
                self.problems.append(f"{source.shown}: no GET or HEAD in it sets a cookie")

    def _add_exchanges(self, source: Input) -> None:
        for batch in read(source):
            for item in batch:
                if isinstance(item, Unreadable):
                    self.problems.append(f"{source.shown}:{item.number}: {item.problem}")
                    continue
                request = item.exchange.request
                if request.method in METHODS and sets_cookie(item.exchange.response):
                    self._try(request.url, self._with(request.fields), source)

    def _add_findings(self, findings: Sequence[Mapping[str, Any]], source: Input) -> None:
        for finding in findings:
            url = finding.get("url")
            about_response = finding.get("field") != "Cookie"
            if isinstance(url, str) and finding.get("method") in METHODS and about_response:
                if "…" in url or "{}" in url:
                    self.problems.append(
                        f"{source.shown}: {visible(url)} is not whole, since reports hold no values"
                        " of queries: name it, or give the recording"
                    )
                else:
                    self._try(url, self.fields, source)

    def _with(self, recorded: FieldSection) -> tuple[tuple[str, str], ...]:
        given = {name.lower() for name, _ in self.fields}
        kept = [line for line in visitor_lines(recorded) if line[0].lower() not in given]
        return (*kept, *self.fields)

    def _try(self, url: str, fields: tuple[tuple[str, str], ...], source: Input) -> None:
        try:
            self._add(Target.of(url, fields))
        except TargetError as problem:
            shown = shown_url(RequestFacts("GET", url))
            self.problems.append(f"{source.shown}: {shown}: {problem}")

    def _add(self, target: Target) -> None:
        self.found.setdefault(target.url, target)

    def __iter__(self) -> Iterator[Target]:
        return iter(self.found.values())

    def __len__(self) -> int:
        return len(self.found)
