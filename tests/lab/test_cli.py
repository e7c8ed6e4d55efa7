"""The commands that need no cache."""

import json
import subprocess
import sys
from pathlib import Path

from scripts.lab.caches import CACHES
from scripts.lab.cli import main

SCRIPT = Path(__file__).parents[2] / "scripts/cache_lab"


def test_cases_prints_the_fuzzers_cases(capsys):
    assert main(["cases", "--seed", "5", "--count", "2"]) == 0
    printed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [case["id"] for case in printed] == ["fuzz/5-0", "fuzz/5-1"]


def test_a_cache_that_there_is_not_is_named_with_those_there_are():
    order = [sys.executable, SCRIPT, "ask", "--caches", "nginx,apache", "-"]
    done = subprocess.run(order, capture_output=True, text=True, check=False, input="")
    assert done.returncode == 2
    assert "no cache 'apache'; there are " + ", ".join(CACHES) in done.stderr


def test_an_unknown_case_is_refused_before_anything_starts():
    order = [sys.executable, SCRIPT, "run", "--case", "none/such"]
    done = subprocess.run(order, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "no case is called 'none/such'" in done.stderr


def test_a_reader_that_goes_away_is_no_error():
    order = f"{sys.executable} {SCRIPT} cases | head -1"
    done = subprocess.run(["bash", "-c", order], capture_output=True, text=True, check=False)
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""


def test_replaying_the_recorded_results_starts_nothing(capsys):
    assert main(["compare", "--golden", "--caches", "nginx,squid"]) == 0
    assert "0 disagree" in capsys.readouterr().err
