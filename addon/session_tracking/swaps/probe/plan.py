"""Which step of a probe comes next; sans-I/O: whoever drives it sends the requests."""

import secrets
from collections.abc import Callable, Sequence

from session_tracking.swaps.probe.facts import Answer, Ask, Kind, Step, Target, Visitor
from session_tracking.swaps.probe.reading import ProbeSettings, Reading, Separation
from session_tracking.swaps.probe.verdict import ProbeVerdict, judge, limits_of

__all__ = ["MAX_REQUESTS", "Probe"]

A, B = Visitor

STEPS = {
    step.kind: step
    for step in (
        Step(Kind.CONTROL, (Ask(A, 1), Ask(B, 2))),
        Step(Kind.SEQUENCE, (Ask(A, 3), Ask(B, 3), Ask(A, 3), Ask(B, 3), Ask(B, 3, "HEAD"))),
        Step(Kind.AT_ONCE, (Ask(A, 4), Ask(B, 4))),
        Step(Kind.OVERLAPPING, (Ask(A, 5), Ask(B, 5))),
        Step(Kind.REPEAT, (Ask(A, 6), Ask(B, 7), Ask(A, 8), Ask(B, 9))),
        Step(Kind.BARE, (Ask(A), Ask(B), Ask(A), Ask(B), Ask(B, 0, "HEAD"))),
        Step(Kind.PAST, tuple(Ask(visitor, past_cache=True) for visitor in (A, B, A))),
    )
}
"""Every step; a number stands for one query of our own, 0 for none."""

MAX_REQUESTS: int = sum(len(step.asks) for step in STEPS.values() if step.kind is not Kind.PAST)
"""Requests that a probe of one URL sends at most: past the cache it asks where the other steps,
but two, do not come."""


class Probe:
    """One URL being asked: `next`, `take`, and so on until there is no next; then `verdict`."""

    def __init__(
        self,
        target: Target,
        settings: ProbeSettings | None = None,
        token: Callable[[], str] = lambda: secrets.token_hex(8),
    ) -> None:
        self.target: Target = target
        self.settings: ProbeSettings = settings or ProbeSettings()
        self._token = token()
        self._answers: list[Answer] = []
        self._taken: set[Kind] = set()

    def url(self, ask: Ask) -> str:
        """The URL of a request; each query of our own is used by this probe alone."""
        if not ask.query:
            return self.target.url
        return self.target.with_query(f"{self._token}{ask.query}")

    def next(self) -> Step | None:
        """What is to be asked now; None at the end."""
        kind = self._next_kind()
        return None if kind is None else STEPS[kind]

    def take(self, answers: Sequence[Answer]) -> None:
        """What came back for the step that `next` gave, in the order of its requests."""
        self._taken.add(answers[0].kind)
        self._answers.extend(answers)

    def verdict(self) -> ProbeVerdict:
        """The answer, from what was taken so far."""
        finished = self.next() is None
        return judge(self.target, self._answers, self.settings, finished=finished)

    def _next_kind(self) -> Kind | None:
        if not self._taken:
            return Kind.CONTROL
        reading = Reading(self._answers, self.settings)
        if reading.problems:
            return None  # whoever does not answer is left alone
        bare = self.settings.bare
        if reading.separation is Separation.OWN:
            return self._of_queries(reading)
        if reading.separation is not Separation.UNCLEAR or not bare:
            return None
        if Kind.BARE not in self._taken:
            return Kind.BARE
        given_twice = reading.handed(Kind.BARE, proven=False)
        return Kind.PAST if given_twice and Kind.PAST not in self._taken else None

    def _of_queries(self, reading: Reading) -> Kind | None:
        """The next step where queries are kept apart."""
        if reading.handed(*STEPS):
            # A handful of values for all visitors would look like it, too.
            return None if Kind.REPEAT in self._taken else Kind.REPEAT
        for kind in (Kind.SEQUENCE, Kind.AT_ONCE, Kind.OVERLAPPING):
            if kind not in self._taken:
                return kind
        if self.settings.bare and Kind.BARE not in self._taken:
            return Kind.BARE if any(limits_of(self.target, reading, self.settings)) else None
        return None
