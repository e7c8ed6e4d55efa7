"""Reads the lines that `session-tracker verdict` is asked with: JSON, one exchange a line.

Speed counts here. So each check goes over all field lines at once, and only a line that fails is
looked at closely enough to tell what is wrong with it.
"""

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
        data = json.loads(line)
    except (ValueError, RecursionError) as error:
        return Unreadable(number, None, f"is not JSON: {visible(str(error))}")
    if type(data) is not dict:
        return Unreadable(number, None, "must be an object")
    identity: QuestionId = None
    try:
        identity = _id(data.get("id"))
        return _question(data, identity, now)
    except _Wrong as wrong:
        return Unreadable(number, identity, str(wrong))


def _question(data: dict[str, Any], identity: QuestionId, now: float) -> Question:
    time = _seconds(data, "time", "time", now)
    request = _request(_table(data, "request"))
    return Question(
        identity,
        Exchange(
            request,
            _response(_table(data, "response"), request.method),
            "" if identity is None else str(identity),
            request_time=time,
            response_time=time,
        ),
        *_what_follows(data, request),
    )


def _what_follows(
    data: dict[str, Any], request: RequestFacts
) -> tuple[RequestFacts | None, ResponseFacts | None, float]:
    following, after = None, 0.0
    if data.get("next_request") is not None:
        asked = _table(data, "next_request")
        after = _seconds(asked, "after", "next_request.after", 0.0)
        following = RequestFacts(
            _text(asked, "method", "next_request.method", request.method),
            _url(_text(asked, "url", "next_request.url", request.url)),
            _fields(asked, "next_request")
            if asked.get("headers") is not None
            else newcomer(request).fields,
            _text(asked, "http_version", "next_request.http_version", request.http_version),
        )
    validation = None
    if data.get("validation_response") is not None:
        answered = _table(data, "validation_response")
        if answered.get("status") is None or _status(answered, "validation_response") == 304:
            # Any other status is a full answer: the attempt to validate does not succeed.
            validation = ResponseFacts(304, _fields(answered, "validation_response"), body_length=0)
        else:
            _fields(answered, "validation_response")
    return following, validation, after


def _request(data: dict[str, Any]) -> RequestFacts:
    return RequestFacts(
        _text(data, "method", "request.method"),
        _url(_text(data, "url", "request.url")),
        _fields(data, "request"),
        _text(data, "http_version", "request.http_version", "HTTP/1.1"),
    )


def _response(data: dict[str, Any], method: str) -> ResponseFacts:
    status = _status(data, "response")
    fields = _fields(data, "response")
    length = data.get("body_length")
    if length is None:
        length = content_length(method, status, delta_seconds(fields.first("content-length")))
    elif type(length) is not int or length < 0:
        raise _Wrong(f"response.body_length must be a number of octets, not {_shown(length)}")
    version = _text(data, "http_version", "response.http_version", "HTTP/1.1")
    return ResponseFacts(status, fields, version, length)


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


def _text(data: dict[str, Any], key: str, name: str, default: str | None = None) -> str:
    value = data.get(key, default)
    if type(value) is str and value:
        return value
    if value is None and default is not None:
        return default
    raise _Wrong(f"{name} is missing" if value is None else f"{name} must be text")


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


def _seconds(data: dict[str, Any], key: str, name: str, default: float) -> float:
    value = data.get(key)
    if value is None:
        return default
    # The comparison is False for NaN, too.
    if type(value) in {int, float} and 0 <= value <= _LATEST:
        return float(value)
    raise _Wrong(f"{name} must be a number of seconds, not {_shown(value)}")


def _fields(data: dict[str, Any], where: str) -> FieldSection:
    lines = data.get("headers")
    if type(lines) is not list:
        problem = "is missing" if lines is None else "must be an array"
        raise _Wrong(f"{where}.headers {problem}")
    try:
        text = "".join(map("".join, lines))
        if not text.isascii():
            text.encode("latin-1")
        if set(map(type, lines)) <= {list}:
            return FieldSection(map(tuple, lines))
    except (TypeError, ValueError):
        pass
    raise _Wrong(_wrong_line(lines, where))


def _wrong_line(lines: list[Any], where: str) -> str:
    for number, line in enumerate(lines):
        place = f"{where}.headers[{number}]"
        if type(line) is not list or len(line) != 2 or {type(part) for part in line} != {str}:
            return f'{place} must be ["name", "value"]'
        try:
            "".join(line).encode("latin-1")
        except UnicodeEncodeError:
            return (
                f"{place} holds characters beyond U+00FF:"
                " strings are the octets of the field line as Latin-1"
            )
    raise AssertionError(where)


def _shown(value: object) -> str:
    if isinstance(value, (list, dict)):
        return "an array" if isinstance(value, list) else "an object"
    return visible(json.dumps(value, ensure_ascii=False), 60)
