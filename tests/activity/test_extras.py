"""What is not installed is named, and what is not asked for is not loaded."""

import subprocess
import sys

import pytest

EXTRAS = ["duckdb", "fsspec", "ibis", "matplotlib", "plotext", "pyspark", "sqlglot"]


def python(program):
    return subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)  # fmt: skip


def test_the_addon_loads_none():
    done = python(f"import session_tracking.mitm.addon, sys; print([m for m in {EXTRAS} if m in sys.modules])")  # fmt: skip
    assert done.stdout == "[]\n", done.stderr


@pytest.mark.parametrize(
    ("missing", "arguments"),
    [
        ("duckdb", ["activity", "pages", "."]),
        ("fsspec", ["activity", "pages", "."]),
        ("plotext", ["activity", "timeline", "."]),
        ("matplotlib", ["activity", "timeline", ".", "--format", "csv", "--plot", "hits.svg"]),
        ("ibis", ["activity", "funnel", "/a", "/b", "--log", "."]),
        ("sqlglot", ["query", "SELECT 1", "--log", "."]),
    ],
)
def test_missing_library(missing, arguments, tmp_path):
    (tmp_path / "u.log").write_text("#Fields: date time x-session-id sc(Set-Cookie)\n2026-11-21 00:00:00 - -\n")  # fmt: skip
    hidden = f"import sys, os; os.chdir({str(tmp_path)!r}); sys.modules[{missing!r}] = None; "
    done = python(f"{hidden}sys.argv = {['session-tracker', *arguments]}; from session_tracking.cli.main import main; main()")  # fmt: skip
    assert done.returncode == 78, done.stderr
    assert done.stderr == (
        f"Error: this needs {missing}, which is not installed:"
        ' pip install "mitmproxy-session-tracker[activity]"\n'
    )
