"""The hooks, fed with arbitrary octets; what they do on the wire is in test_…_live.py."""

import asyncio

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from mitmproxy.addons.readfile import ReadFile
from mitmproxy.http import Headers
from mitmproxy.proxy.mode_specs import ProxyMode
from mitmproxy.test import taddons, tflow

from session_tracking.caching.safe_fields import REPLACED
from session_tracking.mitm import addon as addon_module
from session_tracking.mitm.addon import SessionTracker

names = st.one_of(
    st.sampled_from(
        [
            b"Set-Cookie", b"set-cookie2", b"Cookie", b"Cache-Control", b"CDN-Cache-Control",
            b"Expires", b"Vary", b"Date", b"Age", b"Host", b"Content-Type", b"Sec-Fetch-Site",
            b"Surrogate-Control", b"X-Accel-Expires", b"Edge-Control", b"Content-Length", b":a",
        ]
    ),
    st.binary(max_size=8),
)  # fmt: skip
field_lines = st.lists(st.tuples(names, st.binary(max_size=40)), max_size=12)


@pytest.fixture(scope="module")
def tracker():
    """The addon in reverse mode, in a context of mitmproxy's own."""

    async def start():
        instance = SessionTracker()
        with taddons.context(ReadFile(), instance) as context:
            context.configure(instance, session_tracker_config="")
            return instance

    return asyncio.run(start())


def flow_of(request_lines, response_lines, path=b"/"):
    flow = tflow.tflow(resp=True)
    flow.client_conn.proxy_mode = ProxyMode.parse("reverse:http://127.0.0.1")
    flow.request.headers = Headers(request_lines)
    flow.request.data.path = path
    flow.response.headers = Headers(response_lines)
    return flow


def through(tracker, flow):
    """Run the hooks in mitmproxy's order; the field lines before and after."""
    response, flow.response = flow.response, None
    before = response.headers.fields
    tracker.requestheaders(flow)
    flow.response = response
    tracker.responseheaders(flow)
    return before, response.headers.fields


def newcomers_lines(before, after):
    """The lines that a newcomer's response was given; everything else has stayed as it was."""
    if after == before:
        return ()
    kept = tuple(line for line in before if line[0].lower().decode("latin-1") not in REPLACED)
    assert after[: len(kept)] == kept
    added = after[len(kept) :]
    assert [name for name, _ in added] == [b"Cache-Control", b"Expires", b"Set-Cookie"]
    assert not any(set(name + value) & set(b"\r\n\0") for name, value in added)
    return added


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(field_lines, field_lines, st.binary(max_size=40))
def test_no_octets_raise_or_change_what_they_should_not(tracker, request_lines, lines, path):
    failures = tracker.run.failures
    flow = flow_of(request_lines, lines, path)
    request_before = flow.request.headers.fields
    before, after = through(tracker, flow)
    assert tracker.run.failures == failures
    assert flow.request.headers.fields == request_before
    added = newcomers_lines(before, after)
    if any(name.lower() == b"cookie" and value.strip() for name, value in request_lines):
        pairs = b"; ".join(value for name, value in request_lines if name.lower() == b"cookie")
        if b"=" in pairs.split(b";")[0]:
            assert not added
    assert flow.comment.replace("\n", "").isprintable()


MODES = {
    "reverse:http://127.0.0.1": True,
    "regular": False,
    "transparent": False,
    "upstream:http://127.0.0.1": False,
    "socks5": False,
    "local": False,
    "wireguard": False,
}


@pytest.mark.parametrize("mode", MODES)
def test_only_reverse_mode_tracks_hosts_that_are_not_listed(tracker, mode):
    flow = flow_of([], [])
    flow.client_conn.proxy_mode = ProxyMode.parse(mode)
    through(tracker, flow)
    assert ("Set-Cookie" in flow.response.headers) is MODES[mode]


