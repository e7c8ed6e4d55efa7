"""The command `session-tracker verdict`."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from mitmproxy.http import Headers
from mitmproxy.io import FlowWriter
from mitmproxy.test import tflow, tutils

from session_tracking.caching.profiles.catalogue import PROFILES
from session_tracking.cli.main import session_tracker

COMMAND = Path(sys.executable).with_name("session-tracker")
GOOD = """\
{"id": "a", "time": 1795253400, "request": {"method": "GET", "url": "https://shop.test/", "headers": []}, "response": {"status": 200, "headers": [["Set-Cookie", "sid=1"], ["Cache-Control", "max-age=60"]]}}
{"id": 7, "request": {"method": "GET", "url": "https://x.a.test/", "headers": []}, "response": {"status": 200, "headers": [["Cache-Control", "no-store"]]}}
"""
FIRST, LAST = GOOD.splitlines(keepends=True)
BAD = FIRST + '{"id": "b"}\n{\n' + LAST
RAW = "HTTP/1.1 200 OK\r\nSet-Cookie: sid=1\r\nCache-Control: max-age=60\r\n\r\n"


def har(*headers, creator="Firefox", cookies=()):
    headers = [{"name": name, "value": value} for name, value in headers]
    request = {"method": "GET", "url": "https://shop.test/", "headers": []}
    response = {"status": 200, "headers": headers, "cookies": cookies}
    entries = [{"request": request, "response": response}]
    return json.dumps({"log": {"creator": {"name": creator}, "entries": entries}})


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "good.jsonl").write_text(GOOD)
    (tmp_path / "bad.jsonl").write_text(BAD)
    (tmp_path / "raw.txt").write_text(RAW)

    def run(*arguments, text=None):
        return CliRunner().invoke(session_tracker, ["verdict", *arguments], input=text)

    return run


def answers(result):
    return [json.loads(line) for line in result.stdout.splitlines()]


@pytest.mark.parametrize("file", ["good.jsonl", "-"])
def test_lines(run, file):
    result = run(file, "--caches", "nginx,squid", text=GOOD)
    assert (result.exit_code, result.stderr) == (0, "")
    first, last = answers(result)
    assert (first["id"], first["level"]) == ("a", "unsafe")
    assert first["caches"] == {"nginx": "miss", "squid": "miss"}
    assert (last["id"], last["level"]) == (7, None)


@pytest.mark.parametrize(("file", "shown"), [("bad.jsonl", "bad.jsonl"), ("-", "standard input")])
def test_bad_lines_are_answered_in_their_place(run, file, shown):
    result = run(file, text=BAD)
    assert result.exit_code == 2
    assert [(answer["id"], "error" in answer) for answer in answers(result)] == [
        ("a", False),
        ("b", True),
        (None, True),
        (7, False),
    ]
    second, third = result.stderr.splitlines()
    assert second.startswith(f"{shown}:2: ")
    assert third.startswith(f"{shown}:3: ")


def test_text(run):
    result = run("bad.jsonl", "--format", "text", "--caches", "nginx")
    assert result.exit_code == 2
    heads = [line for line in result.stdout.splitlines() if not line.startswith(" ")]
    assert heads[0] == "a: unsafe: GET https://shop.test/, answered 200"
    assert heads[1].startswith("b: error: ")
    assert heads[2].startswith("3: error: ")
    assert heads[3] == "7: sets no cookie: GET https://x.a.test/, answered 200"


@pytest.mark.parametrize("arguments", [[], ["--caches", "all"]])
def test_all_caches(run, arguments):
    assert [list(answer["caches"]) for answer in answers(run("good.jsonl", *arguments))] == [
        list(PROFILES)
    ] * 2


def test_configured_caches(run, tmp_path):
    (tmp_path / "config.toml").write_text(
        'audit.caches = ["squid"]\n[[site]]\nhost = "*.a.test"\naudit.caches = ["httpd", "nginx"]\n'
    )
    result = run("good.jsonl", "--config", "config.toml")
    assert [list(answer["caches"]) for answer in answers(result)] == [["squid"], ["httpd", "nginx"]]


def test_an_unknown_cache(run):
    result = run("good.jsonl", "--caches", "squid,ngin")
    assert (result.exit_code, result.stdout) == (64, "")
    assert 'No cache is called "ngin". Did you mean nginx?' in result.stderr


@pytest.mark.parametrize("file", ["raw.txt", "-"])
def test_raw(run, file):
    result = run("--raw", file, text=RAW)
    assert result.exit_code == 0
    assert [(answer["id"], answer["level"]) for answer in answers(result)] == [(1, "unsafe")]


@pytest.mark.parametrize(("times", "named"), [(1, "(exchange 1):"), (12, " 9, 10, …):")])
def test_raw_that_was_received_behind_the_tracker(run, tmp_path, times, named):
    (tmp_path / "own.toml").write_text('cookie.name = "visit"\n')
    text = RAW.replace("sid=1", "visit=1") * times
    assert run("--raw", "-", text=text).exit_code == 0
    result = run("--raw", "-", "--config", "own.toml", text=text)
    assert result.exit_code == 2
    assert result.stderr.startswith("standard input: our own edit is in what was judged")
    assert named in result.stderr
    assert len(answers(result)) == times


def test_lines_say_what_is_asked(run):
    result = run("-", text=FIRST.replace("sid=1", "SessionTracking=1"))
    assert (result.exit_code, result.stderr) == (0, "")


def test_raw_in_a_file_that_is_called_har(run, tmp_path):
    (tmp_path / "a.har").write_text(RAW)
    assert run("--raw", "a.har").exit_code == 0


HARS = [
    ("judged", har(("Set-Cookie", "a=1"), ("Cache-Control", "max-age=60")), 0, ["unsafe"], ""),
    ("left out", har(creator="WebInspector"), 2, [None], "a.har: the HAR holds no Cookie"),
    ("some left out", har(cookies=[{"name": "a"}]), 2, [None], "a.har: the HAR lists cookies"),
    (
        "recorded behind the tracker",
        har(("Set-Cookie", "SessionTracking=1; Path=/"), ("Cache-Control", "private, no-store")),
        2,
        ["safe"],
        "a.har: our own edit is in what was judged (exchange 1): the recording holds responses",
    ),
    ("none", "[]", 2, [], "Error: a.har: is no HAR"),
]


@pytest.mark.parametrize(
    ("text", "status", "levels", "error"),
    [row[1:] for row in HARS],
    ids=[row[0] for row in HARS],
)
def test_har(run, tmp_path, text, status, levels, error):
    (tmp_path / "a.har").write_text(text)
    result = run("a.har")
    assert result.exit_code == status
    assert [answer["level"] for answer in answers(result)] == levels
    assert result.stderr.startswith(error)
    assert bool(result.stderr) == bool(error)


def test_capture(run, tmp_path):
    fields = Headers([(b"Set-Cookie", b"a=1"), (b"Cache-Control", b"max-age=60")])
    answered = tflow.tflow(resp=tutils.tresp(headers=fields))
    with (tmp_path / "a.mitm").open("wb") as file:
        for flow in (tflow.tflow(), answered):
            FlowWriter(file).add(flow)
    result = run("a.mitm")
    assert (result.exit_code, result.stderr) == (0, "")
    (answer,) = answers(result)
    assert (answer["id"], answer["level"]) == (answered.id, "unsafe")


def test_exit_statuses_of_the_program(run, tmp_path):
    def status(*arguments, text):
        done = subprocess.run(
            [COMMAND, "verdict", *arguments],
            cwd=tmp_path,
            input=text,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        return done.returncode, len(done.stdout.splitlines())

    assert status("-", text=GOOD) == (0, 2)
    assert status("-", text=BAD) == (2, 4)
    assert status("-", "--caches", "ngin", text=GOOD) == (64, 0)
