"""The origin server: says exactly what the case says, and remembers whom it said it to.

HTTP/1.1 with keep-alive on loopback. It sends the case's field lines in their order and spelling,
then Content-Length and ``Lab-Request-Id``, and nothing else: no Date, no Server.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from http import HTTPStatus
from itertools import count
from typing import Self

from scripts.lab.cases import BODILESS, Case, Lines, Response, answer_id, numbered
from scripts.lab.messages import Head, read_body, read_head

ID_FIELD = "Lab-Request-Id"
READY_PATH = "/-/ready"
FIRST_VISITOR, SECOND_VISITOR = "127.0.0.2", "127.0.0.3"
SECOND = "B"
"""The phase in which the second visitor asks; those before it are ``A1`` and ``A2``."""


@dataclass(slots=True)
class Answer:
    """One response of the origin: its id, the phase it was asked in, whether it is the 304."""

    id: str
    phase: str
    is_validation: bool
    asked: bytes
    said: bytes


@dataclass(slots=True)
class Trial:
    """One case on one cache: the token its URL starts with, and all the origin answered for it.

    ``delay`` seconds pass before the head of an answer, ``body_delay`` before its content.
    """

    token: str
    case: Case
    phase: str = ""
    delay: float = 0.0
    body_delay: float = 0.0
    answers: list[Answer] = field(default_factory=list)

    @property
    def target(self) -> str:
        """What the clients ask for: a URL of this trial's own."""
        return f"/{self.token}{self.case.request.target}"


class Origin:
    """Serves registered trials; use as an async context manager."""

    def __init__(self, port: int) -> None:
        self.port = port
        self._trials: dict[str, Trial] = {}
        self._ids = count(1)
        self._tokens = count(1)
        self._server: asyncio.Server | None = None
        self._connections: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(
            self._connected, "127.0.0.1", self.port, limit=2**21, backlog=1024
        )
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
        for task in self._connections:
            task.cancel()
        await asyncio.gather(*self._connections, return_exceptions=True)

    def register(self, case: Case, *, delay: float = 0.0, body_delay: float = 0.0) -> Trial:
        """A trial of `case`, its dates already resolved."""
        trial = Trial(f"t{next(self._tokens):06d}", case, delay=delay, body_delay=body_delay)
        self._trials[trial.token] = trial
        return trial

    def forget(self, trial: Trial) -> None:
        """Drop a finished trial; later requests for it get a 404 without an id."""
        self._trials.pop(trial.token, None)

    def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer))
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await read_head(reader)
                await read_body(reader, head, is_response=False)
                await self._answer(head, writer)
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            return
        finally:
            writer.close()

    async def _answer(self, head: Head, writer: asyncio.StreamWriter) -> None:
        method, target = head.start_line.split(" ")[:2]
        path = target.removeprefix("http://").partition("/")[2] if "://" in target else target[1:]
        trial = self._trials.get(path.partition("/")[0])
        if trial is None:
            ready = f"/{path}" == READY_PATH
            lines = (("Cache-Control", "no-store"), ("Content-Length", "2"))
            writer.write(render(200 if ready else 404, lines, b"-\n"))
            await writer.drain()
            return
        number = next(self._ids)
        response = trial.case.response
        validation = trial.case.validation
        is_validation = validation is not None and matches(head, method, response)
        if is_validation and validation is not None:
            response = validation
        said = render_answer(response, number, method)
        trial.answers.append(
            Answer(answer_id(number), phase_of(trial, head), is_validation, head.raw, said)
        )
        if trial.delay:
            await asyncio.sleep(trial.delay)
        if trial.body_delay:
            said_first, said = said[: -response.body_length], said[-response.body_length :]
            writer.write(said_first)
            await asyncio.sleep(trial.body_delay)
        writer.write(said)
        await writer.drain()


def phase_of(trial: Trial, head: Head) -> str:
    """The phase that a request belongs to: the present one, save for a late background fetch.

    Varnish answers A from a stale object and fetches in the background, where B may overtake it;
    X-Forwarded-For tells for whom it fetches.
    """
    late = trial.phase == SECOND and FIRST_VISITOR in head.values("x-forwarded-for")
    return "A2" if late else trial.phase


def render_answer(response: Response, number: int, method: str) -> bytes:
    """The octets of `response` with its id in the body, in Lab-Request-Id and for every ``{n}``."""
    lines = list(numbered(response.headers, number))
    if response.status not in BODILESS:
        lines.append(("Content-Length", str(response.body_length)))
    lines.append((ID_FIELD, answer_id(number)))
    bodiless = method == "HEAD" or response.status in BODILESS
    content = b"" if bodiless else body(answer_id(number), response.body_length)
    return render(response.status, tuple(lines), content)


def body(name: str, length: int) -> bytes:
    """`length` octets that repeat the answer's id, so that a part of them still names it."""
    return (f"{name} ".encode() * (length // (len(name) + 1) + 1))[:length]


def render(status: int, headers: Lines, content: bytes) -> bytes:
    """A response as it goes over the wire; an unregistered status gets the phrase ``Status``."""
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        phrase = "Status"
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers)
    return f"HTTP/1.1 {status} {phrase}\r\n{lines}\r\n".encode("latin-1") + content


def matches(head: Head, method: str, response: Response) -> bool:
    """Whether a GET or HEAD is conditional and its validator is the response's.

    If-None-Match is compared with ETag and, where present, decides alone (RFC 9110 §13.2.2); any
    If-Modified-Since holds when the response has Last-Modified.
    """
    if method not in {"GET", "HEAD"}:
        return False
    tags = head.values("if-none-match")
    if tags:
        own = [opaque(value) for name, value in response.headers if name.lower() == "etag"]
        asked = [opaque(tag) for value in tags for tag in value.split(",")]
        return bool(own) and ("*" in asked or own[0] in asked)
    dated = any(name.lower() == "last-modified" for name, _ in response.headers)
    return dated and bool(head.values("if-modified-since"))


def opaque(tag: str) -> str:
    """An entity tag without its weakness mark, for the weak comparison (RFC 9110 §8.8.3.2)."""
    return tag.strip().removeprefix("W/")
