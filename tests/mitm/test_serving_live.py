"""`[shadow] serve = true` through real mitmproxy processes, sites and visitors."""

import gzip
import http.client
import json
import os
import re
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count

import pytest

from tests.mitm.visitors import Visitor, token
from tests.proxy import ENTRY, Proxy, run
from tests.waiting import PATIENCE, rewrite

A, B = "127.0.0.2", "127.0.0.3"
SERVE = "[shadow]\nenabled = true\nserve = true\n"
PACKED = gzip.compress(b"a long story " * 100)


class App(BaseHTTPRequestHandler):
    """An application that gives a session with everything."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        path = self.path.partition("?")[0]
        self.server.asked.append(
            (self.command, path, self.headers.get("If-None-Match"), self.headers.get("Cookie"))
        )
        status, body = 200, PACKED if path == "/packed" else b"ok"
        lines = [("Set-Cookie", f"sid={token(next(self.server.numbers))}; HttpOnly")]
        if path == "/validated":
            lines += [("Cache-Control", "no-cache"), ("ETag", '"1"')]
            if self.headers.get("If-None-Match") == '"1"':
                status, body, lines = 304, b"", [("ETag", '"1"'), ("X-Renewed", "1")]
        elif path == "/private":
            lines.append(("Cache-Control", "private"))
        else:
            lines.append(("Cache-Control", "public, max-age=600"))
        if path == "/packed":
            lines.append(("Content-Encoding", "gzip"))
        self.send_response(status)
        for line in lines:
            self.send_header(*line)
        if status != 304:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_HEAD = do_GET  # noqa: N815 - its name is given
    do_POST = do_GET  # noqa: N815

    def log_message(self, *_):
        pass


@pytest.fixture
def app():
    with ThreadingHTTPServer(("127.0.0.1", 0), App) as server:
        server.asked, server.numbers = [], count(1)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def start(app, tmp_path):
    def started(text=SERVE, *arguments, **more):
        (tmp_path / "config.toml").write_text(text)
        return Proxy(
            tmp_path,
            *("--mode", f"reverse:http://127.0.0.1:{app.server_port}"),
            *("--set", "keep_host_header=true"),
            *("--set", f"session_tracker_config={tmp_path / 'config.toml'}"),
            *("--set", f"session_tracker_report={tmp_path / 'report.json'}"),
            *arguments,
            **more,
        )

    return started


def ask(proxy, path, address=A, method="GET", **fields):
    """One request; (status, fields, body)."""
    connection = http.client.HTTPConnection(
        "127.0.0.1", proxy.port, timeout=PATIENCE, source_address=(address, 0)
    )
    connection.request(method, path, headers={"Host": "shop.test", **fields})
    response = connection.getresponse()
    body = response.read()
    connection.close()
    return response.status, response.headers, body


def sid(headers):
    found = re.search(r"sid=(\w+)", ";".join(headers.get_all("Set-Cookie", ())))
    return found and found[1]


def test_the_swap_happens_and_is_caught(app, start, tmp_path):
    with start(f"enabled = true\n{SERVE}") as proxy:
        first, other = Visitor(proxy.port, A), Visitor(proxy.port, B)
        first.get("/")
        other.get("/")
        assert other.jar["sid"] == first.jar["sid"]
        # The tracker stands in front of the cache: everybody has an id of their own.
        assert other.jar["SessionTracking"] != first.jar["SessionTracking"]
        status, headers, _ = ask(proxy, "/", "127.0.0.4")
        assert (status, headers["Session-Tracker-Simulation"].split(";")[:2]) == (
            200,
            ['"rfc9111"', " hit"],
        )
        assert proxy.stop() == 3
    assert [path for _, path, *_ in app.asked] == ["/"]
    assert "SessionTracking" not in str(app.asked)
    assert proxy.log.count("server connect") == 1
    assert "connection_strategy was set to lazy" in proxy.log
    told = [line for line in proxy.log.splitlines() if "GET http://shop.test/ " in line]
    assert sum("SIMULATION, there is no such cache: rfc9111 stores" in line for line in told) == 1
    assert sum("SIMULATION, there is no such cache: rfc9111 answers" in line for line in told) == 2
    facts = json.loads((tmp_path / "report.json").read_text())
    found = {finding["rule"]: finding for finding in facts["findings"]}
    assert {rule: finding["count"] for rule, finding in found.items()} == {"ST201": 1, "ST401": 1}
    swap = found["ST401"]["swap"]
    assert swap["first"]["client"].startswith(A)
    assert "a simulated cache answered" in str(found["ST401"]["reasons"])
    assert (facts["run"]["exchanges"], facts["run"]["failures"]) == (3, 0)


def test_what_is_sent_is_what_was_stored(app, start):
    with start() as proxy:
        _, first, body = ask(proxy, "/packed")
        assert "fwd=miss; stored" in first["Session-Tracker-Simulation"]
        status, headers, again = ask(proxy, "/packed", B, Range="bytes=0-1")
        assert (status, again, gzip.decompress(again)) == (200, body, gzip.decompress(PACKED))
        assert headers["Content-Length"] == str(len(PACKED))
        assert headers["Content-Encoding"] == "gzip"
        assert headers["Age"].isdigit()
        status, headers, nothing = ask(proxy, "/packed", B, "HEAD")
        assert (status, nothing, headers["Content-Length"]) == (200, b"", str(len(PACKED)))
        assert sid(headers) == sid(first)
        private = [sid(ask(proxy, "/private", address)[1]) for address in (A, B)]
        assert private[0] != private[1]
        posted = [sid(ask(proxy, "/", address, "POST")[1]) for address in (A, B)]
        assert posted[0] != posted[1]
        # HEAD brings no body, and part of one would be handed on for the whole.
        assert ask(proxy, "/later", A, "HEAD")[2] == b""
        assert ask(proxy, "/later", B)[2] == b"ok"
        proxy.stop()
    assert [each[:2] for each in app.asked if each[1] == "/packed"] == [("GET", "/packed")]


def test_a_304_lets_the_session_out(app, start):
    with start() as proxy:
        first = sid(ask(proxy, "/validated")[1])
        status, headers, body = ask(proxy, "/validated", B, **{"X-Own": "1"})
        assert (status, body, sid(headers)) == (200, b"ok", first)
        assert headers["X-Renewed"] == "1"
        assert headers["Session-Tracker-Simulation"].startswith('"rfc9111"; hit')
        # Whoever asks with a condition is given the whole as well.
        asked = {"If-None-Match": '"other"'}
        status, headers, body = ask(proxy, "/validated", "127.0.0.4", **asked)
        assert (status, body, sid(headers)) == (200, b"ok", first)
        head = ask(proxy, "/validated", B, "HEAD")
        assert (head[0], head[2], head[1]["Content-Length"]) == (200, b"", "2")
        proxy.wait_for("validated")
        assert proxy.stop() == 3
    assert [condition for *_, condition, _ in app.asked] == [None, '"1"', '"1"', '"1"']


def test_a_streamed_body_is_not_stored(app, start):
    with start(SERVE, "--set", "stream_large_bodies=10") as proxy:
        sids = [sid(ask(proxy, "/packed", address)[1]) for address in (A, B)]
        assert sids[0] != sids[1]
        assert proxy.stop() == 0
    assert len(app.asked) == 2


def test_the_bytes_are_bounded(app, start):
    with start(f"{SERVE}max_bytes = {len(PACKED)}\n") as proxy:
        for path in ("/packed?1", "/packed?2", "/packed?1"):
            ask(proxy, path)
        ask(proxy, "/packed?1")
        assert proxy.stop() == 0
    assert len(app.asked) == 3


def test_a_visitor_who_is_finished_with_meets_no_cache(app, start):
    with start(f'enabled = true\non_new = "finish"\n{SERVE}') as proxy:
        for _ in range(2):
            status, headers, body = ask(proxy, "/", A)
            assert (status, body, headers["Session-Tracker-Simulation"]) == (200, b"", None)
        assert ask(proxy, "/", A, Cookie="a=b")[2] == b"ok"
        assert proxy.stop() == 0
    assert len(app.asked) == 1


def test_it_is_switched_while_running_and_outlives_a_reload_of_the_code(app, start, tmp_path):
    entry = tmp_path / "session_tracker.py"
    entry.write_text(ENTRY.read_text().replace("__file__", repr(str(ENTRY))))
    config = tmp_path / "config.toml"
    with start("[shadow]\nenabled = true\n", entry=entry) as proxy:
        ask(proxy, "/")
        assert ask(proxy, "/")[1]["Session-Tracker-Simulation"] is None
        rewrite(config, SERVE)
        proxy.wait_for("SIMULATION, there is no such cache: .shadow. serve = true answers")
        ask(proxy, "/")
        assert "; hit" in ask(proxy, "/", B)[1]["Session-Tracker-Simulation"]
        later = entry.stat().st_mtime + 10
        os.utime(entry, (later, later))
        proxy.wait_for(r"(?s)(serve = true answers visitors.*){2}")
        ask(proxy, "/")
        assert "; hit" in ask(proxy, "/", B)[1]["Session-Tracker-Simulation"]
        rewrite(config, f"{SERVE}# the same\n")
        proxy.wait_for(r"(?s)(configuration read again.*){2}")
        assert proxy.log.count("serve = true answers visitors") == 2
        rewrite(config, "")
        proxy.wait_for(r"(?s)(configuration read again.*){3}")
        assert ask(proxy, "/")[1]["Session-Tracker-Simulation"] is None
        rewrite(config, f"{SERVE}[enforce]\nenabled = true\n")
        proxy.wait_for("the changed configuration is refused")
        assert ask(proxy, "/")[1]["Session-Tracker-Simulation"] is None
        assert proxy.stop() == 3


def test_a_recording_of_it_is_not_judged_twice(app, start, tmp_path):
    flows = tmp_path / "flows.mitm"
    with start(SERVE, "-w", str(flows)) as proxy:
        ask(proxy, "/")
        ask(proxy, "/", B)
        proxy.stop()
    report = tmp_path / "again.json"
    again = run(
        tmp_path,
        *("--no-server", "--rfile", str(flows), "--set", f"session_tracker_report={report}"),
        *("--set", f"session_tracker_config={tmp_path / 'config.toml'}"),
    )
    assert again.process.returncode == 3, again.log
    counts = {each["rule"]: each["count"] for each in json.loads(report.read_text())["findings"]}
    assert counts == {"ST201": 1, "ST401": 1}


def test_it_does_not_start_together_with_enforce(start):
    proxy = start(f"{SERVE}[enforce]\nenabled = true\n")
    assert proxy.wait() == 78
    assert re.search(
        r"config\.toml:3: shadow\.serve: is for development: .*"
        r"Set one of them to false",
        proxy.log,
    )
