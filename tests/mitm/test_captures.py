from io import BytesIO

import pytest
from mitmproxy.http import Headers
from mitmproxy.io import FlowWriter
from mitmproxy.test import tflow, tutils

from session_tracking.errors import InputError
from session_tracking.http.edit import Edit
from session_tracking.mitm import convert, marks
from session_tracking.mitm.captures import read_flows
from tests.strategies import NOW

COOKIE = (b"Set-Cookie", b"sid=1")


def answered(content=b"abc", **times):
    headers = Headers([COOKIE, (b"Content-Length", b"7")])
    return tflow.tflow(resp=tutils.tresp(headers=headers, content=content, **times))


def read(*flows, after=b""):
    written = BytesIO()
    for flow in flows:
        FlowWriter(written).add(flow)
    return list(read_flows(BytesIO(written.getvalue() + after), NOW))


LENGTHS = [("counted", b"abc", 3), ("empty", b"", 0), ("not-kept", None, 7)]


@pytest.mark.parametrize(("content", "length"), [pytest.param(*r, id=i) for i, *r in LENGTHS])
def test_octets_of_content(content, length):
    (asked,) = read(answered(content))
    assert asked.exchange.response.body_length == length


def test_flows_without_an_http_response_are_left_out():
    flow = answered()
    found = read(tflow.tflow(), tflow.ttcpflow(), tflow.tdnsflow(), flow)
    assert [(asked.id, asked.exchange.id) for asked in found] == [(flow.id, flow.id)]


def test_times_that_were_not_recorded():
    (asked,) = read(answered(timestamp_start=0))
    assert asked.exchange.response_time == NOW


@pytest.mark.parametrize("content", [b"abc", None])
def test_the_response_is_as_it_came_from_upstream(content):
    flow = answered(content)
    lines = convert.field_section(flow.response.headers)
    edit = Edit(
        remove=frozenset({"set-cookie"}), add=(("Cache-Control", "no-store"),), reason="enforce"
    )
    marks.remember(flow, convert.apply(edit, flow.response))
    assert "Set-Cookie" not in flow.response.headers
    (asked,) = read(flow)
    assert asked.exchange.response.fields == lines


BROKEN = [("other-file", b"GET / HTTP/1.1\r\n"), ("cut-off", b"999:abc"), ("other-type", b"3:abc,")]


@pytest.mark.parametrize("octets", [pytest.param(r, id=i) for i, r in BROKEN])
def test_where_the_file_cannot_be_read_on(octets):
    with pytest.raises(InputError, match="cannot be read as a flow file: "):
        read(after=octets)
    with pytest.raises(InputError, match="cannot be read as a flow file: "):
        read(answered(), after=octets)
