"""Reads HAR files (HTTP Archive 1.2): one exchange an entry."""

import json
from collections.abc import Iterator
from datetime import datetime
from typing import Any, BinaryIO

from session_tracking.caching.directives import delta_seconds
from session_tracking.errors import InputError
from session_tracking.http.exchange import Exchange, RequestFacts, ResponseFacts
from session_tracking.http.fields import FieldSection
from session_tracking.records.questions import Question, Unreadable, content_length

__all__ = ["read_har"]


def read_har(stream: BinaryIO, now: float) -> Iterator[Question | Unreadable]:
    """Every entry that has a response, by its 1-based number; entries of failed requests have none.

    `now` (Unix seconds) is the time of entries that have none. Raises InputError if the file as a
    whole is no HAR.
    """
    try:
        entries = json.load(stream)["log"]["entries"]
        count = len(entries)
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        raise InputError("is no HAR: it has no list log.entries of JSON.") from error
    for number in range(1, count + 1):
        try:
            entry = entries[number - 1]
            if entry["response"]["status"]:
                yield _question(entry, number, now)
        except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
            what = f"{type(error).__name__} {error}" if isinstance(error, KeyError) else error
            yield Unreadable(number, number, f"is no HAR entry: {what}")


def _question(entry: dict[str, Any], number: int, now: float) -> Question:
    asked, answered = entry["request"], entry["response"]
    started, ended = _times(entry, now)
    method, status = str(asked["method"]), int(answered["status"])
    fields = _fields(answered["headers"])
    return Question(
        number,
        Exchange(
            RequestFacts(method, str(asked["url"]), _fields(asked["headers"]), _version(asked)),
            ResponseFacts(status, fields, _version(answered), _length(answered, fields, method)),
            str(number),
            request_time=started,
            response_time=ended,
        ),
    )


def _times(entry: dict[str, Any], now: float) -> tuple[float, float]:
    """When it was asked and when it was answered, in Unix seconds."""
    said = entry.get("startedDateTime")
    if said is None:
        return now, now
    started = datetime.fromisoformat(said).timestamp()
    return started, started + max(0.0, float(entry.get("time") or 0)) / 1000


def _fields(headers: list[dict[str, str]]) -> FieldSection:
    """Field lines, pseudo-header fields left out.

    Several Set-Cookie lines come joined by line feeds, which cannot stand in a field value on the
    wire (RFC 9110 §5.5): they are taken apart again.
    """
    lines = []
    for header in headers:
        name = _octets(header["name"])
        if not name.startswith(":"):
            lines += [(name, value) for value in _octets(header["value"]).split("\n")]
    return FieldSection(lines)


def _octets(text: str) -> str:
    """Octets as Latin-1 text; characters beyond that came from a reader who took them for UTF-8."""
    try:
        text.encode("latin-1")
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass").decode("latin-1")
    return text


def _version(message: dict[str, Any]) -> str:
    """`HTTP/1.1`; browsers write `h2` and `h3` for the later ones."""
    said = str(message.get("httpVersion") or "HTTP/1.1").upper()
    return f"HTTP/{said[1:]}" if said[0] == "H" and said[1:].isdigit() else said


def _length(response: dict[str, Any], fields: FieldSection, method: str) -> int | None:
    """Octets of content as they were sent: `bodySize`.

    That is -1 if unknown, and may be 0 from a browser's cache: then Content-Length or the decoded
    size stand in.
    """
    size = response.get("bodySize") or 0
    if size > 0:
        return int(size)
    said = delta_seconds(fields.first("content-length"))
    if said is None and (decoded := (response.get("content") or {}).get("size", -1)) >= 0:
        said = int(decoded)
    return content_length(method, response["status"], said)
