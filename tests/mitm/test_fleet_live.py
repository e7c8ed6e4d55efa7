"""Proxies that share a ledger: real mitmdump, Redis and nginx, and what may befall them."""

import json
import re
import time

import pytest
from jsonschema import Draft202012Validator

from session_tracking.reports.json import schema
from session_tracking.swaps.redis_ledger import TIMEOUT
from tests.mitm.test_shadow_live import call
from tests.mitm.test_swaps_live import STORES, A, B, C, proxied, swaps_in
from tests.mitm.visitors import Site, Visitor, cache_in_front
from tests.proxy import run
from tests.redis_server import SECRET, RedisServer
from tests.waiting import rewrite, wait_until

HITS = f"{STORES} add_header X-Cache $upstream_cache_status;"


@pytest.fixture(scope="module")
def site():
    started = Site()
    yield started
    started.shutdown()
    started.server_close()


@pytest.fixture
def server():
    with RedisServer() as started:
        yield started


@pytest.fixture
def join(tmp_path):
    """Start a proxy of the fleet in a folder of its own."""

    def joined(name, port, ledger, *arguments, more="", **options):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "secret").write_text(SECRET)
        (folder / "secret").chmod(0o600)
        config = folder / "config.toml"
        text = f'[fleet]\nledger = "{ledger}"\nsecret_file = "secret"\n{more}'
        config.write_text(text)
        option = f"session_tracker_config={config}"
        return proxied(folder, port, "--set", option, *arguments, **options)

    return joined


def facts(proxy):
    told = json.loads((proxy.log_file.parent / "report.json").read_text())
    Draft202012Validator(schema()).validate(told)
    fleet = told["run"]["fleet"]
    assert fleet["sent"] == fleet["stored"] + fleet["gap"]
    return told


def test_a_swap_between_clients_of_two_proxies(site, server, join):
    """The cache stands behind both."""
    with (
        cache_in_front("nginx", HITS, site.port) as cache,
        join("one", cache, server.url) as one,
        join("two", cache, server.url) as two,
    ):
        first, other = Visitor(one.port, A), Visitor(two.port, B)
        first.get("/cached/basket?item=1")
        wait_until(lambda: server.values() == 1)
        other.get("/cached/basket?item=1")
        assert other.jar["sid"] == first.jar["sid"]
        two.wait_for("ST401")  # long before the end
        assert one.stop() == 0, one.log
        assert two.stop() == 3, two.log
    assert swaps_in(facts(one)) == []
    [found] = swaps_in(facts(two))
    assert (found["rule"], found["cookie"], found["severity"]) == ("ST401", "sid", "error")
    swap = found["swap"]
    assert (swap["first"]["client"], swap["other"]["client"]) == (A, B)
    assert swap["first"]["url"].endswith("/cached/basket?item=…")
    assert swap["first"]["time"] < swap["other"]["time"]
    assert any("X-Cache" in reason["text"] for reason in found["reasons"])
    assert first.jar["sid"] not in two.log + one.log
    assert "fleet: 1 sight sent, 1 stored, 0 not; 0 outages" in two.log


def test_a_swap_by_a_cache_in_front_of_one_of_them(site, server, join):
    """What the cache stores was given out through the first; the second asks the cache."""
    trusted = '[swaps]\ntrusted_proxies = ["127.0.0.1"]\n'
    own = "proxy_set_header Host $host; proxy_set_header X-Forwarded-For $remote_addr;"
    with (
        join("one", site.port, server.url, more=trusted) as one,
        cache_in_front("nginx", f"{HITS} {own}", one.port) as cache,
        join("two", cache, server.url) as two,
    ):
        first, other = Visitor(cache, A), Visitor(two.port, B)
        first.get("/cached/basket")
        wait_until(lambda: server.values() == 1)
        other.get("/cached/basket")
        assert other.jar["sid"] == first.jar["sid"]
        assert two.stop() == 3, two.log
        one.stop()
    [found] = swaps_in(facts(two))
    assert (found["swap"]["first"]["client"], found["swap"]["other"]["client"]) == (A, B)


def test_no_swap_among_visitors_of_both(site, server, join):
    with join("one", site.port, server.url) as one, join("two", site.port, server.url) as two:
        for address in (A, B, C):
            visitor = Visitor(one.port, address)
            for path in ("/renewing", "/login", "/csrf", "/balanced", "/settings"):
                for proxy in (one, two, one):
                    visitor.port = proxy.port
                    visitor.get(path)
        assert (one.stop(), two.stop()) == (0, 0), one.log + two.log
    for proxy in (one, two):
        told = facts(proxy)
        assert swaps_in(told) == []
        assert told["run"]["fleet"]["stored"] > 5
        assert told["run"]["fleet"]["gap"] == told["run"]["fleet"]["outages"] == 0


