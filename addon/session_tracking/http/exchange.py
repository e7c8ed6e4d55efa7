"""One exchange: what a client asked, what upstream answered, and when (RFC 9110 §3.4)."""

from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from session_tracking.http.fields import FieldSection


class ClientId(NamedTuple):
    """Who a request came from, as far as the position in the network tells.

    Empty strings stand for what is not known; in a file of HAR entries all of them are.
    """

    address: str = ""
    """Network address without the port."""
    connection: str = ""
    """Identity of the client's connection, unique within the process."""


_NOBODY = ClientId()
_LONGEST_KEPT = 1024


def _split_anew(url: str) -> tuple[SplitResult, str]:
    """The parts of a URL, and its host."""
    try:
        parts = urlsplit(url)
        _ = parts.port
        return parts, parts.hostname or ""
    except ValueError:
        return SplitResult("", "", "", "", ""), ""


_split = lru_cache(maxsize=512)(_split_anew)


@dataclass(frozen=True, slots=True)
class RequestFacts:
    """The request as the hooks saw it."""

    method: str
    url: str
    """Absolute target URI, scheme to query (RFC 9110 §7.1)."""
    fields: FieldSection = field(default_factory=FieldSection)
    http_version: str = "HTTP/1.1"

    def split(self) -> SplitResult:
        """The parts of the URL; empty parts where the URL cannot be parsed."""
        return self._parts()[0]

    @property
    def host(self) -> str:
        """Host of the target in lower case without a port; empty if there is none."""
        return self._parts()[1]

    def _parts(self) -> tuple[SplitResult, str]:
        return _split(self.url) if len(self.url) <= _LONGEST_KEPT else _split_anew(self.url)


@dataclass(frozen=True, slots=True)
class ResponseFacts:
    """The response as it came from upstream, before any edit of ours."""

    status: int
    fields: FieldSection = field(default_factory=FieldSection)
    http_version: str = "HTTP/1.1"
    body_length: int | None = None
    """Octets of content; None where it is not known (a stream, a capture without bodies)."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its final response. Times are Unix seconds."""

    request: RequestFacts
    response: ResponseFacts
    id: str = ""
    client: ClientId = _NOBODY
    request_time: float = 0.0
    response_time: float = 0.0
