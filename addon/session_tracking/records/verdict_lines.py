"""Reads the lines that `session-tracker verdict` is asked with: JSON, one exchange a line.

Speed counts here. So each check goes over all field lines at once, and only a line that fails is
looked at closely enough to tell what is wrong with it.
"""

import codecs
import json
from collections.abc import Iterator
from math import isfinite
from typing import Any, BinaryIO
from urllib.parse import quote

from session_tracking.caching.directives import delta_seconds
from session_tracking.caching.outcomes import newcomer
from session_tracking.escape import visible
from session_tracking.http.exchange import Exchange, RequestFacts, ResponseFacts
from session_tracking.http.fields import FieldSection
from session_tracking.records.questions import Question, QuestionId, Unreadable, content_length

__all__ = ["MAX_LINE", "read_line", "read_lines"]

MAX_LINE = 16 * 1024 * 1024
"""Octets of the longest line that is taken for one."""

_LATEST = 253_402_300_799.0
"""The last second of the year 9999, in Unix seconds."""

_NOBODY = RequestFacts("", "")
"""Has neither method nor URL, so that a request has to give its own."""
_LISTS = frozenset({list})

_ASCII = "".join(map(chr, range(0x21, 0x7F)))


class _Wrong(Exception):
    """What is wrong with a line."""


def read_lines(stream: BinaryIO, now: float) -> Iterator[Question | Unreadable]:
    """Every line of a stream as soon as it is there; empty ones are skipped.

    `now` (Unix seconds) is the time of lines that have none.
    """
    number = 0
    while line := stream.readline(MAX_LINE):
        number += 1
        if len(line) == MAX_LINE and not line.endswith(b"\n"):
            while (rest := stream.readline(MAX_LINE)) and not rest.endswith(b"\n"):
                pass
            yield Unreadable(number, None, f"is longer than {MAX_LINE} octets")
        elif line.strip():
            yield read_line(line, number, now)


def read_line(line: bytes, number: int, now: float) -> Question | Unreadable:
    """One line as a question; never raises."""
    try:
        data = json.loads(line.removeprefix(codecs.BOM_UTF8).decode())
    except (ValueError, RecursionError) as error:
        return Unreadable(number, None, f"is not JSON: {visible(str(error))}")
    if type(data) is not dict:
        return Unreadable(number, None, "must be an object")
    identity: QuestionId = None
    try:
        identity = _id(data.get("id"))
        return _question(data, identity, now, ascii_only=line.isascii() and b"\\u" not in line)
    except _Wrong as wrong:
        return Unreadable(number, identity, str(wrong))


def _question(
    data: dict[str, Any], identity: QuestionId, now: float, *, ascii_only: bool
) -> Question:
    time = now if data.get("time") is None else _seconds(data, "time", "time")
    request = _request(_table(data, "request"), "request", _NOBODY, ascii_only=ascii_only)
    exchange = Exchange(
        request,
        _response(_table(data, "response"), request.method, ascii_only=ascii_only),
        str(identity),
        request_time=time,
        response_time=time,
    )
    following = validation = None
    after = 0.0
    if data.get("next_request") is not None:
        asked = _table(data, "next_request")
        if asked.get("after") is not None:
            after = _seconds(asked, "after", "next_request.after")
        following = _request(asked, "next_request", newcomer(request), ascii_only=ascii_only)
    if data.get("validation_response") is not None:
        validation = _validation(_table(data, "validation_response"), ascii_only=ascii_only)
    return Question(identity, exchange, following, validation, after)


def _request(
    data: dict[str, Any], where: str, default: RequestFacts, *, ascii_only: bool
) -> RequestFacts:
    """A request; what it does not say is as in `default`."""
    method, url = data.get("method", default.method), data.get("url", default.url)
    version = data.get("http_version", default.http_version)
    if not (type(method) is type(url) is type(version) is str and method and url and version):
        said = {"method": method, "url": url, "http_version": version}
        raise _Wrong(_wrong_text(where, said))
    if data.get("headers") is None and default is not _NOBODY:
        fields = default.fields
    else:
        fields = _fields(data, where, ascii_only=ascii_only)
    return RequestFacts(method, url if ascii_only else _url(url), fields, version)


