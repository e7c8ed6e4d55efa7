"""The command `sessions.probe`, through real processes in front of a real cache."""

import httpx
import pytest
from mitmproxy.test import tflow, tutils

from scripts.lab.caches import CACHES
from session_tracking.mitm.probing import Probing, target_of
from session_tracking.swaps.probe.facts import TargetError
from tests.caches import running_cache
from tests.mitm.visitors import Visitor
from tests.proxy import Proxy
from tests.waiting import PATIENCE, wait_until


@pytest.fixture
def web_of():
    """What mitmweb's own page would ask."""
    clients = []

    def start(proxy):
        client = httpx.Client(
            base_url=proxy.web,
            headers={
                "Authorization": "Bearer secret",
                "X-XSRFToken": "aabb",
                "Cookie": "_mitmproxy_xsrf=aabb",
            },
            trust_env=False,
            timeout=PATIENCE,
        )
        clients.append(client)
        return client

    yield start
    for client in clients:
        client.close()


def test_flows_are_probed_beside_the_traffic(origin, tmp_path, web_of):
    origin.answer("/probed", "Cache-Control: max-age=60", "Set-Cookie: sid={n}", body=b"{n}")
    origin.answer("/kept", "Cache-Control: private", "Set-Cookie: sid={n}", body=b"{n}")
    with (
        running_cache(CACHES["nginx-ignore-set-cookie"], origin.port) as cache,
        Proxy(
            tmp_path,
            *("--mode", f"reverse:http://127.0.0.1:{cache}", "--set", "keep_host_header=true"),
            program="mitmweb",
        ) as proxy,
    ):
        visitor = Visitor(proxy.port)
        visitor.get("/probed")
        visitor.get("/probed")
        visitor.get("/kept")
        web = web_of(proxy)
        begun = len(origin.requests)
        answer = web.post("/commands/sessions.probe", json={"arguments": ["@all"]}).json()
        assert answer["value"] == [
            "asking for 2 URLs, by 20 requests each at most: answers come in the log and as"
            " comments of the flows"
        ]
        proxy.wait_for(r"session-tracker: proven swap: http://shop\.test/probed")
        proxy.wait_for(r"session-tracker: safe: http://shop\.test/kept")
        asked = origin.requests[begun:]
        assert all(b"Browser" in request for request in asked)
        assert not any(b"Cookie" in request for request in asked)
        wait_until(lambda: "probe: " in web.get("/flows").json()[2]["comment"])
        first, second, kept = web.get("/flows").json()
        for flow in (first, second):
            assert "probe: http://shop.test/probed: proven swap: " in flow["comment"]
            assert flow["marked"]
        assert "probe: http://shop.test/kept: safe: each visitor" in kept["comment"]
        assert len(web.get("/flows").json()) == 3  # what the probe asks is no flow
        answer = web.post("/commands/sessions.probe", json={"arguments": ["@focus", "true"]})
        assert answer.json()["value"][0].startswith("asking for 1 URL, ")
        assert proxy.stop() == 0
    assert "Traceback" not in proxy.log


def made(method="GET", **changes):
    flow = tflow.tflow(req=tutils.treq(method=method.encode()))
    for name, value in changes.items():
        setattr(flow.request, name, value)
    return flow


def test_upstream_is_what_is_asked():
    flow = made(host="10.0.0.1", port=8080, scheme="https", path="/a?b")
    flow.request.headers["Cookie"] = "sid=1"
    flow.request.headers["User-Agent"] = "Browser"
    flow.request.host_header = "shop.test"
    target = target_of(flow)
    assert target.url == "https://10.0.0.1:8080/a?b"
    assert target.fields == (("Host", "shop.test"), ("User-Agent", "Browser"))
    flow.request.headers.pop("Host")
    assert target_of(flow).host == "10.0.0.1:8080"


def test_what_is_not_asked():
    with pytest.raises(TargetError, match="by GET and HEAD only"):
        target_of(made("POST"))
    probing = Probing()
    told = probing.start([made("POST"), tflow.ttcpflow()], lambda _: None, bare=False)
    assert told == ["not asked: POST: a probe asks by GET and HEAD only", "nothing to ask"]
    probing.stop()
