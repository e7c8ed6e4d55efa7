"""The addon: hooks that hand facts to the engine and carry out what it answers."""

import logging
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import NoReturn, cast

from mitmproxy import command, ctx, exceptions, flow
from mitmproxy.addonmanager import Loader
from mitmproxy.http import HTTPFlow, Response
from mitmproxy.log import ALERT
from mitmproxy.proxy.mode_specs import ReverseMode

from session_tracking.audit.findings import Finding
from session_tracking.caching.profiles.simulate import sets_cookie
from session_tracking.config.loading import CACHES
from session_tracking.config.sites import Configuration
from session_tracking.engine import Again, Circumstances, Engine, Known as KnownExchange, Outcome
from session_tracking.errors import ConfigErrors, fault
from session_tracking.http.edit import Undo
from session_tracking.http.exchange import Exchange
from session_tracking.mitm import commands, convert, fleet, marks, options
from session_tracking.mitm.configuration import LiveConfiguration
from session_tracking.mitm.ending import finish
from session_tracking.mitm.exit_gate import ExitGate
from session_tracking.mitm.finishing import Finishing
from session_tracking.mitm.hooks import Hooks
from session_tracking.mitm.notices import start_notices
from session_tracking.mitm.numbers import Numbers
from session_tracking.mitm.places import Places
from session_tracking.mitm.probing import Probing
from session_tracking.mitm.reading import Reading
from session_tracking.mitm.recording import Recording, RecordingError
from session_tracking.mitm.redirects import Redirects
from session_tracking.mitm.repeats import Like, Repeats
from session_tracking.mitm.serving import Serving
from session_tracking.mitm.visits import Visit, Visits
from session_tracking.mitm.watchdog import Watchdog
from session_tracking.records.metrics import MetricsError
from session_tracking.records.recorded import METADATA
from session_tracking.records.settings import RecordedSite, has_own_cookie
from session_tracking.reports.judging import Terms, today
from session_tracking.reports.known import Known
from session_tracking.reports.run import (
    RECORDING_EDITED,
    RESPONSE_CUT,
    ExitStatus,
    Run,
    Tally,
)
from session_tracking.reports.text import finding_lines
from session_tracking.swaps.clients import Sender
from session_tracking.swaps.events import SwapEvent
from session_tracking.swaps.redis_ledger import FleetError
from session_tracking.tracking.policy import Decision

logger: logging.Logger = logging.getLogger(__name__)

MAX_PENDING = 20_000
"""Requests that may wait for their response; the oldest loses its cookie, not its traffic."""


type _Pending = tuple[RecordedSite, Decision]
"""What was decided for a request, and under which settings."""


def _same(exchange: Exchange) -> Exchange:
    return exchange


_OF_CONFIGURATION = {CACHES, options.CONFIG, options.ENABLED}
"""Options whose change needs the configuration to be read again."""


def _put[T](waiting: dict[str, T], flow_id: str, what: T) -> None:
    waiting[flow_id] = what
    if len(waiting) > MAX_PENDING:
        del waiting[next(iter(waiting))]