def _response(data: dict[str, Any], method: str, *, ascii_only: bool) -> ResponseFacts:
    status, version = _status(data, "response"), data.get("http_version", "HTTP/1.1")
    if type(version) is not str or not version:
        raise _Wrong("response.http_version must be text")
    fields = _fields(data, "response", ascii_only=ascii_only)
    length = data.get("body_length")
    if length is None:
        length = content_length(method, status, delta_seconds(fields.first("content-length")))
    elif type(length) is not int or length < 0:
        raise _Wrong(f"response.body_length must be a number of octets, not {_shown(length)}")
    return ResponseFacts(status, fields, version, length)


def _validation(data: dict[str, Any], *, ascii_only: bool) -> ResponseFacts | None:
    """The 304; any other status is a full answer, so the attempt to validate does not succeed."""
    where = "validation_response"
    status = 304 if data.get("status") is None else _status(data, where)
    fields = _fields(data, where, ascii_only=ascii_only)
    return ResponseFacts(304, fields, body_length=0) if status == 304 else None


def _id(value: object) -> QuestionId:
    if value is None or isinstance(value, (str, int)):
        return value
    if isinstance(value, float) and isfinite(value):
        return value
    raise _Wrong("id must be text or a number")


def _table(data: dict[str, Any], key: str) -> dict[str, Any]:
    value = data.get(key)
    if type(value) is dict:
        return value
    raise _Wrong(f"{key} is missing" if value is None else f"{key} must be an object")


def _wrong_text(where: str, values: dict[str, object]) -> str:
    """What is wrong with the first of these that is no text, or empty."""
    key = next(key for key, value in values.items() if not value or type(value) is not str)
    if values[key] == "":
        return f"{where}.{key} is missing"
    return f"{where}.{key} must be text, not {_shown(values[key])}"


def _url(url: str) -> str:
    """The URL as a client sends it: what is not ASCII is percent-encoded (RFC 3986 §2.1)."""
    if url.isascii():
        return url
    try:
        return quote(url, safe=_ASCII)
    except UnicodeEncodeError:
        raise _Wrong("request.url holds half of a surrogate pair") from None


def _status(data: dict[str, Any], where: str) -> int:
    status = data.get("status")
    if type(status) is int and 100 <= status <= 999:
        return status
    problem = "is missing" if status is None else f"must be 100 to 999, not {_shown(status)}"
    raise _Wrong(f"{where}.status {problem}")


def _seconds(data: dict[str, Any], key: str, name: str) -> float:
    value = data[key]
    # The comparison is False for NaN, too.
    if type(value) in {int, float} and 0 <= value <= _LATEST:
        return float(value)
    raise _Wrong(f"{name} must be a number of seconds, not {_shown(value)}")


def _fields(data: dict[str, Any], where: str, *, ascii_only: bool) -> FieldSection:
    lines = data.get("headers")
    if type(lines) is not list:
        problem = "is missing" if lines is None else "must be an array"
        raise _Wrong(f"{where}.headers {problem}")
    try:
        if not ascii_only:
            "".join(map("".join, lines)).encode("latin-1")
        if {*map(type, lines)} <= _LISTS:
            # Whatever is no pair of strings fails here: nothing else in JSON can be lowered.
            return FieldSection(map(tuple, lines))
    except (TypeError, ValueError, AttributeError):
        pass
    raise _Wrong(_wrong_line(lines, where))


def _wrong_line(lines: list[Any], where: str) -> str:
    number, line = next((n, line) for n, line in enumerate(lines) if not _octets(line))
    if _pair(line):
        return (
            f"{where}.headers[{number}] holds characters beyond U+00FF:"
            " strings are the octets of the field line as Latin-1"
        )
    return f'{where}.headers[{number}] must be ["name", "value"]'


def _pair(line: object) -> bool:
    return type(line) is list and len(line) == 2 and {*map(type, line)} == {str}


def _octets(line: list[str]) -> bool:
    return _pair(line) and all(ord(char) <= 0xFF for char in "".join(line))


def _shown(value: object) -> str:
    if isinstance(value, (list, dict)):
        return "an array" if isinstance(value, list) else "an object"
    return visible(json.dumps(value, ensure_ascii=False), 60)
