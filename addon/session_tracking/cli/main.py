"""The command's top: finds the subcommands, and gives every failure its exit status."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from importlib import import_module
from io import BytesIO, TextIOWrapper
from typing import IO, Any, Final

import click

from session_tracking import __version__
from session_tracking.errors import ConfigErrors, MissingLibraryError, SessionTrackerError, fault

__all__ = ["COMMANDS", "USAGE", "main", "session_tracker"]

COMMANDS: Final[Mapping[str, str]] = {
    "activity": "session_tracking.cli.activity:activity",
    "addon-path": "session_tracking.cli.addon_path:addon_path",
    "audit": "session_tracking.cli.audit:audit",
    "baseline": "session_tracking.cli.baseline:baseline",
    "caches": "session_tracking.cli.caches:caches",
    "config": "session_tracking.cli.config:config",
    "explain": "session_tracking.cli.explain:explain",
    "gate": "session_tracking.cli.gate:gate",
    "logs": "session_tracking.cli.logs:logs",
    "probe": "session_tracking.cli.probe:probe",
    "query": "session_tracking.cli.query:query",
    "report": "session_tracking.cli.report:report",
    "run": "session_tracking.cli.run:run",
    "trace": "session_tracking.cli.trace:trace",
    "verdict": "session_tracking.cli.verdict:verdict",
}
"""Subcommand → `module:function`; the module is imported when it is asked for."""

INCOMPLETE: Final = 2
USAGE: Final = 64
CONFIGURATION: Final = 78
CLOSED_PIPE: Final = 141
"""What a shell tells of a program that wrote to a pipe that nobody reads any more."""


INTERRUPTED: Final = 130
"""What a shell tells of a program that Ctrl-C ended."""


def _colour() -> bool | None:
    """False where the user asked for none (no-color.org); None leaves it to the terminal."""
    return False if os.environ.get("NO_COLOR") else None


class _ConfigFailure(click.ClickException):
    """Every error of a configuration, one a line."""

    exit_code = CONFIGURATION

    def __init__(self, errors: ConfigErrors) -> None:
        super().__init__(str(errors))
        self._errors = errors

    def show(self, file: IO[Any] | None = None) -> None:
        for error in self._errors.errors:
            line = f"{click.style('error:', fg='red')} {error}"
            click.echo(line, file=file, err=file is None, color=_colour())


class _Failure(click.ClickException):
    """Any other error of ours: what was asked for could not be done."""

    exit_code = INCOMPLETE


class _Missing(_Failure):
    """An extra that has to be installed first."""

    exit_code = CONFIGURATION


@contextmanager
def _statuses() -> Iterator[None]:
    """Exit 64 for wrong usage, 78 for a wrong configuration or a missing library, else 2."""
    try:
        yield
    except click.UsageError as error:
        error.exit_code = USAGE  # type: ignore[misc] # pyright: ignore[reportAttributeAccessIssue]
        raise
    except ConfigErrors as errors:
        raise _ConfigFailure(errors) from errors
    except MissingLibraryError as error:
        raise _Missing(str(error)) from error
    except SessionTrackerError as error:
        raise _Failure(str(error)) from error
    except BrokenPipeError:
        _let_go_of_output()
        raise click.exceptions.Exit(CLOSED_PIPE) from None
    except OSError as error:
        _let_go_of_output()
        raise _Failure(f"input or output failed: {error.strerror or error}.") from error
    except KeyboardInterrupt:
        raise click.exceptions.Exit(INTERRUPTED) from None
    except (click.ClickException, click.exceptions.Exit, click.Abort):
        raise
    except Exception as error:  # else it would end with 1, which stands for findings
        raise _Failure(fault(error)) from error


def _flush() -> None:
    """Write what waits, so that a failure of it is still ours to tell."""
    if sys.stdout is not None:  # pyright: ignore[reportUnnecessaryComparison] # closed
        sys.stdout.flush()


def _let_go_of_output() -> None:
    """Nobody reads it any more: what waits in the buffer must not fail a second time."""
    with suppress(OSError, ValueError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class _Commands(click.Group):
    """A group whose commands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name].partition(":")
        command: click.Command = getattr(import_module(module), name)
        return command

    def make_context(self, *args: Any, **extra: Any) -> click.Context:  # noqa: ANN401 - click's signature
        with _statuses():
            return super().make_context(*args, **extra)

    def invoke(self, ctx: click.Context) -> Any:  # noqa: ANN401 - click's signature
        ctx.color = _colour()
        with _statuses():
            try:
                return super().invoke(ctx)
            finally:
                _flush()


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="""\b
Examples:
  mitmdump -s "$(session-tracker addon-path)" --mode reverse:http://127.0.0.1:8000
  session-tracker config check
  session-tracker COMMAND --help

\b
Exit status: 0 done, 1 findings, 2 incomplete, 3 a proven session swap,
64 wrong usage, 78 wrong configuration.""",
)
@click.version_option(__version__, message="%(prog)s %(version)s")
def session_tracker() -> None:
    """Session cookies for new visitors, and an audit of the responses that set cookies."""


def main() -> None:
    """Entry point of the command."""
    if sys.stdin is None:  # pyright: ignore[reportUnnecessaryComparison] # closed: as if empty
        sys.stdin = TextIOWrapper(BytesIO())
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            # A terminal of another encoding shows what it lacks by number instead of failing.
            stream.reconfigure(errors="backslashreplace")
    session_tracker(prog_name="session-tracker")