def test_a_swap_is_told_when_a_paused_server_goes_on(site, server, join):
    with (
        cache_in_front("nginx", HITS, site.port) as cache,
        join("one", cache, server.url) as one,
        join("two", cache, server.url) as two,
    ):
        for path in ("/cached/basket", "/cached/order"):
            Visitor(one.port, A).get(path)
        wait_until(lambda: server.values() == 2)
        server.pause()
        begun = time.monotonic()
        for number in range(10):
            Visitor(two.port, f"127.0.1.{number + 1}").get("/cached/basket")
        Visitor(two.port, C).get("/cached/order")
        assert time.monotonic() - begun < 5 * TIMEOUT, "the traffic waited"
        # Detection goes on locally.
        assert "ST401" in two.log
        two.wait_for("the fleet's ledger cannot be used")
        assert f"was first given to {A}" not in two.log
        server.resume()
        two.wait_for("the fleet's ledger can be used again")
        # The order was handed to one visitor here, so only the fleet could tell.
        two.wait_for(f"ST401 .*/cached/order .*was first given to {A} ")
        assert two.stop() == 3
        one.stop()
    told = facts(two)
    assert told["run"]["fleet"]["gap"] == 0
    assert told["run"]["fleet"]["outages"] == 1
    swaps = {each["url"].rpartition("/")[2]: each["swap"] for each in swaps_in(told)}
    assert (swaps["order"]["first"]["client"], swaps["order"]["other"]["client"]) == (A, C)
    assert swaps["basket"]["first"]["client"] == "127.0.1.1"


def test_what_does_not_get_through_makes_the_run_incomplete(site, server, join):
    """Too many wait while the server is gone; back again, it is told what is known here."""
    metrics = 'waiting = 4\n[metrics]\nlisten = "127.0.0.1:0"\n'
    alert = '[[alert]]\nname = "gap"\nwhen = "fleet_gap > 0"\n'
    with join("one", site.port, server.url, more=metrics + alert) as one:
        for _ in range(4):
            Visitor(one.port, A).get("/login")
        wait_until(lambda: server.values() == 4)
        server.kill()
        for _ in range(10):
            Visitor(one.port, A).get("/login")
        one.wait_for("the fleet's ledger cannot be used")
        one.wait_for(r"alert 'gap' firing: fleet_gap is \d")
        server.start()
        one.wait_for("6 sights did not get into the fleet's ledger")
        one.wait_for("was started anew")
        wait_until(lambda: server.values() == 14)
        assert one.stop() == 2, one.log
    told = facts(one)
    assert "6 of " in told["run"]["incomplete"][0]
    fleet = told["run"]["fleet"]
    assert (fleet["gap"], fleet["outages"]) == (6, 1)
    assert fleet["restored"] >= 10


@pytest.mark.parametrize("how", ["gone", "full", "password"])
def test_a_server_that_takes_nothing(site, server, join, how):
    if how == "gone":
        server.stop()
    else:
        with server.client() as client:
            setting = ("maxmemory", "1") if how == "full" else ("requirepass", "sesame")
            client.config_set(*setting)
    with join("one", site.port, server.url) as one:
        for _ in range(3):
            assert Visitor(one.port, A).get("/login") == 200
        one.wait_for("the fleet's ledger cannot be used")
        assert one.stop() == 2
    assert facts(one)["run"]["fleet"] == {
        "sent": 3, "stored": 0, "gap": 3, "restored": 0, "outages": 1,
    }  # fmt: skip


def test_commands_and_a_reload(site, server, join):
    with join("one", site.port, server.url, program="mitmweb") as one:
        Visitor(one.port, A).get("/login")
        with join("two", site.port, server.url) as two:
            Visitor(two.port, B).get("/login")
            wait_until(lambda: server.values() == 2)
            two.stop()

        def lines():
            return call(one, "sessions.counters", "fleet")["value"]

        wait_until(lambda: "(fleet) fleet_stored 2" in lines())
        assert lines()[0] == "fleet of 2"
        # The size of the ledger is that of the file, also when it changes.
        config = one.log_file.parent / "config.toml"
        rewrite(config, config.read_text() + "[ledger]\nhours = 1\nvalues = 7\n")
        one.wait_for("configuration read again")
        Visitor(one.port, C).get("/login")

        def lives():
            with server.client() as client:
                keys = list(client.scan_iter("session-tracker:value:*"))
                return len(keys) == 3 and min(client.ttl(key) for key in keys) <= 3600

        wait_until(lives)
        rewrite(config, config.read_text().replace("[ledger]", 'name = "x"\n[ledger]'))
        one.wait_for(r"\[fleet\] has changed; mitmproxy must be started again")
        assert "cannot be used" not in lines()[-1]
        server.stop()
        Visitor(one.port, C).get("/login")
        one.wait_for("the fleet's ledger cannot be used")
        assert lines()[-1].endswith("cannot be used now: this is what it told last")
        one.stop()


def test_no_fleet_no_counters_of_one(site, tmp_path):
    with proxied(tmp_path, site.port, program="mitmweb") as one:
        answer = call(one, "sessions.counters", "fleet")
        assert "this proxy is in no fleet" in json.dumps(answer)
        one.stop()
    assert json.loads((tmp_path / "report.json").read_text())["run"]["fleet"] is None


def test_a_recording_is_no_business_of_the_fleet(site, server, join, tmp_path):
    flows = tmp_path / "flows.mitm"
    with join("one", site.port, server.url, "-w", str(flows)) as one:
        Visitor(one.port, A).get("/login")
        wait_until(lambda: server.values() == 1)
        one.stop()
    with server.client() as client:
        client.flushall()
    config = tmp_path / "one" / "config.toml"
    assert run(tmp_path, "-nr", str(flows), "--set", f"session_tracker_config={config}").wait() == 0
    assert server.values() == 0


def test_a_missing_extra_stops_the_start(site, join, tmp_path, monkeypatch):
    """Seen as users see it: a Python without the library."""
    (tmp_path / "redis.py").write_text('raise ModuleNotFoundError("No module named redis")\n')
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    proxy = join("one", site.port, "redis://127.0.0.1:1")
    assert proxy.wait() == 78
    assert re.search(r"needs the library redis. Install it: pipx inject", proxy.log)
