"""Swaps through real mitmproxy processes: none where there is none, and those of real caches."""

import json
import re
import ssl

import httpx
import pytest
from jsonschema import Draft202012Validator

from session_tracking.reports.json import schema
from tests.mitm.visitors import Site, Visitor, cache_in_front
from tests.proxy import Proxy, run
from tests.waiting import PATIENCE, wait_until

A, B, C = "127.0.0.2", "127.0.0.3", "127.0.0.4"


@pytest.fixture(scope="module")
def site():
    started = Site()
    yield started
    started.shutdown()
    started.server_close()


def proxied(folder, port, *arguments, **options):
    return Proxy(
        folder,
        *("--mode", f"reverse:http://127.0.0.1:{port}", "--set", "keep_host_header=true"),
        *("--set", f"session_tracker_report={folder / 'report.json'}"),
        *arguments,
        **options,
    )


def facts_of(folder):
    facts = json.loads((folder / "report.json").read_text())
    Draft202012Validator(schema()).validate(facts)
    return facts


def swaps_in(facts):
    return [found for found in facts["findings"] if found["swap"]]


# ------------------------------------------------------------------------------ no false alarm


def renewal(a, b):
    for _ in range(3):
        a.get("/renewing")
        b.get("/renewing")


def login(a, b):
    for visitor in (a, b, a, b):
        visitor.get("/cached/none")
        visitor.get("/login")


def logout(a, b):
    for visitor in (a, b):
        visitor.get("/login")
        visitor.get("/logout")


def affinity(a, b):
    for visitor in (a, b):
        visitor.get("/balanced")
        visitor.get("/settings")


def arms(a, b):
    for number in range(40):
        Visitor(a.port, f"127.0.1.{number + 1}").get(f"/arms/{number % 5}")
    a.get("/arms")
    b.get("/arms")


def one_nat(a, b):
    for number in range(6):
        Visitor(a.port, A, f"Browser {number % 2}").get("/login")
    b.get("/login")


def coalescing(a, b):
    for host in ("shop.test", "img.shop.test", "pay.shop.test"):
        a.get("/renewing", host=host, keep=host != "pay.shop.test")
    b.get("/renewing")


def network_change(a, b):
    a.get("/csrf")
    a.get("/csrf")
    a.address = C
    a.jar.pop("csrftoken")  # the browser lost it, the site sends it again
    a.get("/csrf")
    a.get("/renewing")
    b.get("/csrf")


def refresh(a, b):
    for visitor in (a, b, a, b):
        visitor.get("/refresh", **{"If-None-Match": '"1"'} if visitor.jar else {})
        visitor.get("/renewing", **{"If-None-Match": '"1"'})


def double_submit(a, b):
    for visitor in (a, b, a, b):
        visitor.get("/csrf")


def sub_domains(a, b):
    for host in ("www.shop.test", "pay.shop.test", "www.shop.test"):
        a.get("/shared", host=host)
        b.get("/shared", host=host)


CASES = [
    renewal, login, logout, affinity, arms, one_nat, coalescing, network_change, refresh,
    double_submit, sub_domains,
]  # fmt: skip


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.__name__)
def test_no_alarm(site, tmp_path, case):
    with proxied(tmp_path, site.port) as proxy:
        case(Visitor(proxy.port, A), Visitor(proxy.port, B))
        assert proxy.stop() == 0, proxy.log
    facts = facts_of(tmp_path)
    assert swaps_in(facts) == []
    assert facts["run"]["failures"] == 0
    assert facts["run"]["swaps"]["confirmed"] == facts["run"]["swaps"]["suspected"] == 0
    assert facts["run"]["exchanges"] > 1
    if case is not affinity:
        assert facts["run"]["swaps"]["verdict"] == "none-seen"


class OnlyH2(ssl.SSLContext):
    """Offers HTTP/2 alone: httpx names HTTP/1.1 first, which is taken then."""

    def __new__(cls):
        made = super().__new__(cls, ssl.PROTOCOL_TLS_CLIENT)
        made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
        return made

    def set_alpn_protocols(self, _):
        super().set_alpn_protocols(["h2"])


