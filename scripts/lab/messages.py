"""Reading HTTP/1.1 messages from a stream, and asking for one: no more than the lab needs."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import dataclass

IP_BIND_ADDRESS_NO_PORT = 24
"""Linux: bind the address only, so that a source port is unique per destination, not overall."""


@dataclass(frozen=True, slots=True)
class Head:
    """Start line and field lines of a message, names as sent, values stripped; and its octets."""

    start_line: str
    lines: tuple[tuple[str, str], ...]
    raw: bytes

    def values(self, name: str) -> list[str]:
        """The values of all lines called `name` (lower case), in order."""
        return [value for key, value in self.lines if key.lower() == name]

    @property
    def status(self) -> int:
        """The status code of a response."""
        return int(self.start_line.split(" ")[1])


@dataclass(frozen=True, slots=True)
class Received:
    """A complete response as a client saw it, with the request's octets."""

    head: Head
    body: bytes
    asked: bytes


async def read_head(reader: asyncio.StreamReader) -> Head:
    """The next head on the stream.

    Raises:
        asyncio.IncompleteReadError: the peer closed the connection.
    """
    raw = await reader.readuntil(b"\r\n\r\n")
    start_line, *lines = raw[:-4].decode("latin-1").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return Head(start_line, tuple((name, value.strip()) for name, _, value in pairs), raw)


async def read_body(
    reader: asyncio.StreamReader, head: Head, *, is_response: bool, method: str = "GET"
) -> bytes:
    """The content after `head` by the rules of RFC 9112 §6.3; `method` is that of the request."""
    if is_response and (method == "HEAD" or head.status in {204, 304}):
        return b""
    if "chunked" in ",".join(head.values("transfer-encoding")).lower():
        return await _read_chunks(reader)
    lengths = head.values("content-length")
    if lengths:
        return await reader.readexactly(int(lengths[0]))
    return await reader.read() if is_response else b""


async def _read_chunks(reader: asyncio.StreamReader) -> bytes:
    content = b""
    while size := int((await reader.readuntil(b"\r\n")).partition(b";")[0], 16):
        content += (await reader.readexactly(size + 2))[:-2]
    while await reader.readuntil(b"\r\n") != b"\r\n":
        pass
    return content


async def ask(
    port: int, source: str, method: str, target: str, headers: tuple[tuple[str, str], ...]
) -> Received:
    """One request on a connection of its own, from address `source` to 127.0.0.1:`port`.

    Raises:
        OSError: no connection, or it broke.
        asyncio.IncompleteReadError: closed before the response was complete.
    """
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    asked = f"{method} {target} HTTP/1.1\r\n{lines}\r\n".encode("latin-1")
    sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        sock.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
        sock.bind((source, 0))
        await asyncio.get_running_loop().sock_connect(sock, ("127.0.0.1", port))
        reader, writer = await asyncio.open_connection(sock=sock, limit=2**21)
    except BaseException:
        sock.close()
        raise
    try:
        writer.write(asked)
        head = await read_head(reader)
        while head.status < 200:
            head = await read_head(reader)
        return Received(head, await read_body(reader, head, is_response=True, method=method), asked)
    finally:
        writer.close()
