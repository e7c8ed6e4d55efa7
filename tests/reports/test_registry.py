"""Which reports are asked for, and that they are written."""

import pytest

from session_tracking.reports.ending import conclude
from session_tracking.reports.json import read_document
from session_tracking.reports.judging import Terms
from session_tracking.reports.registry import REPORTS, ReportProblem, parse_spec, write_reports
from session_tracking.reports.run import ExitStatus, FailOn
from tests.reports.test_run import TODAY, a_run, findings, judged, tally

TERMS = Terms(FailOn.NEVER, TODAY)


def test_a_report_is_a_format_and_a_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert str(parse_spec("text=a=b.txt").path) == "a=b.txt"
    assert parse_spec("out.json") == parse_spec("json=out.json")
    assert str(parse_spec("json=-")) == "standard output"
    monkeypatch.setenv("HOME", str(tmp_path))
    assert parse_spec("json=~/r").path == tmp_path / "r"


WRONG = [
    ("no format", "r.pdf", "'r.pdf' is no report. Write FORMAT=PATH"),
    ("typo", "jsno=r", "Did you mean json=…?"),
    ("unknown", "q=r", "is no report. Write"),
    ("no path", "json=", "Write FORMAT=PATH"),
    ("no folder", "json=no/such/r", "there is no folder for 'no/such/r'"),
]


@pytest.mark.parametrize(("written", "said"), [r[1:] for r in WRONG], ids=[r[0] for r in WRONG])
def test_what_is_none(written, said):
    with pytest.raises(ReportProblem) as problem:
        parse_spec(written)
    assert said in str(problem.value)


def test_every_format_is_written(tmp_path, capsys):
    document = judged(a_run(), tally(*findings()))
    specs = [parse_spec(f"{form}={tmp_path / form}") for form in REPORTS]
    assert list(write_reports([*specs, parse_spec("text=-")], document)) == []
    assert {path.name for path in tmp_path.iterdir()} == {*REPORTS}
    assert capsys.readouterr().out == (tmp_path / "text").read_text()


def test_a_report_that_cannot_be_written_makes_the_run_incomplete(tmp_path):
    spec = parse_spec(f"json={tmp_path}")
    document = conclude(a_run(), tally(), TERMS, [spec])
    assert document.run.exit_status is ExitStatus.INCOMPLETE
    assert "could not be written" in document.run.incomplete[0]


@pytest.mark.parametrize(
    ("source", "said"), [("live", "through the proxy"), ("a.har", "no exchange")]
)
def test_a_report_of_nothing_is_not_clean(tmp_path, source, said):
    run = a_run(exchanges=0)
    run.source = source
    alone = conclude(run, tally(), TERMS).run.exit_status
    assert alone is (ExitStatus.CLEAN if source == "live" else ExitStatus.INCOMPLETE)
    document = conclude(run, tally(), TERMS, [parse_spec(f"json={tmp_path / 'r'}")])
    assert document.run.exit_status is ExitStatus.INCOMPLETE
    assert said in document.run.incomplete[0]
    assert read_document((tmp_path / "r").read_bytes(), "r") == document