def test_http2_coalescing_raises_no_alarm(site, tmp_path):
    """One connection for all hosts, and requests that leave before a cookie has come."""
    with proxied(tmp_path, site.port) as proxy:
        for address in (A, B):
            transport = httpx.HTTPTransport(http2=True, verify=OnlyH2(), local_address=address)
            with httpx.Client(transport=transport, timeout=PATIENCE) as browser:

                def get(path, host, cookie="", browser=browser):
                    answer = browser.get(
                        f"https://127.0.0.1:{proxy.port}{path}",
                        headers={"Host": host, "Cookie": cookie},
                    )
                    assert answer.http_version == "HTTP/2"
                    return re.search(r"\w+=\w+", answer.headers["Set-Cookie"])[0]

                sid = get("/shared", "www.shop.test")
                for host in ("www.shop.test", "pay.shop.test", "img.shop.test"):
                    assert get("/csrf", host, sid) == get("/csrf", host, sid)
                    assert get("/shared", host, sid) == sid
        assert proxy.stop() == 0, proxy.log
    assert proxy.log.count("client connect") == 2
    facts = facts_of(tmp_path)
    assert swaps_in(facts) == []
    assert facts["run"]["swaps"]["verdict"] == "none-seen"


def test_flows_that_are_replayed_raise_no_alarm(site, tmp_path):
    flows = tmp_path / "flows.mitm"
    with proxied(tmp_path, site.port, "-w", str(flows)) as proxy:
        Visitor(proxy.port, A).get("/login")
        assert proxy.stop() == 0
    with proxied(
        tmp_path, site.port, "--server-replay", str(flows), "--set", "server_replay_reuse=true"
    ) as proxy:
        for address in (A, B, C):
            Visitor(proxy.port, address).get("/login")
        assert proxy.stop() == 0
    assert swaps_in(facts_of(tmp_path)) == []


def test_requests_that_are_replayed_raise_no_alarm(site, tmp_path):
    """The site gives the same token again to who sends the same session."""
    flows, report = tmp_path / "flows.mitm", tmp_path / "report.json"
    with proxied(tmp_path, site.port, "-w", str(flows)) as proxy:
        visitor = Visitor(proxy.port, A)
        visitor.get("/csrf")
        visitor.get("/csrf")
        assert proxy.stop() == 0
    twice = ("--client-replay", str(flows)) * 2
    ended = run(tmp_path, "-n", *twice, "--set", f"session_tracker_report={report}")
    assert ended.process.returncode == 0, ended.log
    told = facts_of(tmp_path)["run"]
    assert told["exchanges"] == 4
    assert (told["swaps"]["watched"], told["swaps"]["verdict"]) == (0, "none-seen")


# ------------------------------------------------------------------------------------- swaps

STORES = "proxy_ignore_headers Set-Cookie;"
REAL = [
    ("nginx", f"{STORES} add_header X-Cache $upstream_cache_status;", "ST401", "X-Cache"),
    ("nginx", STORES, "ST402", None),
    ("httpd", "", "ST401", "Age"),
]


@pytest.mark.parametrize(("product", "extra", "rule", "sign"), REAL)
def test_a_swap_by_a_real_cache(site, tmp_path, product, extra, rule, sign):
    flows = tmp_path / "flows.mitm"
    with (
        cache_in_front(product, extra, site.port) as cache,
        proxied(tmp_path, cache, "-w", str(flows)) as proxy,
    ):
        first, other = Visitor(proxy.port, A), Visitor(proxy.port, B)
        first.get("/cached/basket?item=1")

        def told():
            other.jar.clear()
            other.get("/cached/basket?item=1")
            return sign != "Age" or "ST401" in proxy.log  # httpd's Age is 0 in the first second

        wait_until(told)
        assert other.jar["sid"] == first.jar["sid"]
        status = proxy.stop()
        log = proxy.log
    facts = facts_of(tmp_path)
    found = next(each for each in swaps_in(facts) if each["rule"] == rule)
    swap = found["swap"]
    assert found["cookie"] == "sid"
    assert swap["first"]["client"].startswith(A)
    assert swap["other"]["client"].startswith(B)
    assert swap["first"]["url"] == swap["other"]["url"]
    assert swap["first"]["url"].endswith("/cached/basket?item=…")
    assert swap["first"]["time"] <= swap["other"]["time"]
    assert 'Send "Cache-Control: private, no-store"' in found["remedy"]
    assert first.jar["sid"] not in log + (tmp_path / "report.json").read_text()
    assert f'"sid" (session) value {swap["digest"]} was first given to {A}' in log
    if sign:
        assert (found["severity"], status) == ("error", 3)
        assert any(sign in reason["text"] for reason in found["reasons"])
        assert facts["run"]["swaps"]["verdict"] == "confirmed"
        assert facts["run"]["exit_status"] == 3
        # The recording proves it again.
        assert run(tmp_path, "-nr", str(flows)).process.returncode == 3
    else:
        assert (found["severity"], status) == ("warning", 0)
        assert facts["run"]["swaps"]["verdict"] == "suspected"


