"""What a run comes to: which findings count, and the exit status that follows."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime

from msgspec.structs import replace

from session_tracking.audit.suppressions import Suppression
from session_tracking.reports.document import (
    BaselineFacts,
    Document,
    Found,
    RunFacts,
    State,
    SuppressionFacts,
    Vanished,
)
from session_tracking.reports.known import Baseline, Known
from session_tracking.reports.run import ExitStatus, FailOn

__all__ = ["Terms", "judge", "sought_by", "today"]


def today() -> date:
    """The day by which suppressions expire: it changes at midnight UTC, everywhere at once."""
    return datetime.now(UTC).date()


@dataclass(frozen=True, slots=True)
class Terms:
    """What a run is measured by."""

    fail_on: FailOn
    today: date
    suppressions: tuple[Suppression, ...] | None = None
    """None leaves those that the report names already."""
    baseline: Baseline | None = None
    """None leaves what the report calls known already."""
    off: tuple[str, ...] | None = None
    """Rules that are switched off; None leaves those that the report names already."""

    def silences(self, known: Known) -> bool:
        """Whether nobody is to be told of a finding at once: it is known or suppressed."""
        if self.baseline is not None and self.baseline.knows(known):
            return True
        return any(
            given.holds(self.today)
            and given.covers(known.rule, known.site, known.route, known.cookie)
            for given in self.suppressions or ()
        )


def judge(document: Document, terms: Terms) -> Document:
    """The same report, judged: each finding's state, the counts, and the exit status.

    A swap that happened is neither suppressed nor known, and no threshold applies to it: it is no
    risk any more but damage. Being incomplete goes before findings.
    """
    suppressions = terms.suppressions
    if suppressions is None:
        suppressions = tuple(map(_as_written, document.suppressions))
    baseline = terms.baseline or _stored(document)
    matched: Counter[int] = Counter()
    findings = tuple(
        _judged(found, suppressions, baseline, terms.today, matched) for found in document.findings
    )
    facts = tuple(
        SuppressionFacts(
            given.rule,
            given.site,
            given.path,
            given.cookie,
            given.reason,
            given.expires.isoformat(),
            given.place,
            matched[number],
            not given.holds(terms.today),
        )
        for number, given in enumerate(suppressions)
    )
    states = Counter(found.state for found in findings)
    failing = sum(
        found.state is State.NEW and terms.fail_on.reached_by(found.severity) for found in findings
    ) + sum(
        number
        for severity, number in document.counts.dropped_by.items()
        if terms.fail_on.reached_by(severity)
    )
    counts = replace(
        document.counts,
        new=states[State.NEW],
        known=states[State.KNOWN],
        suppressed=states[State.SUPPRESSED],
        failing=failing,
    )
    incomplete = tuple(dict.fromkeys((*document.run.incomplete, *_gaps(document.run, terms))))
    expired = terms.fail_on is not FailOn.NEVER and any(given.expired for given in facts)
    run = replace(
        document.run,
        incomplete=incomplete,
        fail_on=terms.fail_on,
        off=document.run.off if terms.off is None else terms.off,
        exit_status=_status(findings, document.run, incomplete, failed=bool(failing) or expired),
    )
    return replace(
        document,
        run=run,
        counts=counts,
        findings=findings,
        suppressions=facts,
        baseline=baseline and _compared(baseline, replace(document, run=run)),
    )


def _status(
    findings: tuple[Found, ...], run: RunFacts, incomplete: tuple[str, ...], *, failed: bool
) -> ExitStatus:
    if run.swaps.get("confirmed") or any(found.happened for found in findings):
        return ExitStatus.PROVEN_SWAP
    if incomplete:
        return ExitStatus.INCOMPLETE
    return ExitStatus.FINDINGS if failed else ExitStatus.CLEAN


def _judged(
    found: Found,
    suppressions: tuple[Suppression, ...],
    baseline: Baseline | None,
    day: date,
    matched: Counter[int],
) -> Found:
    state, by = State.NEW, None
    for number, given in enumerate(suppressions):
        if given.covers(found.rule, found.site, found.route, found.cookie):
            matched[number] += 1
            if by is None and given.holds(day):
                state, by = State.SUPPRESSED, number
    if by is None and baseline is not None and baseline.knows(Known.of(found)):
        state = State.KNOWN
    return replace(found, state=state, suppression=by)


def _gaps(run: RunFacts, terms: Terms) -> Iterator[str]:
    """Why the run is incomplete, as far as the numbers tell."""
    if run.failures:
        noun = "exchange" if run.failures == 1 else "exchanges"
        yield f"{run.failures} {noun} could not be audited; the log says why"
    gates = terms.fail_on is not FailOn.NEVER
    if gates and run.unjudged and run.unjudged == run.cookies_set:
        yield "no response that sets a cookie was judged: audit.enabled is false"
    # A live proxy that nobody asked yet may end in peace; whoever audits a file wants an answer.
    if not run.exchanges and (gates or run.source != "live"):
        yield nothing_seen(run.source)


def nothing_seen(source: str) -> str:
    """What a run without any response says."""
    if source == "live":
        return "nothing passed through the proxy, so there is nothing to call clean"
    return "no exchange was seen, so there is nothing to call clean"


def _as_written(facts: SuppressionFacts) -> Suppression:
    expires = date.fromisoformat(facts.expires)
    return Suppression(
        facts.rule, facts.site, facts.path, facts.cookie, facts.reason, expires, facts.place
    )


def _stored(document: Document) -> Baseline | None:
    """The baseline that the report was compared with, as far as the report tells."""
    facts = document.baseline
    if facts is None:
        return None
    known = [Known.of(found) for found in document.findings if found.state is State.KNOWN]
    known += [
        Known(gone.rule, gone.severity, gone.site, gone.route, gone.cookie)
        for gone in facts.vanished
    ]
    return Baseline(facts.source, tuple(known))


def sought_by(document: Document) -> Callable[[Known], bool]:
    """Whether a finding would be in a report if it was still there.

    Not so where its route was not visited, or its rule is off.
    """
    places = {(route.site, route.route) for route in document.routes.seen}
    off = document.run.off
    return lambda known: known.rule not in off and (known.site, known.route) in places


def _compared(baseline: Baseline, document: Document) -> BaselineFacts:
    sought = sought_by(document)
    there = {Known.of(found).key for found in document.findings}
    vanished = tuple(
        Vanished(
            known.rule,
            known.severity,
            known.site,
            known.route,
            known.cookie,
            sought(known),
        )
        for known in baseline.entries
        if known.key not in there
    )
    return BaselineFacts(baseline.source, len(baseline.entries), vanished)
