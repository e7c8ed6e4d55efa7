"""Recordings made behind the tracker: what it made safe for a visitor is not what upstream sent."""

from pathlib import Path

from session_tracking.config.loading import load
from session_tracking.escape import visible
from session_tracking.http.exchange import Exchange
from session_tracking.records.settings import has_own_cookie
from session_tracking.reports.run import RECORDING_EDITED

__all__ = ["OwnEdits"]


class OwnEdits:
    """Which exchanges of a file were edited by us before somebody recorded them."""

    def __init__(self, file: Path | None) -> None:
        """`file` is the configuration, which names our cookie; None is the one that is shipped.

        Raises ConfigErrors if it has errors.
        """
        self._configuration = load(file)
        self._found: list[str] = []

    def look_at(self, identity: object, exchange: Exchange) -> None:
        """Note an exchange whose response has our own cookie."""
        parts = exchange.request.split()
        settings = self._configuration.for_url(parts.netloc, parts.path or "/")
        if has_own_cookie(settings, exchange.response):
            self._found.append(visible(str(identity), 60))

    def told(self) -> str:
        """What is to be said of the file; empty if nothing."""
        if not self._found:
            return ""
        names = ", ".join(self._found[:_SHOWN]) + (", …" if len(self._found) > _SHOWN else "")
        return f"our own edit is in what was judged (exchange {names}): {RECORDING_EDITED}"


_SHOWN = 10