EXTREMES = [
    ("10,000 lines", [(b"X-%d" % n, b"v") for n in range(10_000)]),
    ("10,000 cookies", [(b"Set-Cookie", b"a%d=b" % n) for n in range(10_000)]),
    ("a megabyte", [(b"Set-Cookie", b"sid=" + b"x" * 1_000_000)]),
    ("a megabyte of directives", [(b"Set-Cookie", b"a=b"), (b"Cache-Control", b"a," * 500_000)]),
    ("a megabyte in quotes", [(b"Set-Cookie", b"a=b"), (b"Cache-Control", b'a="' + b"\\," * 500_000)]),
    ("a megabyte of attributes", [(b"Set-Cookie", b"a=b" + b";a=b" * 250_000)]),
    ("a megabyte of cookies", [(b"Set-Cookie2", b"a=b," * 250_000)]),
    ("a megabyte of Vary", [(b"Set-Cookie", b"a=b"), (b"Vary", b"x," * 500_000)]),
    ("a megabyte of a dictionary", [(b"Set-Cookie", b"a=b"), (b"CDN-Cache-Control", b"a=1," * 250_000)]),
    ("NUL, CR and LF", [(b"Set-Cookie", b"a=b\0\r\nX: y"), (b"Cache-Control", b"max-age=1\r\n")]),
    ("invalid UTF-8", [(b"Set-Cookie", b"\xff\xfe=\xc3\x28"), (b"Vary", b"\xed\xa0\x80")]),
]  # fmt: skip


@pytest.mark.parametrize(("lines"), [pytest.param(lines, id=name) for name, lines in EXTREMES])
def test_extremes(tracker, lines):
    failures = tracker.run.failures
    before, after = through(tracker, flow_of([(b"Cookie", b"a=b")], lines))
    assert before == after
    assert newcomers_lines(*through(tracker, flow_of([], lines)))
    assert tracker.run.failures == failures


EXTREME_REQUESTS = [
    ("10,000 lines", [(b"X-%d" % n, b"v") for n in range(10_000)]),
    ("10,000 cookies", [(b"Cookie", b"a%d=b" % n) for n in range(10_000)]),
    ("a megabyte", [(b"Cookie", b"SessionTracking=" + b"x" * 1_000_000)]),
    ("a megabyte of pairs", [(b"Cookie", b"a=b;" * 250_000)]),
    ("a megabyte of host", [(b"Host", b"x" * 1_000_000)]),
    ("a megabyte of lists", [(b"Accept", b"a," * 500_000), (b"Upgrade", b"a," * 500_000)]),
    ("NUL, CR and LF", [(b"Cookie", b"a=b\0\r\nX: y"), (b"Host", b"a\r\n"), (b"User-Agent", b"\0")]),
    ("invalid UTF-8", [(b"Cookie", b"\xff\xfe=\xc3\x28"), (b"Host", b"\xed\xa0\x80")]),
]  # fmt: skip


@pytest.mark.parametrize(
    "lines", [pytest.param(lines, id=name) for name, lines in EXTREME_REQUESTS]
)
def test_extreme_requests(tracker, lines):
    failures = tracker.run.failures
    flow = flow_of(lines, [(b"Set-Cookie", b"sid=1"), (b"Cache-Control", b"max-age=60")])
    request_before = flow.request.headers.fields
    newcomer = not any(name == b"Cookie" for name, _ in lines)
    assert bool(newcomers_lines(*through(tracker, flow))) is newcomer
    assert flow.request.headers.fields == request_before
    assert flow.marked
    assert tracker.run.failures == failures


def test_a_lone_surrogate_in_the_path_is_escaped(tracker):
    lines = [(b"Set-Cookie", b"sid=1"), (b"Cache-Control", b"max-age=60")]
    flow = flow_of([(b"Cookie", b"a=b")], lines, b"/\xed\xa0\x80")
    through(tracker, flow)
    assert flow.comment.isprintable()
    assert "\\udc" in flow.comment or "\\ud" in flow.comment


def test_a_request_without_a_response_is_forgotten(tracker, monkeypatch):
    monkeypatch.setattr(addon_module, "MAX_PENDING", 2)
    waiting = [flow_of([], []) for _ in range(3)]
    for flow in waiting:
        flow.response = None
        tracker.requestheaders(flow)
    assert set(tracker._pending) == {waiting[1].id, waiting[2].id}
    for flow in waiting:
        tracker.error(flow)
    assert not tracker._pending


def test_other_options_change_nothing(tracker):
    before = tracker._configuration
    tracker.configure({"listen_port"})
    assert tracker._configuration is before
