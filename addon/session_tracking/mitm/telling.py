"""Tells people of alerts: runs commands and calls webhooks, on a thread of its own."""

import json
import logging
import os
import queue
import subprocess
import threading
import urllib.error
import urllib.request
from datetime import UTC, datetime
from http.client import HTTPException

from mitmproxy.log import ALERT

from session_tracking.escape import visible
from session_tracking.shadow.alerts import AlertState, Notice

__all__ = ["MAX_WAITING", "Teller", "notice_facts", "notice_line"]

logger: logging.Logger = logging.getLogger(__name__)

MAX_WAITING = 100
"""Notices that may wait for their commands; what comes on top is logged only."""
TIMEOUT = 10.0
"""Seconds for a command or a webhook."""


def notice_line(notice: Notice) -> str:
    """The notice in one line, fit for the log."""
    rule = notice.rule
    value = "is not counted any more" if notice.value is None else f"is {notice.value}"
    where = ", ".join(notice.sites) or rule.site
    told = f"alert {rule.name!r} {notice.state}: {rule.when.counter} {value} ({rule.when})"
    return visible(f"{told} at {where}" if where else told)


def notice_facts(notice: Notice) -> dict[str, object]:
    """The notice as plain values: what a webhook gets as JSON."""
    return {
        "alert": notice.rule.name,
        "state": notice.state.value,
        "when": str(notice.rule.when),
        "counter": notice.rule.when.counter,
        "value": notice.value,
        "site": notice.rule.site or None,
        "sites": [visible(site) for site in notice.sites],
        "time": datetime.fromtimestamp(notice.time, UTC).isoformat(timespec="milliseconds"),
    }


class Teller:
    """Takes notices and returns at once; the traffic never waits for a command."""

    def __init__(self) -> None:
        self._waiting: queue.SimpleQueue[Notice | None] = queue.SimpleQueue()
        self._thread: threading.Thread | None = None

    def tell(self, notice: Notice) -> None:
        """Log the notice, and leave the rest to the thread."""
        logger.log(ALERT, "session-tracker: %s", notice_line(notice))
        if not notice.rule.command and not notice.rule.webhook:
            return
        if self._thread is None:
            self._thread = threading.Thread(
                target=self._work, name="session tracker: alerts", daemon=True
            )
            self._thread.start()
        if self._waiting.qsize() < MAX_WAITING:
            self._waiting.put(notice)
        else:
            _complain(notice, "too many wait already: nothing was run")

    def stop(self) -> None:
        """Let the notices that wait be told, within the seconds that one may take; then end."""
        if self._thread is not None:
            self._waiting.put(None)
            self._thread.join(TIMEOUT)

    def _work(self) -> None:
        while (notice := self._waiting.get()) is not None:
            if notice.rule.command:
                _run(notice)
            if notice.rule.webhook:
                _call(notice)


def _run(notice: Notice) -> None:
    """Run the command without a shell; the notice is in its environment."""
    facts = {
        f"SESSION_TRACKER_{name.upper()}": _text(value)
        for name, value in notice_facts(notice).items()
    }
    try:
        ended = subprocess.run(  # noqa: S603 - it is the owner's own command, without a shell
            notice.rule.command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=os.environ | facts,
            timeout=TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        _complain(notice, f"the command was ended after {TIMEOUT:.0f} s")
    except OSError as error:
        _complain(notice, f"the command could not be run: {error.strerror}")
    else:
        if ended.returncode:
            _complain(notice, f"the command ended with status {ended.returncode}")


def _text(value: object) -> str:
    if isinstance(value, list):
        return " ".join(value)
    return "" if value is None else str(value)


def _call(notice: Notice) -> None:
    """POST the notice as JSON."""
    request = urllib.request.Request(  # noqa: S310 - the configuration allows http and https only
        notice.rule.webhook,
        json.dumps(notice_facts(notice)).encode(),
        {"Content-Type": "application/json", "User-Agent": "session-tracker"},
        method="POST",
    )
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT):  # noqa: S310 - same
            pass
    except urllib.error.HTTPError as error:
        error.close()
        _complain(notice, f"the webhook answered {error.code}")
    except (OSError, ValueError, HTTPException) as error:
        _complain(notice, f"the webhook could not be called: {_why(error)}")


def _why(error: Exception) -> str:
    """What failed, fit to be shown: whatever the other side said is not repeated."""
    cause = error.reason if isinstance(error, urllib.error.URLError) else error
    said = cause.strerror if isinstance(cause, OSError) else None
    return visible(said or type(cause).__name__)


def _complain(notice: Notice, problem: str) -> None:
    logger.log(
        ALERT,
        "session-tracker: alert %r %s: %s",
        visible(notice.rule.name),
        AlertState(notice.state).value,
        problem,
    )
