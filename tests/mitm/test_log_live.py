"""The log of real mitmdump processes."""

import http.client
import os
import re
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from io import BytesIO

import pytest

from session_tracking.records.trace_read import read_traces, trace_lines
from session_tracking.records.w3c_read import Reader
from tests.proxy import Proxy, run
from tests.waiting import PATIENCE, rewrite, wait_until

SECRET = "3f2a9c81d0e7b6453f2a9c81d0e7b645"
LOGGED = "[log]\nenabled = true\n"


@pytest.fixture
def start(origin, tmp_path):
    """Start a proxy in front of the origin with a configuration."""
    origin.answer("/unsafe", f"Set-Cookie: sid={SECRET}", "Cache-Control: public, max-age=60")
    origin.answer("/plain", "Cache-Control: no-store")

    def started(text, *arguments, upstream=origin.port):
        (tmp_path / "config.toml").write_text(text)
        return Proxy(
            tmp_path,
            *("--mode", f"reverse:http://127.0.0.1:{upstream}"),
            *("--set", f"session_tracker_config={tmp_path / 'config.toml'}"),
            *("--set", "keep_host_header=true"),
            *arguments,
        )

    return started


def ask(proxy, path, method="GET", body=None, **headers):
    """One request; the response's field lines."""
    with closing(
        http.client.HTTPConnection("127.0.0.1", proxy.port, timeout=PATIENCE)
    ) as connection:
        fields = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body, {"Host": "shop.test", **fields})
        response = connection.getresponse()
        response.read()
        return response.headers


def rows_of(folder, site="shop.test"):
    return [
        row.values
        for path in sorted((folder / "logs" / site).glob("u_ex*.log"))
        for row in Reader().read(path)
    ]


def wait_for_rows(folder, count):
    return wait_until(lambda: len(rows := rows_of(folder)) >= count and rows)


def test_visits_that_repeat_are_recorded_each(start, tmp_path):
    own = "OtSf6JY8zuufuoiXPlLzfA"
    with start(f"enabled = true\n{LOGGED}[trace]\nenabled = true\n") as proxy:
        for _ in range(4):
            ask(proxy, "/plain", Cookie=f"sid={SECRET}; SessionTracking={own}")
        ask(proxy, "/plain", Cookie=f"sid={SECRET}")
        ask(proxy, "/plain", Cookie=f"sid={SECRET}")
        proxy.stop()
    rows = [(row["x-session-id"], row["x-session-event"]) for row in rows_of(tmp_path)]
    assert rows == [(own, "seen")] * 4 + [(None, "passed")] * 2
    traces = read_traces([tmp_path / "traces"])
    steps = [[event["name"] for event in trace.ours["events"]] for trace in traces]
    assert steps == [["request", "decide", "end"]] * 6
    assert "6 responses seen" in proxy.log
    assert [trace.ours["session"] for trace in traces] == [own] * 4 + [None] * 2


def test_a_visit(start, tmp_path):
    with start("enabled = true\ndetect = 'own-cookie'\n" + LOGGED) as proxy:
        landing = ask(proxy, "/unsafe?a=b c".replace(" ", "%20"), User_Agent="curl 8.0 (x)")
        ours = re.search(
            r"SessionTracking=(\S+);", str(landing["Set-Cookie"]) + landing.as_string()
        )[1]
        ask(proxy, "/plain", "POST", b"12345", Cookie=f"sid={SECRET}; SessionTracking={ours}")
        rows = wait_for_rows(tmp_path, 2)
        assert proxy.stop() == 0
    first, second = rows
    assert (first["cs-method"], first["cs-uri-stem"], first["cs-uri-query"]) == (
        "GET",
        "/unsafe",
        "a=b%20c",
    )
    assert (first["cs-host"], first["c-ip"], first["s-port"]) == (
        "shop.test",
        "127.0.0.1",
        str(proxy.port),
    )
    assert first["cs(User-Agent)"] == "curl+8.0+(x)"
    assert first["cs(Cookie)"] is None
    assert (first["x-session-id"], first["x-session-event"]) == (ours, "new")
    assert (first["x-cache-level"], first["sc-status"], first["cs-version"]) == (
        "unsafe",
        "200",
        "HTTP/1.1",
    )
    digest = re.fullmatch(
        rf"sid=([0-9a-f]{{16}});\+SessionTracking={ours}", first["sc(Set-Cookie)"]
    )[1]
    assert (second["x-session-id"], second["x-session-event"]) == (ours, "seen")
    assert second["cs(Cookie)"] == f"sid={digest};+SessionTracking={ours}"
    assert second["x-cache-level"] is None
    assert second["sc(Set-Cookie)"] is None
    assert int(second["cs-bytes"]) > 5
    for log in (tmp_path / "logs/shop.test").iterdir():
        assert SECRET not in log.read_text()
        assert log.stat().st_mode & 0o007 == 0
    assert (tmp_path / "logs/digest.key").stat().st_mode & 0o777 == 0o600


def test_a_file_is_not_logged_again(start, tmp_path):
    flows = tmp_path / "flows"
    with start(LOGGED, "-w", str(flows)) as proxy:
        ask(proxy, "/plain")
        wait_for_rows(tmp_path, 1)
        proxy.stop()
    run(tmp_path, "-nr", str(flows), "--set", f"session_tracker_config={tmp_path / 'config.toml'}")
    assert len(rows_of(tmp_path)) == 1


