"""A real HTTP/1.1 origin for tests: each path answers with the octets that a test gave it."""

import socket
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from itertools import count

type Part = bytes | str | float | Callable[[], object]


class Origin:
    """Listens on a free loopback port and answers `GET /x` with what `answers["/x"]` holds.

    `{n}` in an answer is a number that no answer had before, six digits long.

    An answer is a list of parts, sent one after the other; a number is a pause of so many seconds,
    a function is called and may wait for something, and the last part may be the string "close" or
    "break" to end the connection in an orderly or disorderly way.
    """

    def __init__(self) -> None:
        self.answers: dict[str, list[Part]] = {}
        self.requests: list[bytes] = []
        self.hits: Counter[str] = Counter()
        self._numbers = count(1)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def answer(self, path: str, *lines: str, status: str = "200 OK", body: bytes = b"ok") -> None:
        """Answer with these field lines and a body."""
        length = len(body.replace(b"{n}", b"000000"))
        head = "\r\n".join([f"HTTP/1.1 {status}", *lines, f"Content-Length: {length}"])
        self.answers[path] = [head.encode("latin-1") + b"\r\n\r\n" + body]

    def raw(self, path: str, *parts: Part) -> None:
        """Answer with exactly these octets."""
        self.answers[path] = list(parts)

    def close(self) -> None:
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._talk, args=(connection,), daemon=True).start()

    def _talk(self, connection: socket.socket) -> None:
        # A client that hangs up early is no fault of the test.
        with suppress(ConnectionError), connection, connection.makefile("rb") as stream:
            while head := self._read_head(stream):
                self.requests.append(head)
                path = head.split(b" ", 2)[1].decode("latin-1")
                self.hits[path] += 1
                found = self.answers.get(path.partition("?")[0]) or [
                    b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"
                ]
                if head.startswith(b"HEAD "):
                    found = _head_of(found)
                for part in found:
                    if isinstance(part, float):
                        time.sleep(part)
                        continue
                    if callable(part):
                        part()
                        continue
                    if isinstance(part, str):
                        if part == "break":
                            linger = (1).to_bytes(4, "little") + (0).to_bytes(4, "little")
                            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
                        return
                    connection.sendall(self._numbered(part))

    def _numbered(self, part: bytes) -> bytes:
        return part.replace(b"{n}", b"%06d" % next(self._numbers)) if b"{n}" in part else part

    def _read_head(self, stream) -> bytes:
        lines = []
        length = 0
        while (line := stream.readline()) not in (b"\r\n", b""):
            lines.append(line)
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                length = int(value)
        stream.read(length)
        return b"".join(lines)


def _head_of(parts: list[Part]) -> list[Part]:
    """What is sent of an answer to HEAD."""
    found = []
    for part in parts:
        if isinstance(part, bytes) and b"\r\n\r\n" in part and b"HTTP/1.1 1" not in part:
            return [*found, part.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"]
        found.append(part)
    return found
