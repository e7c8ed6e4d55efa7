"""The command as a program: exit statuses, help, colours."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from session_tracking import __version__
from session_tracking.cli.main import COMMANDS, session_tracker
from session_tracking.errors import InputError

COMMAND = Path(sys.executable).with_name("session-tracker")


def run(*arguments, cwd, **environment):
    return subprocess.run(
        [COMMAND, *arguments],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=os.environ | environment,
    )


@pytest.fixture
def bad(tmp_path):
    (tmp_path / "bad.toml").write_text('enabled = "x"\nnmae = 1')
    return tmp_path


STATUSES = [
    (["--version"], 0, f"session-tracker {__version__}\n", ""),
    (["--help"], 0, "Usage: session-tracker", ""),
    ([], 64, "", "Usage: session-tracker"),
    (["nonsense"], 64, "", "No such command 'nonsense'"),
    (["--nonsense"], 64, "", "No such option"),
    (["config", "nonsense"], 64, "", "No such command 'nonsense'"),
    (["config", "set", "enabled"], 64, "", "No value for"),
    (["config", "show", "--format", "x"], 64, "", "Invalid value"),
    (["config", "check"], 0, "no errors, no warnings", ""),
    (["config", "check", "bad.toml"], 78, "", "error: bad.toml:1: enabled: "),
    (["config", "check", "missing.toml"], 78, "", "error: missing.toml: cannot be read"),
    (["config", "show", "--config", "bad.toml"], 78, "", "error: bad.toml:2: nmae: "),
]


@pytest.mark.parametrize(
    ("arguments", "status", "out", "error"),
    STATUSES,
    ids=[" ".join(row[0]) or "nothing" for row in STATUSES],
)
def test_exit_statuses(bad, arguments, status, out, error):
    done = run(*arguments, cwd=bad)
    assert done.returncode == status
    assert out in done.stdout
    assert error in done.stderr
    assert bool(done.stdout) == bool(out)
    assert bool(done.stderr) == bool(error)


def test_the_addon_s_path_is_a_file_that_mitmproxy_can_load(tmp_path):
    path = Path(run("addon-path", cwd=tmp_path).stdout.rstrip("\n"))
    assert path.is_absolute()
    assert "addons = [" in path.read_text()


def commands(command, name="session-tracker"):
    yield name, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for inner in command.list_commands(context):
            yield from commands(command.get_command(context, inner), f"{name} {inner}")


EVERY = dict(commands(session_tracker))


def test_every_command_is_listed_and_found():
    assert [name for name in EVERY if name.count(" ") == 1] == [
        f"session-tracker {name}" for name in sorted(COMMANDS)
    ]


@pytest.mark.parametrize("name", EVERY)
def test_help_shows_examples(name):
    result = CliRunner().invoke(session_tracker, [*name.split()[1:], "--help"])
    assert result.exit_code == 0
    if not isinstance(EVERY[name], click.Group) or name == "session-tracker":
        assert "Example" in result.output
        assert f"  {name}" in result.output or "session-tracker " in result.output


def on_a_terminal(*arguments, cwd, **environment):
    """What the command writes to a terminal."""
    ours, theirs = pty.openpty()
    with subprocess.Popen(
        [COMMAND, *arguments],
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=theirs,
        stderr=theirs,
        env=os.environ | environment,
    ) as process:
        os.close(theirs)
        written = b""
        try:
            while part := os.read(ours, 4096):
                written += part
        except OSError:  # the end, on Linux
            pass
        process.wait(60)
    os.close(ours)
    return written


def test_colours_are_for_terminals_only(bad):
    assert b"\x1b[31merror:" in on_a_terminal("config", "check", "bad.toml", cwd=bad, NO_COLOR="")
    assert "\x1b" not in run("config", "check", "bad.toml", cwd=bad).stderr
    assert b"\x1b" not in on_a_terminal("config", "check", "bad.toml", cwd=bad, NO_COLOR="1")


def test_an_error_of_ours_is_no_stack_trace(monkeypatch):
    def fail():
        raise InputError("x.har is broken. Export it again.")

    monkeypatch.setattr("session_tracking.cli.addon_path.entry_script", fail)
    result = CliRunner().invoke(session_tracker, ["addon-path"])
    assert result.exit_code == 2
    assert result.stderr == "Error: x.har is broken. Export it again.\n"


def broken(error):
    def command():
        raise error

    return click.Command("broken", callback=command)


ENDINGS = [
    (ZeroDivisionError("\x1b[31m"), 2, "Error: ZeroDivisionError at test_main.py:"),
    (KeyboardInterrupt(), 130, ""),
    (click.exceptions.Exit(3), 3, ""),
]


@pytest.mark.parametrize(("error", "status", "said"), ENDINGS)
def test_what_nobody_meant_to_raise_is_no_finding(monkeypatch, error, status, said):
    monkeypatch.setattr("session_tracking.cli.caches.caches", broken(error))
    result = CliRunner().invoke(session_tracker, ["caches"])
    assert result.exit_code == status
    assert result.stderr.startswith(said)
    assert "\x1b" not in result.stderr
    assert ("please report it." in result.stderr) is bool(said)


def test_the_entry_point_is_the_command(monkeypatch, capsys):
    from session_tracking.cli import main as module  # noqa: PLC0415 - its name is the function's too

    monkeypatch.setattr(sys, "argv", ["session-tracker", "--version"])
    with pytest.raises(SystemExit) as exited:
        module.main()
    assert exited.value.code == 0
    assert capsys.readouterr().out == f"session-tracker {__version__}\n"


# ------------------------------------------------------------------- streams that fail


def shell(command, cwd, **environment):
    return subprocess.run(
        ["bash", "-c", f'"$0" {command}', COMMAND],
        cwd=cwd,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        env=os.environ | environment,
    )


def test_a_full_disk_is_one_line_and_no_finding(tmp_path):
    done = shell("caches > /dev/full", tmp_path)
    assert done.returncode == 2
    assert done.stderr == "Error: input or output failed: No space left on device.\n"


def test_a_closed_pipe_is_no_finding_and_says_nothing(tmp_path):
    done = shell("caches | true; exit ${PIPESTATUS[0]}", tmp_path)
    assert done.returncode == 141
    assert not done.stderr


def test_closed_streams_are_empty_ones(tmp_path):
    assert shell("verdict - <&-", tmp_path).returncode == 0
    assert shell("caches >&-", tmp_path).returncode == 0


def test_a_terminal_of_ascii_shows_what_it_lacks_by_number(tmp_path):
    (tmp_path / "a.jsonl").write_text(
        '{"request": {"method": "GET", "url": "http://a.test/", "headers": []},'
        ' "response": {"status": 200, "headers": [["Set-Cookie", "sid=1"]]}}\n'
    )
    done = shell("verdict a.jsonl --format text", tmp_path, PYTHONIOENCODING="ascii")
    assert done.returncode == 0, done.stderr
    assert "RFC 9111 \\xa7" in done.stdout
