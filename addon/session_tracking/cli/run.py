"""`session-tracker run`: the proxy around a test suite."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Final
from urllib.parse import urlsplit

import click

from session_tracking.cli.addresses import at_upstream
from session_tracking.cli.cache_names import config_option
from session_tracking.cli.proxying import Proxy, ProxyProblem
from session_tracking.cli.report_options import baseline_option, fail_on_option, report_option
from session_tracking.cli.surroundings import (
    environment_behind,
    environment_through,
    inherited_roots,
)
from session_tracking.escape import visible
from session_tracking.reports.document import Document
from session_tracking.reports.ending import settle
from session_tracking.reports.json import read_document
from session_tracking.reports.judging import Terms, today
from session_tracking.reports.known import Baseline
from session_tracking.reports.registry import ReportSpec
from session_tracking.reports.run import ExitStatus, FailOn
from session_tracking.reports.text import render

__all__ = ["run"]

NOT_EXECUTABLE: Final = 126
NOT_FOUND: Final = 127
BY_SIGNAL: Final = 128
"""A command that a signal ended counts as this and the signal's number, as in a shell."""

type _Handler = Callable[[int, FrameType | None], None]

_PASSED_ON = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@click.command(
    context_settings={"allow_interspersed_args": False},
    epilog="""\b
Examples:
  session-tracker run --upstream http://127.0.0.1:3000 -- npm test
  session-tracker run --upstream http://127.0.0.1:8000 --caches nginx,cloudflare \\
      --report sarif=cookies.sarif --report html=cookies.html -- pytest
  session-tracker run --proxy --fail-on warning -- npx playwright test

\b
COMMAND finds the proxy's address in SESSION_TRACKER_URL. With --proxy it is in
HTTP_PROXY and HTTPS_PROXY, and the certificates to trust are in SSL_CERT_FILE,
REQUESTS_CA_BUNDLE, NODE_EXTRA_CA_CERTS and CURL_CA_BUNDLE.

\b
Exit status: COMMAND's own if it failed (126 and 127 if it could not be started,
128 and the signal's number if one ended it); else 0 clean, 1 findings,
2 incomplete, 3 a proven session swap, 64 wrong usage, 78 wrong configuration;
3 goes before 2 before 1.""",
)
@click.option("--upstream", metavar="URL", help="The application: the proxy stands before it.")
@click.option("--proxy", "forward", is_flag=True, help="Be a forward proxy instead, for any host.")
@click.option("--base-url", is_flag=True, help="Put the proxy's address into BASE_URL, too.")
@click.option("--caches", metavar="NAME,…", default="", help="Caches to judge for.")
@click.option("--issue", is_flag=True, help="Give out the tracking cookie, too.")
@click.option(
    "--rewrite-redirects",
    is_flag=True,
    help="Keep clients at the proxy when the application redirects them to its own address.",
)
@config_option
@click.option("--set", "settings", metavar="OPTION=VALUE", multiple=True, help="For mitmproxy.")
@click.option(
    "--log",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    help="File for all that the proxy says.",
)
@fail_on_option
@baseline_option
@report_option
@click.argument("command", nargs=-1, required=True)
def run(  # noqa: PLR0913 - the options of the command line
    command: tuple[str, ...],
    *,
    upstream: str | None,
    forward: bool,
    base_url: bool,
    caches: str,
    issue: bool,
    rewrite_redirects: bool,
    config: Path | None,
    settings: tuple[str, ...],
    log: Path | None,
    fail_on: FailOn,
    baseline: Baseline | None,
    reports: tuple[ReportSpec, ...],
) -> None:
    """Run COMMAND with the proxy around it, and judge every response that it got.

    What the proxy found is told on standard error, after COMMAND has ended; its own streams are
    left alone.
    """
    if (upstream is None) == (not forward):
        raise click.UsageError("Give either --upstream URL or --proxy.")
    options = [
        *("--set", f"session_tracker_enabled={'true' if issue else 'false'}"),
        *("--set", f"session_tracker_caches={caches}"),
        *(() if config is None else ("--set", f"session_tracker_config={config.absolute()}")),
    ]
    if upstream is not None:
        _check_upstream(upstream)
        redirects = "rewrite" if rewrite_redirects else "note"
        options += [
            *("--mode", f"reverse:{upstream}", "--set", "keep_host_header=true"),
            *("--set", f"session_tracker_redirects={redirects}"),
        ]
    for setting in settings:
        options += ["--set", setting]
    document, status, ended = _around(command, options, log, upstream, base_url=base_url)
    if upstream is not None and document is not None and not document.run.exchanges:
        _say_whether_it_is_there(upstream)
    _conclude(document, Terms(fail_on, today(), None, baseline), reports, status, ended)


def _check_upstream(url: str) -> None:
    try:
        parts = urlsplit(url)
        wrong = parts.scheme not in {"http", "https"} or not parts.hostname or parts.port == 0
        wrong = wrong or parts.path not in {"", "/"} or bool(parts.query or parts.username)
    except ValueError:
        wrong = True
    if wrong:
        raise click.UsageError(
            f"--upstream {visible(url, 200)!r} is no address of an application. Write it as"
            " http://HOST:PORT, without a path."
        )


