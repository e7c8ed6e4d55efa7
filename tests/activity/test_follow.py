"""`query --follow` on a log that is being written."""

import signal
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from session_tracking.activity.following import Follower
from session_tracking.cli.main import session_tracker
from tests.activity.samples import OURS, TURNED

LINE = "2026-11-21 09:00:0{} 192.0.2.1 GET /{} - - 200 a seen -\n"
SESSION_TRACKER = Path(sys.executable).with_name("session-tracker")


@pytest.fixture
def running(tmp_path):
    log = tmp_path / "shop" / "u_ex261121.log"
    log.parent.mkdir()
    started = []

    def follow(sql, *options):
        process = subprocess.Popen(
            [SESSION_TRACKER, "query", sql, "--log", log.parent, "--follow", *options],
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process.stdout

    log.write_text(OURS + "\n" + LINE.format(0, "zero"))
    yield log, follow
    for process in started:
        process.send_signal(signal.SIGINT)
        assert process.wait() == 0
        process.stdout.close()


def test_new_lines(running):
    log, follow = running
    answers = follow("SELECT time, cs_uri_stem AS page FROM log", "--format", "csv")
    assert answers.readline() == "time,page\n"
    assert answers.readline() == "2026-11-21 09:00:00,/zero\n"
    with log.open("a") as stream:
        stream.write(LINE.format(1, "one"))
    assert answers.readline() == "2026-11-21 09:00:01,/one\n"
    log.with_name("u_ex261122.log").write_text(f"{OURS}\n" + LINE.format(2, "two"))
    assert answers.readline() == "2026-11-21 09:00:02,/two\n"


def test_tables(running):
    log, follow = running
    answers = follow("SELECT cs_uri_stem AS page FROM log")
    assert [answers.readline() for _ in range(2)] == ["page\n", "/zero\n"]
    with log.open("a") as stream:
        stream.write(LINE.format(1, "one"))
    assert answers.readline() == "/one\n"


def test_what_belongs_together_is_told_anew(running):
    log, follow = running
    answers = follow("SELECT count(*) AS hits FROM log")
    assert [answers.readline() for _ in range(2)] == ["hits\n", "   1\n"]
    with log.open("a") as stream:
        stream.write(LINE.format(1, "one"))
    assert [answers.readline() for _ in range(2)] == ["hits\n", "   2\n"]


def test_nothing_new(tmp_path, monkeypatch):
    (tmp_path / "u.log").write_text(OURS + "\n")
    naps = iter([None, KeyboardInterrupt])

    def nap(_seconds):
        if wake := next(naps):
            raise wake

    monkeypatch.setattr("session_tracking.cli.query.time.sleep", nap)
    command = ["query", "SELECT 1 FROM log", "--log", str(tmp_path), "--follow"]
    result = CliRunner().invoke(session_tracker, command)
    assert (result.exit_code, result.output) == (0, "")


def test_follower(tmp_path):
    log = tmp_path / "site" / "a.log"
    log.parent.mkdir()
    log.write_text(f"{OURS}\none two\nthr")
    follower = Follower([str(log)], "site")
    assert [(part.start, part.stop) for part in follower.new()] == [(len(OURS) + 1, len(OURS) + 9)]
    assert follower.new() == []
    with log.open("a") as stream:
        stream.write(f"ee\n{TURNED}\nfour\n")
    assert [part.layout.fields[3] for part in follower.new()] == ["cs-method", "c-ip"]
    log.write_text(f"{TURNED}\nanew\n")
    assert [part.layout.fields[3] for part in follower.new()] == ["c-ip"]
    assert Follower([str(log)], "other").new() == []
    other = log.with_name("b.log")
    other.write_text("#\n")
    both = Follower([str(log.parent)])
    assert len(both.new()) == 1
    other.unlink()
    assert both.new() == []
