"""mawk, which obeys each `#Fields` as well, counts the same."""

import subprocess

import pytest
from click.testing import CliRunner

from scripts.benchmarks.activity import AWK, MATCHES
from scripts.benchmarks.activity_logs import write_logs
from session_tracking.cli.main import session_tracker


@pytest.fixture(scope="module")
def logs(tmp_path_factory):
    return write_logs(tmp_path_factory.mktemp("logs") / "shop.test", 100_000, files=3)


@pytest.mark.parametrize("question", AWK)
def test_same_rows(logs, question):
    awk = subprocess.run(["mawk", AWK[question], *logs], capture_output=True, text=True, check=True)
    ours = CliRunner().invoke(
        session_tracker, ["activity", question, *map(str, logs), "--format", "csv"]
    )
    rows = [",".join(line.split(",")[: MATCHES[question]]) for line in ours.stdout.splitlines()[1:]]
    assert len(rows) > (0 if question == "timeline" else 5_000)
    assert sorted(rows) == sorted(awk.stdout.splitlines())
