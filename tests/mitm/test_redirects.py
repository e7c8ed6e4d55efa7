"""Which redirects lead past a reverse proxy, and where they lead when they are rewritten."""

from types import SimpleNamespace

import pytest
from mitmproxy.proxy.mode_specs import ProxyMode
from mitmproxy.test import tflow, tutils

from session_tracking.mitm.hooks import Hooks
from session_tracking.mitm.redirects import Redirects
from session_tracking.reports.run import Run


def redirected(
    location,
    *,
    mode="reverse:http://localhost:3000",
    host="127.0.0.1:8080",
    tls=False,
    what="rewrite",
):
    """The location after our look at it, and why the run is incomplete."""
    parent, run, failures = SimpleNamespace(), Run("live", 0.0), []
    redirects = Redirects(Hooks(parent), lambda: run, lambda flow, error: failures.append(error))
    redirects.follow(what)
    assert parent.responseheaders == redirects.responseheaders
    headers = () if location is None else ((b"location", location.encode("latin-1")),)
    flow = tflow.tflow(resp=tutils.tresp(status_code=302, headers=headers))
    flow.client_conn.proxy_mode = ProxyMode.parse(mode)
    flow.client_conn.sockname = ("127.0.0.1", 8080)
    if tls:
        flow.client_conn.tls = True
    flow.request.headers["host"] = host
    redirects.responseheaders(flow)
    after = flow.response.headers.get("location")
    redirects.responseheaders(flow)
    assert not failures
    assert flow.response.headers.get("location") == after
    redirects.follow("")
    assert not hasattr(parent, "responseheaders")
    return flow.response.headers.get("location"), list(run.incomplete)


LED = [
    ("http://localhost:3000/a?b=1#c", "http://127.0.0.1:8080/a?b=1#c"),
    ("http://127.0.0.1:3000", "http://127.0.0.1:8080/"),
    ("HTTP://LocalHost:3000/", "http://127.0.0.1:8080/"),
    ("//localhost:3000/a", "http://127.0.0.1:8080/a"),
]
STAY = [
    None,
    "",
    "/a",
    "a/b",
    "?q",
    "http://127.0.0.1:8080/a",
    "http://localhost:3001/a",
    "http://localhost/a",
    "https://login.test/",
    "http://[::1/a",
    "http://localhost:port/a",
    "mailto:a@b.test",
    "http:///a",
]


@pytest.mark.parametrize(("location", "here"), LED)
def test_what_leads_past_the_proxy_is_rewritten(location, here):
    assert redirected(location) == (here, [])


@pytest.mark.parametrize("location", STAY)
def test_what_leads_elsewhere_stays(location):
    assert redirected(location) == (location, [])
    assert redirected(location, what="note") == (location, [])


@pytest.mark.parametrize(("location", "_here"), LED)
def test_it_is_noted_once_and_the_run_is_incomplete(location, _here):
    after, (reason,) = redirected(location, what="note")
    assert after == location
    assert "redirects led the client past the proxy" in reason


def test_the_client_stays_where_it_was():
    assert redirected("http://localhost:3000/", host="shop.test")[0] == "http://shop.test/"
    assert (
        redirected("http://localhost:3000/", host="shop.test", tls=True)[0] == "https://shop.test/"
    )
    assert (
        redirected("http://localhost:3000/", host="localhost:3000")[0] == "http://127.0.0.1:8080/"
    )
    assert redirected("http://localhost:3000/", host="")[0] == "http://127.0.0.1:8080/"
    assert (
        redirected("http://shop.test/", mode="reverse:http://shop.test", host="a\x1bb.test")[0]
        == r"http://a\x1bb.test/"
    )


def test_a_default_port_needs_no_number():
    mode = "reverse:https://shop.test"
    assert redirected("https://shop.test/a", mode=mode)[0] == "http://127.0.0.1:8080/a"
    assert redirected("//shop.test/a", mode=mode)[0] == "http://127.0.0.1:8080/a"
    assert redirected("http://shop.test/a", mode=mode)[0] == "http://shop.test/a"


def test_a_listener_of_ipv6_is_bracketed():
    run = Run("live", 0.0)
    redirects = Redirects(Hooks(SimpleNamespace()), lambda: run, lambda flow, error: None)
    redirects.follow("rewrite")
    redirects.follow("rewrite")
    flow = tflow.tflow(resp=tutils.tresp(headers=((b"location", b"http://[::1]:3000/a"),)))
    flow.client_conn.proxy_mode = ProxyMode.parse("reverse:http://[::1]:3000")
    flow.client_conn.sockname = ("::1", 8080, 0, 0)
    flow.request.headers["host"] = "[::1]:3000"
    redirects.responseheaders(flow)
    assert flow.response.headers["location"] == "http://[::1]:8080/a"


def test_only_a_reverse_proxy_has_an_upstream_to_be_led_to():
    assert redirected("http://localhost:3000/", mode="regular")[0] == "http://localhost:3000/"


def test_a_flow_without_a_response_is_left_alone_and_a_fault_is_counted():
    failures = []
    redirects = Redirects(
        Hooks(SimpleNamespace()),
        lambda: Run("live", 0.0),
        lambda flow, error: failures.append(type(error)),
    )
    redirects.responseheaders(tflow.tflow())
    flow = tflow.tflow(resp=tutils.tresp(headers=((b"location", b"http://localhost:3000/"),)))
    flow.client_conn.proxy_mode = ProxyMode.parse("reverse:http://localhost:3000")
    flow.client_conn.sockname = None
    redirects.responseheaders(flow)
    assert failures == [TypeError]
