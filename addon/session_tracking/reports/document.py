"""A run as plain values: what the JSON report holds, and what every format is made of."""

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Final

from msgspec import Struct, field

from session_tracking import __version__
from session_tracking.audit.findings import Finding, Severity
from session_tracking.caching.levels import Level
from session_tracking.caching.profiles.model import Outcome
from session_tracking.cookies.classify import CookieClass
from session_tracking.reports.example import Example
from session_tracking.reports.run import Counted, ExitStatus, FailOn, Run, Tally
from session_tracking.swaps.courier import Books
from session_tracking.swaps.events import EventKind, Handover, SwapEvent

__all__ = [
    "SCHEMA_VERSION",
    "BaselineFacts",
    "Counts",
    "Document",
    "FleetFacts",
    "Found",
    "HandoverFacts",
    "Message",
    "Messages",
    "ReasonFacts",
    "RouteFacts",
    "RoutesFacts",
    "RunFacts",
    "State",
    "SuppressionFacts",
    "SwapFacts",
    "Vanished",
    "document_of",
    "found_of",
]

SCHEMA_VERSION: Final = 1
"""Raised when a reader of the form before would no longer understand it."""

_LAST_SECOND = 253402300799.0
"""The end of the year 9999."""


class State(StrEnum):
    """What a finding means for the run."""

    NEW = "new"
    """It counts."""
    KNOWN = "known"
    """It is in the baseline, and no graver than there."""
    SUPPRESSED = "suppressed"
    """Somebody decided to live with it, for a reason and until a date."""


class Tool(Struct, frozen=True):
    """What made the report."""

    name: str = "session-tracker"
    version: str = __version__


class FleetFacts(Struct, frozen=True):
    """What became of the sights for the ledger that a fleet shares."""

    sent: int
    stored: int
    gap: int
    restored: int
    outages: int


class RunFacts(Struct, frozen=True, kw_only=True):
    """How much was seen, and what it comes to. Times are ISO 8601, in UTC."""

    source: str
    started: str
    ended: str
    exchanges: int
    cookies_set: int
    failures: int
    unjudged: int = 0
    incomplete: tuple[str, ...]
    fail_on: FailOn
    exit_status: ExitStatus
    tracker: dict[str, int]
    swaps: dict[str, Any]
    fleet: FleetFacts | None = None
    off: tuple[str, ...] = ()
    """Rules that are switched off: nothing can be said of them."""


class Counts(Struct, frozen=True, kw_only=True):
    """Numbers of findings: distinct ones, and occurrences by severity."""

    distinct: int
    dropped: int
    dropped_by: dict[Severity, int] = {}
    """Of those that were not kept."""
    error: int
    warning: int
    note: int
    new: int = 0
    known: int = 0
    suppressed: int = 0
    failing: int = 0
    """What is at or above the threshold and neither known nor suppressed."""


class ReasonFacts(Struct, frozen=True):
    """Why, and after which section."""

    text: str
    spec: str
    url: str


class HandoverFacts(Struct, frozen=True):
    """Who had a value, and when."""

    client: str
    time: str
    url: str


class SwapFacts(Struct, frozen=True):
    """A swap that was seen."""

    kind: EventKind
    digest: str
    certainty: float
    first: HandoverFacts
    other: HandoverFacts
    reason: str


class Message(Struct, frozen=True):
    """The start of a message and its field lines, without anything secret."""

    line: str
    fields: tuple[tuple[str, str], ...]


class Messages(Struct, frozen=True):
    """The exchange that stands for a finding."""

    request: Message
    response: Message
    cut: bool
    """Whether there were more field lines than are shown."""


class Found(Struct, frozen=True, kw_only=True):
    """A finding, counted. Every text of it is fit to be shown; none is a cookie's value."""

    rule: str
    name: str
    title: str
    severity: Severity
    site: str
    method: str
    url: str
    route: str
    cookie: str
    cookie_class: CookieClass = field(name="class")
    carrier: str = field(name="field")
    """The field that holds the cookie."""
    level: Level | None
    reasons: tuple[ReasonFacts, ...]
    remedy: str
    caches: dict[str, Outcome]
    fingerprint: str
    exchange: str
    time: str
    masked_by: str | None
    swap: SwapFacts | None
    count: int
    masked: int
    state: State = State.NEW
    suppression: int | None = None
    """Place of the suppression among those of the report, from 0; None if it is not suppressed."""
    example: Messages | None = None

    @property
    def happened(self) -> bool:
        """Whether it is a proven swap, which nothing can silence."""
        return self.swap is not None and self.swap.kind == EventKind.CONFIRMED


class SuppressionFacts(Struct, frozen=True):
    """A decision to live with findings."""

    rule: str
    site: str
    path: str
    cookie: str
    reason: str
    expires: str
    """The last day on which it holds, as YYYY-MM-DD."""
    place: str
    matched: int = 0
    """Distinct findings that it covers."""
    expired: bool = False


