"""The programs that the demo starts, and how they end: always, and no others."""

import contextlib
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from types import FrameType

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 60.0
STOP_SECONDS = 30.0
LOOK_SECONDS = 0.02


class DemoError(Exception):
    """Something that the demo needs did not work; the message says what."""


class Interrupted(Exception):
    """Somebody wants the demo to end; the number is the signal's."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.number = number


class Interruptions:
    """Ctrl-C and its like, noted when they come and obeyed where nothing is half done."""

    def __init__(self) -> None:
        self._number = 0
        # Set here, since a shell lets what it starts in the background ignore Ctrl-C.
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._note)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})  # held since before Python

    def _note(self, number: int, _frame: FrameType | None) -> None:
        self._number = number

    def check(self) -> None:
        """Raise Interrupted if a signal has come."""
        if self._number:
            raise Interrupted(self._number)

    def wait(self) -> None:
        """Raise Interrupted as soon as a signal comes."""
        while True:
            self.check()
            time.sleep(0.1)


class Program:
    """A program in a process group of its own, whose output goes into a file."""

    def __init__(self, log: Path, *command: str) -> None:
        self.log = log
        with log.open("wb") as output:
            self._process = subprocess.Popen(
                [sys.executable, *command],
                cwd=ROOT,
                env=os.environ | {"PYTHONIOENCODING": "utf-8"},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_for(self, pattern: str, interruptions: Interruptions) -> str:
        """The pattern's first group, as soon as the output holds it.

        Raises DemoError if the program ends or takes too long, Interrupted on a signal.
        """
        deadline = time.monotonic() + START_SECONDS
        while (found := re.search(pattern, self._output())) is None:
            interruptions.check()
            if self._process.poll() is not None or time.monotonic() > deadline:
                raise DemoError(f"a program did not start. It said:\n{self._output()}")
            time.sleep(LOOK_SECONDS)
        return found[1]

    def printed(self, interruptions: Interruptions) -> str:
        """All that it has printed, once it has ended by itself.

        Raises DemoError if it fails or takes too long, Interrupted on a signal.
        """
        deadline = time.monotonic() + START_SECONDS
        while self._process.poll() is None and time.monotonic() < deadline:
            interruptions.check()
            time.sleep(LOOK_SECONDS)
        interruptions.check()
        if self._process.returncode != 0:
            raise DemoError(f"a program did not end well. It said:\n{self._output()}")
        return self._output()

    def stop(self) -> int:
        """End it as Ctrl-C would; its exit status."""
        self._process.send_signal(signal.SIGINT)
        try:
            return self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired as error:
            raise DemoError(f"a program did not end. It said:\n{self._output()}") from error

    def remove(self) -> None:
        """End whatever is left of its process group."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def _output(self) -> str:
        return self.log.read_text("utf-8", "replace")


@contextlib.contextmanager
def running(log: Path, *command: str) -> Iterator[Program]:
    """A Python program that is gone when the block ends, however it ends."""
    program = Program(log, *command)
    try:
        yield program
    finally:
        program.remove()