class SessionTracker:
    """Issues the tracking cookie and audits every response that sets one."""

    def __init__(self) -> None:
        self.engine: Engine = Engine(time.time())
        self.tally: Tally = Tally()
        self.run: Run = Run("live", time.time())
        self._options: options.Options | None = None
        self._configuration: LiveConfiguration | None = None
        self._gate: ExitGate | None = None
        self._pending: dict[str, _Pending] = {}
        self._visits: Visits = Visits()
        self._repeats: Repeats = Repeats()
        self._numbers: Numbers = Numbers()
        self._places: Places = Places()
        self._noticed: dict[str, tuple[SwapEvent, ...]] = {}
        self._probing: Probing = Probing()
        self._reading: Reading = Reading(lambda: self.run)
        self._watchdog: Watchdog = Watchdog(lambda: self.engine, self._report_late)
        self._spent: dict[str, float] = {}
        hooks = Hooks(self)
        self._recording: Recording = Recording(hooks)
        self._redirects: Redirects = Redirects(hooks, lambda: self.run, self._failed)
        self._finishing: Finishing = Finishing(hooks, self._finishes)
        self._serving: Serving = Serving(lambda: self.engine, self._situation, self._failed)

    # ------------------------------------------------------------------------- life cycle

    def load(self, loader: Loader) -> None:
        """Declare the options."""
        try:
            options.declare(loader)
        except options.OptionProblem as problem:
            self._refuse(problem, ExitStatus.USAGE)

    def configure(self, updated: set[str]) -> None:
        """Take over changed options; at the start a wrong one ends the process."""
        if not any(name in updated for name, *_ in options.OPTIONS):
            return
        try:
            read = options.read()
            if self._configuration is None or updated & _OF_CONFIGURATION:
                self._use(LiveConfiguration(read.config, read.enabled, read.caches))
        except options.OptionProblem as problem:
            self._refuse(problem, ExitStatus.USAGE)
        except (ConfigErrors, FleetError, MetricsError, RecordingError) as errors:
            self._refuse(errors, ExitStatus.CONFIGURATION)
        else:
            self._options = read
            self._redirects.follow(read.redirects)

    def _use(self, configuration: LiveConfiguration) -> None:
        self._recording.check(configuration.current.log_files, configuration.current.trace_root)
        self._watchdog.serve(configuration.current)
        if ctx.master.addons.get(ExitGate.name) is None and not ctx.options.rfile:
            fleet.join(self.engine, configuration.current)
        if self._configuration is not None:
            self._configuration.stop()
            configuration.watch()
        self._configuration = configuration
        self._size_ledger(configuration)
        configuration.answer_lazily()
        if self._gate is not None:
            self._serve()

    def _size_ledger(self, configuration: LiveConfiguration) -> None:
        ledger = configuration.current.root.ledger
        self.engine.detector.resize(ledger.values, ledger.hours * 3600)

    def _refuse(self, problem: Exception, status: ExitStatus) -> NoReturn:
        """End a start; refuse a change at run time, where ending would cut the user's traffic."""
        if ctx.master.addons.get(ExitGate.name) is None:
            sys.stderr.write(f"session-tracker: nothing was started.\n{problem}\n")
            sys.exit(status)
        raise exceptions.OptionsError(f"session-tracker: {problem}")

    def running(self) -> None:
        """Join what an earlier instance left, say what this position cannot see, start watching."""
        gate = ctx.master.addons.get(ExitGate.name)
        if gate is None:
            gate = ExitGate()
            # Known to mitmproxy, but not in its chain: there it would cost each event of each flow.
            ctx.master.addons.register(gate)
        else:
            self.run, self.tally, self.engine, configuration, read = gate.kept
            if self._configuration is None:
                # A reload met a wrong configuration: the last good one stays.
                self._configuration, self._options = configuration, read
        assert self._configuration is not None  # noqa: S101 - else the start had ended
        self._gate = gate
        gate.kept = (self.run, self.tally, self.engine, self._configuration, self._options)
        self._size_ledger(self._configuration)
        if ctx.options.rfile:
            self.run.source = ctx.options.rfile
        self._reading.start()
        for line in start_notices(self._configuration):
            logger.log(ALERT, "session-tracker: %s", line)
        self._configuration.watch()
        self._watchdog.start(self._current)
        self._serve()

    def _serve(self) -> None:
        """Have the simulated cache follow the configuration, now and after each reload."""
        assert self._configuration is not None  # noqa: S101 - configure() came before
        self._configuration.followed_by = lambda current: self._serving.follow(current, self)
        self._serving.follow(self._configuration.current, self)

    def done(self) -> None:
        """Print the summary and write the reports if mitmproxy ends; else a reload goes on."""
        if self._gate is None or self._configuration is None or self._options is None:
            return
        self._configuration.stop()
        self._watchdog.stop()
        self._recording.stop()
        self._probing.stop()
        if not self._reading.stop() and not ctx.master.should_exit.is_set():
            self._serving.stop()
            return
        if (courier := self.engine.courier) is not None:
            fleet.leave(self.engine, courier, time.time())
            self._report_late()
            self.run.fleet = courier.books
            self.run.fleet_problem = courier.problem
        self.run.tracker = self.engine.counts()
        self.run.swaps.watched = self.engine.detector.watched
        self.run.swaps.tells_apart = self.engine.detector.tells_apart
        self._gate.status = finish(self.run, self.tally, self._terms(), self._options.reports)
        ctx.master.addons.chain.append(self._gate)

    # ------------------------------------------------------------------------- exchanges

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
            if chosen is not None and chosen.reports:
                places = self._places
                place = places.numbered(number, request) if number else places.of(request)
                self.run.routes.count(place)
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

    def _number(self, flow: HTTPFlow, response: Response, current: Configuration) -> int:
        """What the exchange is to the shadow; 0 for one that is not of now, or is our own."""
        if not flow.live or flow.is_replay or METADATA in flow.metadata:
            return 0
        reading = self.engine.imagining.foresight.reading
        return self._numbers.of(flow, response, current, reading)

    def _alike(
        self, flow: HTTPFlow, response: Response, pending: _Pending | None, number: int
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
        pending: _Pending | None,
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

    def _note(self, outcome: Outcome) -> None:
        if outcome.cut:
            self.run.incomplete[RESPONSE_CUT] = None
        self.run.swaps.add(outcome.events)
        if outcome.decision is not None and outcome.decision.notice:
            logger.log(ALERT, "session-tracker: %s", outcome.decision.notice)

    def _look_at_whole(
        self,
        flow: HTTPFlow,
        exchange: Exchange,
        pending: _Pending | None,
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

    def _report(
        self, flow: HTTPFlow, findings: tuple[Finding, ...], whole: Callable[[], Exchange]
    ) -> None:
        if told := self._tell(whole, findings):
            # The same object for all findings that are equal: what is to be said is known then.
            marks.mark(flow, findings if len(told) == len(findings) else tuple(told))

    def _report_late(self) -> None:
        """Tell what the fleet's ledger has answered since."""
        try:
            for exchange, event, findings in self.engine.late():
                self.run.swaps.add((event,))
                self._tell(partial(_same, exchange), findings)
        except Exception as error:  # noqa: BLE001 - a fault of ours must not end the watch
            self._fault("an answer of the fleet's ledger was not looked at", error)

    def _tell(self, whole: Callable[[], Exchange], findings: Sequence[Finding]) -> list[Finding]:
        """Count findings and log the new ones; those that the user is to be told of."""
        # Nothing is known or suppressed as a rule, and then nothing has to be measured by it.
        chosen, current = self._options, self._current()
        silent = bool(current.suppressions or (chosen and chosen.baseline))
        terms = self._terms() if silent else None
        told = []
        for finding in findings:
            counted = None
            if not self.tally.repeat(finding):
                exchange = whole()
                counted = self.tally.add(finding, exchange)
                if counted is not None:
                    counted.finding = self.engine.with_caches(finding, exchange)
            # What is known or suppressed stands in the reports; nobody is told of it every time.
            if terms is not None and terms.silences(Known.of_finding(finding)):
                continue
            told.append(finding)
            if counted is not None:
                logger.warning("%s", "\n".join(finding_lines(counted.finding)))
        return told

    def _terms(self) -> Terms:
        chosen, current = self._options, self._current()
        assert chosen is not None  # noqa: S101 - configure() came before any flow
        return Terms(
            chosen.fail_on, today(), current.suppressions, chosen.baseline, current.rules_off
        )

    def error(self, flow: HTTPFlow) -> None:
        """Forget a request whose response never came."""
        self._spent.pop(flow.id, None)
        self._pending.pop(flow.id, None)
        self.run.swaps.add(self._noticed.pop(flow.id, ()))
        self._recording.error(flow)

    def _current(self) -> Configuration:
        assert self._configuration is not None  # noqa: S101 - configure() came before any flow
        return self._configuration.current

    def _settings(self, flow: HTTPFlow) -> RecordedSite:
        request = flow.request
        return self._current().for_url(convert.authority_of(request), request.path)

    def _situation(self, flow: HTTPFlow) -> tuple[RecordedSite, Decision | None]:
        """The settings for a flow, and the decision that waits for its response."""
        return self._pending.get(flow.id) or (self._settings(flow), None)

    def _failed(self, flow: HTTPFlow, error: Exception) -> None:
        """Count and tell a fault of ours; the exchange goes on unchanged, the run is incomplete.

        The error's own message stays out of the log: it may quote what the traffic brought.
        """
        with suppress(Exception):  # what failed may be the very way to the site's settings
            self.engine.failed(self._settings(flow))
        self._fault(f"exchange {flow.id} was not audited and passed unchanged", error)

    def _fault(self, what: str, error: Exception) -> None:
        self.run.failures += 1
        # Not at ERROR: mitmproxy would take an error while a file is read for one of its own.
        logger.log(ALERT, "session-tracker: %s: %s", what, fault(error))

    # -------------------------------------------------------------------------- commands

    @command.command("sessions.findings")  # type: ignore[untyped-decorator] # mitmproxy has no types here
    def findings(self) -> Sequence[str]:
        """The findings so far, gravest first, equal ones counted."""
        return commands.findings(self.run, self.tally)

    @command.command("sessions.explain")  # type: ignore[untyped-decorator] # mitmproxy has no types here
    def explain(self, flows: Sequence[flow.Flow]) -> Sequence[str]:
        """Why the responses of these flows are safe or not, with the sections of the standards."""
        return [
            line
            for each in flows
            for line in commands.explain(each, lambda of: self._settings(of).audit.caches)
        ]

    @command.command("sessions.probe")  # type: ignore[untyped-decorator] # mitmproxy has no types here
    def probe(self, flows: Sequence[flow.Flow], bare_url: bool = False) -> Sequence[str]:  # noqa: FBT001, FBT002 - mitmproxy has no keywords
        """Ask upstream for these URLs as two visitors, and see who is handed whose cookie.

        With `true` also without a query of our own, where it takes that: real visitors may then be
        given what the probe stored.
        """
        return self._probing.start(flows, self._settings, bare=bare_url)

    @command.command("sessions.counters")  # type: ignore[untyped-decorator] # mitmproxy has no types here
    def counters(self, form: str = "text") -> Sequence[str]:
        """What is counted by site: as text, json, or summed up over the proxies of the fleet."""
        try:
            return commands.counters(self.engine, form, time.time())
        except ValueError as problem:
            raise exceptions.CommandError(str(problem)) from None

    @command.command("sessions.reset")  # type: ignore[untyped-decorator] # mitmproxy has no types here
    def reset(self) -> Sequence[str]:
        """Begin a new epoch: the shadow cache is emptied, and every counter is 0."""
        self.engine.reset(time.time())
        line = f"counters begin at 0: epoch {self.engine.counters.epoch.id}"
        logger.log(ALERT, "session-tracker: %s", line)
        return [line]

    @command.command("sessions.reload")  # type: ignore[untyped-decorator] # mitmproxy has no types here
    def reload(self) -> Sequence[str]:
        """Read the configuration files again."""
        assert self._configuration is not None  # noqa: S101 - the addon runs
        try:
            return [self._configuration.reload()]
        except ConfigErrors as errors:
            raise exceptions.CommandError(f"refused, the last good one stays:\n{errors}") from None
