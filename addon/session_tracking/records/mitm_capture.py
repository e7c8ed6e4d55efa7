"""Reads the flow files that mitmproxy writes (`-w`), without mitmproxy and far faster.

What is known here is the layout that mitmproxy 12 writes (its flow format 21). A flow of any other
look is left to mitmproxy's own reader, so that nothing is guessed.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import lru_cache, partial

from session_tracking.http.edit import Undo
from session_tracking.http.exchange import ClientId, ResponseFacts
from session_tracking.http.fields import FieldSection
from session_tracking.records.recorded import (
    METADATA,
    SET_COOKIE_NAMES,
    Broken,
    Recorded,
    response_of,
)
from session_tracking.records.tnetstrings import LENGTH, FieldLines, Octets, value

__all__ = ["OtherReader", "read_capture"]

type OtherReader = Callable[[bytes, float], Recorded | None]
"""Reads one flow of any form; None if it is not of HTTP. Raises ValueError if it is no flow."""


def read_capture(
    octets: Octets, now: float, other: OtherReader
) -> Iterator[tuple[int, Recorded | Broken | None]]:
    """Every flow and the position after it, in the order of the file; None is not of HTTP.

    `now` (Unix seconds) stands in for a time that was not recorded. A flow that is whole but makes
    no sense does not end the reading; where no next flow can be found, that is the last item.
    """
    position, size = 0, len(octets)
    reader = _Reader(octets, now)
    while position < size:
        head = LENGTH.match(octets, position, position + 14)
        if head is None:
            yield size, Broken(position, "no flow begins here")
            return
        start = head.end()
        end = start + int(head[1])
        if end >= size:
            yield size, Broken(size, f"the flow that begins at byte {position} is cut off")
            return
        if octets[end : end + 1] != b"}":
            yield size, Broken(position, "the flow that begins here has not the length it tells")
            return
        found: Recorded | Broken | None
        try:
            found = reader.flow(start)
        except (_UnknownFormError, ValueError):
            found = _read_slowly(octets, position, end + 1, now, other)
        yield end + 1, found
        position = end + 1


def _read_slowly(
    octets: Octets, begin: int, end: int, now: float, other: OtherReader
) -> Recorded | Broken | None:
    try:
        return other(octets[begin:end], now)
    except ValueError as error:
        return Broken(begin, f"the flow that begins here makes no sense: {error}")


class _UnknownFormError(Exception):
    """The flow is not as it was expected."""


type _Match = Callable[[Octets, int], re.Match[bytes] | None]

# Members stand in the order in which mitmproxy writes them: the last one first. `S` is a value that
# is skipped by its length, which is the last group; the others are short and of few characters.
_SHORT = {
    b"N": rb"\d+:([\d.e+-]*)[#^~]",  # number, or null
    b"B": rb"\d:(?:true|false)!",
    b"T": rb"\d+:([^;]*)[;~]",  # text, or null
    b"O": rb"\d+:([^,]*),",  # octets
    b"0": rb"0:[~\]]",  # null, or an empty list
    b"S": rb"(\d+):",
}


def _members(*members: str) -> _Match:
    """Matches these members, each `name=KIND`."""
    pattern = b""
    for member in members:
        name, _, kind = member.encode().partition(b"=")
        pattern += b"%d:%b;%b" % (len(name), name, _SHORT[kind])
    return re.compile(pattern).match


_WEBSOCKET = _members("websocket=S")
_RESPONSE = _members("response=S")
_REQUEST = _members("request=S")
_COMMENT = _members("backup=0", "timestamp_created=N", "comment=S")
_METADATA = _members("metadata=S")
_SERVER = _members("marked=T", "is_replay=T", "intercepted=B", "server_conn=S")
_CLIENT = _members("client_conn=S")
_ERROR = _members("error=S")
_END = re.compile(rb"2:id;\d+:([^;]*);4:type;4:http;7:version;2:21#\}").match

_PATH = _members("path=S")
_ASKED = _members(
    *("authority=O", "scheme=O", "method=O", "port=N", "host=T"),
    *("timestamp_end=N", "timestamp_start=N", "trailers=0", "content=S"),
)
_ANSWERED = _members(
    *("reason=O", "status_code=N", "timestamp_end=N", "timestamp_start=N"),
    *("trailers=0", "content=S"),
)
_HEADERS = _members("headers=S")
_VERSION = re.compile(rb"12:http_version;\d+:([^,]*),\}").match

_OF_CLIENT = (
    "proxy_mode mitmcert timestamp_tls_setup timestamp_end timestamp_start sni tls_version"
    " cipher_list cipher alpn_offers alpn certificate_list tls error transport_protocol id sockname"
    " peername"
)
_CLIENTS = {name: _members(f"{name}=S") for name in _OF_CLIENT.split()}


def _step(octets: Octets, match: _Match, position: int) -> tuple[re.Match[bytes], int]:
    """The members that begin here, and where the value ends whose length comes last."""
    found = match(octets, position)
    if found is None:
        raise _UnknownFormError
    return found, found.end() + int(found[found.lastindex or 0])


class _Reader:
    """Reads the flows of one file. What is wrong with one raises _UnknownFormError or ValueError.

    `now` (Unix seconds) stands in for a time that was not recorded.
    """

    def __init__(self, octets: Octets, now: float) -> None:
        self._octets = octets
        self._now = now
        self._lines = FieldLines().read
        self._client = lru_cache(maxsize=1024)(_client)

    def flow(self, position: int) -> Recorded:
        """The flow whose first member begins here."""
        octets = self._octets
        _, end = _step(octets, _WEBSOCKET, position)
        response, end = _step(octets, _RESPONSE, end + 1)
        request, end = _step(octets, _REQUEST, end + 1)
        _, end = _step(octets, _COMMENT, end + 1)
        metadata, end = _step(octets, _METADATA, end + 1)
        ours = _ours(octets[metadata.start() : end + 1]) if end > metadata.end() else {}
        server, end = _step(octets, _SERVER, end + 1)
        client, end = _step(octets, _CLIENT, end + 1)
        told = self._client(octets[client.end() : end])
        _, end = _step(octets, _ERROR, end + 1)
        last = _END(octets, end + 1)
        if last is None:
            raise _UnknownFormError
        found = self._request(request.end(), told)
        found.id = last[1].decode("utf-8")
        found.replayed = bool(server[2])
        found.simulated = "simulated" in ours
        found.undo = Undo.of(ours.get("edit"))
        if response[1] != b"0":
            self._response(found, response.end())
        return found

    def _request(self, position: int, client: "_Client") -> Recorded:
        octets = self._octets
        path, end = _step(octets, _PATH, position)
        target = octets[path.end() : end].decode("utf-8", "surrogateescape")
        asked, end = _step(octets, _ASKED, end + 1)
        fields, end = _step(octets, _HEADERS, end + 1)
        lines = self._lines(octets[fields.end() : end])
        said = _VERSION(octets, end + 1)
        if said is None:
            raise _UnknownFormError
        version, method = said[1].decode("ascii"), asked[3].decode("ascii").upper()
        authority = _authority(version, asked[1], lines)
        origin = _origin(client.scheme or asked[2].decode("ascii"), authority)
        if method == "CONNECT":
            raise _UnknownFormError
        return Recorded(
            "",
            method,
            origin if target == "*" else origin + target,
            lines,
            version,
            authority,
            target,
            (asked[5] or b"").decode("utf-8"),
            float(asked[7] or 0) or self._now,
            client=client.id,
            address=client.address,
        )

    def _response(self, found: Recorded, position: int) -> None:
        octets = self._octets
        answered, end = _step(octets, _ANSWERED, position)
        fields, end = _step(octets, _HEADERS, end + 1)
        said = _VERSION(octets, end + 1)
        if said is None:
            raise _UnknownFormError
        found.status = int(answered[2])
        listed = octets[fields.end() : end]
        # The name may stand in a value, too.
        found.sets_cookie = b"set-cookie" in listed.lower() and any(
            name.lower() in SET_COOKIE_NAMES for name, _ in self._lines(listed)
        )
        received = float(answered[4] or 0) or self._now
        version = said[1].decode("ascii")
        found.answer = partial(self._answer, listed, found, version, received)

    def _answer(
        self, listed: bytes, found: Recorded, version: str, received: float
    ) -> tuple[ResponseFacts, float]:
        section = FieldSection(self._lines(listed))
        return response_of(found.status, section, version, found.undo), received


def _ours(metadata: bytes) -> dict[str, object]:
    """What the addon left with a flow."""
    ours = value(metadata[len(b"8:metadata;") :]).get(METADATA)
    return ours if isinstance(ours, dict) else {}


@dataclass(frozen=True, slots=True)
class _Client:
    """The client's side of a connection."""

    scheme: str
    """What it used with a proxy in reverse mode, whose requests have upstream's; else empty."""
    address: str
    id: ClientId


