"""Real mitmdump and mitmweb processes for tests."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

from scripts.ports import free_port
from tests.waiting import PATIENCE

TOP = Path(__file__).resolve().parent.parent
ENTRY = TOP / "addon" / "session_tracker.py"
_LISTENING = re.compile(r"listening at \S+?:(\d+)\.")
_WEB = re.compile(r"Web server listening at")


class Proxy:
    """One process of mitmproxy with the addon, on free loopback ports."""

    def __init__(
        self, folder: Path, *arguments: str, program: str = "mitmdump", entry: Path = ENTRY
    ) -> None:
        self.log_file = folder / f"{program}-{time.monotonic_ns()}.log"
        self.conf_dir = folder / "confdir"
        command = [
            str(Path(sys.executable).with_name(program)),
            *("--listen-host", "127.0.0.1", "--listen-port", "0"),
            *("--set", f"confdir={self.conf_dir}"),
            *("-s", str(entry)),
            *arguments,
        ]
        if program == "mitmweb":
            self.web_port = free_port()
            command += ["--no-web-open-browser", "--web-port", str(self.web_port)]
            command += ["--set", "web_password=secret"]
        environment = {**os.environ, "PYTHONUNBUFFERED": "1", "NO_COLOR": "1"}
        with self.log_file.open("wb") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=environment
            )

    def __enter__(self) -> "Proxy":
        self.port = int(self.wait_for(_LISTENING)[1])
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.stop()

    @property
    def log(self) -> str:
        return self.log_file.read_text("utf-8", "replace")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def web(self) -> str:
        self.wait_for(_WEB)
        return f"http://127.0.0.1:{self.web_port}"

    def wait_for(self, pattern: str | re.Pattern[str], seconds: float = PATIENCE) -> re.Match[str]:
        """Wait until the log holds the pattern."""
        deadline = time.monotonic() + seconds
        while (found := re.search(pattern, self.log)) is None:
            if self.process.poll() is not None:
                found = re.search(pattern, self.log)
                if found is not None:
                    break
                raise AssertionError(f"ended with {self.process.returncode}:\n{self.log}")
            if time.monotonic() > deadline:
                raise AssertionError(f"{pattern} did not come:\n{self.log}")
            time.sleep(0.02)
        return found

    def stop(self, how: signal.Signals = signal.SIGINT) -> int:
        """End the process as a user would; its exit status."""
        self.process.send_signal(how)
        return self.wait()

    def wait(self, seconds: float = PATIENCE) -> int:
        """Wait for the end; the exit status."""
        try:
            return self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise AssertionError(f"did not end:\n{self.log}") from None


def run(folder: Path, *arguments: str) -> Proxy:
    """Run mitmdump to its end, for files and for start-up errors."""
    proxy = Proxy(folder, *arguments)
    proxy.wait()
    return proxy
