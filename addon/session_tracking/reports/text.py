"""Findings and runs in words, one line a finding."""

from collections.abc import Iterator
from datetime import UTC, datetime

from session_tracking.audit.findings import Finding, Severity
from session_tracking.escape import visible
from session_tracking.reports.caches import collapse_line, outcome_line, switch_line
from session_tracking.reports.run import ExitStatus, FailOn, Run, Tally, exit_status
from session_tracking.reports.swaps import SwapVerdict
from session_tracking.swaps.events import EventKind, Handover, SwapEvent

_SHOWN = 20


def finding_lines(finding: Finding) -> Iterator[str]:
    """The line of a finding, and below it a line each for what caches make of the response."""
    yield finding_line(finding)
    if finding.caches:
        for about, told in (
            ("the next visitor", outcome_line(finding.caches)),
            ("a refusal becomes a swap", switch_line(finding.caches)),
            ("beware", collapse_line(finding.caches)),
        ):
            if told:
                yield visible(f"    {about}: {told}", 2000)


def finding_line(finding: Finding) -> str:
    """Severity, rule, method, URL, cookie, why and fix on one line, safe for terminals."""
    if finding.swap is not None:
        return visible(swap_sentence(finding, finding.swap), 3000)
    parts = [f"{_head(finding)} is {finding.level}"]
    # Some remedies tell the reasons themselves, where each is in its place.
    if not all(reason.text in finding.remedy for reason in finding.reasons):
        parts[0] += f": {why(finding)}"
    parts.append(f"Fix: {finding.remedy}")
    if finding.masked_by:
        parts.append(f"[this visitor was protected by: {finding.masked_by}]")
    return visible(". ".join(part.rstrip(".") for part in parts), 3000)


def _head(finding: Finding) -> str:
    return (
        f"{finding.severity} {finding.rule.id} {finding.rule.name}: {finding.method} {finding.url}"
        f' {finding.field} "{finding.cookie_name}" ({finding.cookie_class})'
    )


def swap_sentence(finding: Finding, swap: SwapEvent) -> str:
    """What happened to which value, by its digest, in the order of time; why, and the fix."""
    told = f"{_head(finding)} value {swap.digest}"
    sent = swap.kind is EventKind.TWO_CLIENTS
    told += f" was first {_handover(swap.first, sent=sent)}"
    told += f", then {_handover(swap.other, sent=sent)}"
    reasons = "; ".join(reason.text for reason in finding.reasons)
    doubt = f" ({swap.reason})" if swap.reason else ""
    return f"{told}. Evidence: {reasons}{doubt}. Fix: {finding.remedy}"


def _handover(seen: Handover, *, sent: bool) -> str:
    at = datetime.fromtimestamp(seen.time, UTC).isoformat(timespec="seconds")
    where = seen.url or "a URL that is no longer known"
    by = f"sent by {seen.client} to" if sent else f"given to {seen.client} on"
    return f"{by} {where} at {at}"


def why(finding: Finding) -> str:
    """The reasons, each with the section that it rests on."""
    return "; ".join(f"{reason.text} ({reason.spec})" for reason in finding.reasons)


def summary(run: Run, tally: Tally, fail_on: FailOn) -> Iterator[str]:
    """The end of a run: what was seen, the gravest findings, and what it comes to."""
    kinds = [f"{_plural(tally.by_severity[severity], severity)}" for severity in Severity]
    yield (
        f"session-tracker: {_plural(run.exchanges, 'response')} seen, {run.cookies_set} setting"
        f" cookies; {', '.join(kinds)} in {_plural(len(tally.found), 'distinct finding')}"
    )
    if run.tracker.get("issued") or run.tracker.get("forged"):
        yield "  cookies: " + ", ".join(f"{n} {name}" for name, n in run.tracker.items() if n)
    for number, counted in enumerate(tally):
        found = counted.finding
        if number == _SHOWN:
            yield f"  … and {len(tally.found) - _SHOWN} more"
            break
        masked = f", {counted.masked} masked" if counted.masked else ""
        yield (
            f"  {found.severity:7} {found.rule.id} {counted.count}x{masked} {found.method}"
            f' {found.site}{found.route} "{found.cookie_name}" {found.level or found.rule.name}'
        )
    if run.swaps.watched:
        yield f"  swaps: {run.swaps.sentence}"
    if tally.dropped:
        yield f"  {tally.dropped} further findings were counted but not kept"
    for reason in run.reasons(fail_on):
        yield f"  incomplete: {visible(reason, 500)}"
    status = exit_status(run, tally, fail_on)
    verdict = _verdict(status, run, tally)
    yield f"session-tracker: {verdict} (exit status {status:d}, fail on: {fail_on})"


def _verdict(status: ExitStatus, run: Run, tally: Tally) -> str:
    if status is ExitStatus.CLEAN and tally.found:
        return "not failed, though not clean: no finding is at or above the threshold"
    if status is ExitStatus.CLEAN and run.swaps.verdict is SwapVerdict.NOT_ASSESSABLE:
        return "clean, as far as it goes: swaps are not assessable"
    return status.name.lower().replace("_", " ")


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