def test_a_folder_that_cannot_be_made_stops_the_start(tmp_path):
    (tmp_path / "logs").write_text("in the way")
    (tmp_path / "config.toml").write_text(LOGGED)
    ended = run(tmp_path, "--set", f"session_tracker_config={tmp_path / 'config.toml'}")
    assert ended.process.returncode == 78
    assert (
        f"[log] cannot make the folder {tmp_path / 'logs'}: File exists. Set log.dir." in ended.log
    )
    (tmp_path / "logs").unlink()
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs/digest.key").write_text("short")
    ended = run(tmp_path, "--set", f"session_tracker_config={tmp_path / 'config.toml'}")
    assert ended.process.returncode == 78
    assert "holds no key of at least 32 octets" in ended.log


def test_killed_under_load(start, tmp_path):
    """What was answered is soon in the log, not only in the end; every line is whole."""
    rows = []
    for _ in range(3):
        known = len(rows)
        with start(LOGGED) as proxy:
            for _ in range(50):
                ask(proxy, "/plain", User_Agent="x" * 500)
            wait_for_rows(tmp_path, known + 50)
            for _ in range(50):
                ask(proxy, "/plain", User_Agent="x" * 500)
            proxy.process.kill()
            proxy.process.wait()
        rows = rows_of(tmp_path)
        assert 50 <= len(rows) - known <= 100
    assert all(row["cs(User-Agent)"] == "x" * 500 for row in rows)


def test_a_disk_that_hangs(start, tmp_path):
    """Requests are answered while nothing can be written; their lines come when it goes on."""
    today = datetime.now(UTC)
    (tmp_path / "logs/shop.test").mkdir(parents=True)
    pipes = []
    for day in (today, today + timedelta(days=1)):
        path = tmp_path / f"logs/shop.test/u_ex{day:%y%m%d}.log"
        os.mkfifo(path)
        pipes.append(os.open(path, os.O_RDWR | os.O_NONBLOCK))
    try:
        with start(LOGGED) as proxy:
            for _ in range(40):  # four times what the pipe holds
                ask(proxy, "/plain", User_Agent="x" * 6000, Referer="y" * 6000)
            taken = [b"", b""]

            def lines():
                for number, pipe in enumerate(pipes):
                    with suppress(BlockingIOError):
                        taken[number] += os.read(pipe, 1 << 20)
                return [list(Reader().read_stream(BytesIO(octets))) for octets in taken]

            wait_until(lambda: sum(map(len, lines())) == 40)
            assert proxy.stop() == 0
    finally:
        for pipe in pipes:
            os.close(pipe)


def test_two_proxies_with_one_folder(start, tmp_path):
    with start(LOGGED) as first, start(LOGGED) as second:
        for number in range(3):
            for proxy in (first, second):
                ask(proxy, f"/{number}")
        rows = wait_for_rows(tmp_path, 6)
        days = {path.name.partition(".")[0] for path in (tmp_path / "logs/shop.test").iterdir()}
        assert {first.stop(), second.stop()} == {0}
    assert {day[10:] for day in days} == {"", "_2"}
    for proxy in (first, second):
        asked = [row["cs-uri-stem"] for row in rows if row["s-port"] == str(proxy.port)]
        assert asked == ["/0", "/1", "/2"]


def test_secrets_in_clear_are_warned_of_at_the_start(start):
    text = '[log]\nenabled = true\ncookies = "all"\n[trace]\nenabled = true\nsecrets = true\n'
    with start(text) as proxy:
        proxy.wait_for("every cookie value goes into the log in clear")
        proxy.wait_for("cookie values and credentials go into the traces in clear")


def test_a_proxy_without_an_application(start, tmp_path):
    with start(LOGGED, "--set", "connection_strategy=lazy", upstream=1) as proxy:
        ask(proxy, "/x")
        (row,) = wait_for_rows(tmp_path, 1)
    assert (row["sc-status"], row["sc-substatus"], row["sc-win32-status"]) == ("502", "3", "12030")


def test_switched_on_while_traffic_runs(start, tmp_path):
    with start("enabled = true\n") as proxy:
        ask(proxy, "/plain")
        rewrite(tmp_path / "config.toml", LOGGED)
        proxy.wait_for("configuration read again")
        ask(proxy, "/plain")
        assert len(wait_for_rows(tmp_path, 1)) == 1


def test_a_trace_of_a_finding(start, tmp_path):
    with start("enabled = true\n[trace]\nenabled = true\nonly_findings = true\n") as proxy:
        ask(proxy, "/plain")
        ask(proxy, "/unsafe?a=1", Cookie=f"sid={SECRET}")
        proxy.stop()
    (path,) = (tmp_path / "traces/shop.test").glob("tr*.har")
    assert path.name == "tr000001.har"
    assert SECRET not in path.read_text()
    (trace,) = read_traces([path])
    assert trace.level == "unsafe"
    assert trace.entry["request"]["url"] == "http://shop.test/unsafe?a=1"
    safety = trace.entry["_cacheSafety"]
    finding = safety["findings"][0]
    assert (finding["rule"], finding["severity"], finding["class"]) == ("ST201", "error", "session")
    assert "private, no-store" in finding["remedy"]
    assert safety["reasons"]
    assert all(re.fullmatch(r"[^()=]+, RFC 9111 §[\d.]+", why) for why in safety["reasons"])
    assert any("ST201" in line for line in trace_lines(trace))
    assert not (tmp_path / "logs").exists()
