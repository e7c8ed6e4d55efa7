"""Responses of test clients as exchanges, told by their shape: no library of theirs is imported."""

import time
from collections.abc import Iterable, Iterator
from typing import Any

from session_tracking.caching.directives import delta_seconds
from session_tracking.http.exchange import Exchange, RequestFacts, ResponseFacts
from session_tracking.http.fields import FieldSection
from session_tracking.records.questions import content_length

__all__ = ["exchange_of"]

NO_URL = "http://testserver/"
"""Stands for the URL of a response that does not know what it answers."""


def exchange_of(response: object) -> Exchange:
    """The exchange that a response of httpx, requests, Flask, Django, Starlette or aiohttp ended.

    One that knows no request, such as a view's return value, is taken for the answer to a GET. The
    body is not touched: it may be a stream. Raises TypeError for what is no response.
    """
    now = time.time()
    request = _request(response)
    fields = FieldSection(_text(line) for line in _lines(response))
    status = _status(response)
    said = delta_seconds(fields.first("content-length"))
    length = content_length(request.method, status, said)
    answer = ResponseFacts(status, fields, body_length=length)
    return Exchange(request, answer, request_time=now, response_time=now)


def _status(response: object) -> int:
    for name in ("status_code", "status"):
        if isinstance(status := getattr(response, name, None), int):
            return int(status)
    raise TypeError(
        f"{type(response).__name__} is no response: it has no status code. Supported are responses"
        " of httpx, requests, Flask, Django, Starlette and aiohttp."
    )


def _lines(response: Any) -> Iterable[tuple[Any, Any]]:  # noqa: ANN401 - told by its shape
    """The field lines of a response, Set-Cookie a line each."""
    if (raw := getattr(response, "raw_headers", None)) is not None:  # aiohttp, Starlette
        return tuple(raw)
    headers: Any = getattr(response, "headers", ())
    if (raw := getattr(headers, "raw", None)) is not None:  # httpx
        return tuple(raw)
    # requests itself joins repeated fields; what it got from urllib3 still has each.
    if (raw := getattr(getattr(response, "raw", None), "headers", None)) is not None:
        return tuple(raw.items())
    lines = tuple(headers.items()) if hasattr(headers, "items") else ()
    return (*lines, *_djangos_cookies(response))


def _djangos_cookies(response: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - as above
    """Django keeps cookies apart from the fields until the response is sent."""
    if (cookies := getattr(response, "cookies", None)) is not None:
        for morsel in cookies.values():
            yield "Set-Cookie", morsel.OutputString()


def _request(response: object) -> RequestFacts:
    for name in ("wsgi_request", "asgi_request"):  # Django
        if (asked := getattr(response, name, None)) is not None:
            return _facts(asked, asked.build_absolute_uri())
    for name in ("request_info", "request"):  # aiohttp; all others
        try:
            asked = getattr(response, name)
        except (AttributeError, RuntimeError):  # httpx raises where it has none
            continue
        if asked is not None:
            return _facts(asked, asked.url)
    return RequestFacts("GET", NO_URL)


def _facts(request: Any, url: object) -> RequestFacts:  # noqa: ANN401 - told by its shape
    fields = FieldSection(_text(line) for line in request.headers.items())
    return RequestFacts(str(request.method), str(url), fields)


def _text(line: tuple[object, object]) -> tuple[str, str]:
    name, value = line
    return _octets(name), _octets(value)


def _octets(part: object) -> str:
    """Octets as Latin-1; text that Latin-1 lacks goes over the wire as UTF-8."""
    octets = part if isinstance(part, bytes) else str(part).encode("utf-8", "surrogateescape")
    if isinstance(part, str) and all(char < "\u0100" for char in part):
        return part
    return octets.decode("latin-1")
