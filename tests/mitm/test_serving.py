"""What the simulated cache does where something goes wrong; the rest is in test_serving_live.py."""

import asyncio
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from mitmproxy.addons.proxyserver import Proxyserver
from mitmproxy.addons.readfile import ReadFile
from mitmproxy.http import Headers, Response
from mitmproxy.proxy.mode_specs import ProxyMode
from mitmproxy.test import taddons, tflow

from session_tracking.caching.profiles.catalogue import PROFILES
from session_tracking.mitm import serving as serving_module
from session_tracking.mitm.addon import SessionTracker
from tests.mitm.test_addon import field_lines

LINES = (
    (b"Set-Cookie", b"sid=3f2a9c81d0e7b6453f2a9c81d0e7b645"),
    (b"Date", b"Sat, 21 Nov 2026 09:30:00 GMT"),
    (b"Cache-Control", b"no-cache"),
    (b"ETag", b'"1"'),
)


class Proxied:
    """The addons in a context of mitmproxy's own, and flows through their hooks."""

    def __init__(self, tracker, context):
        self.tracker, self.chain = tracker, context.master.addons.chain
        (self.serving,) = (each for each in self.chain if isinstance(each, serving_module.Serving))
        self.failures = lambda: tracker.run.failures

    def use(self, settings):
        """Other settings of the shadow."""
        current = self.tracker._configuration.current
        current._resolved = replace(current._resolved, shadow=settings)
        current._host.cache_clear()

    def flow(self, *lines, method="GET", address="127.0.0.2"):
        flow = tflow.tflow()
        flow.client_conn.peername = (address, 1)
        flow.client_conn.proxy_mode = ProxyMode.parse("reverse:http://127.0.0.1")
        flow.request.method = method
        flow.request.headers = Headers(((b"Host", b"shop.test"), *lines))
        return flow

    def asks(self, flow):
        """The hooks before upstream is asked."""
        self.tracker.requestheaders(flow)
        self.serving.request(flow)
        return flow

    def answered(self, flow, *lines, status=200, body=b"body"):
        """The hooks after upstream has answered."""
        flow.response = Response.make(status, body, lines)
        self.headers(flow)
        self.serving.response(flow)
        return flow

    def headers(self, flow):
        self.serving.responseheaders(flow)
        self.tracker.responseheaders(flow)


@pytest.fixture
def proxied(tmp_path):
    config = tmp_path / "config.toml"
    config.write_text("[shadow]\nenabled = true\nserve = true\n")

    async def start():
        tracker = SessionTracker()
        with taddons.context(ReadFile(), Proxyserver(), tracker) as context:
            context.configure(tracker, session_tracker_config=str(config))
            tracker.running()
            yield_to = Proxied(tracker, context)
            tracker._configuration.stop()
            tracker._watchdog.stop()
            return yield_to

    return asyncio.run(start())


def broken(*_):
    raise RuntimeError


def test_a_fault_in_the_look_up_costs_nothing(proxied, monkeypatch):
    monkeypatch.setattr(proxied.tracker.engine.shadow, "look_up", broken)
    flow = proxied.asks(proxied.flow())
    assert (flow.response, proxied.failures()) == (None, 1)


def test_a_fault_in_storing_costs_nothing(proxied, monkeypatch):
    flow = proxied.asks(proxied.flow())
    monkeypatch.setattr(proxied.tracker.engine.shadow, "follow", broken)
    proxied.answered(flow, *LINES)
    assert (flow.response.status_code, flow.response.content, proxied.failures()) == (
        200,
        b"body",
        1,
    )


def test_a_fault_with_the_body_costs_nothing(proxied, monkeypatch):
    flow = proxied.asks(proxied.flow())
    monkeypatch.setattr(proxied.tracker.engine.shadow, "keep", broken)
    proxied.answered(flow, *LINES)
    assert (flow.response.content, proxied.failures()) == (b"body", 1)


def test_a_fault_after_a_304_leaves_the_visitor_the_body_without_the_cookie(proxied, monkeypatch):
    proxied.answered(proxied.asks(proxied.flow()), *LINES)
    flow = proxied.asks(proxied.flow(address="127.0.0.3"))
    assert flow.request.headers["If-None-Match"] == '"1"'
    monkeypatch.setattr(proxied.tracker.engine.shadow, "follow", broken)
    proxied.answered(flow, (b"ETag", b'"1"'), status=304, body=b"")
    assert "If-None-Match" not in flow.request.headers
    assert (flow.response.status_code, flow.response.content) == (200, b"body")
    assert "Set-Cookie" not in flow.response.headers
    assert proxied.failures() == 1


def test_a_304_about_something_else_is_answered_without_the_cookie(proxied):
    proxied.answered(proxied.asks(proxied.flow()), *LINES)
    flow = proxied.asks(proxied.flow(address="127.0.0.3"))
    proxied.answered(flow, (b"ETag", b'"2"'), status=304, body=b"")
    assert (flow.response.status_code, flow.response.content) == (200, b"body")
    assert "Set-Cookie" not in flow.response.headers


def test_an_error_instead_of_a_304_is_passed_on(proxied):
    proxied.answered(proxied.asks(proxied.flow()), *LINES)
    flow = proxied.asks(proxied.flow((b"If-None-Match", b'"7"'), address="127.0.0.3"))
    proxied.answered(flow, status=503, body=b"down")
    assert (flow.response.status_code, flow.response.content) == (503, b"down")
    assert "fwd=miss" in flow.response.headers["Session-Tracker-Simulation"]
    assert flow.request.headers["If-None-Match"] == '"7"'


