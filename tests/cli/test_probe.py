"""The command `session-tracker probe`."""

import json
import os
import pty
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from mitmproxy.io import FlowWriter
from mitmproxy.test import tflow, tutils

from session_tracking.cli.main import session_tracker
from tests.origin import Origin

COMMAND = Path(sys.executable).with_name("session-tracker")


@pytest.fixture(scope="module")
def origin():
    started = Origin()
    for path in ("/page", "/other"):
        started.answer(path, "Set-Cookie: sid={n}", "Cache-Control: private", body=b"{n}")
    started.answer("/same", "Set-Cookie: sid=same", body=b"same")
    yield started
    started.close()


@pytest.fixture
def run(origin, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        given = [
            argument.replace("ORIGIN", f"http://127.0.0.1:{origin.port}") for argument in arguments
        ]
        return CliRunner().invoke(session_tracker, ["probe", "--rate", "1000", *given])

    return run


USAGE = [
    ([], "Name a URL, or a file with --from."),
    (["shop.test"], "shop.test: it does not begin with http:// or https://."),
    (["http://a:b@shop.test/"], "it holds a password"),
    (["--header", "Cookie: a=b", "ORIGIN/page"], "--header Cookie: the clients have no cookies."),
    (["--header", "Content-Length: 1", "ORIGIN/page"], "--header Content-Length: it is set by us."),
    (["--header", "Accept", "ORIGIN/page"], "'Accept' is not NAME: VALUE."),
    (["--header", "A\tb: x", "ORIGIN/page"], "is not NAME: VALUE."),
    (["--header", "A: x\r\nCookie: a=b", "ORIGIN/page"], "is not NAME: VALUE."),
    (["--local-address", "here", "ORIGIN/page"], "--local-address is no address."),
    ([*["--local-address", "127.0.0.1"] * 3, "ORIGIN/page"], "at most twice"),
    (["--rate", "0", "ORIGIN/page"], "Invalid value for '--rate'"),
    (["--concurrency", "0", "ORIGIN/page"], "Invalid value for '--concurrency'"),
    (["--caches", "nignx", "ORIGIN/page"], "Did you mean nginx?"),
    (["--from", "missing.har"], "does not exist"),
]


@pytest.mark.parametrize(("arguments", "told"), USAGE, ids=[row[1] for row in USAGE])
def test_wrong_usage(run, origin, arguments, told):
    before = len(origin.requests)
    done = run(*arguments)
    assert (done.exit_code, done.stdout) == (64, "")
    assert told in " ".join(done.stderr.split())
    assert len(origin.requests) == before


def test_text(run, origin):
    done = run("ORIGIN/page", "ORIGIN/page#again", "--header", "Accept-Language: de")
    assert (done.exit_code, done.stderr) == (0, "")
    assert done.stdout.startswith(f"safe: http://127.0.0.1:{origin.port}/page\n")
    assert done.stdout.endswith("1 URL asked: 1 safe\n")
    assert b"Accept-Language: de" in origin.requests[-1]
    # http.sys may be in the way, says who names it.
    assert run("ORIGIN/page", "--caches", "nginx,http.sys").exit_code == 0


def test_json(run):
    done = run("ORIGIN/page", "ORIGIN/same", "--format", "json")
    document = json.loads(done.stdout)
    assert [told["result"] for told in document["probes"]] == ["safe", "not assessable"]
    assert done.exit_code == document["exit_status"] == 2


def test_visitors_from_addresses(run):
    assert run("ORIGIN/page", "--local-address", "127.0.0.2").exit_code == 0
    one_each = ["--local-address", "127.0.0.2", "--local-address", "127.0.0.3"]
    assert run("ORIGIN/page", *one_each).exit_code == 0


def test_cookies_to_ignore(run, tmp_path):
    assert run("ORIGIN/same").exit_code == 2
    assert run("ORIGIN/same", "--ignore", "s*").exit_code == 0
    (tmp_path / "own.toml").write_text(
        '[[site]]\nhost = "shop.test"\nswaps.ignore_cookies = ["sid"]\n'
    )
    with_file = ["ORIGIN/same", "--config", "own.toml"]
    assert run(*with_file).exit_code == 2
    assert run(*with_file, "--header", "Host: shop.test").exit_code == 0
    assert run("ORIGIN/same", "--config", "missing.toml").exit_code == 78


# ------------------------------------------------------------------------------ files


def flow(method, url, *lines, cookies=True):
    made = tflow.tflow(req=tutils.treq(), resp=tutils.tresp())
    made.request.method, made.request.url = method, url
    made.request.headers["User-Agent"] = "Browser"
    made.request.headers["Cookie"] = "sid=secret"
    made.request.headers["Accept-Language"] = "fr"
    if cookies:
        made.response.headers["Set-Cookie"] = "sid=1"
    return made


def test_a_recording(run, origin, tmp_path):
    base = f"http://127.0.0.1:{origin.port}"
    with (tmp_path / "capture.mitm").open("wb") as file:
        writer = FlowWriter(file)
        for method, path, cookies in [
            ("GET", "/page", True),
            ("HEAD", "/page", True),
            ("POST", "/form", True),
            ("GET", "/none", False),
            ("GET", "/other", True),
        ]:
            writer.add(flow(method, base + path, cookies=cookies))
    before = len(origin.requests)
    done = run("--from", "capture.mitm", "--header", "Accept-Language: de")
    assert done.stdout.endswith("2 URLs asked: 2 safe\n")
    assert done.exit_code == 0
    asked = origin.requests[before:]
    assert all(b"User-Agent: Browser" in request for request in asked)
    assert all(b"Accept-Language: de" in request and b"fr" not in request for request in asked)
    assert not any(b"ookie" in request for request in asked)


def finding(url, method="GET", field="Set-Cookie"):
    return {"url": url, "method": method, "field": field}


def test_a_report(run, origin, tmp_path):
    base = f"http://127.0.0.1:{origin.port}"
    findings = [
        finding(f"{base}/page"),
        finding(f"{base}/page"),
        finding(f"{base}/form", "POST"),
        finding(f"{base}/other", field="Cookie"),
        finding(f"{base}/page?id=…"),
        finding(f"{base}/{{}}/x"),
        finding("ftp://shop.test/"),
        finding(7),
    ]
    (tmp_path / "report.json").write_text(json.dumps({"findings": findings}, indent=1))
    done = run("--from", "report.json")
    assert done.exit_code == 2
    assert done.stdout.endswith("1 URL asked: 1 safe\n")
    told = done.stderr.splitlines()
    assert [line.split(": ", 1)[0] for line in told] == ["incomplete"] * 3
    assert "page?id=… is not whole" in told[0]
    assert "report.json: ftp://shop.test/: it does not begin with http" in told[2]


def test_files_with_nothing_to_ask(run, tmp_path):
    (tmp_path / "empty.jsonl").write_text('{"id": 1}\n')
    done = run("--from", "empty.jsonl")
    assert (done.exit_code, done.stdout) == (2, "0 URLs asked\n")
    (tmp_path / "report.json").write_text('{"findings": []}')
    done = run("--from", "report.json")
    assert done.exit_code == 2
    assert "report.json: no GET or HEAD in it sets a cookie" in done.stderr
    (tmp_path / "broken.mitm").write_text("no flows")
    assert run("--from", "broken.mitm").exit_code == 2


# -------------------------------------------------------------------------- as a program


def test_a_bar_on_a_terminal(origin):
    ours, theirs = pty.openpty()
    done = subprocess.run(
        [COMMAND, "probe", "--rate", "1000", f"http://127.0.0.1:{origin.port}/page"],
        stdout=subprocess.PIPE, stderr=theirs, timeout=60, check=False,
    )  # fmt: skip
    os.close(theirs)
    bar = os.read(ours, 65536)
    os.close(ours)
    assert b"100%" in bar
    assert done.stdout.endswith(b"1 URL asked: 1 safe\n")
    assert done.returncode == 0


def test_an_interruption_is_incomplete():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        process = subprocess.Popen(
            [COMMAND, "probe", f"http://127.0.0.1:{silent.getsockname()[1]}/"],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        client, _ = silent.accept()
        process.send_signal(signal.SIGINT)
        client.close()  # what is under way need not be waited for
    out, error = process.communicate(timeout=60)
    assert process.returncode == 2
    assert out == "0 URLs asked\n"
    assert error == "incomplete: it was interrupted: not every URL was asked\n"