def _say_whether_it_is_there(upstream: str) -> None:
    """Nothing passed: the likeliest cause is an application that is not up."""
    parts = urlsplit(upstream)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.create_connection((parts.hostname or "", port), 2).close()
    except OSError as error:
        why = error.strerror or str(error)
        _say(
            f"nothing answers at {upstream} ({why}): the application has to be up before the tests"
        )


def _around(
    command: Sequence[str],
    options: Sequence[str],
    log: Path | None,
    upstream: str | None,
    *,
    base_url: bool,
) -> tuple[Document | None, int, str]:
    """Run the command; what the proxy found, the command's status, and why there is no report.

    `upstream` is the application; None for a forward proxy.
    """
    roots = tuple(inherited_roots(os.environ))
    try:
        with _ending_in_order(), Proxy(options, roots, log) as proxy:
            if upstream is None:
                environment, notices = environment_through(
                    os.environ, proxy.address, proxy.bundle()
                )
                for notice in notices:
                    _say(notice)
            else:
                environment = environment_behind(os.environ, proxy.address, base_url=base_url)
            status = _run(command, environment)
            ended = proxy.stop()
            if proxy.report.exists():
                document = read_document(proxy.report.read_bytes(), "the proxy's report")
                if upstream is not None:
                    document = at_upstream(document, proxy.address, upstream)
                return document, status, ""
            words = proxy.last_words()
            return None, status, f"the proxy ended with {ended} and left no report.\n{words}"
    except ProxyProblem as problem:
        _say(str(problem))
        wrong = {int(ExitStatus.USAGE), int(ExitStatus.CONFIGURATION)}
        code = problem.status if problem.status in wrong else ExitStatus.INCOMPLETE
        raise click.exceptions.Exit(int(code)) from None


def _run(command: Sequence[str], environment: dict[str, str]) -> int:
    """Run the command on our own streams; its exit status as a shell tells it."""
    try:
        with _passing_on() as hand_to, subprocess.Popen(command, env=environment) as process:  # noqa: S603 - it is the user's command
            hand_to(process)
            status = process.wait()
    except FileNotFoundError:
        _say(f"there is no program {visible(command[0], 200)!r}")
        return NOT_FOUND
    except OSError as error:
        _say(f"{visible(command[0], 200)!r} cannot be started: {error.strerror}")
        return NOT_EXECUTABLE
    return BY_SIGNAL - status if status < 0 else status


@contextmanager
def _passing_on() -> Iterator[Callable[[subprocess.Popen[bytes]], None]]:
    """Hand signals on to the command, as if we were not there.

    Gives what is to be called with the command once it runs; signals that come before wait for it.
    """
    running: list[subprocess.Popen[bytes]] = []
    early: list[int] = []

    def hand_on(number: int, _frame: FrameType | None) -> None:
        if not running:
            early.append(number)
        # Ctrl-C reaches the command by itself: the terminal sends it to the whole group.
        elif number != signal.SIGINT or not _at_terminal():
            running[0].send_signal(number)

    def hand_to(process: subprocess.Popen[bytes]) -> None:
        running.append(process)
        for number in early:
            process.send_signal(number)

    with _handled(hand_on, _PASSED_ON):
        yield hand_to


@contextmanager
def _ending_in_order() -> Iterator[None]:
    """Have a signal end us like an error, so that what we started ends first."""

    def end(number: int, _frame: FrameType | None) -> None:
        raise click.exceptions.Exit(BY_SIGNAL + number)

    with _handled(end, (signal.SIGTERM, signal.SIGHUP)):
        yield


@contextmanager
def _handled(handler: _Handler, numbers: Iterable[signal.Signals]) -> Iterator[None]:
    """Have signals handled; only a hang-up that is ignored (nohup) stays ignored."""
    before = {
        number: signal.signal(number, handler)
        for number in numbers
        if number != signal.SIGHUP or signal.getsignal(number) is not signal.SIG_IGN
    }
    try:
        yield
    finally:
        for number, old in before.items():
            signal.signal(number, old)


def _at_terminal() -> bool:
    """Whether a terminal has this process in its foreground group."""
    try:
        return os.tcgetpgrp(sys.stdin.fileno()) == os.getpgrp()
    except (OSError, ValueError):
        return False


def _conclude(
    document: Document | None,
    terms: Terms,
    reports: Sequence[ReportSpec],
    status: int,
    ended: str,
) -> None:
    """Write the reports, tell the findings, and end with the status that the whole comes to."""
    if document is None:
        _say(ended)
        raise click.exceptions.Exit(status or int(ExitStatus.INCOMPLETE))
    document = settle(document, terms, reports)
    found = document.run.exit_status
    click.echo(render(document), nl=False, err=True)
    if status:
        _say(f"the command ended with {status}, which goes before {found:d}")
    raise click.exceptions.Exit(status or int(found))


def _say(what: str) -> None:
    click.echo(f"session-tracker: {what}", err=True)