class Vanished(Struct, frozen=True):
    """An entry of the baseline that was not found again."""

    rule: str
    severity: Severity
    site: str
    route: str
    cookie: str
    visited: bool
    """Whether it was looked for: its route was seen, and its rule is not off."""


class BaselineFacts(Struct, frozen=True):
    """What was known before."""

    source: str
    entries: int
    vanished: tuple[Vanished, ...]


class RouteFacts(Struct, frozen=True):
    """A route with its number of responses."""

    site: str
    route: str
    exchanges: int


class RoutesFacts(Struct, frozen=True):
    """The routes that were seen, those apart where something was not judged."""

    seen: tuple[RouteFacts, ...] = ()
    further: int = 0
    """Responses of routes that are not listed."""


class Document(Struct, frozen=True, kw_only=True):
    """One report."""

    version: int = SCHEMA_VERSION
    tool: Tool = Tool()
    run: RunFacts
    counts: Counts
    findings: tuple[Found, ...]
    suppressions: tuple[SuppressionFacts, ...] = ()
    baseline: BaselineFacts | None = None
    routes: RoutesFacts = RoutesFacts()


def _fleet(books: Books) -> FleetFacts:
    return FleetFacts(books.sent, books.stored, books.gap, books.restored, books.outages)


def document_of(run: Run, tally: Tally) -> Document:
    """The facts of a run that nobody has judged yet: every finding counts as new."""
    swaps = run.swaps
    incomplete = list(run.incomplete)
    if run.source != "live" and swaps.reasons:
        incomplete.append(f"a swap cannot be ruled out: {'; '.join(swaps.reasons)}")
    if run.fleet_problem:
        incomplete.append(run.fleet_problem)
    fleet = None if run.fleet is None else _fleet(run.fleet)
    if fleet is not None and fleet.gap:
        incomplete.append(
            f"{fleet.gap} of {fleet.sent} sights did not get into the fleet's ledger: a swap"
            " between two proxies may have been missed"
        )
    facts = RunFacts(
        source=run.source,
        started=_time(run.started),
        ended=_time(run.ended),
        exchanges=run.exchanges,
        cookies_set=run.cookies_set,
        failures=run.failures,
        unjudged=run.unjudged,
        incomplete=tuple(incomplete),
        fail_on=FailOn.NEVER,
        exit_status=ExitStatus.CLEAN,
        tracker=dict(run.tracker),
        swaps=swaps.facts(),
        fleet=fleet,
    )
    counts = Counts(
        distinct=len(tally.found),
        dropped=tally.dropped,
        dropped_by=dict(tally.dropped_by),
        error=tally.by_severity[Severity.ERROR],
        warning=tally.by_severity[Severity.WARNING],
        note=tally.by_severity[Severity.NOTE],
    )
    seen = sorted(run.routes.seen.items())
    routes = tuple(
        RouteFacts(*place, number) for place, number in seen if place not in run.routes.unjudged
    )
    return Document(
        run=facts,
        counts=counts,
        findings=tuple(map(found_of, tally)),
        routes=RoutesFacts(routes, run.routes.further),
    )


def found_of(given: Counted | Finding) -> Found:
    """A finding as plain values."""
    # Not told apart by class: after a hot reload that may be of an earlier instance of its module.
    either: Any = given
    counted: Counted = either if hasattr(either, "finding") else Counted(either)
    finding = counted.finding
    return Found(
        rule=finding.rule.id,
        name=finding.rule.name,
        title=finding.rule.title,
        severity=finding.severity,
        site=finding.site,
        method=finding.method,
        url=finding.url,
        route=finding.route,
        cookie=finding.cookie_name,
        cookie_class=finding.cookie_class,
        carrier=finding.field,
        level=finding.level,
        reasons=tuple(
            ReasonFacts(reason.text, str(reason.spec), reason.spec.url)
            for reason in finding.reasons
        ),
        remedy=finding.remedy,
        caches=dict(finding.caches),
        fingerprint=finding.fingerprint,
        exchange=finding.exchange_id,
        time=_time(finding.time),
        masked_by=finding.masked_by or None,
        swap=None if finding.swap is None else _swap(finding.swap),
        count=counted.count,
        masked=counted.masked,
        example=None if counted.example is None else _messages(counted.example),
    )


def _swap(swap: SwapEvent) -> SwapFacts:
    return SwapFacts(
        swap.kind,
        swap.digest,
        min(swap.score, 10) / 10,
        _handover(swap.first),
        _handover(swap.other),
        swap.reason,
    )


def _handover(seen: Handover) -> HandoverFacts:
    return HandoverFacts(seen.client, _time(seen.time), seen.url)


def _messages(example: Example) -> Messages:
    return Messages(
        Message(example.request, example.request_fields),
        Message(f"HTTP {example.status}", example.response_fields),
        example.cut,
    )


def _time(seconds: float) -> str:
    # A recording may hold any number for a time; no report is worth less than none.
    seconds = min(max(seconds, 0.0), _LAST_SECOND)
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
