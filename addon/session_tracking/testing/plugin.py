"""The pytest plugin: the fixture `cache_safety`, and a section at the end of pytest's summary.

pytest imports this wherever the distribution is installed, so what is heavy is imported late.
"""

import os
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from session_tracking.testing.session import Record, SafetyOfCaches

_KEY: "pytest.StashKey[Record]" = pytest.StashKey()
_OUTPUT = "session_tracker"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the options."""
    group = parser.getgroup("session-tracker", "cookies that shared caches could hand to others")
    group.addoption(
        "--session-tracker-fail-on",
        choices=("error", "warning", "note", "never"),
        default="error",
        help="severity from which a finding fails (default: error)",
    )
    group.addoption(
        "--session-tracker-record",
        action="store_true",
        help="judge every response that httpx and requests get; findings fail the session",
    )
    group.addoption(
        "--session-tracker-caches",
        metavar="NAME,…",
        default="",
        help="caches to judge for, as `session-tracker caches` names them"
        " (default: as configured, else any that follows RFC 9111)",
    )
    group.addoption(
        "--session-tracker-config",
        metavar="FILE",
        type=Path,
        default=None,
        help="configuration file (default: the one that is shipped)",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Begin to record, if that is wanted; a wrong option ends the session before it begins."""
    if config.getoption("--session-tracker-record"):
        wrapped = ExitStack()
        wrapped.enter_context(_record(config).recording())
        config.add_cleanup(wrapped.close)


def _record(config: pytest.Config) -> "Record":
    """What is known of this session; made when it is asked for."""
    if _KEY not in config.stash:
        from session_tracking.testing.session import Record, WrongOption  # noqa: PLC0415 - heavy

        try:
            config.stash[_KEY] = Record(
                [name for name in config.option.session_tracker_caches.split(",") if name],
                config.option.session_tracker_config,
                config.option.session_tracker_fail_on,
                lambda: os.environ.get("PYTEST_CURRENT_TEST", "").rpartition(" (")[0],
            )
        except WrongOption as problem:
            raise pytest.UsageError(str(problem)) from None
    return config.stash[_KEY]


@pytest.fixture(name="cache_safety")
def _cache_safety(pytestconfig: pytest.Config) -> "SafetyOfCaches":
    """`cache_safety.check(response)` fails a test if a cache could hand out its cookies."""
    return _record(pytestconfig).fixture()


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail the session for what was recorded; a worker of pytest-xdist passes it on instead."""
    record = session.config.stash.get(_KEY, None)
    if record is None:
        return
    output: dict[str, Any] | None = getattr(session.config, "workeroutput", None)
    if output is not None:
        output[_OUTPUT] = record.packed()
    elif session.exitstatus == pytest.ExitCode.OK and record.fails:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:  # noqa: ANN401 - pytest-xdist's own
    """Take over what a worker of pytest-xdist recorded."""
    packed = getattr(node, "workeroutput", {}).get(_OUTPUT)
    if packed is not None:
        _record(node.config).take_over(packed)


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Say what was found, and in which test first."""
    record = config.stash.get(_KEY, None)
    if record is not None:
        terminalreporter.section("Session Tracker")
        for line in record.summary():
            terminalreporter.line(line)
