"""What a verdict is asked about, wherever it was read from."""

from collections.abc import Sequence
from dataclasses import dataclass

from session_tracking.caching.outcomes import outcomes_of_each, reference_run
from session_tracking.caching.profiles.model import CacheProfile
from session_tracking.caching.safety import CacheSafety, assess
from session_tracking.http.exchange import Exchange, RequestFacts, ResponseFacts

__all__ = ["Question", "QuestionId", "Unreadable", "content_length", "judge_each"]

type QuestionId = str | int | float | None
"""What the answer is told apart by: given by whoever asks, or the number of the exchange."""

_BODILESS = frozenset({204, 304})


@dataclass(slots=True)  # not frozen, which would cost a microsecond; nobody changes it
class Question:
    """One exchange to be judged, and what follows it."""

    id: QuestionId
    exchange: Exchange
    next_request: RequestFacts | None = None
    """The next visitor's; None for the same request without Cookie and Authorization."""
    validation_response: ResponseFacts | None = None
    """What the origin answers to a conditional request; None: never 304."""
    after: float = 0.0
    """Seconds after which the next visitor asks."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """What stands in the place of a question and is none."""

    number: int
    """1-based number of the line, entry or flow."""
    id: QuestionId
    problem: str
    """What is wrong, as the end of a sentence about it; safe to be shown."""


def judge_each(questions: Sequence[Question], caches: Sequence[CacheProfile]) -> list[CacheSafety]:
    """The verdicts, with what each of these caches hands to the next visitor.

    It is `judge` for many at once, which is a third faster.
    """
    runs = [
        reference_run(asked.exchange, asked.next_request, asked.validation_response, asked.after)
        for asked in questions
    ]
    found = outcomes_of_each(caches, runs)
    return [assess(asked.exchange, of_run) for asked, of_run in zip(questions, found, strict=True)]


def content_length(method: str, status: int, said: int | None) -> int | None:
    """Octets of content where nobody counted them: `said` is Content-Length (RFC 9110 §8.6).

    None if it is not known.
    """
    if method == "HEAD" or status < 200 or status in _BODILESS:
        return 0
    return said
