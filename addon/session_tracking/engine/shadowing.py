"""The shadow cache at work: as a witness, and where it serves."""

from collections.abc import Callable, Sequence

from session_tracking.audit.findings import Finding
from session_tracking.engine.core import Core
from session_tracking.engine.known import Again, Known
from session_tracking.engine.outcome import Circumstances, Outcome, SiteSettings
from session_tracking.http.exchange import ClientId, Exchange, RequestFacts
from session_tracking.shadow.entries import Answer
from session_tracking.shadow.facts import CookieNaming, HeldCookie, held_cookies
from session_tracking.shadow.serving_cache import LookUp
from session_tracking.swaps.clients import Client, Sender
from session_tracking.tracking.policy import Decision

__all__ = ["Shadowing"]


class Shadowing(Core):
    """Asks the shadow cache what a shared cache would make of exchanges."""

    def look_up(
        self,
        settings: SiteSettings,
        request: RequestFacts,
        client: ClientId,
        decision: Decision | None,
        now: float,
    ) -> LookUp:
        """What the simulated cache makes of a request, before upstream is asked."""
        visitor = self._askers.client(settings, Sender.of(request, client), decision)
        return self.shadow.look_up(settings.shadow, request, visitor, self._open(settings), now)

    def follow(
        self, settings: SiteSettings, exchange: Exchange, decision: Decision | None
    ) -> Answer:
        """What the simulated cache makes of an answer of upstream."""
        client, cookies = self._for_cache(settings, exchange, decision)
        return self.shadow.follow(settings.shadow, exchange, client, self._open(settings), cookies)

    def _for_cache(
        self, settings: SiteSettings, exchange: Exchange, decision: Decision | None
    ) -> tuple[Client, tuple[HeldCookie, ...]]:
        """Who asked, and the cookies that the response sets."""
        client = self._askers.client(
            settings, Sender.of(exchange.request, exchange.client), decision
        )
        tracking = settings.tracking
        naming = CookieNaming(
            tracking.cookie.name if tracking.enabled else "",
            settings.audit.names,
            settings.audit.ignore,
        )
        return client, held_cookies(exchange, self.shadow.digester, naming)

    def _imagine(
        self,
        settings: SiteSettings,
        exchange: Exchange,
        decision: Decision | None,
        site: str,
        seen: Circumstances,
    ) -> tuple[Finding, ...]:
        """What a shared cache would have made of the exchange, if one stood there."""
        told: tuple[Finding, ...] = ()
        shadow = settings.shadow
        if shadow.enabled and seen.watch and not (shadow.serve and seen.live):
            about = self._for_cache(settings, exchange, decision)
            told = self.imagining.observe(settings, exchange, about, site, seen.number)
        else:
            self.imagining.learn(settings, exchange, site, seen.number)
        return told

    def _imagine_again(
        self,
        known: Known,
        again: Again,
        decision: Decision | None,
        whole: Callable[[], Exchange],
        number: int,
        client: Client | None,
    ) -> tuple[Finding, ...]:
        """What a shared cache would have made of an exchange that is like a known one.

        `client`, who asked, is known where it sets a cookie.
        """
        settings, told = known.settings, None

        def who() -> tuple[Sequence[str], Client]:
            found = client or self._askers.client(settings, again.sender, decision)
            return again.sender.cookies, found

        case = self.imagining.foresight.case(number)
        if case is not None and case.settings is settings:
            unsafe = client is not None
            told = self.imagining.recall(case, again.time, who, whole, unsafe=unsafe)
        if told is None:
            seen = Circumstances(https=False, number=number)
            told = self._imagine(settings, whole(), decision, known.site, seen)
        return told

    def on_alike(
        self,
        number: int,
        decision: Decision | None,
        now: float,
        *,
        sender: Callable[[], Sender],
        whole: Callable[[], Exchange],
    ) -> tuple[SiteSettings, Outcome] | None:
        """What `on_response` would answer to a live exchange that sets no cookie.

        `number` stands for what the shadow reads of it, and `now` is when its response came. None
        if it is like none before, and has to be looked at.
        """
        case = self.imagining.foresight.case(number)
        if case is None:
            return None

        def who() -> tuple[Sequence[str], Client]:
            sent = sender()
            return sent.cookies, self._askers.client(case.settings, sent, decision)

        findings = self.imagining.recall(case, now, who, whole, unsafe=False)
        if findings is None:
            return None
        return case.settings, Outcome(None, findings, decision)
