"""The facts of one run, its findings counted, and the exit status that follows."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from session_tracking.audit.findings import Finding, Severity
from session_tracking.reports.swaps import SwapRecord
from session_tracking.swaps.events import EventKind

MAX_FINDINGS = 10_000
"""Distinct findings that are kept; what comes after is counted only, so that hostile traffic
cannot fill the memory."""


class ExitStatus(IntEnum):
    """Exit statuses of every command; where several apply, 3 goes before 2 before 1."""

    CLEAN = 0
    """Nothing at or above the threshold was found."""
    FINDINGS = 1
    """Findings at or above the threshold."""
    INCOMPLETE = 2
    """Something could not be judged, so "clean" cannot be said."""
    PROVEN_SWAP = 3
    """A session was seen to be handed to somebody else."""
    USAGE = 64
    """The command line or an option is wrong."""
    CONFIGURATION = 78
    """The configuration is wrong; nothing was started."""


class FailOn(StrEnum):
    """From which severity findings make a run fail."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"
    NEVER = "never"

    def reached_by(self, severity: Severity) -> bool:
        """Whether a finding of this severity fails the run."""
        return self is not FailOn.NEVER and severity.rank >= Severity(self).rank


@dataclass(slots=True)
class Counted:
    """A finding, and how often it occurred in equal form."""

    finding: Finding
    count: int = 1
    masked: int = 0
    """How many of them our own edit hid from the visitor."""


@dataclass(slots=True)
class Tally:
    """The findings of a run: equal ones (rule, site, route, cookie) are counted once each."""

    found: dict[str, Counted] = field(default_factory=dict)
    """Fingerprint → the gravest finding of that fingerprint."""
    by_severity: Counter[Severity] = field(default_factory=Counter)
    """Occurrences, equal ones included."""
    dropped_by: Counter[Severity] = field(default_factory=Counter)
    """The same by severity: what was not kept fails a run all the same."""
    dropped: int = 0
    """Occurrences that came when `MAX_FINDINGS` distinct ones were held."""

    def add(self, finding: Finding) -> Counted | None:
        """Count a finding; what is held of it if it is new or graver than its equals so far."""
        self.by_severity[finding.severity] += 1
        known = self.found.get(finding.fingerprint)
        masked = bool(finding.masked_by)
        if known is None:
            if len(self.found) >= MAX_FINDINGS:
                self.dropped += 1
                self.dropped_by[finding.severity] += 1
                return None
            known = self.found[finding.fingerprint] = Counted(finding, 1, int(masked))
            return known
        known.count += 1
        known.masked += masked
        if finding.severity.rank > known.finding.severity.rank:
            known.finding = finding
            return known
        return None

    def __iter__(self) -> Iterator[Counted]:
        """The counted findings, gravest first, then by rule, site, route and cookie."""
        return iter(sorted(self.found.values(), key=_order))

    def at_or_above(self, fail_on: FailOn) -> int:
        """How many distinct findings fail a run; of those not kept, how many occurrences."""
        dropped = sum(n for severity, n in self.dropped_by.items() if fail_on.reached_by(severity))
        return dropped + sum(
            fail_on.reached_by(counted.finding.severity) for counted in self.found.values()
        )


def _order(counted: Counted) -> tuple[int, str, str, str, str]:
    found = counted.finding
    return (-found.severity.rank, found.rule.id, found.site, found.route, found.cookie_name)


@dataclass(slots=True)
class Run:
    """The facts of one run. Times are Unix seconds."""

    source: str
    """`live`, or the name of the file that was read."""
    started: float
    ended: float = 0.0
    exchanges: int = 0
    """Responses that were seen."""
    cookies_set: int = 0
    """Responses among them that set a cookie upstream."""
    failures: int = 0
    """Exchanges that could not be audited because of an error of ours."""
    unjudged: int = 0
    """Responses that set a cookie where the configuration switches the audit off."""
    incomplete: dict[str, None] = field(default_factory=dict)
    """Why the run cannot be called clean, each reason once."""
    tracker: dict[str, int] = field(default_factory=dict)
    """Counters of the tracker: issued, confirmed, forged…"""
    swaps: SwapRecord = field(default_factory=SwapRecord)

    def reasons(self, fail_on: FailOn) -> Iterable[str]:
        """Why the run is incomplete; empty if it is complete."""
        if self.failures:
            noun = "exchange" if self.failures == 1 else "exchanges"
            yield f"{self.failures} {noun} could not be audited; the log above says why"
        yield from self.incomplete
        if self.unjudged and self.unjudged == self.cookies_set and fail_on is not FailOn.NEVER:
            yield "no response that sets a cookie was judged: audit.enabled is false"
        if self.source != "live" and self.swaps.reasons:
            yield f"a swap cannot be ruled out: {'; '.join(self.swaps.reasons)}"
        if not self.exchanges and fail_on is not FailOn.NEVER:
            yield "no exchange was seen, so there is nothing to call clean"


def exit_status(run: Run, tally: Tally, fail_on: FailOn) -> ExitStatus:
    """The exit status of a run; incomplete goes before findings, a swap that happened before both.

    No threshold applies to the last: it is no risk any more but damage.
    """
    if run.swaps.counts[EventKind.CONFIRMED]:
        return ExitStatus.PROVEN_SWAP
    if any(run.reasons(fail_on)):
        return ExitStatus.INCOMPLETE
    return ExitStatus.FINDINGS if tally.at_or_above(fail_on) else ExitStatus.CLEAN
