"""What every part of the addon holds, and the settings that are in force."""

import time

from mitmproxy.http import HTTPFlow

from session_tracking.config.sites import Configuration
from session_tracking.engine import Engine
from session_tracking.mitm import convert, options
from session_tracking.mitm.configuration import LiveConfiguration
from session_tracking.mitm.hooks import Hooks
from session_tracking.mitm.recording import Recording
from session_tracking.records.settings import RecordedSite
from session_tracking.reports.judging import Terms, today
from session_tracking.reports.run import Run, Tally
from session_tracking.tracking.policy import Decision

__all__ = ["Core", "Pending"]

type Pending = tuple[RecordedSite, Decision]
"""What was decided for a request, and under which settings."""


class Core:
    """The base of the addon's parts; each of them is a layer of one object."""

    def __init__(self) -> None:
        self.engine: Engine = Engine(time.time())
        self.tally: Tally = Tally()
        self.run: Run = Run("live", time.time())
        self._options: options.Options | None = None
        self._configuration: LiveConfiguration | None = None
        self._pending: dict[str, Pending] = {}
        self._hooks: Hooks = Hooks(self)
        self._recording: Recording = Recording(self._hooks)

    def _take_up(self, run: Run, tally: Tally, engine: Engine) -> None:
        """Go on with what an earlier instance of the addon has gathered."""
        self.run, self.tally, self.engine = run, tally, engine

    def _current(self) -> Configuration:
        assert self._configuration is not None  # noqa: S101 - configure() came before any flow
        return self._configuration.current

    def _settings(self, flow: HTTPFlow) -> RecordedSite:
        request = flow.request
        return self._current().for_url(convert.authority_of(request), request.path)

    def _situation(self, flow: HTTPFlow) -> tuple[RecordedSite, Decision | None]:
        """The settings for a flow, and the decision that waits for its response."""
        return self._pending.get(flow.id) or (self._settings(flow), None)

    def _terms(self) -> Terms:
        chosen, current = self._options, self._current()
        assert chosen is not None  # noqa: S101 - configure() came before any flow
        return Terms(
            chosen.fail_on, today(), current.suppressions, chosen.baseline, current.rules_off
        )
