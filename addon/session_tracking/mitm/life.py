"""The addon from mitmproxy's start to its end: options, configuration, and what a reload keeps."""

import logging
import sys
import time
from typing import NoReturn

from mitmproxy import ctx, exceptions
from mitmproxy.addonmanager import Loader
from mitmproxy.log import ALERT

from session_tracking.config.loading import CACHES
from session_tracking.errors import ConfigErrors
from session_tracking.mitm import fleet, options
from session_tracking.mitm.configuration import LiveConfiguration
from session_tracking.mitm.ending import finish
from session_tracking.mitm.exit_gate import ExitGate
from session_tracking.mitm.notices import start_notices
from session_tracking.mitm.probing import Probing
from session_tracking.mitm.reading import Reading
from session_tracking.mitm.recording import RecordingError
from session_tracking.mitm.redirects import Redirects
from session_tracking.mitm.reporting import Reporting
from session_tracking.mitm.serving import Serving
from session_tracking.mitm.watchdog import Watchdog
from session_tracking.records.metrics import MetricsError
from session_tracking.reports.run import ExitStatus
from session_tracking.swaps.redis_ledger import FleetError

__all__ = ["Life"]

logger: logging.Logger = logging.getLogger(__name__)

_OF_CONFIGURATION = {CACHES, options.CONFIG, options.ENABLED}
"""Options whose change needs the configuration to be read again."""


class Life(Reporting):
    """Starts and stops what works beside the exchanges."""

    def __init__(self) -> None:
        super().__init__()
        self._gate: ExitGate | None = None
        self._probing: Probing = Probing()
        self._reading: Reading = Reading(lambda: self.run)
        self._watchdog: Watchdog = Watchdog(lambda: self.engine, self._report_late)
        self._redirects: Redirects = Redirects(self._hooks, lambda: self.run, self._failed)
        self._serving: Serving = Serving(lambda: self.engine, self._situation, self._failed)

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
            if self._gate is not None:
                self._keep(self._gate)

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
            run, tally, engine, configuration, read = gate.kept
            self._take_up(run, tally, engine)
            if self._configuration is None:
                # A reload met a wrong configuration: the last good one stays.
                self._configuration, self._options = configuration, read
                self._redirects.follow(read.redirects)
        self._gate = gate
        self._configuration = self._keep(gate)
        self._size_ledger(self._configuration)
        if ctx.options.rfile:
            self.run.source = ctx.options.rfile
        self._reading.start()
        for line in start_notices(self._configuration):
            logger.log(ALERT, "session-tracker: %s", line)
        self._configuration.watch()
        self._watchdog.start(self._current)
        self._serve()

    def _keep(self, gate: ExitGate) -> LiveConfiguration:
        """Have what was gathered, and the configuration in force, outlive a reload."""
        configuration, chosen = self._configuration, self._options
        assert configuration is not None  # noqa: S101 - else the start had ended
        assert chosen is not None  # noqa: S101 - likewise
        gate.kept = (self.run, self.tally, self.engine, configuration, chosen)
        return configuration

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
