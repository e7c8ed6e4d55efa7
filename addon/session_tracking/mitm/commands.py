"""What the `sessions.…` commands print."""

import time
from collections.abc import Callable, Iterator, Sequence

from mitmproxy.flow import Flow
from mitmproxy.http import HTTPFlow

from session_tracking.caching.outcomes import outcomes, reference_run
from session_tracking.caching.profiles.catalogue import PROFILES
from session_tracking.caching.profiles.model import CacheProfile
from session_tracking.caching.safety import assess
from session_tracking.engine import Engine
from session_tracking.escape import visible
from session_tracking.mitm import marks
from session_tracking.mitm.captures import recorded
from session_tracking.reports.counters import fleet_lines, json_lines, text_lines
from session_tracking.reports.explanation import explanation, table
from session_tracking.reports.run import Run, Tally
from session_tracking.reports.text import finding_line


def findings(run: Run, tally: Tally) -> list[str]:
    """One line a distinct finding, gravest first, with its count."""
    lines = [f"{counted.count}x {finding_line(counted.finding)}" for counted in tally]
    return lines or [f"nothing found in {run.exchanges} responses"]


def counters(engine: Engine, form: str, now: float) -> list[str]:
    """What is counted, as `text`, `json`, or for the `fleet`.

    Raises ValueError for any other form, and for a fleet where there is none.
    """
    if form == "text":
        return list(text_lines(engine.counters))
    if form == "json":
        return list(json_lines(engine.counters, now))
    if form != "fleet":
        raise ValueError(f"{visible(form)!r} is no form: use text, json or fleet")
    if engine.courier is None:
        raise ValueError("this proxy is in no fleet: fleet.ledger is empty")
    lines = list(fleet_lines(engine.courier.fleet, now))
    if engine.courier.down:
        lines.append("the fleet's ledger cannot be used now: this is what it told last")
    return lines


def explain(flow: Flow, caches_of: Callable[[HTTPFlow], Sequence[CacheProfile]]) -> Iterator[str]:
    """The whole reasoning about one flow as a table, a line a step.

    A response that we edited is explained as it came from upstream. `caches_of` tells the caches
    that the user has; if that is none, all are spoken of.
    """
    if not isinstance(flow, HTTPFlow) or flow.response is None:
        yield "no HTTP response to explain"
        return
    exchange = recorded(flow, flow.response, time.time())
    run = reference_run(exchange)
    everywhere = outcomes(PROFILES.values(), run)
    caches = caches_of(flow)
    safety = assess(exchange, outcomes(caches, run) if caches else everywhere)
    if (undo := marks.undo_of(flow)) is not None:
        yield f"edited by: {undo.reason}; what follows is how it came from upstream"
    yield from table(explanation(exchange, safety, everywhere))
