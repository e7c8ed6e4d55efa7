"""The origin server, over real sockets."""

import asyncio
import re

import pytest

from scripts.lab.cases import Case, NextRequest, Request, Response
from scripts.lab.messages import Head, ask
from scripts.lab.origin import ID_FIELD, Origin, matches
from scripts.lab.runner import visit
from scripts.ports import free_port

COOKIE = ("Set-Cookie", "sid={n}; Path=/")
VALIDATED = Case(
    "validated",
    response=Response(headers=(("ETag", '"v1"'), COOKIE)),
    validation=Response(304, (("ETag", '"v1"'), COOKIE)),
)


def visits(case, *requests, **slow):
    """What one visitor after the other receives from the origin itself, and the trial."""

    async def run():
        async with Origin(free_port()) as origin:
            trial = origin.register(case, **slow)
            trial.phase = "A1"
            return [await visit(origin.port, "127.0.0.2", trial, sent) for sent in requests], trial

    return asyncio.run(run())


def lines(received):
    return received.head.raw.decode("latin-1").split("\r\n")[1:-2]


def test_field_lines_in_order_and_spelling_and_nothing_else():
    headers = (("dAtE", "x"), ("Cache-Control", "  a ,"), ("cache-control", ""), ("X", "\xe9"))
    (received,), _ = visits(Case("x", response=Response(299, headers)), NextRequest())
    assert received.head.start_line == "HTTP/1.1 299 Status"
    assert lines(received)[:4] == ["dAtE: x", "Cache-Control:   a ,", "cache-control: ", "X: \xe9"]
    assert [line.partition(":")[0] for line in lines(received)[4:]] == ["Content-Length", ID_FIELD]


def test_every_answer_has_an_id_of_its_own_in_field_body_and_cookie():
    received, trial = visits(Case("x", response=Response(headers=(COOKIE,))), *[NextRequest()] * 2)
    ids = [answer.head.values(ID_FIELD.lower())[0] for answer in received]
    assert ids == [answer.id for answer in trial.answers]
    assert len(set(ids)) == 2
    for number, answer in zip(ids, received, strict=True):
        assert answer.head.values("set-cookie") == [f"sid={number}; Path=/"]
        assert set(re.findall(rb"r\d{8}", answer.body)) == {number.encode()}
        assert len(answer.body) == 60


@pytest.mark.parametrize(
    ("method", "status", "length", "body", "content_length"),
    [
        ("GET", 200, 0, 0, ["0"]),
        ("GET", 404, 5000, 5000, ["5000"]),
        ("HEAD", 200, 60, 0, ["60"]),
        ("GET", 204, 60, 0, []),
        ("LAB", 200, 1, 1, ["1"]),
    ],
)
def test_content(method, status, length, body, content_length):
    case = Case("x", Request(method), Response(status, (), length))
    (received,), _ = visits(case, NextRequest(method))
    assert len(received.body) == body
    assert received.head.values("content-length") == content_length


def test_304_only_with_a_matching_validator():
    asked = [(("If-None-Match", tag),) for tag in ('"v1"', 'W/"v1"', '"v0", "v1"', "*", '"v0"')]
    received, trial = visits(VALIDATED, *(NextRequest(headers=headers) for headers in asked))
    assert [answer.head.status for answer in received] == [304, 304, 304, 304, 200]
    assert [answer.is_validation for answer in trial.answers] == [True] * 4 + [False]
    assert received[0].head.values("set-cookie")[0].startswith("sid=r")
    assert received[0].head.values("content-length") == []


def test_without_a_validation_response_there_is_no_304():
    case = Case("x", response=VALIDATED.response)
    (received,), _ = visits(case, NextRequest(headers=(("If-None-Match", '"v1"'),)))
    assert received.head.status == 200


@pytest.mark.parametrize(
    ("method", "asked", "sent", "expected"),
    [
        ("GET", (("If-Modified-Since", "x"),), (("Last-Modified", "y"),), True),
        ("HEAD", (("If-Modified-Since", "x"),), (("last-modified", "y"),), True),
        ("POST", (("If-Modified-Since", "x"),), (("Last-Modified", "y"),), False),
        ("GET", (("If-Modified-Since", "x"),), (("ETag", '"v1"'),), False),
        ("GET", (("If-None-Match", '"v1"'),), (("Last-Modified", "y"),), False),
        (
            "GET",
            (("If-None-Match", '"v0"'), ("If-Modified-Since", "x")),
            (("ETag", '"v1"'), ("Last-Modified", "y")),
            False,
        ),
        ("GET", (), (("ETag", '"v1"'), ("Last-Modified", "y")), False),
    ],
)
def test_which_condition_decides(method, asked, sent, expected):
    assert (
        matches(Head(f"{method} / HTTP/1.1", asked, b""), method, Response(200, sent)) is expected
    )


def test_keep_alive_and_request_bodies():
    async def run():
        async with Origin(free_port()) as origin:
            trial = origin.register(Case("x"))
            reader, writer = await asyncio.open_connection("127.0.0.1", origin.port)
            head = f"POST {trial.target} HTTP/1.1\r\n"
            sized = f"{head}Content-Length: 3\r\n\r\nabc"
            chunked = f"{head}Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"
            writer.write((sized + chunked + sized).encode())
            answers = []
            for _ in range(3):
                answers.append(await reader.readuntil(b"\r\n\r\n"))
                await reader.readexactly(60)
            writer.close()
            return answers, len(trial.answers)

    answers, seen = asyncio.run(run())
    assert [answer.split(b"\r\n")[0] for answer in answers] == [b"HTTP/1.1 200 OK"] * 3
    assert seen == 3


def test_an_unknown_url_gets_no_id():
    async def run():
        async with Origin(free_port()) as origin:
            return await ask(origin.port, "127.0.0.3", "GET", "/elsewhere", (("Host", "x"),))

    received = asyncio.run(run())
    assert received.head.status == 404
    assert received.head.values(ID_FIELD.lower()) == []


def test_a_slow_origin_sends_the_whole_answer():
    (received,), _ = visits(Case("x"), NextRequest(), delay=0.01, body_delay=0.01)
    assert len(received.body) == 60


def test_a_late_background_fetch_for_a_is_not_bs():
    async def run():
        async with Origin(free_port()) as origin:
            trial = origin.register(Case("x"))
            trial.phase = "B"
            for address in ("127.0.0.2", "127.0.0.3"):
                asked = NextRequest(headers=(("X-Forwarded-For", address),))
                await visit(origin.port, address, trial, asked)
            return [answer.phase for answer in trial.answers]

    assert asyncio.run(run()) == ["A2", "B"]
