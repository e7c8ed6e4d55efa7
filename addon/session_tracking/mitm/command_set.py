"""The addon's commands for mitmproxy's console, mitmweb's, and other addons."""

import logging
import time
from collections.abc import Sequence

from mitmproxy import command, exceptions, flow
from mitmproxy.log import ALERT

from session_tracking.errors import ConfigErrors
from session_tracking.mitm import commands
from session_tracking.mitm.life import Life

__all__ = ["CommandSet"]

logger: logging.Logger = logging.getLogger(__name__)


class CommandSet(Life):
    """The commands `sessions.*`."""

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
