"""Findings and runs in words, one line a finding."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from session_tracking.audit.findings import Finding, Severity
from session_tracking.escape import visible
from session_tracking.reports.caches import collapse_line, outcome_line, switch_line
from session_tracking.reports.document import (
    Document,
    Found,
    HandoverFacts,
    RunFacts,
    State,
    SuppressionFacts,
    SwapFacts,
    found_of,
)
from session_tracking.reports.run import ExitStatus
from session_tracking.reports.swaps import SwapVerdict
from session_tracking.swaps.events import EventKind

__all__ = [
    "asides",
    "cache_lines",
    "finding_line",
    "finding_lines",
    "found_line",
    "plural",
    "render",
    "summary",
    "suppression_line",
    "swap_course",
    "swaps_sentence",
    "told_of_caches",
    "verdict",
]

_SHOWN = 20


def finding_lines(finding: Finding) -> Iterator[str]:
    """The line of a finding, and below it a line each for what caches make of the response."""
    found = found_of(finding)
    yield found_line(found)
    yield from cache_lines(found)


def finding_line(finding: Finding) -> str:
    """Severity, rule, method, URL, cookie, why and fix on one line, safe for terminals."""
    return found_line(found_of(finding))


def cache_lines(found: Found) -> Iterator[str]:
    """A line each for what caches make of the response; none if none was asked."""
    for about, told in told_of_caches(found):
        yield visible(f"    {about}: {told}", 2000)


def told_of_caches(found: Found) -> Iterator[tuple[str, str]]:
    """What caches make of the response: what is told of, and what there is to tell."""
    if found.caches:
        for about, told in (
            ("the next visitor", outcome_line(found.caches)),
            ("a refusal becomes a swap", switch_line(found.caches)),
            ("beware", collapse_line(found.caches)),
        ):
            if told:
                yield about, told


def found_line(found: Found) -> str:
    """The line of a finding, safe for terminals."""
    if found.swap is not None:
        return visible(_swap_sentence(found, found.swap), 3000)
    parts = [f"{_head(found)} is {found.level}"]
    # Some remedies tell the reasons themselves, where each is in its place.
    if not all(reason.text in found.remedy for reason in found.reasons):
        parts[0] += f": {why(found)}"
    parts.append(f"Fix: {found.remedy}")
    if found.masked_by:
        parts.append(f"[this visitor was protected by: {found.masked_by}]")
    return visible(". ".join(part.rstrip(".") for part in parts), 3000)


def _head(found: Found) -> str:
    return (
        f"{found.severity} {found.rule} {found.name}: {found.method} {found.url}"
        f' {found.carrier} "{found.cookie}" ({found.cookie_class})'
    )


def _swap_sentence(found: Found, swap: SwapFacts) -> str:
    """What happened to which value, by its digest, in the order of time; why, and the fix."""
    reasons = "; ".join(reason.text for reason in found.reasons)
    doubt = f" ({swap.reason})" if swap.reason else ""
    told = f"{_head(found)} value {swap.digest} was {swap_course(swap)}"
    return f"{told}. Evidence: {reasons}{doubt}. Fix: {found.remedy}"


def swap_course(swap: SwapFacts) -> str:
    """Who had the value first, and who then."""
    sent = swap.kind == EventKind.TWO_CLIENTS
    return f"first {_handover(swap.first, sent=sent)}, then {_handover(swap.other, sent=sent)}"


def _handover(seen: HandoverFacts, *, sent: bool) -> str:
    at = datetime.fromisoformat(seen.time).isoformat(timespec="seconds")
    where = seen.url or "a URL that is no longer known"
    by = f"sent by {seen.client} to" if sent else f"given to {seen.client} on"
    return f"{by} {where} at {at}"


def why(found: Found) -> str:
    """The reasons, each with the section that it rests on."""
    return "; ".join(f"{reason.text} ({reason.spec})" for reason in found.reasons)


def render(document: Document) -> str:
    """The whole report for people: the summary, and every finding with why and how to mend it."""
    lines = [*summary(document)]
    for state, title in _SECTIONS.items():
        found = [each for each in document.findings if each.state is state]
        if found:
            lines += ["", f"{title}:"]
        for each in found:
            # Of what nobody is to act on, a line is enough; the other formats have all of it.
            told = [found_line(each), *cache_lines(each)] if state is State.NEW else [_brief(each)]
            lines += ["", *told] if state is State.NEW else told
    return "\n".join(lines) + "\n"


def _brief(found: Found) -> str:
    return visible(
        f"  {found.severity} {found.rule} {found.method} {found.site}{found.route}"
        f' "{found.cookie}" {found.level or found.name}',
        500,
    )


_SECTIONS = {
    State.NEW: "Findings",
    State.KNOWN: "Known from the baseline",
    State.SUPPRESSED: "Suppressed",
}


def summary(document: Document) -> Iterator[str]:
    """The end of a run: what was seen, the gravest findings, and what it comes to."""
    run, counts = document.run, document.counts
    kinds = ", ".join(plural(getattr(counts, severity), severity) for severity in Severity)
    yield (
        f"session-tracker: {plural(run.exchanges, 'response')} seen, {run.cookies_set} setting"
        f" cookies; {kinds} in {plural(counts.distinct, 'distinct finding')}"
    )
    if run.tracker.get("issued") or run.tracker.get("forged"):
        yield "  cookies: " + ", ".join(f"{n} {name}" for name, n in run.tracker.items() if n)
    yield from _first([each for each in document.findings if each.state is State.NEW])
    if document.baseline is not None:
        yield from _baseline(document)
    for given in document.suppressions:
        yield f"  {suppression_line(given)}"
    for aside in asides(run):
        yield f"  {aside}"
    if run.swaps.get("watched"):
        yield f"  swaps: {swaps_sentence(run.swaps)}"
    if (fleet := run.fleet) is not None:
        yield (
            f"  fleet: {plural(fleet.sent, 'sight')} sent, {fleet.stored} stored, {fleet.gap} not;"
            f" {plural(fleet.outages, 'outage')}"
        )
    if counts.dropped:
        yield f"  {counts.dropped} further findings were counted but not kept"
    for reason in run.incomplete:
        yield f"  incomplete: {visible(reason, 500)}"
    yield (
        f"session-tracker: {verdict(document)}"
        f" (exit status {run.exit_status:d}, fail on: {run.fail_on})"
    )


def asides(run: RunFacts) -> Iterator[str]:
    """What nobody looked at because the configuration says so."""
    if run.off:
        yield f"rules switched off: {', '.join(run.off)}"
    if run.unjudged:
        yield (
            f"not judged: {plural(run.unjudged, 'response')} setting cookies, where audit.enabled"
            " is false"
        )


def _first(findings: Sequence[Found]) -> Iterator[str]:
    for found in findings[:_SHOWN]:
        masked = f", {found.masked} masked" if found.masked else ""
        yield (
            f"  {found.severity:7} {found.rule} {found.count}x{masked} {found.method}"
            f' {found.site}{found.route} "{found.cookie}" {found.level or found.name}'
        )
    if len(findings) > _SHOWN:
        yield f"  … and {len(findings) - _SHOWN} more"


def _baseline(document: Document) -> Iterator[str]:
    facts, counts = document.baseline, document.counts
    assert facts is not None  # noqa: S101 - the caller has looked
    yield (
        f"  baseline {facts.source}: {counts.known} known, {counts.new} new,"
        f" {sum(gone.visited for gone in facts.vanished)} vanished"
    )
    for gone in facts.vanished[:_SHOWN]:
        how = "vanished" if gone.visited else "not looked for: route not visited, or rule off"
        yield f'    {gone.rule} {gone.site}{gone.route} "{gone.cookie}": {how}'
    if len(facts.vanished) > _SHOWN:
        yield f"    … and {len(facts.vanished) - _SHOWN} more"


def suppression_line(given: SuppressionFacts) -> str:
    """What a suppression covers, how much that is, why, and until when; safe for terminals."""
    where = f"{given.rule} {given.site}{given.path} {given.cookie}"
    told = f'{given.place}: {where}: "{given.reason}"'
    if given.expired:
        covered = f"it covered {plural(given.matched, 'finding')}"
        return visible(
            f"suppression EXPIRED on {given.expires}, {covered}: {told}. Mend what it covers, or"
            " give it a new date",
            1000,
        )
    if not given.matched:
        return visible(f"suppression unused, remove it: {told}", 1000)
    covered = plural(given.matched, "finding")
    return visible(f"suppressed {covered} until {given.expires}: {told}", 1000)


def swaps_sentence(swaps: dict[str, object]) -> str:
    """Verdict, reason and counts in words; what was seen is told by its count alone."""
    counts = ", ".join(
        f"{count} {kind}" for kind in EventKind if (count := swaps.get(kind.replace("-", "_")))
    )
    answer, reason = str(swaps.get("verdict", "")), str(swaps.get("reason", ""))
    seen = answer in {SwapVerdict.CONFIRMED, SwapVerdict.SUSPECTED}
    parts = (counts, reason) if seen else (answer.replace("-", " "), reason, counts)
    return ": ".join(part for part in parts if part)


def verdict(document: Document) -> str:
    """What the run comes to, in words."""
    status = document.run.exit_status
    if status is ExitStatus.CLEAN:
        return _clean(document)
    if status is ExitStatus.FINDINGS and not document.counts.failing:
        expired = sum(given.expired for given in document.suppressions)
        return f"failed: {plural(expired, 'suppression')} expired"
    return status.name.lower().replace("_", " ")


def _clean(document: Document) -> str:
    """How clean a run is that nothing fails."""
    run, doubts = document.run, []
    if not run.exchanges:
        return "nothing was seen, and so nothing is called clean"
    if document.counts.new:
        return "not failed, though not clean: no finding is at or above the threshold"
    if document.findings:
        return "nothing new: every finding is known or suppressed"
    if run.unjudged:
        doubts.append("not everything was judged")
    if run.swaps.get("verdict") == SwapVerdict.NOT_ASSESSABLE:
        doubts.append("swaps are not assessable")
    return f"clean, as far as it goes: {', '.join(doubts)}" if doubts else "clean"


def plural(count: int, noun: str) -> str:
    """A number with its noun."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
