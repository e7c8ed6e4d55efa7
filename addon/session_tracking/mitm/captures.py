"""Reads the flow files that mitmproxy writes (`-w`, `save.file`)."""

from collections.abc import Iterator
from dataclasses import replace
from typing import BinaryIO

from mitmproxy.exceptions import FlowReadException
from mitmproxy.http import HTTPFlow, Response
from mitmproxy.io import FlowReader

from session_tracking.errors import InputError
from session_tracking.escape import visible
from session_tracking.http.exchange import Exchange
from session_tracking.mitm import convert, marks
from session_tracking.records.questions import Question

__all__ = ["read_flows", "recorded"]


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


def recorded(flow: HTTPFlow, response: Response, now: float) -> Exchange:
    """The exchange of a flow that is complete: its content is counted where it was kept."""
    exchange = convert.exchange_of(flow, response, now, marks.undo_of(flow))
    if response.raw_content is None:
        return exchange
    answered = replace(exchange.response, body_length=len(response.raw_content))
    return replace(exchange, response=answered)
