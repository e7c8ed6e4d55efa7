"""The command `session-tracker caches`."""

import json

import pytest
from click.testing import CliRunner

from session_tracking.caching.profiles.catalogue import PROFILES
from session_tracking.cli.main import session_tracker


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.toml").write_text('[profiles.edge]\nbase = "nginx"\n')

    def run(*arguments):
        return CliRunner().invoke(session_tracker, ["caches", *arguments])

    return run


def test_the_table_lists_every_cache(run):
    result = run()
    assert result.exit_code == 0
    heading, *lines = result.output.splitlines()
    assert heading.split() == ["NAME", "PRODUCT", "VERSION", "CONFIGURATION", "SWITCH"]
    assert [line.split()[0] for line in lines if not line.startswith(" ")] == list(PROFILES)


def test_json_lists_every_cache(run):
    assert [facts["name"] for facts in json.loads(run("--format", "json").output)] == list(PROFILES)


def test_one_cache(run):
    result = run("nginx")
    assert result.exit_code == 0
    assert result.output.startswith("nginx: nginx (")
    assert json.loads(run("nginx", "--format", "json").output)["name"] == "nginx"


def test_a_cache_of_one_s_own(run):
    assert run("edge", "--config", "own.toml").output.startswith("edge: ")
    listed = json.loads(run("--config", "own.toml", "--format", "json").output)
    assert [facts["name"] for facts in listed] == [*PROFILES, "edge"]


UNKNOWN = [
    ("near", "nginxx", "Did you mean nginx?"),
    ("far", "zzzz", "`session-tracker caches` lists them."),
    ("own, not configured", "edge", 'No cache is called "edge".'),
]


@pytest.mark.parametrize(
    ("name", "said"), [row[1:] for row in UNKNOWN], ids=[row[0] for row in UNKNOWN]
)
def test_an_unknown_cache(run, name, said):
    result = run(name)
    assert (result.exit_code, result.stdout) == (64, "")
    assert said in result.stderr