def _client(octets: bytes) -> _Client:
    position, found = 0, {}
    for name, match in _CLIENTS.items():
        member, end = _step(octets, match, position)
        found[name] = octets[member.end() : end]
        position = end + 1
    scheme = ""
    if found["proxy_mode"].lower().startswith(b"reverse:"):
        scheme = "https" if found["tls"] == b"true" else "http"
    match value(b"%d:%b]" % (len(found["peername"]), found["peername"])):
        case [str(address), int(port), *_]:
            # The flow of a HAR has an address that says nothing.
            client = ClientId(address, found["id"].decode("utf-8")) if port else ClientId()
            return _Client(scheme, address, client)
    raise _UnknownFormError


_HTTP_1 = frozenset({"HTTP/1.0", "HTTP/1.1"})


def _authority(version: str, pseudo_field: bytes, lines: list[tuple[str, str]]) -> str:
    """The host that the client asked for, perhaps with a port, where there is no doubt."""
    if version not in _HTTP_1 and pseudo_field:
        if b"xn--" in pseudo_field.lower():  # mitmproxy shows it as a person would read it
            raise _UnknownFormError
        return pseudo_field.decode("ascii")
    hosts = [host for name, host in lines if len(name) == 4 and name.lower() == "host"]
    if len(hosts) != 1 or not hosts[0].isascii():
        raise _UnknownFormError
    return hosts[0]


_HOST = re.compile(
    r"(?!.*xn--)((?:[a-z\d_-]{1,63}\.)*[a-z\d_-]{1,63})(?::(\d{1,5}))?", re.IGNORECASE
)
_DEFAULT_PORTS = {"http": 80, "https": 443}


@lru_cache(maxsize=1024)
def _origin(scheme: str, authority: str) -> str:
    """Scheme and authority of a URL; the scheme's own port is left out."""
    found = _HOST.fullmatch(authority)
    if found is None or len(authority) > 255 or scheme not in _DEFAULT_PORTS:
        raise _UnknownFormError
    host, port = found.groups()
    if port is None or int(port) == _DEFAULT_PORTS[scheme]:
        return f"{scheme}://{host}"
    if not 0 < int(port) <= 0xFFFF:
        raise _UnknownFormError
    return f"{scheme}://{host}:{int(port)}"
