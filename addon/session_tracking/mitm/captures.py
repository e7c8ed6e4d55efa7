"""Reads the flow files that mitmproxy writes (`-w`, `save.file`)."""

from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from typing import BinaryIO

from mitmproxy.exceptions import FlowReadException
from mitmproxy.http import HTTPFlow, Response
from mitmproxy.io import FlowReader

from session_tracking.errors import InputError
from session_tracking.escape import visible
from session_tracking.http.exchange import Exchange
from session_tracking.mitm import convert, marks
from session_tracking.records.questions import Question
from session_tracking.records.recorded import Recorded

__all__ = ["read_flow", "read_flows", "recorded"]


def read_flows(stream: BinaryIO, now: float) -> Iterator[Question]:
    """Every flow that has an HTTP response, by the flow's id, as it came from upstream.

    `now` (Unix seconds) stands in for a time that was not recorded. Raises InputError where the
    file cannot be read on.
    """
    try:
        for flow in FlowReader(stream).stream():
            if isinstance(flow, HTTPFlow) and flow.response is not None:
                yield Question(flow.id, recorded(flow, flow.response, now))
    except FlowReadException as error:
        raise InputError(f"cannot be read as a flow file: {visible(str(error))}") from error


def read_flow(octets: bytes, now: float) -> Recorded | None:
    """One flow of any version that mitmproxy can read; None if it is not of HTTP.

    `now` (Unix seconds) stands in for a time that was not recorded. Raises ValueError if it is no
    flow.
    """
    try:
        flow = next(iter(FlowReader(BytesIO(octets)).stream()))
        return _recorded(flow, now) if isinstance(flow, HTTPFlow) else None
    except Exception as error:  # of old and of broken flows mitmproxy expects what they may lack
        raise ValueError(visible(f"{type(error).__name__} {error}")) from error


def _recorded(flow: HTTPFlow, now: float) -> Recorded:
    request, response = flow.request, flow.response
    facts = convert.request_facts(flow)
    found = Recorded(
        flow.id,
        facts.method,
        facts.url,
        list(facts.fields.lines),
        facts.http_version,
        convert.authority_of(request),
        request.path,
        request.host,
        request.timestamp_start or now,
        client=convert.client_of(flow),
        address=str(flow.client_conn.peername[0]),
        replayed=bool(flow.is_replay),
        simulated=marks.simulated(flow),
        undo=marks.undo_of(flow),
    )
    if response is not None:
        found.status = response.status_code
        found.sets_cookie = convert.sets_cookie(response.headers)
        received = response.timestamp_start or now
        found.answer = lambda: (convert.response_facts(response, found.undo), received)
    return found


def recorded(flow: HTTPFlow, response: Response, now: float) -> Exchange:
    """The exchange of a flow that is complete: its content is counted where it was kept."""
    exchange = convert.exchange_of(flow, response, now, marks.undo_of(flow))
    if response.raw_content is None:
        return exchange
    answered = replace(exchange.response, body_length=len(response.raw_content))
    return replace(exchange, response=answered)
