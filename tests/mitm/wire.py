"""HTTP/1.1 by hand: what exactly was sent and received."""

import socket

from tests.waiting import PATIENCE


def raw_exchange(port: int, request: bytes) -> bytes:
    """Send these octets, and give back everything that comes until the connection ends."""
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        connection.sendall(request)
        try:
            while part := connection.recv(65536):
                received += part
        except ConnectionResetError:
            return received
    return received


def get(port: int, path: str, *lines: str, method: str = "GET") -> bytes:
    """One request on a connection of its own; the response as it came."""
    head = "\r\n".join(
        [f"{method} {path} HTTP/1.1", "Host: shop.test", *lines, "Connection: close"]
    )
    return raw_exchange(port, head.encode("latin-1") + b"\r\n\r\n")
