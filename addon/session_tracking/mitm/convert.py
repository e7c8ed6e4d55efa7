"""mitmproxy's flows as facts, and edits back onto flows."""

from mitmproxy.http import Headers, HTTPFlow, Request, Response

from session_tracking.caching.directives import delta_seconds
from session_tracking.http.edit import Edit
from session_tracking.http.exchange import ClientId, Exchange, RequestFacts, ResponseFacts
from session_tracking.http.fields import FieldSection

SET_COOKIE_FIELDS = frozenset({b"set-cookie", b"set-cookie2"})


def sets_cookie(headers: Headers) -> bool:
    """Whether Set-Cookie or Set-Cookie2 is among the field names; the hot path's only look.

    mitmproxy's own look-up decodes every name and folds values: the raw octets are cheaper.
    """
    for name, _ in headers.fields:
        # Nearly all names are told apart by their length alone.
        if 10 <= len(name) <= 11 and name.lower() in SET_COOKIE_FIELDS:
            return True
    return False


def client_of(flow: HTTPFlow) -> ClientId:
    """Who the request came from. A flow of a HAR has an address that says nothing."""
    peer = flow.client_conn.peername
    if not peer or not peer[1]:
        return ClientId()
    return ClientId(str(peer[0]), flow.client_conn.id)


def request_facts(request: Request) -> RequestFacts:
    """The request as the hooks see it; the URL names the host that the client asked for."""
    return RequestFacts(
        request.method, request.pretty_url, field_section(request.headers), request.http_version
    )


def response_facts(response: Response) -> ResponseFacts:
    """The response by its field section alone: the body is not touched, it may be a stream."""
    fields = field_section(response.headers)
    length = delta_seconds(fields.first("content-length"))
    return ResponseFacts(response.status_code, fields, response.http_version, length)


def exchange_of(flow: HTTPFlow, response: Response, now: float) -> Exchange:
    """The whole exchange. `now` (Unix seconds) stands in for a time that was not recorded."""
    return Exchange(
        request_facts(flow.request),
        response_facts(response),
        flow.id,
        client_of(flow),
        flow.request.timestamp_start or now,
        response.timestamp_start or now,
    )


def field_section(headers: Headers) -> FieldSection:
    """Field lines as Latin-1 text, pseudo-header fields left out.

    A HAR joins several Set-Cookie lines with line feeds, which cannot stand in a field value on
    the wire (RFC 9110 §5.5): they are taken apart again.
    """
    lines = []
    for name, value in headers.fields:
        if name.startswith(b":"):
            continue
        text = name.decode("latin-1")
        if b"\n" in value:
            lines += [(text, part) for part in value.decode("latin-1").split("\n")]
        else:
            lines.append((text, value.decode("latin-1")))
    return FieldSection(lines)


def apply(edit: Edit, response: Response) -> None:
    """Carry out an edit on the raw field lines; the lines that stay keep their octets and order.

    Raises ValueError before anything is changed if a line to add could split the field section.
    """
    added = tuple((name.encode("latin-1"), value.encode("latin-1")) for name, value in edit.add)
    for name, value in added:
        if any(octet in name + value for octet in b"\r\n\0"):
            raise ValueError("a field line to add holds CR, LF or NUL")
    kept = tuple(
        line
        for line in response.headers.fields
        if line[0].decode("latin-1").lower() not in edit.remove
    )
    response.headers.fields = kept + added


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
