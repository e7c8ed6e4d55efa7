"""What another process does: waiting for it, and files that it looks at meanwhile."""

import socket
import time
from collections.abc import Callable
from pathlib import Path

PATIENCE = 60.0
"""Seconds after which a thing counts as never done; it is done in a fraction of one."""


def wait_until[T](condition: Callable[[], T], seconds: float = PATIENCE) -> T:
    """Wait until something is true; what it was."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not come true"
        time.sleep(0.02)
    return found


def refused(port: int) -> bool:
    """Whether nobody listens at a loopback port any more."""
    try:
        socket.create_connection(("127.0.0.1", port), PATIENCE).close()
    except ConnectionRefusedError:
        return True
    except ConnectionResetError:  # it was in the queue of a socket that was closed just then
        pass
    return False


def rewrite(path: Path, text: str) -> None:
    """Give a file that is watched another content at once: nobody reads half of it."""
    new = path.with_name(f"{path.name}.new")
    new.write_text(text, encoding="utf-8")
    new.replace(path)
