"""The facts of one run, and its findings counted."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import IntEnum, StrEnum

from session_tracking.audit.auditor import MAX_COOKIES
from session_tracking.audit.findings import Finding, Severity
from session_tracking.audit.routes import shown_route
from session_tracking.audit.suppressions import NEVER_SILENT
from session_tracking.http.exchange import Exchange
from session_tracking.reports.example import Example, example_of
from session_tracking.reports.swaps import SwapRecord
from session_tracking.swaps.courier import Books

MAX_FINDINGS = 10_000
"""Distinct findings that are kept; what comes after is counted only, so that hostile traffic
cannot fill the memory."""

MAX_EXAMPLES = 1000
"""Distinct findings whose exchange is kept as an example."""

MAX_ROUTES = 5000
"""Routes of a run that are told apart; responses of further ones are counted together."""


RESPONSE_CUT = f"a response set more than {MAX_COOKIES} cookies, and the rest was not judged"
RECORDING_EDITED = (
    "the recording holds responses with the tracker's own cookie: they had been made safe for their"
    " visitor, and how they came from upstream is not in it; record with --save-stream-file, or"
    " with session_tracker_enabled=false"
)
RECORDING_BROKEN = (
    "the recording could not be read to its end, and what it holds from there on was not judged;"
    " mitmproxy has logged why"
)
FAILED_START = "mitmproxy ended at its start, because of the error that it has logged"


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
    example: Example | None = None
    """The exchange that the finding is about; None if it is not known."""


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

    def repeat(self, finding: Finding) -> bool:
        """Count a finding whose equal is held already, and no milder; else `add` is to be asked."""
        known = self.found.get(finding.fingerprint)
        if known is None:
            return False
        severity = known.finding.severity
        if severity is not finding.severity and finding.severity.rank > severity.rank:
            return False
        self.by_severity[finding.severity] += 1
        known.count += 1
        known.masked += bool(finding.masked_by)
        return True

    def add(self, finding: Finding, exchange: Exchange | None = None) -> Counted | None:
        """Count a finding; what is held of it if it is new or graver than its equals so far.

        `exchange` is the one that it is about.
        """
        if self.repeat(finding):
            return None
        self.by_severity[finding.severity] += 1
        masked = bool(finding.masked_by)
        known = self.found.get(finding.fingerprint)
        if known is None:
            if len(self.found) >= MAX_FINDINGS:
                self.dropped += 1
                self.dropped_by[finding.severity] += 1
                return None
            example = None
            if exchange is not None and len(self.found) < MAX_EXAMPLES:
                example = example_of(exchange)
            known = self.found[finding.fingerprint] = Counted(finding, 1, int(masked), example)
            return known
        known.count += 1
        known.masked += masked
        known.finding = finding
        if known.example is not None and exchange is not None:
            known.example = example_of(exchange)
        return known

    def __iter__(self) -> Iterator[Counted]:
        """The counted findings: what has happened, the gravest, then by rule and place."""
        return iter(sorted(self.found.values(), key=_order))


def _order(counted: Counted) -> tuple[bool, int, str, str, str, str]:
    found = counted.finding
    only_could = found.rule.id not in NEVER_SILENT
    place = (found.rule.id, found.site, found.route, found.cookie_name)
    return (only_could, -found.severity.rank, *place)


@dataclass(slots=True)
class Routes:
    """Where responses were seen: what is clean is known by having been looked at."""

    seen: dict[tuple[str, str], int] = field(default_factory=dict)
    """(site, route) → responses."""
    further: int = 0
    """Responses that came when `MAX_ROUTES` were held, of none of them."""
    unjudged: set[tuple[str, str]] = field(default_factory=set)
    """Those where a response was not judged: nothing can be said of them."""

    def see(self, authority: str, path: str) -> None:
        """Count a response: of a host with or without port, for a path with or without query."""
        self.count(shown_route(authority, path.partition("?")[0]))

    def count(self, place: tuple[str, str]) -> None:
        """Count a response of a site, on a route; both as findings name them."""
        seen = self.seen.get(place)
        if seen is not None:
            self.seen[place] = seen + 1
        elif len(self.seen) < MAX_ROUTES:
            self.seen[place] = 1
        else:
            self.further += 1


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
    routes: Routes = field(default_factory=Routes)
    fleet: Books | None = None
    """What became of the sights for the fleet's ledger; None where there is none."""
    fleet_problem: str = ""
    """Why the proxies of the fleet cannot understand each other."""

    def pass_over(self, place: tuple[str, str]) -> None:
        """Count a response that sets a cookie where the audit is off; `place` as for its route."""
        self.unjudged += 1
        if place in self.routes.seen:
            self.routes.unjudged.add(place)
