"""Notices when mitmproxy itself fails, of which it tells nobody but its log."""

import logging
from collections.abc import Callable

from mitmproxy import ctx
from mitmproxy.addons import readfile

from session_tracking.reports.run import FAILED_START, RECORDING_BROKEN, Run

__all__ = ["Reading"]

_LOGGER = logging.getLogger(readfile.__name__)


class Reading(logging.Handler):
    """Hears what mitmproxy's reader of recordings logs."""

    def __init__(self, run: Callable[[], Run]) -> None:
        super().__init__(logging.ERROR)
        self._run = run

    def start(self) -> None:
        """Listen from now on."""
        _LOGGER.addHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Note that what the recording holds was not judged, or not all of it."""
        self._run().incomplete[RECORDING_BROKEN] = None

    def stop(self) -> bool:
        """Listen no longer; whether mitmproxy ends now because its start failed.

        It does so where anything logs an error in its start, the end of a short recording included.
        It leaves by an exception then, without the sign by which an end differs from a reload.
        """
        _LOGGER.removeHandler(self)
        check = ctx.master.addons.get("errorcheck")
        if check is None or not check.logger.has_errored:
            return False
        incomplete = self._run().incomplete
        if RECORDING_BROKEN not in incomplete:
            incomplete[FAILED_START] = None
        return True
