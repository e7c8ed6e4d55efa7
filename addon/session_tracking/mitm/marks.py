"""What a person sees of a finding on the flow itself, in mitmweb and mitmproxy."""

from collections.abc import Sequence

from mitmproxy.http import HTTPFlow

from session_tracking.audit.findings import Finding, Severity
from session_tracking.reports.json import finding_facts
from session_tracking.reports.text import finding_line

METADATA = "session_tracker"
"""Key of the flow's metadata: saved by `-w`, found by the filter `~meta`."""

MARKERS = {
    Severity.ERROR: ":red_circle:",
    Severity.WARNING: ":warning:",
    Severity.NOTE: ":information_source:",
}


def mark(flow: HTTPFlow, findings: Sequence[Finding]) -> None:
    """Mark the flow by its gravest finding and tell all of them in its comment."""
    gravest = max(findings, key=lambda finding: finding.severity.rank)
    text = "\n".join(map(finding_line, findings))
    flow.metadata[METADATA] = {
        "findings": [finding_facts(finding) for finding in findings],
        "comment": text,
        "marker": MARKERS[gravest.severity],
    }
    if not flow.marked:
        flow.marked = MARKERS[gravest.severity]
    flow.comment = f"{flow.comment}\n{text}" if flow.comment else text


def unmark(flow: HTTPFlow) -> None:
    """Take back our marks: a replayed flow is the same object and still carries them."""
    ours = flow.metadata.pop(METADATA, None)
    if not isinstance(ours, dict):
        return
    if flow.marked == ours.get("marker"):
        flow.marked = ""
    flow.comment = flow.comment.replace(str(ours.get("comment")), "").strip("\n")
