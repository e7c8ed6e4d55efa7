"""Reads a HAR (HTTP Archive 1.2) as a recording: an entry at a time, never the whole.

An entry means here what mitmproxy makes of it when it reads a HAR (`-r`), so that both ways of
audit find the same: what stands in `content` is decoded, its length is that of the response, and
the versions that browsers write in their own way count as HTTP/1.1.
"""

import codecs
import json
from collections.abc import Iterator
from datetime import datetime
from functools import lru_cache, partial
from itertools import chain
from urllib.parse import urlsplit

import msgspec

from session_tracking.escape import visible
from session_tracking.http.exchange import ResponseFacts
from session_tracking.http.fields import FieldSection
from session_tracking.records.json_cursor import BrokenJsonError, JsonCursor
from session_tracking.records.recorded import SET_COOKIE_NAMES, Broken, Recorded, response_of

__all__ = ["HarRecording"]

_MISTAKES = (ValueError, TypeError, LookupError, OverflowError, RecursionError)
_LEFT_OUT = (
    "the HAR holds no Cookie and no Set-Cookie field at all: {creator} leaves them out unless told"
    " otherwise, so nothing could be judged. Export it again with sensitive data (Chrome, Edge:"
    ' DevTools settings, Network, "Allow to generate HAR with sensitive data")'
)
_DISAGREE = (
    "the HAR lists cookies of {count} messages whose Cookie or Set-Cookie fields are missing:"
    " they were left out on export, so not everything could be judged"
)
_SANITISING = ("WebInspector",)
"""Creators whose export leaves cookies out by default (Chrome and Edge since version 130)."""
_ADDRESS = "127.0.0.1"
"""Stands for every client: a HAR does not tell who asked."""


class _Header(msgspec.Struct, gc=False):
    name: str
    value: str


class _Content(msgspec.Struct, gc=False):
    size: int | None = None
    text: msgspec.Raw = msgspec.Raw(b'""')


class _Request(msgspec.Struct, gc=False, rename="camel"):
    method: str
    url: str
    headers: list[_Header]
    http_version: str | None = None
    cookies: list[msgspec.Raw] | None = None


class _Response(msgspec.Struct, gc=False, rename="camel"):
    status: int
    headers: list[_Header]
    http_version: str | None = None
    cookies: list[msgspec.Raw] | None = None
    content: _Content | None = None


class _Entry(msgspec.Struct, gc=False, rename="camel"):
    request: _Request
    response: _Response
    started_date_time: str | None = None


class _Creator(msgspec.Struct):
    name: str = ""


_decode = msgspec.json.Decoder(_Entry, strict=False).decode


class HarRecording:
    """The entries of one HAR. `now` (Unix seconds) is the time of those that tell none."""

    def __init__(self, text: memoryview, now: float) -> None:
        self._text = text
        self._now = now
        self._creator = ""
        self._entries = self._fields = self._listed = 0

    def read(self) -> Iterator[tuple[int, Recorded | Broken]]:
        """Every entry and the position after it; the last item may tell where the text breaks.

        An entry that makes no sense does not end the reading.
        """
        begin = 3 if bytes(self._text[:3]) == codecs.BOM_UTF8 else 0
        cursor = JsonCursor(self._text, begin)
        found = False
        try:
            for name in cursor.members():
                if name == "log":
                    for inner in cursor.members():
                        if inner == "creator":
                            self._creator = _creator(cursor)
                        elif inner == "entries":
                            found = True
                            yield from self._read(cursor)
        except BrokenJsonError as error:
            yield len(self._text), Broken(error.offset, str(error))
        else:
            if not found:
                yield len(self._text), Broken(0, "is no HAR: it has no list log.entries")

    def left_out(self) -> str:
        """Why what was read cannot be audited for cookies; empty if it can."""
        if self._listed:
            return _DISAGREE.format(count=self._listed)
        if self._entries and not self._fields and self._creator in _SANITISING:
            return _LEFT_OUT.format(creator="Chrome")
        return ""

    def _read(self, cursor: JsonCursor) -> Iterator[tuple[int, Recorded | Broken]]:
        for item in cursor.items():
            self._entries += 1
            found: Recorded | Broken
            try:
                found = self._recorded(_entry(item))
            except _MISTAKES as error:
                problem = visible(f"entry {self._entries} is no HAR entry: {error}", 300)
                found = Broken(cursor.position - len(item), problem)
            yield cursor.position, found

    def _recorded(self, entry: _Entry) -> Recorded:
        asked, answered = entry.request, entry.response
        lines = _lines(asked.headers)
        url, authority, path = _target(asked.url)
        started = self._now
        if entry.started_date_time is not None:
            started = datetime.fromisoformat(entry.started_date_time).timestamp()
        self._see(asked.headers, asked.cookies, "cookie")
        self._see(answered.headers, answered.cookies, "set-cookie")
        return Recorded(
            str(self._entries),
            asked.method.upper(),
            url,
            lines,
            _version(asked.http_version),
            authority,
            path,
            authority,
            started,
            answered.status,
            any(header.name.lower() in SET_COOKIE_NAMES for header in answered.headers),
            partial(_answer, answered, started),
            address=_ADDRESS,
        )

    def _see(self, headers: list[_Header], listed: list[msgspec.Raw] | None, field: str) -> None:
        """Count a message whose cookies tell whether the HAR holds them all."""
        if listed or not self._fields:
            present = any(header.name.lower() == field for header in headers)
            self._fields += present
            self._listed += bool(listed) and not present


