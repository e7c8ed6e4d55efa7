"""What the second visitor got, decided by whose cookie value and whose request id they hold."""

from __future__ import annotations

import re

from scripts.lab.messages import Received
from scripts.lab.origin import ID_FIELD, SECOND, Answer, Trial

ID = re.compile(r"r\d{8}")
ERROR = "error"
"""The cache answered by itself (an error page, a refusal) or broke the connection."""

OUTCOMES = ("swap", "stripped", "fresh", "miss", "reused", ERROR)
_CONDITIONS = ("if-none-match", "if-modified-since", "if-match", "if-unmodified-since", "if-range")


def outcome(trial: Trial, received: Received | None) -> str:
    """One of OUTCOMES for B's response (None: B got no complete one)."""
    if received is None:
        return ERROR
    answers = {answer.id: answer for answer in trial.answers}
    maker = maker_of(received, answers)
    if maker is None:
        if received.head.status != 304:
            return ERROR
        # A cache's own 304 to B's condition need not carry the stored response's other fields.
        return "miss" if any(a.phase == SECOND for a in trial.answers) else _of_stored(trial, [])
    cookies = [
        value for name in ("set-cookie", "set-cookie2") for value in received.head.values(name)
    ]
    if maker.phase == SECOND and not (maker.is_validation and not asks_conditionally(trial)):
        foreign = any(
            answers[number].phase != SECOND
            for value in cookies
            for number in ID.findall(value)
            if number in answers
        )
        return "swap" if foreign else "miss"
    return _of_stored(trial, cookies, answers)


def maker_of(received: Received, answers: dict[str, Answer]) -> Answer | None:
    """The origin's answer that the body came from; where there is no body, the fields."""
    named = ID.findall(received.body.decode("latin-1"))
    named += [number for value in received.head.values(ID_FIELD.lower()) for number in [value]]
    return next((answers[number] for number in named if number in answers), None)


def asks_conditionally(trial: Trial) -> bool:
    """Whether B's own request is conditional, so that a 304 is an answer and not a validation."""
    names = {name.lower() for name, _ in trial.case.second_visitor.headers}
    return not names.isdisjoint(_CONDITIONS)


def _of_stored(trial: Trial, cookies: list[str], answers: dict[str, Answer] | None = None) -> str:
    """The outcome where B holds a stored body and these cookies."""
    if not trial.case.sets_cookie:
        return "reused"
    if not cookies:
        return "stripped"
    answers = answers or {}
    fresh = any(a.phase == SECOND and a.is_validation for a in trial.answers)
    for value in cookies:
        owners = [answers[number] for number in ID.findall(value) if number in answers]
        if any(owner.phase != SECOND for owner in owners) or (not owners and not fresh):
            return "swap"
    return "fresh"
