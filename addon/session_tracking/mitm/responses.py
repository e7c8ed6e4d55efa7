"""What becomes of a response: judged as it came, told, and given the cookie."""

import time
from functools import partial
from typing import cast

from mitmproxy.http import HTTPFlow, Response

from session_tracking.caching.profiles.simulate import sets_cookie
from session_tracking.config.sites import Configuration
from session_tracking.engine import Again, Circumstances, Known as KnownExchange, Outcome
from session_tracking.http.edit import Undo
from session_tracking.http.exchange import Exchange
from session_tracking.mitm import convert, marks
from session_tracking.mitm.core import Pending
from session_tracking.mitm.numbers import Numbers
from session_tracking.mitm.places import Places
from session_tracking.mitm.repeats import Like, Repeats
from session_tracking.mitm.reporting import Reporting
from session_tracking.records.recorded import METADATA
from session_tracking.records.settings import RecordedSite, has_own_cookie
from session_tracking.reports.run import RECORDING_EDITED
from session_tracking.swaps.clients import Sender
from session_tracking.swaps.events import SwapEvent
from session_tracking.tracking.policy import Decision

__all__ = ["Responses"]


class Responses(Reporting):
    """Has responses judged, and carries out what comes of it."""

    def __init__(self) -> None:
        super().__init__()
        self._repeats: Repeats = Repeats()
        self._numbers: Numbers = Numbers()
        self._places: Places = Places()

    def _number(self, flow: HTTPFlow, response: Response, current: Configuration) -> int:
        """What the exchange is to the shadow; 0 for one that is not of now, or is our own."""
        if not flow.live or flow.is_replay or METADATA in flow.metadata:
            return 0
        reading = self.engine.imagining.foresight.reading
        return self._numbers.of(flow, response, current, reading)

    def _alike(
        self, flow: HTTPFlow, response: Response, pending: Pending | None, number: int
    ) -> bool:
        """Whether an exchange that sets no cookie was like one before, and all is done."""
        now = response.data.timestamp_start or time.time()
        if pending is None and self.engine.imagining.pass_on(number, now):
            if self._recording.watching:
                self._recording.answered(flow.id)
                self._recording.judged(flow.id, Outcome())
            return True
        whole = partial(convert.exchange_of, flow, response, now)

        def sender() -> Sender:
            return Sender.of(convert.request_facts(flow), convert.client_of(flow))

        decision = pending and pending[1]
        done = self.engine.on_alike(number, decision, now, sender=sender, whole=whole)
        if done is None:
            return False
        settings, outcome = cast("RecordedSite", done[0]), done[1]
        self._note(outcome)
        if settings.recorded:
            self._recording.answered(flow.id)
            self._recording.judged(flow.id, outcome)
        if outcome.findings:
            self._report(flow, outcome.findings, whole)
        return True

    def _respond(
        self,
        flow: HTTPFlow,
        response: Response,
        pending: Pending | None,
        noticed: tuple[SwapEvent, ...],
        number: int,
    ) -> None:
        like = None
        if flow.live and not noticed and not flow.is_replay and METADATA not in flow.metadata:
            like = self._repeats.like(flow, response, issues=pending is not None)
            known = self._repeats.known(like, self._current())
            if like and known and (pending is None or pending[0] is known[0]):
                decision = pending and pending[1]
                self._respond_again(flow, response, decision, like.again, *known, number=number)
                return
        undo = marks.undo_of(flow) if flow.metadata else None
        seen = Circumstances(
            https=flow.client_conn.tls,
            live=flow.live,
            watch=not flow.is_replay,
            noticed=noticed,
            edited=undo.reason if undo is not None else "",
            simulated=bool(flow.metadata) and marks.simulated(flow),
            number=number,
        )
        exchange = convert.exchange_of(flow, response, time.time(), undo)
        settings, outcome = self._look_at_whole(flow, exchange, pending, seen, like)
        self._carry_out(flow, response, settings, outcome, undo)

    def _respond_again(
        self,
        flow: HTTPFlow,
        response: Response,
        decision: Decision | None,
        again: Again,
        settings: RecordedSite,
        known: KnownExchange,
        *,
        number: int,
    ) -> None:
        """Answer to a response that is like an earlier one."""
        if settings.recorded:
            self._recording.answered(flow.id)
        if again.set_cookies:
            self.run.cookies_set += 1
        outcome = self.engine.on_repeat(
            known,
            again,
            decision,
            whole=partial(convert.exchange_of, flow, response, again.time),
            https=flow.client_conn.tls,
            number=number,
        )
        self._carry_out(flow, response, settings, outcome, None)

    def _carry_out(
        self,
        flow: HTTPFlow,
        response: Response,
        settings: RecordedSite,
        outcome: Outcome,
        undo: Undo | None,
    ) -> None:
        """Edit and tell; `undo` gives the response as it came, before this."""
        if outcome.events or outcome.decision is not None or outcome.cut:
            self._note(outcome)
        if settings.recorded:
            self._recording.judged(flow.id, outcome)
        if outcome.edit is not None:
            undo = convert.apply(outcome.edit, response)
            marks.remember(flow, undo)
            if settings.recorded:
                self._recording.edited(flow.id, undo, response)
        if outcome.findings:
            whole = partial(convert.exchange_of, flow, response, time.time(), undo)
            self._report(flow, outcome.findings, whole)

    def _look_at_whole(
        self,
        flow: HTTPFlow,
        exchange: Exchange,
        pending: Pending | None,
        seen: Circumstances,
        like: Like | None,
    ) -> tuple[RecordedSite, Outcome]:
        """Have an exchange judged that is like none before, and keep what was made of it."""
        settings, decision = pending or self._situation(flow)
        if settings.recorded:
            self._recording.answered(flow.id)
        if not seen.simulated:
            self._book(flow, exchange, settings, recorded=bool(seen.edited))
        outcome = self.engine.on_response(settings, exchange, decision, seen)
        if like is not None:
            self._repeats.keep(like, settings, self.engine.learn(settings, exchange, outcome))
        return settings, outcome

    def _book(
        self, flow: HTTPFlow, exchange: Exchange, settings: RecordedSite, *, recorded: bool
    ) -> None:
        """Count what was seen, and what could not be judged."""
        if not sets_cookie(exchange.response):
            return
        self.run.cookies_set += 1
        if not settings.audit.enabled:
            self.run.pass_over(self._places.of(flow.request))
        if flow.live or flow.is_replay or recorded:
            return
        if has_own_cookie(settings, exchange.response):
            self.run.incomplete[RECORDING_EDITED] = None
