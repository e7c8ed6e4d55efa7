"""Ports of this machine for programs that cannot choose one by themselves."""

import secrets
import socket

_PORTS = range(10_000, 22_000)
_BUS = 10_000
"""So far above the port of a member of a cluster of Redis, its bus listens."""


def free_port() -> int:
    """A loopback port that nobody listens on now.

    The kernel gives no such port, nor the one of its bus, to whoever connects or lets it choose, so
    hardly anybody takes it before the program does that it is for.
    """
    while True:
        port = _PORTS[secrets.randbelow(len(_PORTS))]
        try:
            for each in (port, port + _BUS):
                socket.create_server(("127.0.0.1", each)).close()
        except OSError:
            continue
        return port
