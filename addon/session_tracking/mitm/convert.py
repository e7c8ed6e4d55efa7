"""mitmproxy's flows as facts, and edits back onto flows."""

import re
from collections.abc import Sequence
from functools import lru_cache

from mitmproxy.http import Headers, HTTPFlow, Request, Response
from mitmproxy.net.http import url
from mitmproxy.proxy.mode_specs import ReverseMode

from session_tracking.caching.directives import delta_seconds
from session_tracking.http.edit import Edit, Undo
from session_tracking.http.exchange import ClientId, Exchange, RequestFacts, ResponseFacts
from session_tracking.http.fields import FieldSection

SET_COOKIE_FIELDS = frozenset({b"set-cookie", b"set-cookie2"})


def sets_cookie(headers: Headers) -> bool:
    """Whether Set-Cookie or Set-Cookie2 is among the field names; the hot path's only look.

    mitmproxy's own look-up decodes every name and folds values: the raw octets are cheaper.
    """
    # Nearly all names are told apart by their length alone.
    found = [
        None
        for name, _ in headers.fields
        if len(name) in _SET_COOKIE_LENGTHS and name.lower() in SET_COOKIE_FIELDS
    ]
    return bool(found)


_SET_COOKIE_LENGTHS = frozenset(map(len, SET_COOKIE_FIELDS))


def client_of(flow: HTTPFlow) -> ClientId:
    """Who the request came from. A flow of a HAR has an address that says nothing."""
    peer = flow.client_conn.peername
    if not peer[1]:
        return ClientId()
    return ClientId(str(peer[0]), flow.client_conn.id)


def named(fields: Sequence[tuple[bytes, bytes]]) -> dict[bytes, bytes]:
    """The values of field lines by their names in lower case, from their octets.

    Those of a repeated name are joined by line feeds, which no value on the wire holds.
    """
    found = {name.lower(): value for name, value in fields}
    if len(found) < len(fields):
        values: dict[bytes, list[bytes]] = {}
        for name, value in fields:
            values.setdefault(name.lower(), []).append(value)
        found = {name: b"\n".join(each) for name, each in values.items()}
    return found


def authority_of(request: Request) -> str:
    """The authority that the client asked for: a host, perhaps with a port.

    Says the same as `pretty_host`, which decodes, splits and checks it for each request anew.
    """
    return _host_field(request) or request.pretty_host


def url_of(request: Request, scheme: str = "") -> str:
    """The target URI with the host that the client asked for: `pretty_url`, but quicker.

    `scheme` stands for the client's where the request has upstream's.
    """
    host = _host_field(request)
    if not host or len(host) > _CACHED_LENGTH:
        pretty = request.pretty_url
        return scheme + pretty[pretty.index(":") :] if scheme and "://" in pretty else pretty
    return _origin(scheme or request.scheme, host) + ("" if request.path == "*" else request.path)


def _host_field(request: Request) -> str:
    """The one Host field of an HTTP/1.1 request, from its octets; empty where it is not so."""
    data = request.data
    if data.http_version == b"HTTP/1.1":
        hosts = [
            value
            for name, value in data.headers.fields
            if len(name) == 4 and name.lower() == b"host"
        ]
        if len(hosts) == 1:
            return hosts[0].decode("utf-8", "surrogateescape")
    return ""


_CACHED_LENGTH = 255


@lru_cache(maxsize=1024)
def _origin(scheme: str, authority: str) -> str:
    host, port = url.parse_authority(authority, check=False)
    return url.unparse(scheme, host, port or url.default_port(scheme) or 443, "")


def request_facts(flow: HTTPFlow) -> RequestFacts:
    """The request as the client sent it: a reverse proxy's requests have upstream's scheme."""
    request = flow.request
    fields = field_section(request.headers)
    return RequestFacts(request.method, _client_url(flow), fields, request.http_version)


