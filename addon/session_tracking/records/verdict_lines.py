"""Reads the lines that `session-tracker verdict` is asked with: JSON, one exchange a line.

The form of a line is declared as types, which msgspec checks while it reads: that is several times
faster than reading first and checking afterwards, and its errors name the place in the line.
"""

import codecs
from collections.abc import Iterator
from io import BufferedReader
from typing import Annotated
from urllib.parse import quote

import msgspec

from session_tracking.caching.directives import delta_seconds
from session_tracking.caching.outcomes import newcomer
from session_tracking.escape import visible
from session_tracking.http.exchange import Exchange, RequestFacts, ResponseFacts
from session_tracking.http.fields import FieldSection
from session_tracking.records.questions import Question, QuestionId, Unreadable, content_length

__all__ = ["MAX_LINE", "read_line", "read_lines"]

MAX_LINE = 4 * 1024 * 1024
"""Octets of the longest line that is read."""
_CHUNK = 64 * 1024
"""Octets that are read at once if they are there."""

_LATEST = 253_402_300_799
"""The last second of the year 9999, in Unix seconds."""

type _Text = Annotated[str, msgspec.Meta(min_length=1)]
type _Status = Annotated[int, msgspec.Meta(ge=100, le=999)]
type _Seconds = Annotated[float, msgspec.Meta(ge=0, le=_LATEST)]
type _Octets = Annotated[int, msgspec.Meta(ge=0)]
type _Lines = list[tuple[str, str]]
"""[name, value] pairs."""

_HTTP = "HTTP/1.1"


class _Request(msgspec.Struct, gc=False):
    """`request`: A's, all of it needed."""

    method: _Text
    url: _Text
    headers: _Lines
    http_version: _Text = _HTTP


class _Response(msgspec.Struct, gc=False):
    """`response`."""

    status: _Status
    headers: _Lines
    body_length: _Octets | None = None
    http_version: _Text = _HTTP


class _NextRequest(msgspec.Struct, gc=False):
    """`next_request`: B's; what it leaves out is as A's without Cookie and Authorization."""

    method: _Text | None = None
    url: _Text | None = None
    headers: _Lines | None = None
    http_version: _Text | None = None
    after: _Seconds | None = None


class _ValidationResponse(msgspec.Struct, gc=False):
    """`validation_response`."""

    headers: _Lines
    status: _Status | None = None


class _Line(msgspec.Struct, gc=False):
    """One exchange."""

    request: _Request
    response: _Response
    id: str | int | float | None = None
    time: _Seconds | None = None
    next_request: _NextRequest | None = None
    validation_response: _ValidationResponse | None = None


class _Id(msgspec.Struct):
    """All that is asked of a line that has some other fault."""

    id: str | int | float | None = None


_decode = msgspec.json.Decoder(_Line).decode
_decode_id = msgspec.json.Decoder(_Id).decode


def read_lines(stream: BufferedReader, now: float) -> Iterator[list[Question | Unreadable]]:
    """The lines of a stream, as many at once as are there; empty ones are skipped.

    `now` (Unix seconds) is the time of lines that have none.
    """
    number, rest = 0, b""
    while chunk := stream.read1(_CHUNK):
        *lines, rest = (rest + chunk).split(b"\n")
        # What is cut off here is too long all the same.
        rest = rest[: MAX_LINE + 1]
        yield _read(lines, number, now)
        number += len(lines)
    yield _read([rest], number, now)


def _read(lines: list[bytes], number: int, now: float) -> list[Question | Unreadable]:
    return [
        read_line(line, place, now)
        for place, line in enumerate(lines, number + 1)
        if line and not line.isspace()
    ]


def read_line(line: bytes, number: int, now: float) -> Question | Unreadable:
    """One line as a question; never raises."""
    if len(line) > MAX_LINE:
        return Unreadable(number, None, f"The line is longer than {MAX_LINE} octets")
    try:
        asked = _decode(line.removeprefix(codecs.BOM_UTF8))
        if not line.isascii() or b"\\u" in line:
            _check_octets(asked)
        return _question(asked, now)
    except (ValueError, RecursionError) as error:
        if line.startswith(b"HTTP/"):
            return Unreadable(number, None, "This is no JSON: --raw reads what `curl -i` prints")
        return Unreadable(number, _id(line), visible(str(error), 300))


def _question(asked: _Line, now: float) -> Question:
    time = now if asked.time is None else asked.time
    said = asked.request
    request = RequestFacts(
        said.method, _url(said.url), FieldSection(said.headers), said.http_version
    )
    following, after = None, 0.0
    if (told := asked.next_request) is not None:
        following, after = _next(told, newcomer(request)), told.after or 0.0
    validation = None
    if (answer := asked.validation_response) is not None and answer.status in {None, 304}:
        # Any other status is a full answer: the attempt to validate does not succeed.
        validation = ResponseFacts(304, FieldSection(answer.headers), body_length=0)
    return Question(
        asked.id,
        Exchange(
            request,
            _response(asked.response, said.method),
            str(asked.id),
            request_time=time,
            response_time=time,
        ),
        following,
        validation,
        after,
    )


def _response(said: _Response, method: str) -> ResponseFacts:
    fields, length = FieldSection(said.headers), said.body_length
    if length is None:
        told = delta_seconds(fields.first("content-length"))
        length = content_length(method, said.status, told)
    return ResponseFacts(said.status, fields, said.http_version, length)


def _next(told: _NextRequest, default: RequestFacts) -> RequestFacts:
    return RequestFacts(
        told.method or default.method,
        _url(told.url or default.url),
        default.fields if told.headers is None else FieldSection(told.headers),
        told.http_version or default.http_version,
    )


_ASCII = "".join(map(chr, range(0x21, 0x7F)))


def _url(url: str) -> str:
    """The URL as a client sends it: what is not ASCII is percent-encoded (RFC 3986 §2.1)."""
    return url if url.isascii() else quote(url, safe=_ASCII)


def _check_octets(asked: _Line) -> None:
    """Raise ValueError if a field line holds more than octets."""
    sections = {
        "request": asked.request,
        "response": asked.response,
        "next_request": asked.next_request,
        "validation_response": asked.validation_response,
    }
    for where, section in sections.items():
        for number, line in enumerate((section and section.headers) or ()):
            if any(ord(char) > 0xFF for char in "".join(line)):
                raise ValueError(
                    f"Strings are the octets of a field line as Latin-1, none is beyond U+00FF"
                    f" - at `$.{where}.headers[{number}]`"
                )


def _id(line: bytes) -> QuestionId:
    """The id of a line that has a fault; None if it cannot be told."""
    try:
        return _decode_id(line.removeprefix(codecs.BOM_UTF8)).id
    except (ValueError, RecursionError):
        return None
