"""Findings and runs in words, one line a finding."""

from collections.abc import Iterator

from session_tracking.audit.findings import Finding, Severity
from session_tracking.escape import visible
from session_tracking.reports.caches import collapse_line, outcome_line, switch_line
from session_tracking.reports.run import ExitStatus, FailOn, Run, Tally, exit_status

_SHOWN = 20


def finding_line(finding: Finding) -> str:
    """Severity, rule, method, URL, cookie, why, caches and fix on one line, safe for terminals."""
    parts = [
        f"{finding.severity} {finding.rule.id} {finding.rule.name}: {finding.method} {finding.url}"
        f' {finding.field} "{finding.cookie_name}" ({finding.cookie_class}) is {finding.level}'
    ]
    # Some remedies tell the reasons themselves, where each is in its place.
    if not all(reason.text in finding.remedy for reason in finding.reasons):
        parts[0] += f": {why(finding)}"
    if finding.caches:
        told = (
            ("The next visitor", outcome_line(finding.caches)),
            ("A refusal becomes a swap", switch_line(finding.caches)),
            ("Beware", collapse_line(finding.caches)),
        )
        parts += [f"{about}: {line}" for about, line in told if line]
    parts.append(f"Fix: {finding.remedy}")
    if finding.masked_by:
        parts.append(f"[this visitor was protected by: {finding.masked_by}]")
    return visible(". ".join(part.rstrip(".") for part in parts), 3000)


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
            f' {found.site}{found.route} "{found.cookie_name}" {found.level}'
        )
    if tally.dropped:
        yield f"  {tally.dropped} further findings were counted but not kept"
    for reason in run.reasons(fail_on):
        yield f"  incomplete: {visible(reason, 500)}"
    status = exit_status(run, tally, fail_on)
    yield f"session-tracker: {_verdict(status, tally)} (exit status {status:d}, fail on: {fail_on})"


def _verdict(status: ExitStatus, tally: Tally) -> str:
    if status is ExitStatus.CLEAN and tally.found:
        return "not failed, though not clean: no finding is at or above the threshold"
    return status.name.lower()


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
