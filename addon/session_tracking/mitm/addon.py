"""The addon: hooks that hand facts to the engine and carry out what it answers."""

import logging
import sys
import time
import traceback
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from mitmproxy import command, ctx, exceptions, flow
from mitmproxy.addonmanager import Loader
from mitmproxy.http import HTTPFlow, Response
from mitmproxy.log import ALERT
from mitmproxy.proxy.mode_specs import ReverseMode

from session_tracking.engine import Engine, Outcome, SiteSettings
from session_tracking.errors import ConfigErrors
from session_tracking.http.exchange import Exchange
from session_tracking.mitm import commands, convert, marks, options
from session_tracking.mitm.configuration import LiveConfiguration
from session_tracking.mitm.ending import finish
from session_tracking.mitm.exit_gate import ExitGate
from session_tracking.mitm.notices import start_notices
from session_tracking.reports.run import ExitStatus, Run, Tally
from session_tracking.reports.text import finding_line
from session_tracking.tracking.policy import Decision

logger: logging.Logger = logging.getLogger(__name__)

MAX_PENDING = 20_000
"""Requests that may wait for their response; the oldest loses its cookie, not its traffic."""


class SessionTracker:
    """Issues the tracking cookie and audits every response that sets one."""

    def __init__(self) -> None:
        self.engine: Engine = Engine()
        self.tally: Tally = Tally()
        self.run: Run = Run("live", time.time())
        self._options: options.Options | None = None
        self._configuration: LiveConfiguration | None = None
        self._gate: ExitGate | None = None
        self._pending: dict[str, tuple[SiteSettings, Decision]] = {}

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
            if self._configuration is None or updated & {options.CONFIG, options.ENABLED}:
                self._use(LiveConfiguration(read.config, read.enabled))
        except options.OptionProblem as problem:
            self._refuse(problem, ExitStatus.USAGE)
        except ConfigErrors as errors:
            self._refuse(errors, ExitStatus.CONFIGURATION)
        else:
            self._options = read

    def _use(self, configuration: LiveConfiguration) -> None:
        if self._configuration is not None:
            self._configuration.stop()
            configuration.watch()
        self._configuration = configuration

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
        elif gate.kept is not None:
            kept: tuple[Run, Tally, Engine] = gate.kept
            self.run, self.tally, self.engine = kept
        self._gate = gate
        gate.kept = (self.run, self.tally, self.engine)
        if self._configuration is None:
            return
        if ctx.options.rfile:
            self.run.source = ctx.options.rfile
        for line in start_notices(self._configuration):
            logger.log(ALERT, "session-tracker: %s", line)
        self._configuration.watch()

    def done(self) -> None:
        """Print the summary and write the reports if mitmproxy ends; else a reload goes on."""
        if self._configuration is not None:
            self._configuration.stop()
        if self._gate is None or self._options is None or not ctx.master.should_exit.is_set():
            return
        self.run.tracker = self.engine.counts()
        self._gate.status = finish(self.run, self.tally, self._options)
        ctx.master.addons.chain.append(self._gate)

    # ------------------------------------------------------------------------- exchanges

    def requestheaders(self, flow: HTTPFlow) -> None:
        """Decide whether this visitor is new."""
        if marks.METADATA in flow.metadata:
            marks.unmark(flow)
        # A file is read, a request replayed, or another addon has answered already.
        if not flow.live or flow.is_replay or flow.response is not None:
            return
        try:
            self._decide(flow)
        except Exception as error:  # noqa: BLE001 - a fault of ours must not touch the traffic
            self._failed(flow, error)

    def _decide(self, flow: HTTPFlow) -> None:
        settings = self._settings(flow)
        request = flow.request
        allowed = settings.listed or isinstance(flow.client_conn.proxy_mode, ReverseMode)
        decision = self.engine.pass_by(
            settings, request.method, request.headers.fields, allowed=allowed
        )
        if decision is None:
            decision = self.engine.on_request(
                settings,
                convert.request_facts(request),
                convert.client_of(flow),
                allowed=allowed,
                now=request.timestamp_start,
            )
            if decision.cookie_lines is not None:
                convert.replace_cookie_lines(request, decision.cookie_lines)
            if decision.notice:
                logger.log(ALERT, "session-tracker: %s", decision.notice)
        if decision.value is not None:
            self._pending[flow.id] = (settings, decision)
            if len(self._pending) > MAX_PENDING:
                del self._pending[next(iter(self._pending))]

    def request(self, flow: HTTPFlow) -> None:
        """Answer in the upstream's place where the configuration says so (`on_new = "finish"`)."""
        pending = self._pending.get(flow.id)
        if pending is not None and pending[1].finish and flow.response is None:
            flow.response = Response.make(200)

    def responseheaders(self, flow: HTTPFlow) -> None:
        """Judge the response as it came, then add the cookie; a streamed one has no later hook."""
        self.run.exchanges += 1
        pending = self._pending.pop(flow.id, None)
        response = flow.response
        if response is None:
            return
        try:
            sets_cookie = convert.sets_cookie(response.headers)
            if sets_cookie or pending is not None or self._watches_body(flow):
                self._respond(flow, response, pending)
            self.run.cookies_set += sets_cookie
        except Exception as error:  # noqa: BLE001 - a fault of ours must not touch the traffic
            self._failed(flow, error)

    def _watches_body(self, flow: HTTPFlow) -> bool:
        configuration = self._configuration
        return (
            configuration is not None
            and configuration.current.shared_bodies
            and "cookie" in flow.request.headers
        )

    def _respond(
        self, flow: HTTPFlow, response: Response, pending: tuple[SiteSettings, Decision] | None
    ) -> None:
        settings, decision = pending or (self._settings(flow), None)
        exchange = convert.exchange_of(flow, response, time.time(), marks.undo_of(flow))
        outcome = self.engine.on_response(
            settings,
            exchange,
            decision,
            https=flow.client_conn.tls,
            live=bool(flow.live),
        )
        if outcome.edit is not None:
            marks.remember(flow, convert.apply(outcome.edit, response))
        if outcome.decision is not None and outcome.decision.notice:
            logger.log(ALERT, "session-tracker: %s", outcome.decision.notice)
        if outcome.findings:
            self._report(flow, exchange, outcome)

    def _report(self, flow: HTTPFlow, exchange: Exchange, outcome: Outcome) -> None:
        for finding in outcome.findings:
            if (counted := self.tally.add(finding)) is not None:
                counted.finding = self.engine.with_caches(finding, exchange)
                logger.warning("%s", finding_line(counted.finding))
        marks.mark(flow, outcome.findings)

    def error(self, flow: HTTPFlow) -> None:
        """Forget a request whose response never came."""
        self._pending.pop(flow.id, None)

    def _settings(self, flow: HTTPFlow) -> SiteSettings:
        assert self._configuration is not None  # noqa: S101 - configure() came before any flow
        request = flow.request
        return self._configuration.current.for_url(convert.authority_of(request), request.path)

    def _failed(self, flow: HTTPFlow, error: Exception) -> None:
        """Count and tell a fault of ours; the exchange goes on unchanged, the run is incomplete.

        The error's own message stays out of the log: it may quote what the traffic brought.
        """
        self.run.failures += 1
        place = " < ".join(
            f"{Path(frame.filename).name}:{frame.lineno}"
            for frame in reversed(traceback.extract_tb(error.__traceback__))
        )
        # Not at ERROR: mitmproxy would take an error while a file is read for one of its own.
        logger.log(
            ALERT,
            "session-tracker: exchange %s was not audited and passed unchanged: %s at %s."
            " This is a bug; please report it.",
            flow.id,
            type(error).__name__,
            place,
        )

    # -------------------------------------------------------------------------- commands

    @command.command("sessions.findings")  # type: ignore[untyped-decorator] # mitmproxy has no types here
    def findings(self) -> Sequence[str]:
        """The findings so far, gravest first, equal ones counted."""
        return commands.findings(self.run, self.tally)

    @command.command("sessions.explain")  # type: ignore[untyped-decorator] # mitmproxy has no types here
    def explain(self, flows: Sequence[flow.Flow]) -> Sequence[str]:
        """Why the responses of these flows are safe or not, with the sections of the standards."""
        return [line for each in flows for line in commands.explain(each)]

    @command.command("sessions.reload")  # type: ignore[untyped-decorator] # mitmproxy has no types here
    def reload(self) -> Sequence[str]:
        """Read the configuration files again."""
        assert self._configuration is not None  # noqa: S101 - the addon runs
        try:
            return [self._configuration.reload()]
        except ConfigErrors as errors:
            raise exceptions.CommandError(f"refused, the last good one stays:\n{errors}") from None
