"""The commands `session-tracker logs`."""

import gzip

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
    assert "missing: no logs there" in result.output


def test_whole_and_broken_logs(run, tmp_path):
    (tmp_path / "good.log").write_text("#Fields: date time\n2026-01-01 00:00:00\n")
    (tmp_path / "bad.log").write_text(
        "#Fields: date time\n2026-01-01\n#Remark: 2 lines\x1b gone\n2026"
    )
    assert run("check", "good.log").output == "good.log: 1 line\n"
    result = run("check", "good.log", "bad.log")
    assert result.exit_code == 2
    assert result.output.splitlines()[1] == (
        "bad.log: 0 lines; 2 lines\\x1b gone; line 2 does not have its fields;"
        " the last line has no end"
    )


def test_folders_and_packed_logs(run, tmp_path):
    text = "#Fields: date time\n" + "2026-01-01 00:00:00\n" * 20_000
    packed = gzip.compress(text.encode())
    (tmp_path / "logs/shop.test").mkdir(parents=True)
    (tmp_path / "logs/shop.test/a.log.gz").write_bytes(packed)
    (tmp_path / "logs/shop.test/b.log").write_text(text)
    (tmp_path / "logs/shop.test/c.parquet").write_bytes(b"PAR1")
    result = run("check", "logs")
    assert result.exit_code == 0
    told = [line.rpartition("/")[2] for line in result.output.splitlines()]
    assert told == ["a.log.gz: 20000 lines", "b.log: 20000 lines"]
    assert run("check", "logs/*/*.log").output.endswith("b.log: 20000 lines\n")
    (tmp_path / "torn.gz").write_bytes(packed[:-12])
    damaged = bytearray(packed)
    damaged[len(packed) // 2 :] = b"\xff" * (len(packed) - len(packed) // 2)
    (tmp_path / "damaged.gz").write_bytes(damaged)
    for name in ("torn.gz", "damaged.gz"):
        result = run("check", name)
        assert (result.exit_code, "the last line has no end" in result.output) == (2, True)
    (tmp_path / "plain.gz").write_text(text)
    result = run("check", "plain.gz")
    assert result.exit_code == 2
    assert "plain.gz cannot be read: it is not packed by gzip" in result.output


def test_many_odd_lines_and_another_format(run, tmp_path):
    (tmp_path / "odd.log").write_text("#Fields: date time\n" + "x\n" * 12)
    told = run("check", "odd.log").output
    assert told.count("does not have its fields") == 10
    assert told.endswith("line 11 does not have its fields; 2 more lines do not have theirs\n")
    (tmp_path / "apache.log").write_text("127.0.0.1 - - GET\n" * 3)
    result = run("check", "apache.log")
    assert result.exit_code == 2
    assert result.output.endswith("it is no log of this format: it has no line #Fields\n")
