"""`session-tracker gate` and `session-tracker baseline`: a stored report, decided on later."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from session_tracking.cli.main import session_tracker
from session_tracking.reports.json import render
from tests.reports.documents import clean, empty, everything, plain

SUPPRESS = '[[suppress]]\nrule = "*"\nreason = "why"\nexpires = {}\n'


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for made in (clean, empty, everything, plain):
        (tmp_path / f"{made.__name__}.json").write_text(render(made()))
    edited = json.loads(render(plain()))
    edited["findings"][0]["rule"] = ["a list"]
    (tmp_path / "edited.json").write_text(json.dumps(edited))
    (tmp_path / "off.toml").write_text(SUPPRESS.format("2999-01-01"))
    (tmp_path / "over.toml").write_text(SUPPRESS.format("2020-01-01"))
    (tmp_path / "wrong.toml").write_text("version = 9")

    def run(*arguments):
        return CliRunner().invoke(session_tracker, arguments)

    return run


STATUSES = [
    ("clean", ["clean.json"], 0, "session-tracker: clean (exit status 0, fail on: error)"),
    ("findings", ["plain.json"], 1, "session-tracker: findings (exit status 1"),
    ("threshold", ["plain.json", "--fail-on", "never"], 0, "not failed, though not clean"),
    ("empty", ["empty.json"], 2, "incomplete: nothing passed through the proxy"),
    ("swap", ["everything.json", "--fail-on", "never"], 3, "proven swap"),
    ("suppressed", ["plain.json", "--config", "off.toml"], 0, "suppressed 6 findings until 2999"),
    ("expired", ["clean.json", "--config", "over.toml"], 1, "failed: 1 suppression expired"),
    ("edited", ["edited.json"], 2, "edited.json was changed: Expected `str`, got `array` - at `$.findings[0].rule`"),
    ("no report", ["off.toml"], 2, "off.toml is no JSON"),
    ("missing", ["missing.json"], 64, "does not exist"),
    ("report", ["plain.json", "--report", "pdf=x"], 64, "is no report. Write FORMAT=PATH"),
    ("baseline", ["plain.json", "--baseline", "wrong.toml"], 64, "is a baseline of version 9"),
    ("configuration", ["plain.json", "--config", "wrong.toml"], 78, "wrong.toml:1: version"),
    ("unwritable", ["clean.json", "--report", "text=."], 2, "the report . could not be written"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "status", "said"), [row[1:] for row in STATUSES], ids=[row[0] for row in STATUSES]
)
def test_statuses(run, arguments, status, said):
    result = run("gate", *arguments)
    assert (result.exit_code, said in result.output) == (status, True), result.output


def test_reports_are_written_and_a_printed_one_stands_alone(run, tmp_path):
    result = run("gate", "plain.json", "--report", "json=again.json", "--report", "sarif=-")
    assert json.loads(result.stdout)["version"] == "2.1.0"
    assert "exit status 1" in result.stderr
    again = json.loads((tmp_path / "again.json").read_text())
    assert again["run"]["exit_status"] == 1
    assert run("gate", "again.json").exit_code == 1


def test_the_life_of_a_baseline(run, tmp_path):
    created = run("baseline", "create", "known.toml", "plain.json")
    assert created.exit_code == 0
    assert "known.toml: 6 entries\n" in created.stdout
    gated = run("gate", "plain.json", "--baseline", "known.toml")
    assert gated.exit_code == 0
    assert "baseline known.toml: 6 known, 0 new, 0 vanished" in gated.stdout
    assert run("gate", "everything.json", "--baseline", "known.toml").exit_code == 3
    before = (tmp_path / "known.toml").read_text()
    assert run("baseline", "update", "known.toml", "plain.json").stdout == "known.toml: 6 entries\n"
    assert (tmp_path / "known.toml").read_text() == before
    gone = run("gate", "clean.json", "--baseline", "known.toml")
    assert gone.exit_code == 0
    assert "vanished" in gone.stdout
    pruned = run("baseline", "prune", "known.toml", "clean.json")
    assert 'removed: ST201 shop.test/a "sid"' in pruned.stdout
    assert "kept, since it was not looked for" in pruned.stdout
    assert run("baseline", "prune", "--all", "known.toml", "clean.json").exit_code == 0
    assert "finding" not in (tmp_path / "known.toml").read_text().partition("version")[2]
    assert run("baseline", "update", "known.toml", "plain.json", "clean.json").exit_code == 0
    assert (tmp_path / "known.toml").read_text() == before


WRONG = [
    ("there already", ["create", "off.toml", "plain.json"], 64, "is there already"),
    ("no baseline", ["update", "off.toml", "plain.json"], 2, "off.toml is no baseline"),
    ("no folder", ["create", "no/such", "plain.json"], 2, "cannot be written"),
    ("not all kept", ["prune", "known.toml", "dropped.json"], 2, "may still be there"),
    ("incomplete", ["prune", "known.toml", "empty.json"], 2, "may still be there"),
]


@pytest.mark.parametrize(
    ("arguments", "status", "said"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG]
)
def test_what_a_baseline_cannot_be_made_of(run, tmp_path, arguments, status, said):
    (tmp_path / "known.toml").write_text("version = 1\n")
    dropped = render(plain()).replace('"dropped": 0', '"dropped": 1')
    (tmp_path / "dropped.json").write_text(dropped)
    result = run("baseline", *arguments)
    assert (result.exit_code, said in result.stderr) == (status, True), result.output


def test_an_incomplete_report_is_told_of(run):
    result = run("baseline", "create", "new.toml", "everything.json")
    assert result.exit_code == 0
    assert (
        "everything.json is incomplete (what it did not see is not in the baseline)"
        in result.stderr
    )
    assert "left out: it has happened" in result.stdout


def test_as_a_program(tmp_path):
    (tmp_path / "r.json").write_text(render(plain()))
    command = Path(sys.executable).with_name("session-tracker")
    done = subprocess.run(
        [command, "gate", "r.json"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stderr) == (1, "")
