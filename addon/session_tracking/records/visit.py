"""One exchange that was watched from its request to its end, as the records are given it."""

from dataclasses import dataclass

__all__ = ["Lines", "Visit"]

type Lines = tuple[tuple[bytes, bytes], ...]
"""Field lines: (name, value), in order, as they were on the wire."""


@dataclass(slots=True)
class Visit:
    """Plain values. Times are Unix seconds; empty octets and texts stand for what there is not."""

    started: float
    """When the first octet of the request came."""
    ended: float
    """When the exchange was over."""
    client: str
    """Address of the client."""
    server: tuple[str, int]
    """Address and port that the client connected to."""
    method: bytes
    target: bytes
    """Path with query."""
    authority: bytes
    version: bytes
    request_lines: Lines
    """As the client sent them."""
    request_octets: int | None
    """Octets of the content; None where it is not known."""
    status: int | None
    """None where the client was sent none."""
    substatus: int
    win32_status: int
    response_lines: Lines
    """As the client was sent them."""
    response_octets: int | None
    user: str
    session_id: str
    """The tracker's own: the one that came and is valid, or the one that was given."""
    event: str
    """The tracker's state; empty where it had no say."""
    level: str
    """How safe the upstream's cookies are; empty where it set none."""
    number: int = 0
    """Stands for client, method, version, host, field lines and tracker's answer of the request:
    an exchange of the same number has the same of them. 0 stands for nothing."""
