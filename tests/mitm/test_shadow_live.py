"""The shadow, its counters, alerts and metrics through real mitmproxy processes."""

import http.server
import json
import os
import re
import signal
import socket
import sys
import threading
import time

import httpx
import pytest

from tests.proxy import ENTRY, Proxy
from tests.waiting import PATIENCE, refused, rewrite, wait_until

A, B = "127.0.0.2", "127.0.0.3"
SECRET = "3f2a9c81d0e7b6453f2a9c81d0e7b645"
UNSAFE = (f"Set-Cookie: sid={SECRET}", "Cache-Control: public, max-age=60")


def ask(port, path, source="127.0.0.2", host="shop.test", *lines):
    """One request from an address of its own."""
    head = "\r\n".join([f"GET {path} HTTP/1.1", f"Host: {host}", *lines, "Connection: close"])
    with socket.create_connection(
        ("127.0.0.1", port), timeout=PATIENCE, source_address=(source, 0)
    ) as connection:
        connection.sendall(head.encode("latin-1") + b"\r\n\r\n")
        received = b""
        while part := connection.recv(65536):
            received += part
    return received


@pytest.fixture(scope="module", autouse=True)
def answers(origin):
    origin.answer("/unsafe", *UNSAFE)
    origin.answer("/short", UNSAFE[0], "Cache-Control: public, max-age=4")
    origin.answer("/plain", "Cache-Control: public, max-age=60")
    origin.answer("/safe", UNSAFE[0], "Cache-Control: private, no-store")


@pytest.fixture
def start(origin, tmp_path):
    """Start a proxy in front of the origin with a configuration; mitmweb offers the commands."""

    def started(text, program="mitmweb", **more):
        (tmp_path / "config.toml").write_text(text)
        return Proxy(
            tmp_path,
            *("--mode", f"reverse:http://127.0.0.1:{origin.port}"),
            *("--set", f"session_tracker_config={tmp_path / 'config.toml'}"),
            *("--set", "keep_host_header=true"),
            program=program,
            **more,
        )

    return started


def call(proxy, command, *arguments):
    """Run a command as mitmweb's command bar does; what it returns."""
    headers = {
        "Authorization": "Bearer secret",
        "X-XSRFToken": "aabb",
        "Cookie": "_mitmproxy_xsrf=aabb",
    }
    answer = httpx.post(
        f"{proxy.web}/commands/{command}",
        json={"arguments": list(arguments)},
        headers=headers,
        timeout=PATIENCE,
        trust_env=False,
    )
    return answer.json()


def counts(proxy, site="shop.test"):
    lines = [json.loads(line) for line in call(proxy, "sessions.counters", "json")["value"]]
    return next((line["counters"] for line in lines if line["site"] == site), None)


def test_a_would_be_swap_is_found_where_no_cache_is(start):
    with start("enabled = true\n[shadow]\nenabled = true\n") as proxy:
        ask(proxy.port, "/unsafe")
        ask(proxy.port, "/unsafe")
        assert "ST501" not in proxy.log  # the owner itself
        ask(proxy.port, "/unsafe", "127.0.0.3")
        proxy.wait_for("warning ST501 would-be-swap: GET http://shop.test/unsafe")
        ask(proxy.port, "/plain")
        ask(proxy.port, "/plain", "127.0.0.3")
        ask(proxy.port, "/safe")
        assert SECRET not in proxy.log
        found = counts(proxy)
        told = {name: found[name] for name in ("current", "total", "hits", "misses")}
        assert told == {"current": 2, "total": 2, "hits": 3, "misses": 3}
        assert (found["unsafe_current"], found["unsafe_hits"], found["unsafe_misses"]) == (1, 2, 2)
        assert found["would_be_swaps"] == 1
        assert found["issued"] == 4  # what caches may keep gets none of ours
        assert found["failures"] == 0
        assert "enforced" not in found  # absent, since it is off


