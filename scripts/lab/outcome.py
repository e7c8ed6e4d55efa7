"""What the second visitor got, decided by whose cookie value and whose request id they hold."""

from __future__ import annotations

import re

from scripts.lab.cases import COOKIE_FIELDS, Lines
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
    cookies = tuple((name, value) for name in COOKIE_FIELDS for value in received.head.values(name))
    maker = maker_of(received, answers)
    if maker is None:
        if received.head.status != 304:
            return ERROR
        # A cache's own 304 to B's condition need not carry the stored response's other fields.
        asked = any(answer.phase == SECOND for answer in trial.answers)
        return "miss" if asked else of_stored(trial, cookies, answers)
    if maker.phase == SECOND and not (maker.is_validation and not asks_conditionally(trial)):
        foreign = any(answers[name].phase != SECOND for _, v in cookies for name in ids(v, answers))
        return "swap" if foreign else "miss"
    return of_stored(trial, cookies, answers)


def ids(text: str, answers: dict[str, Answer]) -> list[str]:
    """The ids of the origin's answers that `text` names."""
    return [name for name in ID.findall(text) if name in answers]


def maker_of(received: Received, answers: dict[str, Answer]) -> Answer | None:
    """The origin's answer that the body came from; where there is no body, the fields."""
    named = ids(received.body.decode("latin-1"), answers)
    for value in received.head.values(ID_FIELD.lower()):
        named += ids(value, answers)
    return answers[named[0]] if named else None


def asks_conditionally(trial: Trial) -> bool:
    """Whether B's own request is conditional, so that a 304 is an answer and not a validation."""
    names = {name.lower() for name, _ in trial.case.second_visitor.headers}
    return not names.isdisjoint(_CONDITIONS)


def of_stored(trial: Trial, cookies: Lines, answers: dict[str, Answer]) -> str:
    """The outcome where B holds a stored body and these Set-Cookie and Set-Cookie2 lines.

    A value that names no answer (a deletion cookie) is B's own where a 304 for B had that field.
    """
    if not trial.case.sets_cookie:
        return "reused"
    if not cookies:
        return "stripped"
    validated = any(a.phase == SECOND and a.is_validation for a in answers.values())
    renewed = trial.case.validation.headers if validated and trial.case.validation else ()
    own = {name.lower() for name, _ in renewed}
    for field, value in cookies:
        named = ids(value, answers)
        if any(answers[name].phase != SECOND for name in named):
            return "swap"
        if not named and field not in own:
            return "swap"
    return "fresh"
