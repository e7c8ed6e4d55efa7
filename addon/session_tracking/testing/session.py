"""What a test session found: kept for the summary, and passed on by the workers of pytest-xdist."""

import io
import pickle
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

from session_tracking.audit.catalogue import RULES
from session_tracking.audit.findings import Finding, Rule
from session_tracking.caching.profiles.simulate import sets_cookie
from session_tracking.errors import ConfigErrors
from session_tracking.http.exchange import Exchange
from session_tracking.reports.document import Document, document_of
from session_tracking.reports.judging import judge
from session_tracking.reports.run import RESPONSE_CUT, ExitStatus, FailOn, Run, Tally
from session_tracking.reports.text import summary
from session_tracking.testing.checking import Checker, is_cut
from session_tracking.testing.clients import recorded_clients
from session_tracking.testing.responses import exchange_of

__all__ = ["Record", "SafetyOfCaches", "State", "WrongOption"]


class WrongOption(Exception):
    """An option of the plugin is wrong; the message says which and why."""


@dataclass(slots=True)
class State:
    """What is counted; small enough to be passed from process to process."""

    run: Run
    tally: Tally = field(default_factory=Tally)
    places: dict[str, str] = field(default_factory=dict)
    """Fingerprint of a finding → the test in which it was first seen."""
    recording: bool = False
    """Whether every response of the clients is judged."""


class _Pickler(pickle.Pickler):
    """Rules hold functions, which do not travel; the other process has the same rules."""

    def reducer_override(self, obj: object) -> Any:  # noqa: ANN401 - as the base class has it
        return (_rule, (obj.id,)) if isinstance(obj, Rule) else NotImplemented


def _rule(identity: str) -> Rule:
    return RULES[identity]


class Record:
    """The findings of one session, and the threshold from which they fail it."""

    def __init__(
        self,
        caches: Sequence[str],
        config: Path | None,
        fail_on: str,
        current_test: Callable[[], str],
    ) -> None:
        """Raises WrongOption for an unknown cache or a wrong configuration."""
        try:
            self.checker: Checker = Checker(caches, config)
        except ValueError as problem:
            raise WrongOption(f"--session-tracker-caches: {problem}") from None
        except ConfigErrors as problem:
            raise WrongOption(f"--session-tracker-config: {problem}") from None
        self.fail_on: FailOn = FailOn(fail_on)
        self.state: State = State(Run("tests", time.time()))
        self._current_test = current_test
        self._seen: WeakKeyDictionary[object, bool] = WeakKeyDictionary()
        """Response that was counted → whether it was judged, too."""

    def fixture(self) -> "SafetyOfCaches":
        """What a test gets."""
        return SafetyOfCaches(self)

    def recording(self) -> AbstractContextManager[None]:
        """Judge all that the clients of httpx and requests get, until the end of the context."""
        self.state.recording = True
        return recorded_clients(self._overhear)

    def _overhear(self, response: object) -> None:
        try:
            exchange = exchange_of(response)
            if self.checker.covers(exchange):
                self.note(response, exchange)
            else:
                self._count(response, exchange, judged=False)
        except Exception:  # noqa: BLE001 - a fault of ours must not fail the user's request
            self.state.run.failures += 1

    def note(self, response: object, exchange: Exchange) -> tuple[Finding, ...]:
        """Judge an exchange, and count it unless the same response was judged before."""
        found = self.checker.judge(exchange)
        if self._count(response, exchange, judged=True):
            for finding in found:
                self.state.tally.add(finding)
                self.state.places.setdefault(finding.fingerprint, self._current_test())
            if is_cut(exchange):
                self.state.run.incomplete[RESPONSE_CUT] = None
        return found

    def _count(self, response: object, exchange: Exchange, *, judged: bool) -> bool:
        """Count a response, each once; whether it was not judged before, and is now."""
        run, before = self.state.run, self._seen.get(response)
        self._seen[response] = judged or bool(before)
        sets_one = sets_cookie(exchange.response)
        if before is None:
            run.exchanges += 1
            run.cookies_set += sets_one
            run.unjudged += sets_one and not judged
        elif judged and not before:
            run.unjudged -= sets_one
        return judged and not before

    def packed(self) -> bytes:
        """What was counted, for another process of ours."""
        stream = io.BytesIO()
        _Pickler(stream).dump(self.state)
        return stream.getvalue()

    def take_over(self, packed: bytes) -> None:
        """Add what another process of ours packed."""
        other: State = pickle.loads(packed)  # noqa: S301 - never from anybody else
        state = self.state
        state.recording |= other.recording
        state.run.exchanges += other.run.exchanges
        state.run.cookies_set += other.run.cookies_set
        state.run.failures += other.run.failures
        state.run.unjudged += other.run.unjudged
        state.run.incomplete |= other.run.incomplete
        for counted in other.tally:
            for _ in range(counted.count):
                state.tally.add(counted.finding)
        state.places = {**other.places, **state.places}

    @property
    def fails(self) -> bool:
        """Whether what was recorded is to fail the session, its tests apart."""
        if not self.state.recording or self.fail_on is FailOn.NEVER:
            return False
        return self._judged().run.exit_status is not ExitStatus.CLEAN

    def _judged(self) -> Document:
        return judge(
            document_of(self.state.run, self.state.tally), self.checker.terms(self.fail_on)
        )

    def summary(self) -> Iterator[str]:
        """The end of the session in words."""
        yield from summary(self._judged())
        for counted in self.state.tally:
            finding = counted.finding
            if place := self.state.places.get(finding.fingerprint):
                yield f'  {finding.rule.id} "{finding.cookie_name}" was first seen in {place}'


class SafetyOfCaches:
    """The fixture `cache_safety`."""

    def __init__(self, record: Record) -> None:
        self._record = record

    def check(self, response: object, *, fail_on: FailOn | str = "") -> tuple[Finding, ...]:
        """The findings of a response, counted for the summary.

        `response` is one of httpx, requests, Flask, Django, Starlette or aiohttp. Raises
        AssertionError if a finding is as grave as `fail_on`, or as `--session-tracker-fail-on`
        where it is empty; TypeError for what is no response.
        """
        __tracebackhide__ = True
        exchange = exchange_of(response)
        found = self._record.note(response, exchange)
        threshold = FailOn(fail_on) if fail_on else self._record.fail_on
        self._record.checker.demand(exchange, found, threshold)
        return found
