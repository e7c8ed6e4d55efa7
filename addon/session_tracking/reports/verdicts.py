"""The answers of `session-tracker verdict`."""

import json
from collections.abc import Iterator
from functools import lru_cache

from session_tracking.audit.routes import shown_url
from session_tracking.caching.safety import CacheSafety
from session_tracking.escape import visible
from session_tracking.records.questions import Question, QuestionId, Unreadable
from session_tracking.reports.caches import outcome_line
from session_tracking.spec import Spec

__all__ = ["error_json", "error_text", "verdict_json", "verdict_text"]

_encode = json.JSONEncoder().encode
_quoted = json.encoder.encode_basestring_ascii


def verdict_json(identity: QuestionId, safety: CacheSafety) -> str:
    """One line of JSON, all of it ASCII.

    The level is null without Set-Cookie; the remedy is empty if nothing is wrong.
    """
    # Put together by hand: json sets up its encoder anew for each value that it is given.
    reasons = [
        f'{{"text": {_quoted(reason.text)}, "spec": {_spec(reason.spec)}}}'
        for reason in safety.reasons
    ]
    return (
        f'{{"id": {_quoted(identity) if isinstance(identity, str) else _encode(identity)}'
        f', "level": {"null" if safety.level is None else _quoted(safety.level)}'
        f', "reasons": [{", ".join(reasons)}]'
        f', "caches": {_encode(safety.caches)}'
        f', "remedy": {_quoted(safety.remedy)}}}'
    )


@lru_cache(maxsize=256)
def _spec(spec: Spec) -> str:
    return _quoted(str(spec))


def error_json(unreadable: Unreadable) -> str:
    """What stands in the place of an answer that cannot be given."""
    return _encode({"id": unreadable.id, "error": unreadable.problem})


def verdict_text(question: Question, safety: CacheSafety) -> str:
    """The same for people: a line with the level, and below it why, where, and what to do."""
    return "\n".join(_lines(question, safety))


def _lines(question: Question, safety: CacheSafety) -> Iterator[str]:
    request, response = question.exchange.request, question.exchange.response
    level = safety.level or "sets no cookie"
    asked = f"{visible(request.method, 20)} {shown_url(request)}"
    yield f"{_shown(question.id)}: {level}: {asked}, answered {response.status}"
    for reason in safety.reasons:
        yield f"  {reason.text} ({reason.spec})"
    if outcomes := outcome_line(safety.caches):
        yield f"  {outcomes}"
    if safety.remedy:
        yield f"  fix: {safety.remedy}"


def error_text(unreadable: Unreadable) -> str:
    """What stands in the place of an answer that cannot be given, for people."""
    place = unreadable.number if unreadable.id is None else unreadable.id
    return f"{_shown(place)}: error: {unreadable.problem}"


def _shown(identity: QuestionId) -> str:
    return "-" if identity is None else visible(str(identity), 100)
