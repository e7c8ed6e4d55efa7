"""`session-tracker verdict -` in a pipe that stays open, as another program would ask it."""

import json
import select
import subprocess
import sys
from pathlib import Path

import pytest

COMMAND = Path(sys.executable).with_name("session-tracker")
PATIENCE = 60
"""Seconds after which an answer counts as never given; it comes in a fraction of one."""


def line(identity, control):
    headers = [["Cache-Control", control], ["Set-Cookie", "sid=1"]]
    request = {"method": "GET", "url": "https://shop.test/", "headers": []}
    exchange = {"id": identity, "request": request, "response": {"status": 200, "headers": headers}}
    return json.dumps(exchange).encode() + b"\n"


@pytest.fixture
def judge():
    arguments = [COMMAND, "verdict", "-", "--caches", "rfc9111"]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(arguments, **pipes) as process:
        yield process
        process.kill()


def answer(process):
    ready, _, _ = select.select([process.stdout], [], [], PATIENCE)
    assert ready, "no answer came while the pipe was open"
    return json.loads(process.stdout.readline())


def test_each_line_is_answered_before_the_next_is_asked(judge):
    for identity, control, outcome in (("a", "max-age=60", "swap"), ("b", "no-store", "miss")):
        judge.stdin.write(line(identity, control))
        judge.stdin.flush()
        given = answer(judge)
        assert (given["id"], given["caches"]) == (identity, {"rfc9111": outcome})
    out, error = judge.communicate(timeout=PATIENCE)
    assert (out, error, judge.returncode) == (b"", b"", 0)


def test_half_a_line_waits_for_its_other_half(judge):
    whole = line("a", "max-age=60")
    judge.stdin.write(line("first", "no-store") + whole[:40])
    judge.stdin.flush()
    assert answer(judge)["id"] == "first"
    judge.stdin.write(whole[40:])
    judge.stdin.flush()
    assert answer(judge)["id"] == "a"


def test_a_bad_line_stops_nothing(judge):
    out, error = judge.communicate(b"nonsense\n" + line("a", "no-store"), timeout=PATIENCE)
    first, second = map(json.loads, out.splitlines())
    assert first["id"] is None
    assert first["error"]
    assert second["id"] == "a"
    assert error.startswith(b"standard input:1: ")
    assert judge.returncode == 2


def test_the_last_line_may_have_no_end(judge):
    out, _ = judge.communicate(line("a", "no-store").rstrip(), timeout=PATIENCE)
    assert json.loads(out)["id"] == "a"
    assert judge.returncode == 0