def test_counters_outlive_reloads_and_end_with_a_reset(start, tmp_path):
    entry = tmp_path / "session_tracker.py"
    # The entry finds the package beside itself, so a link in another folder will do.
    entry.write_text(ENTRY.read_text().replace("__file__", repr(str(ENTRY))))
    config = "[shadow]\nenabled = true\n[enforce]\nenabled = true\n"
    config += '[[site]]\nhost = "*.test"\n'
    with start(config, entry=entry) as proxy:
        assert counts(proxy) is None
        ask(proxy.port, "/unsafe")
        before = call(proxy, "sessions.counters")["value"]
        assert before[0].startswith("epoch ")
        assert "*.test unsafe_current 1" in before
        assert "*.test enforced 1" in before
        call(proxy, "sessions.reload")
        assert call(proxy, "sessions.counters")["value"] == before
        later = time.time() + 10
        os.utime(entry, (later, later))
        proxy.wait_for(r"(?s)Loading script.*Loading script.*cannot be seen from here")
        assert call(proxy, "sessions.counters")["value"] == before
        ask(proxy.port, "/unsafe", "127.0.0.3")
        found = counts(proxy, "*.test")
        # The cache of the package as it was before is gone, and was counted as flushed.
        assert (found["total"], found["flushed"], found["unsafe_current"]) == (2, 1, 1)
        call(proxy, "sessions.reset")
        after = call(proxy, "sessions.counters")["value"]
        assert after[0] != before[0]
        assert "*.test unsafe_current 0" in after
        assert "*.test total 0" in after
        assert proxy.stop() == 0


def test_what_each_part_does_is_counted_by_site(start, origin):
    origin.answer("/stale", *UNSAFE, "Age: 5")
    config = 'enabled = true\ndetect = "own-cookie"\n[shadow]\nenabled = true\n'
    with start(config) as proxy:
        given = re.search(rb"SessionTracking=\S+?;", ask(proxy.port, "/quiet", host="careful.test"))
        for cookie in (given[0].decode(), "SessionTracking=invented"):
            ask(proxy.port, "/safe", A, "careful.test", f"Cookie: {cookie}")
        for path, address in (("/unsafe", A), ("/unsafe", B), ("/stale", B)):
            ask(proxy.port, path, address, "careless.test")
        careful, careless = counts(proxy, "careful.test"), counts(proxy, "careless.test")
    names = ("issued", "confirmed", "forged", "swaps_suspected", "swaps_confirmed")
    assert [careful[name] for name in names] == [2, 1, 1, 0, 0]
    assert [careless[name] for name in names] == [3, 0, 0, 1, 1]
    # Whose caching was turned on shows.
    assert (careful["unsafe_current"], careless["unsafe_current"]) == (0, 2)


def test_a_form_that_is_none(start):
    with start("") as proxy:
        assert "'xml' is no form: use text, json or fleet" in str(
            call(proxy, "sessions.counters", "xml")
        )


# -------------------------------------------------------------------------------- alerts


class Hook(http.server.BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append(json.loads(body))
        self.send_response(200 if self.path == "/good" else 500)
        self.end_headers()

    def log_message(self, *_):
        pass


@pytest.fixture
def hook():
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Hook) as server:
        server.received = []
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_an_alert_begins_and_ends(start, hook, tmp_path):
    written = tmp_path / "written"
    program = (
        "import json, os; facts = {k: v for k, v in os.environ.items() if k[:16] == 'SESSION_TRACKER_'};"
        f" open({str(written)!r}, 'a').write(json.dumps(facts) + chr(10))"
    )
    command = json.dumps([sys.executable, "-c", program])
    config = f"""
[shadow]
enabled = true
[[alert]]
name = "cached cookie"
when = "unsafe_current > 0"
command = {command}
webhook = "http://127.0.0.1:{hook.server_port}/good"
[[alert]]
name = "of another site"
when = "unsafe_current > 0"
site = "other.test"
"""
    with start(config, "mitmdump") as proxy:
        ask(proxy.port, "/short")
        proxy.wait_for(
            r"alert 'cached cookie' firing: unsafe_current is 1 \(unsafe_current > 0\) at shop\.test"
        )
        proxy.wait_for(r"alert 'cached cookie' resolved: unsafe_current is 0")
        assert proxy.stop() == 0
        assert "of another site" not in proxy.log
    first, second = map(json.loads, written.read_text().splitlines())
    assert first["SESSION_TRACKER_STATE"] == "firing"
    assert first["SESSION_TRACKER_SITES"] == "shop.test"
    assert first["SESSION_TRACKER_VALUE"] == "1"
    assert second["SESSION_TRACKER_STATE"] == "resolved"
    assert [each["state"] for each in hook.received] == ["firing", "resolved"]
    assert hook.received[0]["alert"] == "cached cookie"