def test_a_recording_whose_clients_cannot_be_told_apart_is_incomplete(site, tmp_path):
    har, report = tmp_path / "out.har", tmp_path / "report.json"
    with (
        cache_in_front("nginx", STORES, site.port) as cache,
        proxied(tmp_path, cache, "--set", f"hardump={har}") as proxy,
    ):
        for address in (A, B):
            Visitor(proxy.port, address).get("/cached/page")
        proxy.stop()
    ended = run(tmp_path, "-nr", str(har), "--set", f"session_tracker_report={report}")
    assert ended.process.returncode == 2, ended.log
    facts = facts_of(tmp_path)
    assert facts["run"]["swaps"]["verdict"] == "not-assessable"
    assert "cannot be told apart" in " ".join(facts["run"]["incomplete"])


def test_a_session_that_two_clients_send_is_noted(site, tmp_path):
    with proxied(tmp_path, site.port) as proxy:
        first, other = Visitor(proxy.port, A, "Laptop"), Visitor(proxy.port, B, "Phone")
        first.get("/login")
        other.jar["sid"] = first.jar["sid"]
        other.get("/nothing")
        assert proxy.stop() == 0, proxy.log
    [found] = swaps_in(facts_of(tmp_path))
    assert (found["rule"], found["severity"], found["field"]) == ("ST403", "note", "Cookie")
    assert found["level"] is None
    assert f"was first sent by {A}" in proxy.log


def test_addresses_are_taken_from_a_trusted_proxy(site, tmp_path):
    config = tmp_path / "config.toml"
    config.write_text('[swaps]\ntrusted_proxies = ["127.0.0.0/8"]\n[ledger]\nvalues = 50\n')
    with (
        cache_in_front("nginx", REAL[0][1], site.port) as cache,
        proxied(tmp_path, cache, "--set", f"session_tracker_config={config}") as proxy,
    ):
        balancer = Visitor(proxy.port, A)
        for address, keep in (("192.0.2.1", True), ("192.0.2.2", False)):
            balancer.jar.clear()
            balancer.get("/cached/x", keep=keep, **{"X-Forwarded-For": address})
        assert proxy.stop() == 3, proxy.log
    [found] = [each for each in swaps_in(facts_of(tmp_path)) if each["rule"] == "ST401"]
    assert found["swap"]["first"]["client"] == "192.0.2.1"
    assert found["swap"]["other"]["client"] == "192.0.2.2"


@pytest.mark.parametrize(("behind", "status"), [("true", 3), ("false", 0)])
def test_behind_a_proxy_one_connection_is_not_one_client(site, tmp_path, behind, status):
    config = tmp_path / "config.toml"
    config.write_text(f"behind_proxy = {behind}\n")
    with (
        cache_in_front("nginx", REAL[0][1], site.port) as cache,
        proxied(tmp_path, cache, "--set", f"session_tracker_config={config}") as proxy,
    ):
        balancer = Visitor(proxy.port, A)
        for agent in ("Laptop", "Phone"):
            balancer.jar.clear()
            balancer.get("/cached/x", keep=True, **{"User-Agent": agent})
        assert proxy.stop() == status, proxy.log
    assert bool(swaps_in(facts_of(tmp_path))) is (status == 3)


def test_the_response_is_read_before_our_own_edits(site, tmp_path):
    """The visitor is given a cookie of ours and `no-store`, upstream's fields are those of a hit."""
    config = tmp_path / "config.toml"
    config.write_text("enabled = true\n[enforce]\nenabled = true\n")
    with (
        cache_in_front("nginx", REAL[0][1], site.port) as cache,
        proxied(tmp_path, cache, "--set", f"session_tracker_config={config}") as proxy,
    ):
        visitors = [Visitor(proxy.port, address) for address in (A, B)]
        for visitor in visitors:
            visitor.get("/cached/x")
        first, other = (visitor.jar for visitor in visitors)
        assert other["sid"] == first["sid"]
        assert other["SessionTracking"] != first["SessionTracking"]
        assert proxy.stop() == 3, proxy.log
    facts = facts_of(tmp_path)
    [found] = swaps_in(facts)
    assert (found["rule"], found["cookie"], found["level"]) == ("ST401", "sid", "unsafe")
    assert 'Send "Cache-Control: private, no-store"' in found["remedy"]
    assert facts["run"]["swaps"]["watched"] == 2


def test_the_watch_can_be_switched_off(site, tmp_path):
    config = tmp_path / "config.toml"
    config.write_text("[swaps]\nenabled = false\n")
    with (
        cache_in_front("nginx", REAL[0][1], site.port) as cache,
        proxied(tmp_path, cache, "--set", f"session_tracker_config={config}") as proxy,
    ):
        for address in (A, B):
            Visitor(proxy.port, address).get("/cached/x")
        assert proxy.stop() == 0
    assert swaps_in(facts_of(tmp_path)) == []