def brief_request(flow: HTTPFlow) -> RequestFacts:
    """The request by the few fields that tell who asks, and what they bring."""
    request = flow.request
    fields = [
        (name.decode("latin-1"), value.decode("latin-1"))
        for name, value in request.data.headers.fields
        if len(name) in _LENGTHS and name.lower() in _OF_CLIENT
    ]
    return RequestFacts(request.method, _client_url(flow), FieldSection(fields))


def _client_url(flow: HTTPFlow) -> str:
    client, scheme = flow.client_conn, ""
    if isinstance(client.proxy_mode, ReverseMode):
        scheme = "https" if client.tls else "http"
    return url_of(flow.request, scheme)


def response_facts(response: Response, undo: Undo | None = None) -> ResponseFacts:
    """The response by its field section alone: the body is not touched, it may be a stream."""
    fields = field_section(response.headers)
    if undo is not None:
        fields = undo.before(fields)
    length = delta_seconds(fields.first("content-length"))
    return ResponseFacts(response.status_code, fields, response.http_version, length)


def exchange_of(
    flow: HTTPFlow, response: Response, now: float, undo: Undo | None = None
) -> Exchange:
    """The whole exchange, the response as it came from upstream.

    `now` (Unix seconds) stands in for a time that was not recorded.
    """
    return Exchange(
        request_facts(flow),
        response_facts(response, undo),
        flow.id,
        client_of(flow),
        flow.request.timestamp_start or now,
        response.timestamp_start or now,
    )


_OF_CLIENT = frozenset({b"cookie", b"user-agent", b"x-forwarded-for"})
_LENGTHS = frozenset(map(len, _OF_CLIENT))


def field_section(headers: Headers) -> FieldSection:
    """Field lines as Latin-1 text, pseudo-header fields left out.

    A HAR joins several Set-Cookie lines with line feeds, which cannot stand in a field value on
    the wire (RFC 9110 §5.5): they are taken apart again.
    """
    flat = [octets for line in headers.fields for octets in line]
    # Decoded in one go; a line feed that was inside a value shows by the number of parts.
    texts = b"\n".join(flat).decode("latin-1").split("\n") if flat else []
    if len(texts) == len(flat):
        lines = list(zip(texts[::2], texts[1::2], strict=True))
    else:
        lines = [
            (name.decode("latin-1"), part)
            for name, value in headers.fields
            for part in value.decode("latin-1").split("\n")
        ]
    return FieldSection([line for line in lines if line[0][:1] != ":"])


def apply(edit: Edit, response: Response) -> Undo:
    """Carry out an edit on the raw field lines; the lines that stay keep their octets and order.

    Raises ValueError before anything is changed if a line to add could split the field section.
    """
    added = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in edit.add]
    if _SPLITS.search(b"".join([octets for line in added for octets in line])):
        raise ValueError("a field line to add holds CR, LF or NUL")
    goes, fields = _octets(edit.remove), response.data.headers.fields
    names = [name.lower() for name, _ in fields]
    removed = tuple(
        [
            (place, fields[place][0].decode("latin-1"), fields[place][1].decode("latin-1"))
            for place, name in enumerate(names)
            if name in goes
        ]
    )
    if removed:
        fields = tuple([line for line, name in zip(fields, names, strict=True) if name not in goes])
        names = [name for name in names if name not in goes]
    response.data.headers.fields = (*fields, *added)
    places = []
    for name, _ in added:
        lowered = name.lower()
        places.append((lowered.decode("latin-1"), names.count(lowered)))
        names.append(lowered)
    return Undo(removed, tuple(places), edit.reason)


_SPLITS = re.compile(rb"[\r\n\0]")


@lru_cache(maxsize=64)
def _octets(names: frozenset[str]) -> frozenset[bytes]:
    return frozenset(name.encode("latin-1") for name in names)


def replace_cookie_lines(request: Request, lines: tuple[str, ...]) -> None:
    """Put these values in the place of the Cookie field lines, in their order."""
    values = iter(lines)
    fields = []
    for name, value in request.headers.fields:
        if name.lower() != b"cookie":
            fields.append((name, value))
        elif (line := next(values, None)) is not None:
            fields.append((name, line.encode("latin-1")))
    request.headers.fields = tuple(fields)
