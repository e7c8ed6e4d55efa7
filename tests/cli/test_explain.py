"""The command `session-tracker explain`."""

import json

import pytest
from click.testing import CliRunner
from mitmproxy.io import FlowWriter
from mitmproxy.test import tflow

from session_tracking.cli.main import session_tracker

LINES = """\
{"id": "a", "request": {"method": "GET", "url": "https://shop.test/a", "headers": []}, "response": {"status": 200, "headers": [["Set-Cookie", "sid=1"], ["Cache-Control", "max-age=60"]]}}
{"id": "b"}
{"id": 1, "request": {"method": "GET", "url": "https://shop.test/one", "headers": []}, "response": {"status": 200, "headers": []}}
{"id": "d", "request": {"method": "GET", "url": "https://shop.test/d", "headers": []}, "response": {"status": 200, "headers": []}}
"""
FINDING = {
    "fingerprint": "5f0c",
    "exchange": "x1",
    "rule": "R1",
    "method": "GET",
    "url": "https://shop.test/",
    "reasons": [{"text": "because of this", "spec": "RFC 9111 §3"}],
    "caches": {"nginx": "swap"},
    "remedy": "Do that.",
}
OTHER = {"fingerprint": "77aa", "exchange": "x1", "url": "https://shop.test/other"}
REPORT = {"version": 1, "findings": [FINDING, "edited", OTHER]}
HAR = {
    "log": {
        "entries": [
            {
                "request": {"method": "GET", "url": "https://shop.test/har", "headers": []},
                "response": {"status": 200, "headers": []},
            }
        ]
    }
}


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.jsonl").write_text(LINES)
    (tmp_path / "report.json").write_text(json.dumps(REPORT, indent=2))
    (tmp_path / "line.json").write_text(json.dumps(REPORT))
    (tmp_path / "a.har").write_text(json.dumps(HAR))

    def run(*arguments, text=None):
        return CliRunner().invoke(session_tracker, ["explain", *arguments], input=text)

    return run


EXPLAINED = [
    ("by id", "a.jsonl", "a", "GET https://shop.test/a, answered 200"),
    ("id before number", "a.jsonl", "1", "GET https://shop.test/one, answered 200"),
    ("by number", "a.jsonl", "4", "GET https://shop.test/d, answered 200"),
    ("standard input", "-", "d", "GET https://shop.test/d, answered 200"),
    ("har", "a.har", "1", "GET https://shop.test/har, answered 200"),
    ("report", "report.json", "5f0c", "GET https://shop.test/"),
    ("report on one line", "line.json", "77aa", "? https://shop.test/other"),
]


@pytest.mark.parametrize(
    ("file", "identity", "request_row"),
    [row[1:] for row in EXPLAINED],
    ids=[row[0] for row in EXPLAINED],
)
def test_explained(run, file, identity, request_row):
    result = run(file, identity, text=LINES)
    assert (result.exit_code, result.stderr) == (0, "")
    (row,) = [line for line in result.output.splitlines() if line.startswith("request ")]
    assert row.split(maxsplit=1)[1] == request_row


def test_what_we_edited_ourselves_is_told(run):
    text = LINES.replace("sid=1", "SessionTracking=1")
    result = run("-", "a", text=text)
    assert result.exit_code == 0
    assert result.stderr.startswith("standard input: our own edit is in what was judged (exchange")


def test_every_step_has_its_section(run):
    lines = run("a.jsonl", "a", "--caches", "nginx").output.splitlines()
    assert any(line.startswith("level ") and "unsafe" in line for line in lines)
    assert any(line.startswith("because ") and "RFC 9111 §4.2.1" in line for line in lines)
    assert [line.split(maxsplit=1)[1] for line in lines if line.startswith("caches ")] == [
        "refused by nginx"
    ]
    assert any(line.startswith("would swap ") for line in lines)


def test_configured_caches(run, tmp_path):
    (tmp_path / "config.toml").write_text('audit.caches = ["squid"]')
    assert "refused by squid\n" in run("a.jsonl", "a", "--config", "config.toml").output


def test_every_finding_of_an_exchange(run):
    output = run("report.json", "x1").output
    assert "because of this" in output
    assert "swap on nginx" in output
    assert "https://shop.test/other" in output


def test_capture(run, tmp_path):
    flow = tflow.tflow(resp=True)
    with (tmp_path / "a.mitm").open("wb") as file:
        FlowWriter(file).add(flow)
    by_id = run("a.mitm", flow.id)
    assert by_id.exit_code == 0
    assert "answered 200" in by_id.output
    assert run("a.mitm", "1").output == by_id.output


UNKNOWN = [
    ("lines", "a.jsonl", "x", "a.jsonl has 4 exchanges, and none with the id x."),
    ("no lines", "empty", "1", "empty has 0 exchanges, and none with the id 1."),
    ("report", "report.json", "x", "report.json has 2 findings, and none with the fingerprint"),
    ("findings that are no list", "odd.json", "x", "odd.json has 1 exchanges, and none"),
    ("a list", "list.json", "x", "list.json has 1 exchanges, and none"),
]


@pytest.mark.parametrize(
    ("file", "identity", "said"),
    [row[1:] for row in UNKNOWN],
    ids=[row[0] for row in UNKNOWN],
)
def test_an_unknown_id(run, tmp_path, file, identity, said):
    (tmp_path / "empty").write_text("")
    (tmp_path / "odd.json").write_text('{"findings": 1}')
    (tmp_path / "list.json").write_text("[]")
    result = run(file, identity)
    assert (result.exit_code, result.stdout) == (64, "")
    assert said in result.stderr


@pytest.mark.parametrize("identity", ["b", "2"])
def test_a_line_that_cannot_be_read(run, identity):
    result = run("a.jsonl", identity)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("Error: a.jsonl:2: ")


def test_an_unknown_cache(run):
    result = run("a.jsonl", "a", "--caches", "ngin")
    assert result.exit_code == 64
    assert "Did you mean nginx?" in result.stderr


EDITED = [
    ("a list for a name", {"rule": ["ST201"]}, "rule of a finding is no text"),
    ("a table for a text", {"remedy": {}}, "remedy of a finding is no text"),
    ("a list for an outcome", {"caches": {"nginx": ["swap"]}}, "an outcome in caches is no text"),
    ("a list of caches", {"caches": []}, "caches of a finding is no table"),
]


@pytest.mark.parametrize(
    ("facts", "said"), [row[1:] for row in EDITED], ids=[row[0] for row in EDITED]
)
def test_an_edited_finding(run, tmp_path, facts, said):
    findings = [{**FINDING, **facts}, {"fingerprint": ["5f0c"], "exchange": {}}]
    (tmp_path / "edited.json").write_text(json.dumps({"version": 1, "findings": findings}))
    result = run("edited.json", "5f0c")
    assert (result.exit_code, result.stdout) == (2, "")
    assert f"edited.json was changed: {said}." in result.stderr
