"""The detector of swaps at work, alone and in a fleet."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from session_tracking.audit.auditor import audit, examine, regraded
from session_tracking.audit.findings import AuditedCookie, AuditFacts, Finding
from session_tracking.audit.routes import shown_url
from session_tracking.caching.safety import assess
from session_tracking.engine.core import Core
from session_tracking.engine.known import Again
from session_tracking.engine.outcome import SiteSettings
from session_tracking.http.exchange import ClientId, Exchange, RequestFacts, ResponseFacts
from session_tracking.swaps.clients import Client, Sender
from session_tracking.swaps.courier import Courier
from session_tracking.swaps.delivery import Delivery, Place, place_of, stamp_of
from session_tracking.swaps.events import SwapEvent
from session_tracking.swaps.late import judge
from session_tracking.tracking.policy import Decision

__all__ = ["Watching"]

_RETOLD = 1_000
"""Values that are told again at once."""


class Watching(Core):
    """Hands the detector what exchanges tell, and tells other proxies what it noted."""

    def watch_request(
        self,
        settings: SiteSettings,
        request: RequestFacts,
        client: ClientId,
        now: float,
    ) -> tuple[SwapEvent, ...]:
        """What the sessions that a request brings tell about swaps."""
        marks = self._askers.client(settings, Sender.of(request, client), None)
        events = self.detector.on_request(
            settings.swaps,
            request.host,
            request.fields.values("cookie"),
            marks,
            shown_url(request),
            now,
        )
        if self.courier is not None:
            # What upstream answers is not known yet.
            asked = Exchange(request, ResponseFacts(0), "", client, now, now)
            self._share(settings, self.courier, lambda: asked)
        return tuple(events)

    def _watch_whole(
        self,
        settings: SiteSettings,
        exchange: Exchange,
        decision: Decision | None,
        cookies: Sequence[AuditedCookie],
    ) -> tuple[SwapEvent, ...]:
        place = place_of(exchange, shown_url(exchange.request))
        sender = Sender.of(exchange.request, exchange.client)
        date = exchange.response.fields.first("date")
        again = Again((), exchange.response_time, date, sender)
        client = self._askers.client(settings, sender, decision)
        return self._watch_response(settings, place, again, client, cookies, lambda: exchange)

    def _watch_response(
        self,
        settings: SiteSettings,
        place: Place,
        again: Again,
        client: Client,
        cookies: Sequence[AuditedCookie],
        whole: Callable[[], Exchange],
    ) -> tuple[SwapEvent, ...]:
        """What the cookies of a response tell about swaps."""
        stamp, brought = stamp_of(again.date, place.etag), again.sender.cookies
        delivery = Delivery(settings.swaps, place, client, brought, stamp, again.time)
        events = self.detector.on_response(delivery, cookies)
        if self.courier is not None:
            self._share(settings, self.courier, whole)
        return tuple(events)

    def _share(
        self, settings: SiteSettings, courier: Courier, whole: Callable[[], Exchange]
    ) -> None:
        """Have the fleet told what the detector noted."""
        if self.detector.sights:
            exchange = whole()
            for sight in self.detector.sights:
                sight.context = settings, exchange
                courier.offer(sight)
            self.detector.sights.clear()

    def late(self) -> list[tuple[Exchange, SwapEvent, tuple[Finding, ...]]]:
        """What the answers of the fleet's ledger tell of exchanges that are long over."""
        if self.courier is None:
            return []
        told = []
        for sight, answer in self.courier.answers():
            event = judge(self.detector, sight, answer)
            if event is not None:
                settings, exchange = sight.context
                told.append((exchange, event, self._tell_late(settings, exchange, event)))
        books = self.courier.books
        self._books.fleet(books.sent, books.stored, books.gap, books.waiting)
        return told

    def _tell_late(
        self, settings: SiteSettings, exchange: Exchange, event: SwapEvent
    ) -> tuple[Finding, ...]:
        self._books.events(self._open(settings), (event,))
        facts = examine(exchange, settings.audit)
        if facts is None:
            facts = AuditFacts(exchange, assess(exchange), None, {}, ())
        found = audit(replace(facts, swaps=(event,)), site=exchange.request.host or settings.site)
        told = [finding for finding in found if finding.swap is event]
        return tuple(regraded(told, settings.audit.severities))

    def retell(self, courier: Courier, now: float) -> None:
        """Tell the fleet's ledger again, as far as there is room, what it may have lost."""
        if courier.lossy:
            courier.lossy, self._untold = False, len(self.detector.ledger)
        if (count := min(courier.room, self._untold, _RETOLD)) > 0:
            self._untold -= count
            for sight in self.detector.remembered(self._untold, count, now):
                courier.offer(sight, restored=True)
