"""Whose cookie and whose body B holds."""

import pytest

from scripts.lab.cases import Case, NextRequest, Response
from scripts.lab.messages import Head, Received
from scripts.lab.origin import Answer, Trial
from scripts.lab.outcome import outcome

COOKIE = ("Set-Cookie", "sid={n}")
CASE = Case("x", response=Response(headers=(COOKIE,)))
DELETION = Case("x", response=Response(headers=(("Set-Cookie", "sid="),)))
RENEWED = Case(
    "x",
    response=Response(headers=(("ETag", '"v1"'), ("Set-Cookie", "sid="))),
    validation=Response(304, (("ETag", '"v1"'), ("Set-Cookie", "sid="))),
)
BARE = Case("x")
CONDITIONAL = Case(
    "x", response=CASE.response, next_request=NextRequest(headers=(("If-None-Match", '"v1"'),))
)
A1, A2, B = (Answer(f"r0000000{n}", p, False, b"", b"") for n, p in enumerate(("A1", "A2", "B")))
VALIDATION = Answer("r00000009", "B", True, b"", b"")


def received(status=200, body="", answer="", cookies=(), name="Set-Cookie"):
    lines = [(name, value) for value in cookies]
    if answer:
        lines.append(("Lab-Request-Id", answer))
    return Received(Head(f"HTTP/1.1 {status} x", tuple(lines), b""), body.encode(), b"")


ROWS = [
    ("no-answer", CASE, [A1], None, "error"),
    ("error-page", CASE, [A1, A2], received(502, "Bad gateway"), "error"),
    ("swap", CASE, [A1], received(body=A1.id, answer=A1.id, cookies=[f"sid={A1.id}"]), "swap"),
    ("set-cookie2", CASE, [A1], received(body=A1.id, cookies=[A1.id], name="Set-Cookie2"), "swap"),
    ("stripped", CASE, [A1, A2], received(body=A1.id, answer=A1.id), "stripped"),
    ("miss", CASE, [A1, A2, B], received(body=B.id, answer=B.id, cookies=[B.id]), "miss"),
    ("miss-stripped", CASE, [A1, A2, B], received(body=B.id, answer=B.id), "miss"),
    ("foreign-cookie", CASE, [A1, B], received(body=B.id, answer=B.id, cookies=[A1.id]), "swap"),
    ("reused", BARE, [A1], received(body=A1.id, answer=A1.id), "reused"),
    ("control-miss", BARE, [A1, A2, B], received(body=B.id, answer=B.id), "miss"),
    (
        "validated-fresh",
        CASE,
        [A1, A2, VALIDATION],
        received(body=A1.id, answer=VALIDATION.id, cookies=[f"sid={VALIDATION.id}"]),
        "fresh",
    ),
    (
        "validated-swap",
        CASE,
        [A1, A2, VALIDATION],
        received(body=A1.id, answer=VALIDATION.id, cookies=[f"sid={A1.id}"]),
        "swap",
    ),
    (
        "validated-both",
        CASE,
        [A1, VALIDATION],
        received(body=A1.id, cookies=[f"sid={VALIDATION.id}", f"sid={A1.id}"]),
        "swap",
    ),
    ("validated-head", CASE, [A1, VALIDATION], received(answer=VALIDATION.id), "stripped"),
    ("deletion-hit", DELETION, [A1, A2], received(body=A1.id, cookies=["sid="]), "swap"),
    (
        "deletion-304-without",
        DELETION,
        [A1, VALIDATION],
        received(body=A1.id, cookies=["sid="]),
        "swap",
    ),
    (
        "deletion-304-with",
        RENEWED,
        [A1, VALIDATION],
        received(body=A1.id, cookies=["sid="]),
        "fresh",
    ),
    ("own-304-of-cache", CONDITIONAL, [A1, A2], received(304), "stripped"),
    ("own-304-with-cookie", CONDITIONAL, [A1, A2], received(304, cookies=[A1.id]), "swap"),
    ("304-of-origin", CONDITIONAL, [A1, A2, VALIDATION], received(304), "miss"),
    (
        "304-of-origin-named",
        CONDITIONAL,
        [A1, VALIDATION],
        received(304, answer=VALIDATION.id),
        "miss",
    ),
]


@pytest.mark.parametrize(
    ("case", "answers", "got", "expected"), [pytest.param(*row, id=name) for name, *row in ROWS]
)
def test_outcome(case, answers, got, expected):
    assert outcome(Trial("t000001", case, "B", answers=answers), got) == expected
