"""One exchange of a recording, whatever kind of file it was read from."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NoReturn

from session_tracking.caching.directives import delta_seconds
from session_tracking.http.edit import Undo
from session_tracking.http.exchange import ClientId, Exchange, RequestFacts, ResponseFacts
from session_tracking.http.fields import FieldSection

__all__ = ["METADATA", "SET_COOKIE_NAMES", "Broken", "Recorded", "response_of"]

METADATA = "session_tracker"
"""Key of a flow's metadata for what the addon keeps: saved by `-w`, found by the filter `~meta`."""

SET_COOKIE_NAMES = frozenset({"set-cookie", "set-cookie2"})


_NOBODY = ClientId()


def _no_answer() -> NoReturn:
    raise LookupError("there is no response")


@dataclass(slots=True)  # not frozen, which would cost a microsecond; nobody changes it
class Recorded:
    """What the audit needs of each exchange at once; the response is read when it is asked for."""

    id: str
    method: str
    url: str
    """The target URI as in `RequestFacts`."""
    lines: list[tuple[str, str]]
    """The request's field lines."""
    http_version: str
    authority: str
    """The host that was asked, perhaps with a port."""
    path: str
    """Path and query."""
    server: str
    """The host that was contacted: with a proxy in reverse mode not the one that was asked."""
    time: float
    """When the request began, in Unix seconds."""
    status: int = 0
    """0 where no response came."""
    sets_cookie: bool = False
    """Whether the response as the visitor got it has a Set-Cookie or Set-Cookie2 field."""
    answer: Callable[[], tuple[ResponseFacts, float]] = field(repr=False, default=_no_answer)
    """The response as it came from upstream, and when it was received; for a `status` but 0."""
    client: ClientId = _NOBODY
    address: str = ""
    """Network address of the client; unlike `client` also where it tells no clients apart."""
    replayed: bool = False
    """Whether mitmproxy repeated what another client had asked."""
    simulated: bool = False
    """Whether a simulated cache answered."""
    undo: Undo | None = None
    """How to get the response as it came from upstream; None if it is as it came."""

    def request(self) -> RequestFacts:
        """The request."""
        return RequestFacts(self.method, self.url, FieldSection(self.lines), self.http_version)

    def exchange(self) -> Exchange:
        """The whole exchange, the response as it came from upstream."""
        response, received = self.answer()
        return Exchange(self.request(), response, self.id, self.client, self.time, received)


@dataclass(frozen=True, slots=True)
class Broken:
    """A place where a recording could not be read."""

    offset: int
    """Octets of the file before it."""
    problem: str
    """What is wrong, safe to be shown."""

    def __str__(self) -> str:
        return f"broken at byte {self.offset}: {self.problem}"


def response_of(
    status: int, fields: FieldSection, http_version: str, undo: Undo | None = None
) -> ResponseFacts:
    """A response by its field section alone, as the live proxy judges it."""
    if undo is not None:
        fields = undo.before(fields)
    length = delta_seconds(fields.first("content-length"))
    return ResponseFacts(status, fields, http_version, length)
