"""mawk, which obeys each `#Fields` as well, counts the same."""

import csv
import io
import re
import subprocess

import pytest
from click.testing import CliRunner

from scripts.benchmarks.activity import AWK, HEAD, MATCHES
from scripts.benchmarks.activity_logs import write_logs
from session_tracking.cli.main import session_tracker


@pytest.fixture(scope="module")
def logs(tmp_path_factory):
    return write_logs(tmp_path_factory.mktemp("logs") / "shop.test", 1_000_000, files=3)


def rows(question, logs, *arguments):
    given = ["activity", question, *map(str, logs), *arguments, "--format", "csv"]
    return list(csv.reader(io.StringIO(CliRunner().invoke(session_tracker, given).stdout)))[1:]


def told_by_mawk(program, logs, *arguments):
    command = ["mawk", *arguments, program, *logs]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()


@pytest.mark.parametrize("question", AWK)
def test_same_rows(logs, question):
    ours = [",".join(row[: MATCHES[question]]) for row in rows(question, logs)]
    assert len(ours) > (0 if question == "timeline" else 50_000)
    assert sorted(ours) == sorted(told_by_mawk(AWK[question], logs))


@pytest.mark.parametrize("place", [0.1, 0.4, 0.9])
def test_same_trail(logs, place):
    """In the same order, whatever the layout of the lines is."""
    with logs[1].open("rb") as stream:
        stream.seek(int(logs[1].stat().st_size * place))
        session = re.findall(r"visit=([0-9a-f]{32})", stream.read(1 << 16).decode())[-1]
    ours = [f"{time},{page}" for time, _, page, *_ in rows("trail", logs, "--session", session)]
    program = HEAD + '$s == id { print $d " " $t "," $p }'
    assert ours == told_by_mawk(program, logs, "-v", f"id={session}")
    assert ours
