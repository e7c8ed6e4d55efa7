from io import BytesIO

import pytest
from hypothesis import given, strategies as st
from mitmproxy.http import Headers
from mitmproxy.io import FlowWriter
from mitmproxy.proxy.mode_specs import ProxyMode
from mitmproxy.test import tflow, tutils

from session_tracking.http.edit import Edit
from session_tracking.mitm import convert, marks
from session_tracking.mitm.captures import read_flow
from session_tracking.records.mitm_capture import read_capture
from session_tracking.records.recorded import Broken
from tests.strategies import NOW

COOKIE = (b"Set-Cookie", b"sid=1")


def shop(*asked, answered=(COOKIE,), **request):
    request = {"host": "shop.test", "port": 80, "path": b"/a?b", **request}
    headers = Headers([(b"Host", b"shop.test"), *asked])
    return tflow.tflow(
        req=tutils.treq(headers=headers, **request),
        resp=tutils.tresp(headers=Headers(answered)),
    )


def dump(*flows):
    written = BytesIO()
    for flow in flows:
        FlowWriter(written).add(flow)
    return written.getvalue()


def unread(octets, now):
    raise AssertionError("the fast reader should know this form")


def read(octets, other=read_flow):
    return [found for _, found in read_capture(octets, NOW, other)]


def facts(found):
    exchange = found.exchange() if found.status else None
    return (
        (found.id, found.method, found.url, tuple(found.lines), found.http_version),
        (found.server, found.time, found.status, found.sets_cookie),
        (found.client, found.address, found.replayed, found.simulated, found.undo, exchange),
    )


def same(flow):
    """What both readers say; that they differ fails."""
    (fast,) = read(dump(flow), unread)
    slow = read_flow(dump(flow), NOW)
    assert facts(fast) == facts(slow)
    # A port says nothing about whose settings hold.
    assert fast.authority.partition(":")[0] == slow.authority.partition(":")[0]
    return fast


def test_a_flow_is_an_exchange():
    flow = shop((b"Cookie", b"a=1"), answered=[COOKIE, (b"Content-Length", b"7")])
    found = same(flow)
    assert (found.url, found.authority, found.path) == ("http://shop.test/a?b", "shop.test", "/a?b")
    exchange = found.exchange()
    assert (exchange.id, exchange.response.body_length) == (flow.id, 7)
    assert exchange.client.connection == flow.client_conn.id


def changed(flow, **values):
    for name, value in values.items():
        part, _, attribute = name.partition("__")
        setattr(getattr(flow, part), attribute, value) if attribute else setattr(flow, part, value)
    return flow


def reverse(**values):
    return changed(shop(), client_conn__proxy_mode=ProxyMode.parse("reverse:http://b.test"))


def http2(authority=b"shop.test:8443", **values):
    flow = shop(scheme=b"https", authority=authority, http_version=b"HTTP/2.0", **values)
    flow.request.headers.pop("Host")
    return flow


def edited():
    flow = shop()
    edit = Edit(frozenset({"set-cookie"}), (("Cache-Control", "no-store"),), "enforce")
    marks.remember(flow, convert.apply(edit, flow.response))
    flow.comment = "a; b, ünd"
    return flow


KNOWN = {
    "plain": shop(),
    "no-response": tflow.tflow(req=shop().request),
    "error": tflow.tflow(req=shop().request, err=True),
    "websocket": changed(tflow.twebsocketflow(), request=shop().request),
    "no-cookie": shop(answered=[(b"Cache-Control", b'no-cache="set-cookie"')]),
    "set-cookie-2": shop(answered=[(b"SET-COOKIE2", b"a=1")]),
    "default-port": changed(shop(), request__headers=Headers([(b"host", b"Shop.test:80")])),
    "other-port": changed(shop(), request__headers=Headers([(b"Host", b"shop.test:8080")])),
    "reverse": reverse(),
    "reverse-tls": changed(reverse(), client_conn__tls=True),
    "ipv6": changed(shop(), client_conn__peername=("::1", 5, 0, 0)),
    "of-a-har": changed(shop(), client_conn__peername=("127.0.0.1", 0)),
    "asterisk": shop(method=b"options", path=b"*"),
    "not-ascii": shop(path="/ü".encode()),
    "replayed": changed(shop(), is_replay="request"),
    "edited": edited(),
    "simulated": changed(shop(), metadata={"session_tracker": {"simulated": "nginx"}}),
    "metadata-of-others": changed(shop(), metadata={"x": [1, None, 2.5, b"y", {"z": True}]}),
    "metadata-that-is-not-ours": changed(shop(), metadata={"session_tracker": 1}),
    "http2": http2(),
    "http1.0": shop(http_version=b"HTTP/1.0"),
    "no-times": changed(shop(), request__timestamp_start=0, response__timestamp_start=0),
    "streamed": changed(shop(), response__raw_content=None),
}