def _creator(cursor: JsonCursor) -> str:
    """The name of the program that wrote the HAR; empty if it tells none."""
    begin = cursor.position
    for _ in cursor.members():
        pass
    try:
        return msgspec.json.decode(cursor.text[begin : cursor.position], type=_Creator).name
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return ""


def _entry(text: memoryview) -> _Entry:
    try:
        return _decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        # Some programs write field lines as [name, value]; some write lone surrogates, which are
        # more than msgspec takes.
        plain = json.loads(bytes(text))
        for message in ("request", "response"):
            plain[message]["headers"] = [
                {"name": line[0], "value": line[1]} if isinstance(line, list) else line
                for line in plain[message]["headers"]
            ]
        return _decode(json.dumps(plain, ensure_ascii=False).encode("utf-8", "replace"))


def _lines(headers: list[_Header]) -> list[tuple[str, str]]:
    """Field lines as Latin-1 text, without pseudo-header fields; line feeds separate several."""
    lines = [(header.name, header.value) for header in headers if header.name[:1] != ":"]
    text = "".join(chain.from_iterable(lines))
    if text.isascii() and "\n" not in text:
        return lines
    return [(_octets(name), part) for name, value in lines for part in _octets(value).split("\n")]


def _octets(text: str) -> str:
    return text if text.isascii() else text.encode("utf-8").decode("latin-1")


def _version(said: str | None) -> str:
    return _VERSIONS.get(said or "", "HTTP/1.1")


_VERSIONS = {"http/2.0": "HTTP/2", "HTTP/2": "HTTP/2", "HTTP/3": "HTTP/3"}
_DEFAULT_PORTS = {"http": 80, "https": 443}


@lru_cache(maxsize=512)
def _target(url: str) -> tuple[str, str, str]:
    """The URL in the form of a request, its authority, and its path with the query.

    Raises ValueError if there is no such URL.
    """
    parts = urlsplit(url)
    host, port = parts.hostname or "", parts.port
    if not host:
        raise ValueError("its URL names no host")
    authority = f"[{host}]" if ":" in host else host
    if port is not None and port != _DEFAULT_PORTS.get(parts.scheme):
        authority = f"{authority}:{port}"
    path = parts._replace(scheme="", netloc="", path=parts.path or "/").geturl()
    return f"{parts.scheme}://{authority}{path}", authority, path


def _answer(answered: _Response, received: float) -> tuple[ResponseFacts, float]:
    lines, content = _lines(answered.headers), answered.content
    if content is not None and content.size and bytes(content.text) not in _NO_TEXT:
        lines = [line for line in lines if line[0].lower() != "content-encoding"]
        names = [name.lower() for name, _ in lines]
        length = str(content.size)
        if "content-length" in names:
            place = names.index("content-length")
            lines[place] = (lines[place][0], length)
        elif "transfer-encoding" not in names:
            lines.append(("Content-Length", length))
    return (
        response_of(answered.status, FieldSection(lines), _version(answered.http_version)),
        received,
    )


_NO_TEXT = frozenset({b'""', b"null"})
