"""A mitmdump with the addon, started for one command and ended after it."""

import re
import subprocess
import sys
import tempfile
import threading
from collections import deque
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self, TextIO

from session_tracking.cli.surroundings import write_bundle
from session_tracking.errors import SessionTrackerError
from session_tracking.escape import visible
from session_tracking.reports.run import ExitStatus
from session_tracking.shipped import entry_script

__all__ = ["Proxy", "ProxyProblem"]

START_SECONDS = 60
END_SECONDS = 20
"""How long exchanges under way may take when the command has ended."""

_LISTENING = re.compile(r" listening at ([^ ]+:\d+)\.?$")
_KEPT_LINES = 30


class ProxyProblem(SessionTrackerError):
    """The proxy did not start; the message is what it said."""

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status


class Proxy:
    """A process on a free port of the loopback interface, with a folder of its own."""

    def __init__(
        self, options: Sequence[str], roots: Sequence[Path], log: Path | None = None
    ) -> None:
        """`options` are further ones for mitmdump; `log` is a file for all that it says.

        `roots` are files with the certificates that it trusts upstream.
        """
        self._folder = tempfile.TemporaryDirectory(prefix="session-tracker-")
        self.folder: Path = Path(self._folder.name)
        self.report: Path = self.folder / "report.json"
        """What it found, once it has ended."""
        self.address: str = ""
        """URL at which it listens."""
        self._options = options
        self._roots = self.folder / "roots.pem"
        write_bundle(self._roots, *roots)
        self._log = log
        self._said: deque[str] = deque(maxlen=_KEPT_LINES)
        self._ready = threading.Event()

    def __enter__(self) -> Self:
        """Start it and wait until it listens. Raises ProxyProblem if it does not."""
        try:
            log = self._opened_log()
            self._start(log)
        except BaseException:
            self._folder.cleanup()
            raise
        return self

    def _opened_log(self) -> TextIO | None:
        try:
            return None if self._log is None else self._log.open("w", encoding="utf-8")
        except OSError as error:
            problem = f"{visible(str(self._log), 1000)} cannot be written: {error.strerror}"
            raise ProxyProblem(problem, int(ExitStatus.USAGE)) from None

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
        self._folder.cleanup()

    def bundle(self) -> Path:
        """A file with what it trusts, and the authority that it signs with, made for it alone."""
        path = self.folder / "bundle.pem"
        write_bundle(path, self._roots, self.folder / "conf" / "mitmproxy-ca-cert.pem")
        return path

    def _start(self, log: TextIO | None) -> None:
        command = [
            *(sys.executable, "-m", "session_tracking.mitm.launch"),
            *("--listen-host", "127.0.0.1", "--listen-port", "0"),
            *("--set", f"confdir={self.folder / 'conf'}", "--set", "termlog_verbosity=info"),
            *("--set", f"ssl_verify_upstream_trusted_ca={self._roots}"),
            *("--set", "flow_detail=0", "--set", f"session_tracker_report=json={self.report}"),
            *("--scripts", str(entry_script())),
            *self._options,
        ]
        self._process = subprocess.Popen(  # noqa: S603 - our own program
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding="utf-8",
            errors="replace",
            # Ctrl-C is the command's: the proxy ends after it.
            start_new_session=True,
        )
        self._reader = threading.Thread(target=self._read, args=(log,), daemon=True)
        self._reader.start()
        try:
            told = self._ready.wait(START_SECONDS)
        except BaseException:  # a signal came meanwhile
            self.stop()
            raise
        if not self.address:
            status = self._end() if told else self.stop()
            raise ProxyProblem(f"the proxy did not start.\n{self.last_words()}", status)

    def _read(self, log: TextIO | None) -> None:
        """Follow what the proxy says until it ends."""
        assert self._process.stdout is not None  # noqa: S101 - a pipe was asked for
        try:
            for line in self._process.stdout:
                self._said.append(visible(line.rstrip("\n"), 2000))
                if log is not None:
                    log.write(f"{self._said[-1]}\n")
                if not self.address and (found := _LISTENING.search(line.rstrip())):
                    self.address = f"http://{found[1]}"
                    self._ready.set()
        finally:
            self._ready.set()  # it ended: nobody needs to wait any longer
            if log is not None:
                log.close()

    def last_words(self) -> str:
        """The end of what it said, fit to be shown."""
        return "\n".join(self._said)

    def stop(self) -> int:
        """End it, exchanges under way included; its exit status. May be called again."""
        if self._process.poll() is None:
            self._process.terminate()
        return self._end()

    def _end(self) -> int:
        try:
            status = self._process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            status = self._process.wait()
        self._reader.join()
        assert self._process.stdout is not None  # noqa: S101 - a pipe was asked for
        self._process.stdout.close()
        return status