@pytest.mark.parametrize("flow", KNOWN.values(), ids=KNOWN)
def test_the_fast_reader_says_what_mitmproxys_says(flow):
    same(flow)


OTHERS = {
    "idn-with-port": changed(shop(), request__headers=Headers([(b"Host", b"xn--a.test:80")])),
    "idn-http2": http2(b"xn--mnchen-3ya.test"),
    "ipv6-host": changed(shop(), request__headers=Headers([(b"Host", b"[::1]:8080")])),
    "no-port": changed(shop(), request__headers=Headers([(b"Host", b"shop.test:0")])),
    "no-host": changed(shop(), request__headers=Headers()),
    "two-hosts": shop((b"Host", b"other.test")),
    "host-not-ascii": changed(shop(), request__headers=Headers([(b"Host", b"\xfc.test")])),
    "connect": shop(method=b"CONNECT", authority=b"shop.test:443"),
    "trailers": changed(shop(), response__trailers=Headers([(b"A", b"1")])),
    "other-scheme": shop(scheme=b"ws"),
    "version-of-the-request": shop(http_version=b"HTTP,1"),
    "version-of-the-response": changed(shop(), response__http_version="HTTP,1"),
    "comma": changed(shop(), response__reason="Yes, it is"),
}


@pytest.mark.parametrize("flow", OTHERS.values(), ids=OTHERS)
def test_what_is_in_doubt_is_left_to_mitmproxy(flow):
    (found,) = read(dump(flow))
    assert facts(found) == facts(read_flow(dump(flow), NOW))
    asked = []
    read(dump(flow), lambda octets, now: asked.append((octets, now)))
    assert asked == [(dump(flow), NOW)]


def test_old_flows_are_read_by_mitmproxy():
    octets = dump(shop()).replace(b"7:version;2:21#", b"7:version;2:20#")
    (found,) = read(octets)
    assert found.url == "http://shop.test/a?b"


def test_flows_of_other_protocols_are_left_out():
    flow = shop()
    found = read(dump(tflow.ttcpflow(), flow, tflow.tdnsflow()))
    assert [each and each.id for each in found] == [None, flow.id, None]


def test_where_a_flow_ends():
    flows = [shop(), tflow.ttcpflow(), shop()]
    ends = [end for end, _ in read_capture(dump(*flows), NOW, read_flow)]
    assert ends == [len(dump(*flows[: count + 1])) for count in range(3)]


def test_a_flow_that_makes_no_sense_does_not_end_the_reading():
    flow = shop()
    first, broken = read(dump(flow) + b"7:1:a;0:~}" + dump(flow))[:2]
    assert first.id == flow.id
    assert isinstance(broken, Broken)
    assert str(broken).startswith(f"broken at byte {len(dump(flow))}: the flow that begins here ma")
    assert len(read(dump(flow) + b"7:1:a;0:~}" + dump(flow))) == 3


def test_a_client_without_an_address_makes_no_sense():
    (broken,) = read(dump(changed(shop(), client_conn__peername=("127.0.0.1",))))
    assert isinstance(broken, Broken)


FRAMES = [
    ("no-length", b"garbage", "no flow begins here"),
    ("endless-length", b"9" * 20, "no flow begins here"),
    ("other-length", b"1:x,", "the flow that begins here has not the length it tells"),
]


@pytest.mark.parametrize(("octets", "problem"), [pytest.param(*r, id=i) for i, *r in FRAMES])
def test_where_no_next_flow_can_be_found(octets, problem):
    whole = dump(shop())
    found, broken = read(whole + octets)
    assert (found.status, broken) == (200, Broken(len(whole), problem))


@given(st.integers(min_value=1))
def test_a_file_that_is_cut_off_yields_what_is_whole(at):
    whole, more = dump(shop(), shop()), dump(shop())
    cut = 1 + at % (len(more) - 1)
    *found, broken = read(whole + more[:cut])
    assert len(found) == 2
    assert isinstance(broken, Broken)
    assert broken.offset in {len(whole), len(whole) + cut}


def test_an_empty_file_has_no_flows():
    assert read(b"") == []


def test_a_request_without_a_response_has_no_answer():
    (found,) = read(dump(tflow.tflow(req=shop().request)))
    with pytest.raises(LookupError):
        found.exchange()
