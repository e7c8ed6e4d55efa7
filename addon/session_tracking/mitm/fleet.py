"""Joins a fleet at the start, and does now and then what the courier does not do by itself."""

import json
import logging

from mitmproxy.log import ALERT

from session_tracking.config.sites import Configuration
from session_tracking.cookies.digest import Digester
from session_tracking.engine import Engine
from session_tracking.swaps.courier import Courier
from session_tracking.swaps.redis_ledger import RedisLedger

__all__ = ["LAST_SECONDS", "attend", "join", "leave"]

logger: logging.Logger = logging.getLogger(__name__)

LAST_SECONDS = 3.0
"""Seconds at the end for what still waits."""


def join(engine: Engine, configuration: Configuration) -> None:
    """Share what is seen from now on, if the configuration says so.

    Raises FleetError if the library is missing; a server that is gone is waited for.
    """
    settings = configuration.fleet
    if settings is None:
        return
    detector = engine.detector
    store = RedisLedger(settings, lambda: detector.ledger.lifetime)
    courier = Courier(store, settings.waiting)
    engine.join(courier, Digester(settings.secret))
    courier.start()


def attend(engine: Engine, now: float) -> None:
    """Put down the counters for the others, tell the user what is new, and tell lost values again.

    `now` is in Unix seconds.
    """
    courier = engine.courier
    if courier is None:
        return
    facts = {"seen": int(now), "sites": engine.counters.sites()}
    courier.counters = json.dumps(facts, separators=(",", ":")).encode()
    for notice in courier.notices():
        logger.log(ALERT, "session-tracker: %s", notice)
    engine.retell(courier, now)


def leave(engine: Engine, courier: Courier, now: float) -> None:
    """Let what waits be stored if it is soon, and close the books; answers may be left."""
    attend(engine, now)
    courier.stop(LAST_SECONDS)
    attend(engine, now)
