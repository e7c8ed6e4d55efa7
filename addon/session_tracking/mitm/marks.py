"""What a person sees of a finding on the flow itself, in mitmweb and mitmproxy."""

from typing import NamedTuple

from mitmproxy.http import HTTPFlow

from session_tracking.audit.findings import Finding, Severity
from session_tracking.http.edit import Undo
from session_tracking.records.recorded import METADATA
from session_tracking.reports.text import finding_line

MARKERS = {
    Severity.ERROR: ":red_circle:",
    Severity.WARNING: ":warning:",
    Severity.NOTE: ":information_source:",
}


def mark(flow: HTTPFlow, findings: tuple[Finding, ...]) -> None:
    """Mark the flow by its gravest finding and tell all of them in its comment."""
    told = _told.get(id(findings))
    if told is None or told.findings is not findings:
        if len(_told) >= _MOST_KEPT:
            _told.clear()
        told = _told[id(findings)] = _tell(findings)
    if flow.comment or flow.marked or METADATA in flow.metadata:
        _ours(flow)["rules"] = list(told.rules)
        tell(flow, told.comment, told.marker)
        return
    flow.comment, flow.marked = told.comment, told.marker
    flow.metadata[METADATA] = {
        "rules": list(told.rules),
        "comment": told.comment,
        "marker": told.marker,
    }


def tell(flow: HTTPFlow, text: str, marker: str) -> None:
    """Add a text to the flow's comment, and the marker (empty for none) if it has none."""
    before = comment_of(flow)
    ours = _ours(flow)
    ours["comment"] = f"{before}\n{text}" if before else text
    if marker and not flow.marked:
        flow.marked = ours["marker"] = marker
    flow.comment = f"{flow.comment}\n{text}" if flow.comment else text


_MOST = 50
"""Findings of one flow that its comment tells."""
_MOST_KEPT = 256


class _Told(NamedTuple):
    findings: tuple[Finding, ...]
    rules: tuple[str, ...]
    comment: str
    marker: str


_told: dict[int, _Told] = {}
"""What was told of the findings with this identity, which is theirs as long as they are kept here.

Exchanges that are like each other have the very same findings.
"""


def _tell(findings: tuple[Finding, ...]) -> _Told:
    gravest = max(findings, key=lambda finding: finding.severity.rank)
    return _Told(
        findings,
        tuple(finding.rule.id for finding in findings),
        "\n".join(map(finding_line, findings[:_MOST])),
        MARKERS[gravest.severity],
    )


def remember(flow: HTTPFlow, undo: Undo) -> None:
    """Keep with the flow how its response came from upstream, for whoever audits it later."""
    _ours(flow)["edit"] = undo.facts()


def undo_of(flow: HTTPFlow) -> Undo | None:
    """How to get back the response as it came from upstream; None if we did not edit it."""
    ours = flow.metadata.get(METADATA)
    return Undo.of(ours.get("edit")) if isinstance(ours, dict) else None


def simulate(flow: HTTPFlow, profile: str) -> None:
    """Keep with the flow that the simulated cache of this profile answered it."""
    _ours(flow)["simulated"] = profile


def simulated(flow: HTTPFlow) -> bool:
    """Whether a simulated cache answered the flow."""
    ours = flow.metadata.get(METADATA)
    return isinstance(ours, dict) and "simulated" in ours


def comment_of(flow: HTTPFlow) -> str:
    """What we said of the flow; empty if nothing was found."""
    ours = flow.metadata.get(METADATA)
    return str(ours.get("comment", "")) if isinstance(ours, dict) else ""


def unmark(flow: HTTPFlow) -> None:
    """Take back our marks: a flow that was replayed or read from a file still carries them.

    What we know of its response goes only when the response has gone.
    """
    comment, ours = comment_of(flow), flow.metadata.pop(METADATA)
    if not isinstance(ours, dict):
        return
    if flow.marked == ours.get("marker"):
        flow.marked = ""
    if comment:
        flow.comment = flow.comment.replace(comment, "").strip("\n")
    if flow.response is not None and (kept := {k: ours[k] for k in _OF_RESPONSE if k in ours}):
        flow.metadata[METADATA] = kept


_OF_RESPONSE = ("edit", "simulated")
"""What belongs to the response, and goes with it."""


def _ours(flow: HTTPFlow) -> dict[str, object]:
    ours: dict[str, object] = flow.metadata.setdefault(METADATA, {})
    return ours
