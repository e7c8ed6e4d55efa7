"""A real cache of the lab in front of an origin of the tests."""

import os
import signal
import subprocess
import tempfile
import time
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path

from scripts.lab.caches import Cache, prepare
from scripts.ports import free_port
from tests.waiting import PATIENCE

HOST = "127.0.0.1"


@contextmanager
def running_cache(cache: Cache, origin_port: int):
    """The port of a cache that asks the origin; it is ended, whatever happens in between."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="test-cache-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        folder.chmod(0o755)  # caches that give up root must reach their own folders
        command = prepare(cache, folder, port, origin_port)
        with (folder / "output.log").open("wb") as log:
            process = subprocess.Popen(
                command.arguments,
                stdout=log,
                stderr=log,
                cwd="/",
                env={**os.environ, **dict(command.environment)},
                start_new_session=True,
            )
        try:
            _wait(port, process, folder)
            yield port
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(10)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def _wait(port: int, process: subprocess.Popen, folder: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        with suppress(OSError, HTTPException):
            connection = HTTPConnection(HOST, port, timeout=PATIENCE)
            connection.request("GET", "/-/ready", headers={"Host": "shop.test"})
            status = connection.getresponse().status
            connection.close()
            if status == 404:  # the origin's own answer
                return
        time.sleep(0.05)
    logs = [log for log in folder.rglob("*.log") if log.is_file()]
    raise AssertionError("\n".join(log.read_text("utf-8", "replace")[-2000:] for log in logs))
