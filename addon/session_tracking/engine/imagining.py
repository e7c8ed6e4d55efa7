"""What a shared cache would have made of exchanges, as findings."""

from collections.abc import Callable, Sequence

from session_tracking.audit.auditor import audit, regraded
from session_tracking.audit.findings import AuditFacts, Finding
from session_tracking.audit.memory import Memory
from session_tracking.caching.levels import Level
from session_tracking.caching.profiles.model import Outcome
from session_tracking.caching.safety import assess
from session_tracking.engine.foresight import Case, Foresight
from session_tracking.engine.outcome import SiteSettings
from session_tracking.http.exchange import Exchange
from session_tracking.shadow.events import WouldBeSwap
from session_tracking.shadow.facts import HeldCookie
from session_tracking.shadow.shadow import Shadow
from session_tracking.swaps.clients import Client

__all__ = ["WOULD_BE_SWAP", "Imagining"]

WOULD_BE_SWAP = "ST501"
"""The rule about what would have happened, which is looked at for each exchange."""


type _Joined = tuple[tuple[Finding, ...], tuple[Finding, ...], tuple[Finding, ...]]


class Imagining:
    """Tells the shadow of exchanges, and foresees what it will say of their like."""

    def __init__(self, shadow: Shadow) -> None:
        self._shadow = shadow
        self.foresight: Foresight = Foresight()
        self._told: Memory[tuple[SiteSettings, tuple[Finding, ...]]] = Memory()
        self._joined: Memory[_Joined] = Memory()

    def observe(
        self,
        settings: SiteSettings,
        exchange: Exchange,
        about: tuple[Client, tuple[HeldCookie, ...]],
        site: str,
        number: int,
    ) -> tuple[Finding, ...]:
        """What there is to tell of an exchange; `about` is who asked, and the cookies it sets."""
        client, cookies = about
        case = self.foresight.case(number)
        if case is not None and case.settings is settings:
            sent = exchange.request.fields.values("cookie")
            told = self.recall(
                case,
                exchange.response_time,
                lambda: (sent, client),
                lambda: exchange,
                unsafe=bool(cookies),
            )
            if told is not None:
                return told
        events = self._shadow.observe(settings.shadow, exchange, client, site, cookies)
        self.learn(settings, exchange, site, number)
        return _findings(settings, exchange, events) if events else ()

    def learn(self, settings: SiteSettings, exchange: Exchange, site: str, number: int) -> None:
        """Note what becomes of an exchange that was observed just now, for its like."""
        if number:
            self.foresight.learn(number, settings, site, exchange, self._shadow)

    def recall(
        self,
        case: Case,
        now: float,
        who: Callable[[], tuple[Sequence[str], Client]],
        whole: Callable[[], Exchange],
        *,
        unsafe: bool,
    ) -> tuple[Finding, ...] | None:
        """The same as `observe`, for an exchange like one before; None if it has to be observed.

        `who` tells the values of Cookie and who sent them.

        Equal findings are the same objects: they name the first exchange of which they were true.
        """
        settings = case.settings
        if case.foreseen is None:
            return () if case.idle else None
        events = self._shadow.again(
            settings.shadow, case.foreseen, now, case.site, who, unsafe=unsafe
        )
        if not events:
            return None if events is None else ()
        # As the rule tells it.
        told = tuple((event.cookie, f"{event.age:.0f}") for event in events)
        key = (case.url, id(settings), told)
        # The settings are kept, so that no others can have their identity.
        return self._told.recall(key, lambda: (settings, _findings(settings, whole(), events)))[1]

    def pass_on(self, number: int, now: float) -> bool:
        """The short way for a live exchange that sets no cookie: whether all is done.

        `number` stands for what the shadow reads of it, and `now` is when its response came. Else
        more of it has to be looked at, such as who asks.
        """
        case = self.foresight.case(number)
        if case is None:
            return False
        foreseen = case.foreseen
        if foreseen is None:
            return case.idle
        shadow = case.settings.shadow
        return self._shadow.again(shadow, foreseen, now, case.site, None, unsafe=False) is not None

    def joined(
        self, findings: tuple[Finding, ...], imagined: tuple[Finding, ...]
    ) -> tuple[Finding, ...]:
        """Findings about a response, and what was imagined of it; the same for the same ones."""
        # They are kept, so that nothing else can have their identity.
        key = id(findings), id(imagined)
        return self._joined.recall(key, lambda: (findings, imagined, (*findings, *imagined)))[2]


def _findings(
    settings: SiteSettings, exchange: Exchange, events: tuple[WouldBeSwap, ...]
) -> tuple[Finding, ...]:
    caches = {settings.shadow.profile.name: Outcome.SWAP}
    facts = AuditFacts(exchange, assess(exchange), Level.UNSAFE, caches, (), would_be=events)
    site = exchange.request.host or settings.site
    return tuple(regraded(audit(facts, site=site), settings.audit.severities))
