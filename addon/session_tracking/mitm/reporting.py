"""What the addon tells: findings, faults of ours, and what it was told late."""

import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial

from mitmproxy.http import HTTPFlow
from mitmproxy.log import ALERT

from session_tracking.audit.findings import Finding
from session_tracking.engine import Outcome
from session_tracking.errors import fault
from session_tracking.http.exchange import Exchange
from session_tracking.mitm import marks
from session_tracking.mitm.core import Core
from session_tracking.reports.known import Known
from session_tracking.reports.run import RESPONSE_CUT
from session_tracking.reports.text import finding_lines

__all__ = ["Reporting"]

logger: logging.Logger = logging.getLogger(__name__)


def _same(exchange: Exchange) -> Exchange:
    return exchange


class Reporting(Core):
    """Counts what was found, logs what is new of it, and marks the flow."""

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

    def _note(self, outcome: Outcome) -> None:
        if outcome.cut:
            self.run.incomplete[RESPONSE_CUT] = None
        self.run.swaps.add(outcome.events)
        if outcome.decision is not None and outcome.decision.notice:
            logger.log(ALERT, "session-tracker: %s", outcome.decision.notice)

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
