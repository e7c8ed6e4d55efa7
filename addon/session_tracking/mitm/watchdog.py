"""What goes on beside the traffic.

The shadow is swept, the ledger keeps the size it should have, the fleet is attended to, alerts are
raised, metrics are served.
"""

import asyncio
import logging
import time
from collections.abc import Callable

from mitmproxy.log import ALERT
from mitmproxy.utils import asyncio_utils

from session_tracking.config.sites import Configuration
from session_tracking.engine import Engine
from session_tracking.mitm import fleet
from session_tracking.mitm.telling import Teller
from session_tracking.records.metrics import Metrics, MetricsError
from session_tracking.shadow.alerts import Alerts
from session_tracking.shadow.counters import Counters
from session_tracking.swaps.redis_ledger import FleetSettings

__all__ = ["TICK_SECONDS", "Watchdog"]

logger: logging.Logger = logging.getLogger(__name__)

TICK_SECONDS = 0.5
"""How often the counters are looked at."""


class Watchdog:
    """Lives as long as the addon; a reload of the script starts another one."""

    def __init__(self, engine: Callable[[], Engine], late: Callable[[], None]) -> None:
        """`late` is called to tell what the fleet answered."""
        self.metrics: Metrics | None = None
        """The metrics' server; None where none is wanted, or it could not be started."""
        self._engine = engine
        self._late = late
        self._fleet: FleetSettings | None = None
        self._listen = ""
        self._alerts = Alerts()
        self._teller = Teller()
        self._task: asyncio.Task[None] | None = None
        self._configuration: Callable[[], Configuration] | None = None

    def serve(self, configuration: Configuration) -> None:
        """Serve metrics as the configuration says. Raises MetricsError where that fails."""
        listen = configuration.root.metrics.listen
        if listen == self._listen:
            return
        self._stop_serving()
        if listen:
            self.metrics = Metrics(listen, self._counters)
            address = f"{listen.rpartition(':')[0]}:{self.metrics.port}"
            logger.log(ALERT, "session-tracker: metrics at http://%s/metrics", address)
        self._listen = listen

    def start(self, configuration: Callable[[], Configuration]) -> None:
        """Look at the counters from now on; needs a running event loop."""
        self._configuration = configuration
        self._fleet = configuration().fleet
        self._task = asyncio_utils.create_task(
            self._watch(configuration), name="session tracker: counters", keep_ref=True
        )

    def stop(self) -> None:
        """Look a last time, tell what is to be told, and free the port."""
        if self._task is not None and self._configuration is not None:
            self._task.cancel()
            self.look(self._configuration(), time.time())
        self._teller.stop()
        self._stop_serving()

    def look(self, configuration: Configuration, now: float) -> None:
        """One look at the counters, at Unix seconds."""
        engine = self._engine()
        ledger = configuration.root.ledger
        engine.detector.resize(ledger.values, ledger.hours * 3600)
        engine.shadow.sweep(now)
        self._late()
        fleet.attend(engine, now)
        if configuration.fleet != self._fleet:
            self._fleet = configuration.fleet
            logger.log(
                ALERT,
                "session-tracker: [fleet] has changed; mitmproxy must be started again for it",
            )
        for notice in self._alerts.evaluate(configuration.alerts, engine.counters, now):
            self._teller.tell(notice)

    def _counters(self) -> Counters:
        return self._engine().counters

    def _stop_serving(self) -> None:
        if self.metrics is not None:
            self.metrics.close()
            self.metrics = None
        self._listen = ""

    async def _watch(self, configuration: Callable[[], Configuration]) -> None:
        while True:
            await asyncio.sleep(TICK_SECONDS)
            current = configuration()
            self.look(current, time.time())
            try:
                self.serve(current)
            except MetricsError as error:
                logger.log(ALERT, "session-tracker: %s", error)
                self._listen = current.root.metrics.listen  # said once
