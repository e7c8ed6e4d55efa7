"""The commands `session-tracker logs`."""

import pytest
from click.testing import CliRunner

from session_tracking.cli.main import session_tracker
from session_tracking.records.w3c_fields import DEFAULT_FIELDS


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        return CliRunner().invoke(session_tracker, ["logs", *arguments])

    return run


def log_format(result):
    assert result.exit_code == 0, result.output
    date, time, form, status = result.output.splitlines()
    assert (date, time) == ("date-format %Y-%m-%d", "time-format %H:%M:%S")
    assert status == "no-strict-status true"
    return form.removeprefix("log-format ").split(" ")


def test_the_usual_fields(run):
    form = log_format(run("goaccess-format"))
    assert len(form) == len(DEFAULT_FIELDS)
    assert form[:5] == ["%d", "%t", "%^", "%m", "%U"]


def test_the_fields_of_a_site(run, tmp_path):
    (tmp_path / "c.toml").write_text(
        '[[site]]\nhost = "a.test"\nlog.enabled = true\nlog.fields = ["c-ip", "x-session-id"]\n'
    )
    chosen = run("goaccess-format", "--config", "c.toml", "--site", "a.test")
    assert log_format(chosen) == ["%d", "%t", "%h", "%^"]
    assert len(log_format(run("goaccess-format", "--config", "c.toml"))) == len(DEFAULT_FIELDS)


def test_the_fields_of_a_log(run, tmp_path):
    (tmp_path / "u_ex1.log").write_text("#Fields: date\n2026-01-01\n#Fields: date time sc-status\n")
    assert log_format(run("goaccess-format", "u_ex1.log")) == ["%d", "%t", "%s"]


def test_what_is_no_log(run, tmp_path):
    (tmp_path / "x").write_text("hello\n")
    result = run("goaccess-format", "x")
    assert result.exit_code == 2
    assert "has no line #Fields" in result.output
    result = run("check", "missing")
    assert result.exit_code == 2
    assert "missing cannot be read: No such file or directory." in result.output


def test_whole_and_broken_logs(run, tmp_path):
    (tmp_path / "good.log").write_text("#Fields: date time\n2026-01-01 00:00:00\n")
    (tmp_path / "bad.log").write_text(
        "#Fields: date time\n2026-01-01\n#Remark: 2 lines\x1b gone\n2026"
    )
    assert run("check", "good.log").output == "good.log: 1 lines\n"
    result = run("check", "good.log", "bad.log")
    assert result.exit_code == 2
    assert result.output.splitlines()[1] == (
        "bad.log: 0 lines; 2 lines\\x1b gone; line 2 does not have its fields;"
        " the last line has no end"
    )
