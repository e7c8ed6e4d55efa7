"""What the `sessions.…` commands print."""

import time
from collections.abc import Iterator

from mitmproxy.flow import Flow
from mitmproxy.http import HTTPFlow

from session_tracking.audit.routes import shown_url
from session_tracking.caching.safety import assess
from session_tracking.escape import visible
from session_tracking.mitm import convert, marks
from session_tracking.reports.counters import json_lines, text_lines
from session_tracking.reports.run import Run, Tally
from session_tracking.reports.text import finding_line
from session_tracking.shadow.counters import Counters


def findings(run: Run, tally: Tally) -> list[str]:
    """One line a distinct finding, gravest first, with its count."""
    lines = [f"{counted.count}x {finding_line(counted.finding)}" for counted in tally]
    return lines or [f"nothing found in {run.exchanges} responses"]


def counters(counted: Counters, form: str, now: float) -> list[str]:
    """What is counted, as `text` or `json`. Raises ValueError for any other form."""
    if form == "text":
        return list(text_lines(counted))
    if form == "json":
        return list(json_lines(counted, now))
    raise ValueError(f"{visible(form)!r} is no form: use text or json")


def explain(flow: Flow) -> Iterator[str]:
    """The reasoning about one flow, a line a step.

    A response that we edited is explained as it came from upstream.
    """
    if not isinstance(flow, HTTPFlow) or flow.response is None:
        yield "no HTTP response to explain"
        return
    undo = marks.undo_of(flow)
    exchange = convert.exchange_of(flow, flow.response, time.time(), undo)
    safety = assess(exchange)
    yield f"{exchange.request.method} {shown_url(exchange.request)}"
    if undo is not None:
        yield f"  edited by: {undo.reason}; what follows is how it came from upstream"
    if safety.level is None:
        yield "  sets no cookie"
        return
    yield f"  level: {safety.level} (decided by {safety.carrier})"
    for reason in safety.reasons:
        yield f"  {reason.text} ({reason.spec})"
    if safety.remedy:
        yield f"  fix: {safety.remedy}"