def test_the_traffic_does_not_wait_for_commands_and_their_faults_are_told(start, hook, tmp_path):
    port, go = hook.server_port, tmp_path / "go"
    slow = (
        f"import pathlib, time; go = pathlib.Path({str(go)!r})\n"
        "while not go.exists(): time.sleep(0.02)\n"
        "raise SystemExit(3)"
    )
    config = f"""
[shadow]
enabled = true
[[alert]]
name = "slow"
when = "unsafe_total > 0"
command = {json.dumps([sys.executable, "-c", slow])}
[[alert]]
name = "absent"
when = "unsafe_total > 0"
command = ["/nowhere/at/all"]
webhook = "http://127.0.0.1:{port}/bad"
[[alert]]
name = "nobody"
when = "unsafe_total > 0"
webhook = "http://127.0.0.1:1/"
"""
    with start(config, "mitmdump") as proxy:
        ask(proxy.port, "/unsafe")
        proxy.wait_for("alert 'slow' firing")
        for _ in range(3):
            assert b"200 OK" in ask(proxy.port, "/plain")
        go.touch()  # they were answered while it ran
        proxy.wait_for("alert 'slow' firing: the command ended with status 3")
        proxy.wait_for("alert 'absent' firing: the command could not be run")
        proxy.wait_for("alert 'absent' firing: the webhook answered 500")
        proxy.wait_for("alert 'nobody' firing: the webhook could not be called")
        assert proxy.stop() == 0


# ------------------------------------------------------------------------------- metrics


def scrape(proxy):
    address = proxy.wait_for(r"metrics at (http://\S+/metrics)")[1]
    return httpx.get(address, timeout=PATIENCE, trust_env=False).text


def test_metrics(start):
    config = '[shadow]\nenabled = true\n[metrics]\nlisten = "127.0.0.1:0"\n'
    with start(config, "mitmdump") as proxy:
        ask(proxy.port, "/unsafe")
        ask(proxy.port, "/unsafe", "127.0.0.3")
        ask(proxy.port, "/plain", "127.0.0.3", "a\x01b.test")
        text = scrape(proxy)
        assert 'session_tracker_shadow_unsafe_current_uris{site="shop.test"} 1.0' in text
        assert 'session_tracker_would_be_swaps_total{site="shop.test"} 1.0' in text
        assert "session_tracker_own_time_seconds_count 3.0" in text
        assert "session_tracker_responses_enforced_total" not in text
        assert re.search(r"^session_tracker_build_info\{version=", text, re.MULTILINE)
        assert proxy.stop(signal.SIGTERM) == 0


def test_metrics_follow_the_configuration(start, tmp_path):
    with start("", "mitmdump") as proxy:
        config = tmp_path / "config.toml"
        rewrite(config, '[metrics]\nlisten = "127.0.0.1:0"\n')
        assert "session_tracker_build_info" in scrape(proxy)
        address = proxy.wait_for(r"metrics at http://\S+:(\d+)/")
        rewrite(config, "")
        wait_until(lambda: refused(int(address[1])))
        with socket.create_server(("127.0.0.1", 0)) as taken:
            rewrite(config, f'[metrics]\nlisten = "127.0.0.1:{taken.getsockname()[1]}"\n')
            proxy.wait_for(r"\[metrics\] cannot listen at 127\.0\.0\.1:\d+: Address already in use")
            assert proxy.stop() == 0


def test_an_address_that_is_taken_stops_the_start(start):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        proxy = start(f'[metrics]\nlisten = "127.0.0.1:{taken.getsockname()[1]}"\n', "mitmdump")
        assert proxy.wait() == 78
    assert "Choose another port" in proxy.log


def test_a_missing_extra_names_the_command(origin, tmp_path, monkeypatch):
    (tmp_path / "sitecustomize.py").write_text(
        "import sys\nsys.modules['prometheus_client'] = None\n"
    )
    (tmp_path / "config.toml").write_text('[metrics]\nlisten = "127.0.0.1:0"\n')
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    proxy = Proxy(tmp_path, "--set", f"session_tracker_config={tmp_path / 'config.toml'}")
    assert proxy.wait() == 78
    assert "pipx inject mitmproxy 'mitmproxy-session-tracker[metrics]'" in proxy.log