def test_a_response_that_never_ends_is_forgotten(proxied):
    flow = proxied.asks(proxied.flow())
    flow.response = Response.make(200, b"", LINES)
    proxied.headers(flow)
    assert proxied.tracker.engine.counters.value("current") == 1
    proxied.serving.error(flow)
    assert proxied.tracker.engine.counters.value("current") == 0


@pytest.mark.parametrize("how", ["trailers", "streamed", "gone"])
def test_what_is_not_whole_is_not_stored(proxied, how):
    flow = proxied.asks(proxied.flow())
    flow.response = Response.make(200, b"body", LINES)
    proxied.headers(flow)
    if how == "trailers":
        flow.response.trailers = Headers([(b"X-Sum", b"1")])
    elif how == "streamed":
        flow.response.stream = True
    else:
        flow.response = None
    proxied.serving.response(flow)
    assert proxied.tracker.engine.counters.value("current") == 0


def test_what_waits_too_long_for_its_body_is_not_stored(proxied, monkeypatch):
    monkeypatch.setattr(serving_module, "_MAX_PENDING", 1)
    for path in ("/1", "/2"):
        flow = proxied.flow()
        flow.request.path = path
        proxied.asks(flow)
        flow.response = Response.make(200, b"", LINES)
        proxied.headers(flow)
    assert proxied.tracker.engine.counters.value("current") == 1


def test_replays_recordings_and_answers_of_others_are_left_alone(proxied):
    proxied.answered(proxied.asks(proxied.flow()), *LINES)
    proxied.answered(proxied.asks(proxied.flow()), *LINES)
    replayed, read, answered, sent = (proxied.flow() for _ in range(4))
    replayed.is_replay = "request"
    read.live = False
    answered.response = Response.make(407)
    sent.request.stream = True
    for flow in (replayed, read, answered, sent):
        asked = flow.request.headers.fields
        proxied.asks(flow)
        assert flow.request.headers.fields == asked
    proxied.answered(replayed, *LINES)
    proxied.headers(answered)
    assert "Session-Tracker-Simulation" not in replayed.response.headers
    informed = proxied.asks(proxied.flow((b"If-Match", b"*")))
    proxied.answered(informed, status=103, body=b"")
    assert "Session-Tracker-Simulation" not in informed.response.headers


def test_a_site_without_it_is_left_alone(proxied):
    current = proxied.tracker._configuration.current._resolved.shadow
    proxied.use(replace(current, serve=False))
    flow = proxied.answered(proxied.asks(proxied.flow()), *LINES)
    assert "Session-Tracker-Simulation" not in flow.response.headers
    assert proxied.tracker.engine.counters.value("current") == 1


def test_a_204_has_no_length(proxied):
    for address in ("127.0.0.2", "127.0.0.3"):
        flow = proxied.asks(proxied.flow(address=address))
        if flow.response is None:
            lines = ((b"Cache-Control", b"max-age=9"), LINES[0])
            proxied.answered(flow, *lines, status=204, body=b"")
    assert (flow.response.status_code, "Content-Length" in flow.response.headers) == (204, False)
    assert "; hit" in flow.response.headers["Session-Tracker-Simulation"]


def test_an_error_is_answered_from_what_is_stored_where_the_cache_does_so(proxied):
    current = proxied.tracker._configuration.current._resolved.shadow
    proxied.use(replace(current, profile=PROFILES["httpd"]))
    failing = ((b"Set-Cookie", LINES[0][1]), LINES[1], (b"Cache-Control", b""))
    proxied.answered(proxied.asks(proxied.flow()), *failing, status=500)
    flow = proxied.asks(proxied.flow(address="127.0.0.3"))
    proxied.answered(flow, (b"X-New", b"1"), status=500, body=b"down")
    assert (flow.response.status_code, flow.response.content) == (500, b"body")
    assert "X-New" not in flow.response.headers


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(
    field_lines,
    field_lines,
    st.binary(max_size=30),
    st.sampled_from([200, 204, 206, 301, 304, 404, 500]),
    st.sampled_from(["rfc9111", "httpd", "varnish-deliver", "squid", "nginx-cache-everything"]),
)
def test_nothing_that_the_traffic_holds_is_a_fault(proxied, asked, told, body, status, profile):
    current = proxied.tracker._configuration.current._resolved.shadow
    proxied.use(replace(current, profile=PROFILES[profile]))
    proxied.tracker.engine.reset(0.0)
    for address in ("127.0.0.2", "127.0.0.3"):
        flow = proxied.asks(proxied.flow(*asked, address=address))
        if flow.response is None:
            proxied.answered(
                flow, *told, (b"Cache-Control", b"max-age=60"), status=status, body=body
            )
        else:
            proxied.headers(flow)
            proxied.serving.response(flow)
        lines = flow.request.headers.fields
        assert lines == ((b"Host", b"shop.test"), *asked)
        assert flow.response.raw_content == body
        assert flow.response.status_code == status
        assert all(
            b"\n" not in name + value for name, value in flow.response.headers.fields
        ) or any(b"\n" in name + value for name, value in told)
    assert proxied.failures() == 0
