"""Real redis-server processes for tests, on sockets of their own."""

import signal
import subprocess
import tempfile
import time
from pathlib import Path

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from tests.waiting import PATIENCE

SECRET = "a secret of thirty-two characters or more"


class RedisServer:
    """One process of redis-server; by default it keeps nothing on disk."""

    def __init__(self, *arguments: str, port: int = 0) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="redis-")  # a socket's path is short
        self.folder = Path(self._folder.name)
        self.port = port
        self.socket = self.folder / "socket"
        self._command = [
            *("redis-server", "--port", str(port), "--bind", "127.0.0.1"),
            *("--unixsocket", str(self.socket), "--dir", str(self.folder), "--save", ""),
            *arguments,
        ]
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> "RedisServer":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._folder.cleanup()

    @property
    def url(self) -> str:
        return f"unix://{self.socket}"

    def client(self, **options: object) -> redis.Redis:
        once = Retry(NoBackoff(), 0)
        return redis.Redis(unix_socket_path=str(self.socket), retry=once, **options)

    def start(self) -> None:
        log = (self.folder / "log").open("ab")
        with log:
            self.process = subprocess.Popen(
                self._command, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                with self.client() as client:
                    client.ping()
                return
            except redis.AuthenticationError:
                return
            except redis.RedisError:
                assert self.process.poll() is None, (self.folder / "log").read_text()
                assert time.monotonic() < deadline
                time.sleep(0.02)

    def pause(self) -> None:
        """Stop it in the middle of whatever it does; it goes on to accept connections."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        self.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
            self.process.wait(PATIENCE)

    def values(self) -> int:
        """How many values it holds."""
        with self.client() as client:
            return sum(1 for _ in client.scan_iter("session-tracker:value:*"))
