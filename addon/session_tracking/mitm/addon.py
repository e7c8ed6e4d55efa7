"""The addon: hooks that hand facts to the engine and carry out what it answers."""

import time

from mitmproxy.http import HTTPFlow
from mitmproxy.proxy.mode_specs import ReverseMode

from session_tracking.mitm import convert, marks
from session_tracking.mitm.command_set import CommandSet
from session_tracking.mitm.finishing import Finishing
from session_tracking.mitm.responses import Responses
from session_tracking.mitm.visits import Visit, Visits
from session_tracking.records.recorded import METADATA
from session_tracking.records.settings import RecordedSite
from session_tracking.swaps.events import SwapEvent
from session_tracking.tracking.policy import Decision

__all__ = ["MAX_PENDING", "SessionTracker"]

MAX_PENDING = 20_000
"""Requests that may wait for their response; the oldest loses its cookie, not its traffic."""


def _put[T](waiting: dict[str, T], flow_id: str, what: T) -> None:
    waiting[flow_id] = what
    if len(waiting) > MAX_PENDING:
        del waiting[next(iter(waiting))]


class SessionTracker(CommandSet, Responses):
    """Issues the tracking cookie and audits every response that sets one."""

    def __init__(self) -> None:
        super().__init__()
        self._visits: Visits = Visits()
        self._noticed: dict[str, tuple[SwapEvent, ...]] = {}
        self._spent: dict[str, float] = {}
        self._finishing: Finishing = Finishing(self._hooks, self._finishes)

    def requestheaders(self, flow: HTTPFlow) -> None:
        """Decide whether this visitor is new."""
        timed = self._watchdog.metrics is not None
        begun = time.perf_counter() if timed else 0.0
        if METADATA in flow.metadata:
            marks.unmark(flow)
        if flow.is_replay:
            return
        try:
            configuration = self._configuration  # asked here: one call less for each exchange
            assert configuration is not None  # noqa: S101 - configure() came before any flow
            visit = self._visits.repeated(flow, configuration.current)
            if visit is None:
                self._look_closely(flow)
            else:
                self._again(flow, visit)
        except Exception as error:  # noqa: BLE001 - a fault of ours must not touch the traffic
            self._failed(flow, error)
        if timed:
            _put(self._spent, flow.id, time.perf_counter() - begun)

    def _look_closely(self, flow: HTTPFlow) -> None:
        """Look at the sessions that a client sends, unless they are known, and decide."""
        number = self._visits.number(flow)
        if (again := self._visits.decided.get(number)) is not None:
            self._visits.again(again)
            self._again(flow, again)
            return
        settings = self._settings(flow)
        if settings.recorded and flow.live:
            self._recording.watch(flow, settings)
        known = number in self._visits.decided
        if number and not known and settings.swaps.enabled:
            self._watch(flow, settings)
        decided = None
        # Else a file is read, or another addon has answered already.
        if flow.live and flow.response is None:
            decided = self._decide(flow, settings)
        if number and not known:
            self._visits.keep(number, decided, settings)

    def _again(self, flow: HTTPFlow, visit: Visit) -> None:
        """What was decided for an equal request is so for this one."""
        decided, settings = visit
        self.engine.tracker.again(decided)
        if settings is not None:
            self._recording.watch(flow, settings, decided, self._visits.last)

    def _watch(self, flow: HTTPFlow, settings: RecordedSite) -> None:
        # A fleet's answers come late, and are told with all of the request.
        in_fleet = self.engine.courier is not None
        request = convert.request_facts(flow) if in_fleet else convert.brief_request(flow)
        events = self.engine.watch_request(
            settings, request, convert.client_of(flow), flow.request.timestamp_start
        )
        if events:
            _put(self._noticed, flow.id, events)

    def _decide(self, flow: HTTPFlow, settings: RecordedSite) -> Decision | None:
        """Decide; the decision, if few fields led to it."""
        request = flow.request
        allowed = settings.listed or isinstance(flow.client_conn.proxy_mode, ReverseMode)
        short = self.engine.pass_by(
            settings, request.method, request.headers.fields, allowed=allowed
        )
        decision = short or self.engine.on_request(
            settings,
            convert.request_facts(flow),
            convert.client_of(flow),
            allowed=allowed,
            now=request.timestamp_start,
        )
        if decision.cookie_lines is not None:
            convert.replace_cookie_lines(request, decision.cookie_lines)
        if settings.recorded:
            self._recording.decided(flow.id, decision)
        # An id that upstream does not get to see tells us all the same who asks.
        if decision.value is not None or decision.cookie_lines is not None:
            _put(self._pending, flow.id, (settings, decision))
        if decision.finish:
            self._finishing.start()
        return short

    def _finishes(self, flow_id: str) -> bool:
        """Whether a flow is to be answered in upstream's place."""
        pending = self._pending.get(flow_id)
        return pending is not None and pending[1].finish

    def responseheaders(self, flow: HTTPFlow) -> None:
        """Judge the response as it came, then add the cookie; a streamed one has no later hook."""
        metrics = self._watchdog.metrics
        begun = time.perf_counter() if metrics is not None else 0.0
        pending = self._pending.pop(flow.id, None) if self._pending else None
        noticed = self._noticed.pop(flow.id, ()) if self._noticed else ()
        response = flow.response
        # A HAR has status 0 where a browser blocked the request or got no answer.
        if response is None or not response.data.status_code:
            self.run.swaps.add(noticed)
            return
        self.run.exchanges += 1
        try:
            configuration = self._configuration
            assert configuration is not None  # noqa: S101 - configure() came before any flow
            current = configuration.current
            number = self._number(flow, response, current) if current.shadows else 0
            chosen, request = self._options, flow.request
            if chosen is not None and (chosen.reports or chosen.baseline):
                self.run.routes.count(self._places.of(request))
            if (
                (pending is not None and pending[1].value is not None)
                or noticed
                or convert.sets_cookie(response.data.headers)
                or (
                    # A response without a cookie is to be looked at, too.
                    (current.shadows or (current.shared_bodies and "cookie" in request.headers))
                    and not (number and self._alike(flow, response, pending, number))
                )
            ):
                self._respond(flow, response, pending, noticed, number)
        except Exception as error:  # noqa: BLE001 - a fault of ours must not touch the traffic
            self._failed(flow, error)
        if metrics is not None:
            metrics.exchange(time.perf_counter() - begun + self._spent.pop(flow.id, 0.0))

    def error(self, flow: HTTPFlow) -> None:
        """Forget a request whose response never came."""
        self._spent.pop(flow.id, None)
        self._pending.pop(flow.id, None)
        self.run.swaps.add(self._noticed.pop(flow.id, ()))
        self._recording.error(flow)
