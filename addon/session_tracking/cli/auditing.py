"""The audit of recordings: what the addon does with a file that mitmproxy reads, but without it.

Whatever is counted here is counted in `mitm/addon.py`, too; a test holds the reports of both
against each other.
"""

import time

from session_tracking.audit.routes import shown_route
from session_tracking.caching.profiles.simulate import sets_cookie
from session_tracking.config.sites import Configuration
from session_tracking.engine import Circumstances, Engine
from session_tracking.errors import fault
from session_tracking.escape import visible
from session_tracking.http.exchange import Exchange
from session_tracking.records.recorded import Recorded
from session_tracking.records.settings import RecordedSite, has_own_cookie
from session_tracking.reports.run import RECORDING_EDITED, RESPONSE_CUT, Run, Tally
from session_tracking.swaps.events import SwapEvent
from session_tracking.tracking.memory import RecentSet

__all__ = ["RecordingAudit"]

MAX_SENDERS = 50_000
"""Clients with their cookies whose sessions were looked at and need not be again."""
LOOK_AGAIN = 600
"""Seconds after which the sessions that a client sends are looked at again."""

MAX_TOLD = 20
"""Failures that are told one by one."""

_SENDER_FIELDS = frozenset({"cookie", "user-agent", "x-forwarded-for"})
_SENDER_LENGTHS = frozenset(map(len, _SENDER_FIELDS))


class RecordingAudit:
    """Judges recorded exchanges one after the other; nothing is issued and nothing is edited."""

    def __init__(self, configuration: Configuration, source: str) -> None:
        self.run: Run = Run(source, time.time())
        self.tally: Tally = Tally()
        self.failures: list[str] = []
        """Which exchanges could not be audited, and where it failed; the first few."""
        self._configuration = configuration
        self._engine = Engine(self.run.started)
        ledger = configuration.root.ledger
        self._engine.detector.resize(ledger.values, ledger.hours * 3600)
        self._senders: RecentSet[int] = RecentSet(MAX_SENDERS)
        self._looks_at_all = configuration.shadows
        self._looks_at_bodies = configuration.shared_bodies

    def feed(self, seen: Recorded) -> None:
        """Judge one exchange. What fails because of a fault of ours is counted; never raises."""
        self.run.exchanges += bool(seen.status)
        try:
            self._feed(seen)
        except Exception as error:  # noqa: BLE001 - the rest is worth an answer all the same
            self.run.failures += 1
            if len(self.failures) < MAX_TOLD:
                self.failures.append(_failure(seen.id, error))

    def end(self) -> None:
        """Complete the facts of the run."""
        self.run.ended = time.time()
        self.run.tracker = self._engine.counts()
        self.run.swaps.watched = self._engine.detector.watched
        self.run.swaps.tells_apart = self._engine.detector.tells_apart

    def _feed(self, seen: Recorded) -> None:
        settings = self._configuration.for_url(seen.authority, seen.path)
        sender = _sender(seen)
        noticed: tuple[SwapEvent, ...] = ()
        if sender and not seen.replayed and settings.swaps.enabled:
            noticed = self._watch(seen, settings, sender)
        if not seen.status:
            return
        self.run.routes.see(seen.authority, seen.path)
        bodies = self._looks_at_bodies and sender
        if seen.sets_cookie or noticed or self._looks_at_all or bodies:
            self._judge(seen, settings, noticed)

    def _watch(self, seen: Recorded, settings: RecordedSite, sender: int) -> tuple[SwapEvent, ...]:
        """Look at the sessions that a client sends, once while it is remembered."""
        turn = int(seen.time // LOOK_AGAIN)
        if not self._senders.add(hash((sender, seen.server, id(settings), turn))):
            return ()
        return self._engine.watch_request(settings, seen.request(), seen.client, seen.time)

    def _judge(
        self, seen: Recorded, settings: RecordedSite, noticed: tuple[SwapEvent, ...]
    ) -> None:
        exchange = seen.exchange()
        if not seen.simulated:
            self._book(seen, exchange, settings)
        outcome = self._engine.on_response(
            settings,
            exchange,
            None,
            Circumstances(
                https=False,  # tells what may be issued, and nothing is
                live=False,
                watch=not seen.replayed,
                noticed=noticed,
                simulated=seen.simulated,
                edited=seen.undo.reason if seen.undo is not None else "",
            ),
        )
        if outcome.cut:
            self.run.incomplete[RESPONSE_CUT] = None
        self.run.swaps.add(outcome.events)
        for finding in outcome.findings:
            if (counted := self.tally.add(finding, exchange)) is not None:
                counted.finding = self._engine.with_caches(finding, exchange)

    def _book(self, seen: Recorded, exchange: Exchange, settings: RecordedSite) -> None:
        """Count what was seen, and what could not be judged."""
        if not sets_cookie(exchange.response):
            return
        self.run.cookies_set += 1
        if not settings.audit.enabled:
            self.run.pass_over(shown_route(seen.authority, seen.path.partition("?")[0]))
        if seen.replayed or seen.undo is not None:
            return
        if has_own_cookie(settings, exchange.response):
            self.run.incomplete[RECORDING_EDITED] = None


def _sender(seen: Recorded) -> int:
    """A number for (address, cookies, User-Agent, X-Forwarded-For); 0 without cookies.

    Made by the interpreter's keyed hash, so that no cookie's value is kept by who remembers it.
    """
    cookie = False
    found = []
    for name, value in seen.lines:
        # Nearly all names are told apart by their length alone.
        if len(name) in _SENDER_LENGTHS and (lowered := name.lower()) in _SENDER_FIELDS:
            cookie = cookie or lowered == "cookie"
            found.append((lowered, value))
    return hash((seen.address, *found)) if cookie else 0


def _failure(exchange: str, error: Exception) -> str:
    return f"exchange {visible(exchange, 80)} was not audited: {fault(error)}"
