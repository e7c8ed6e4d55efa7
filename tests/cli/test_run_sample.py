"""A sample repository goes through `run`: red, green with the baseline, red again for what is new."""

import json
import os
import subprocess
import sys
from pathlib import Path
from xml.etree.ElementTree import fromstring

import pytest
from jsonschema import Draft4Validator, Draft202012Validator

from session_tracking.reports.json import schema

TESTS = Path(__file__).parents[1]
REPO = TESTS / "sample_repo"
PROGRAM = Path(sys.executable).with_name("session-tracker")
SARIF = TESTS / "reports/schemas/sarif-2.1.0-rtm.5.json"


@pytest.fixture(scope="module")
def run_suite(tmp_path_factory):
    """Run the repository's own suite with the proxy around it; the reports are in the folder."""
    folder = tmp_path_factory.mktemp("ci")

    def run(*options, **more):
        environment = os.environ | more
        # The sample's pytest is the user's, not a part of ours.
        environment = {k: v for k, v in environment.items() if not k.startswith("PYTEST")}
        with subprocess.Popen(
            [sys.executable, REPO / "shop.py", "0"],
            stdout=subprocess.PIPE,
            text=True,
            env=environment,
        ) as shop:
            command = [
                *(PROGRAM, "run", "--upstream", shop.stdout.readline().strip(), *options),
                *("--", sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"),
                *("-p", "no:anyio", "-c", os.devnull, REPO / "suite.py"),
            ]
            done = subprocess.run(
                command,
                cwd=folder,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
                timeout=120,
            )
            shop.terminate()
        return done

    return folder, run


def test_red_then_green_with_the_baseline_then_red_for_the_new_page(run_suite):
    folder, run = run_suite
    forms = ("json", "sarif", "junit", "markdown", "github", "gitlab", "html", "text")
    reports = [part for form in forms for part in ("--report", f"{form}={form}.out")]
    red = run(*reports)
    assert red.returncode == 1, red.stderr
    assert "4 passed" in red.stdout
    assert [line.split()[1] for line in red.stderr.splitlines() if line.startswith("  error")] == [
        "ST201",
        "ST201",
        "ST202",
    ]
    stored = json.loads((folder / "json.out").read_text())
    Draft202012Validator(schema()).validate(stored)
    assert len(stored["findings"]) == 3
    Draft4Validator(json.loads(SARIF.read_text())).validate(
        json.loads((folder / "sarif.out").read_text())
    )
    cases = fromstring((folder / "junit.out").read_text()).iter("testcase")  # noqa: S314 - our own
    failed = [case for case in cases if case.find("failure") is not None]
    assert len(failed) == 3
    assert len(json.loads((folder / "gitlab.out").read_text())) == 3
    annotations = (folder / "github.out").read_text().splitlines()
    assert sum(line.startswith("::error ") for line in annotations) == 3
    for form in ("html", "markdown", "text"):
        assert "basket" in (folder / f"{form}.out").read_text()

    created = subprocess.run(
        [PROGRAM, "baseline", "create", "known.toml", "json.out"],
        cwd=folder,
        capture_output=True,
        check=False,
    )
    assert created.returncode == 0, created.stderr
    green = run("--baseline", "known.toml")
    assert green.returncode == 0, green.stderr

    red_again = run("--baseline", "known.toml", "--report", "json=again.json", SHOP_NEWS="1")
    assert red_again.returncode == 1
    again = json.loads((folder / "again.json").read_text())
    assert [found["route"] for found in again["findings"] if found["state"] == "new"] == ["/news"]
