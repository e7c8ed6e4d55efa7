"""Reads exchanges as people see them: what `curl -i` and `curl -v` print, or a message as sent."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from io import StringIO

from session_tracking.caching.directives import delta_seconds
from session_tracking.errors import InputError
from session_tracking.http.exchange import Exchange, RequestFacts, ResponseFacts
from session_tracking.http.fields import OWS, FieldSection
from session_tracking.records.questions import Question, content_length

__all__ = ["read_raw"]

_STATUS_LINE = re.compile(r"(HTTP/\d(?:\.\d)?) ([1-9]\d\d)(?: (.*))?")
_REQUEST_LINE = re.compile(r"(\S+) (\S+) (HTTP/\d(?:\.\d)?)")
_MARKED = re.compile(r"[<>] ?")
_TLS = re.compile(r"\* +(?:SSL connection|ALPN)")
_TUNNEL = "connection established"

NOWHERE = "http://localhost/"
"""The URL of a response whose request is not shown."""


@dataclass(frozen=True, slots=True)
class _Head:
    """A start line with its field section."""

    start: re.Match[str]
    fields: FieldSection
    rest: int = 0
    """Octets that follow it, up to the end of the text."""


def read_raw(text: str, now: float) -> list[Question]:
    """The exchanges in a text of octets as Latin-1, numbered from 1; `now` is in Unix seconds.

    Several heads in a row are what `curl -L` prints; a response is that to the request shown
    before it, if any. Interim responses (1xx, RFC 9110 §15.2) and a proxy's answer to CONNECT are
    not judged. Raises InputError if there is no response or a line is no field line.
    """
    lines = list(StringIO(text.lstrip("\r\n")))
    plain = not lines or _start(lines[0]) is not None
    tls = not plain and any(_TLS.match(line) for line in lines)
    questions: list[Question] = []
    request = RequestFacts("GET", NOWHERE)
    for head in _plain_heads(lines) if plain else _marked_heads(lines):
        if head.start.re is _REQUEST_LINE:
            request = _request(head, tls=tls)
        elif int(head.start[2]) >= 200 and not _tunnel(request, head):
            questions.append(_question(len(questions) + 1, request, head, now))
    if not questions:
        raise InputError(
            "shows no response: what `curl -i` prints begins with a line such as HTTP/1.1 200 OK."
        )
    return questions


def _start(line: str) -> re.Match[str] | None:
    text = line.rstrip("\r\n ")
    return _STATUS_LINE.fullmatch(text) or _REQUEST_LINE.fullmatch(text)


def _tunnel(request: RequestFacts, head: _Head) -> bool:
    return request.method == "CONNECT" or (head.start[3] or "").lower() == _TUNNEL


def _marked_heads(lines: list[str]) -> Iterator[_Head]:
    """Heads whose lines are marked `> ` and `< `; all other lines are talk or content."""
    marked = [(n, line[2:]) for n, line in enumerate(lines, 1) if _MARKED.match(line)]
    position = 0
    while position < len(marked):
        start = _start(marked[position][1])
        position += 1
        if start is not None:
            end = position
            while end < len(marked) and marked[end][1].strip():
                end += 1
            yield _Head(start, _fields(marked[position:end]))
            position = end


def _plain_heads(lines: list[str]) -> Iterator[_Head]:
    """Heads, each up to an empty line; what follows the last one is the response's content."""
    numbered = list(enumerate(lines, 1))
    position = 0
    while position < len(lines) and (start := _start(lines[position])):
        end = position + 1
        while end < len(lines) and lines[end].strip():
            end += 1
        fields = _fields(numbered[position + 1 : end])
        position = end + 1
        if start.re is _REQUEST_LINE:  # its content, if any, ends where the response begins
            while position < len(lines) and not _STATUS_LINE.match(lines[position]):
                position += 1
        yield _Head(start, fields, sum(map(len, lines[position:])))


def _fields(lines: list[tuple[int, str]]) -> FieldSection:
    found: list[tuple[str, str]] = []
    for number, line in lines:
        text = line.rstrip("\r\n")
        name, colon, value = text.partition(":")
        if text[0] in OWS and found:
            # obs-fold: a value goes on in the next line (RFC 9112 §5.2)
            found[-1] = (found[-1][0], f"{found[-1][1]} {text.strip(OWS)}")
        elif colon and name:
            found.append((name, value.strip(OWS)))
        else:
            raise InputError(f"line {number} is no field line (name: value).")
    return FieldSection(found)


def _request(head: _Head, *, tls: bool) -> RequestFacts:
    method, target, version = head.start.groups()
    host = head.fields.first("host") or "localhost"
    scheme = "https" if tls else "http"
    url = target if "://" in target else f"{scheme}://{host}{target}"
    return RequestFacts(method, url, head.fields, version)


def _question(number: int, request: RequestFacts, head: _Head, now: float) -> Question:
    status = int(head.start[2])
    said = delta_seconds(head.fields.first("content-length"))
    length = content_length(request.method, status, said if said is not None else head.rest or None)
    return Question(
        number,
        Exchange(
            request,
            ResponseFacts(status, head.fields, head.start[1], length),
            str(number),
            request_time=now,
            response_time=now,
        ),
    )
