"""Exchange → Outcome: the tracker and the audit, joined; sans-I/O."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from session_tracking.audit.auditor import audit, examine, regraded, told_apart
from session_tracking.audit.enforce import enforce
from session_tracking.audit.findings import AuditedCookie, AuditFacts, Finding
from session_tracking.audit.routes import shown_url
from session_tracking.caching.outcomes import outcomes, reference_run
from session_tracking.caching.profiles.catalogue import PROFILES
from session_tracking.caching.safety import assess
from session_tracking.cookies.digest import Digester
from session_tracking.cookies.set_cookie import parse_set_cookie
from session_tracking.engine.askers import Askers
from session_tracking.engine.foresight import imagines
from session_tracking.engine.imagining import WOULD_BE_SWAP, Imagining
from session_tracking.engine.known import MAX_COOKIES as MAX_LIKE, Again, Known, shape_of
from session_tracking.engine.outcome import Circumstances, Outcome, SiteSettings
from session_tracking.http.exchange import ClientId, Exchange, RequestFacts, ResponseFacts
from session_tracking.shadow.books import Books, counted
from session_tracking.shadow.counters import Counters
from session_tracking.shadow.entries import Answer
from session_tracking.shadow.facts import CookieNaming, HeldCookie, held_cookies
from session_tracking.shadow.serving_cache import LookUp
from session_tracking.shadow.shadow import Shadow
from session_tracking.swaps.clients import Client, Sender
from session_tracking.swaps.courier import Courier
from session_tracking.swaps.delivery import Delivery, Place, place_of, stamp_of
from session_tracking.swaps.detector import Detector
from session_tracking.swaps.events import SwapEvent
from session_tracking.swaps.late import judge
from session_tracking.tracking.policy import Decision
from session_tracking.tracking.tracker import Tracker


def _with_swaps(facts: AuditFacts, events: tuple[SwapEvent, ...]) -> AuditFacts:
    return replace(facts, swaps=events) if events else facts


_RETOLD = 1_000
"""Values that are told again at once."""


class Engine:
    """Holds the tracker's state. Knows no clock, file or proxy: times are given to it."""

    def __init__(self, started: float = 0.0) -> None:
        """`started` (Unix seconds) is when the counters begin to count."""
        self.tracker: Tracker = Tracker()
        self.detector: Detector = Detector()
        self.counters: Counters = Counters(started)
        self.shadow: Shadow = Shadow(self.counters, Digester())
        self._books = Books(self.counters)
        self._askers = Askers()
        self.imagining: Imagining = Imagining(self.shadow)
        self.courier: Courier | None = None
        """The way to the ledger of a fleet; None where there is none."""
        self._untold = 0

    def join(self, courier: Courier, digester: Digester) -> None:
        """Share what is seen with a fleet, whose digests the digester makes."""
        self.courier = courier
        self.detector.share(digester)

    def counts(self) -> dict[str, int]:
        """The tracker's counters by name; what it skipped is summed up."""
        counters = self.tracker.counters
        return {
            "issued": counters.issued,
            "refreshed": counters.refreshed,
            "confirmed": counters.confirmed,
            "seen": counters.seen,
            "passed": counters.passed,
            "forged": counters.forged,
            "ambiguous": counters.ambiguous,
            "collisions": counters.collisions,
            "skipped": counters.skipped.total(),
        }

    def with_caches(self, finding: Finding, exchange: Exchange) -> Finding:
        """The finding with what each known cache makes of its exchange.

        Too dear for every exchange, so it is asked for once a distinct finding; one that speaks of
        the user's own caches stays as it is.
        """
        if finding.caches:
            return finding
        run = reference_run(exchange)
        return replace(finding, caches=outcomes(PROFILES.values(), run))

    def pass_by(
        self,
        settings: SiteSettings,
        method: str,
        raw_fields: Iterable[tuple[bytes, bytes]],
        *,
        allowed: bool,
    ) -> Decision | None:
        """The short way for a request that needs no more than a look at its field names."""
        decision = self.tracker.pass_by(
            settings.tracking, method, raw_fields, site=settings.site, allowed=allowed
        )
        self._credit(settings)
        return decision

    def on_request(
        self,
        settings: SiteSettings,
        request: RequestFacts,
        client: ClientId,
        *,
        allowed: bool,
        now: float,
    ) -> Decision:
        """What the tracker makes of a request; `allowed` is whether it may issue at this host."""
        decision = self.tracker.on_request(
            settings.tracking, request, client, site=settings.site, allowed=allowed, now=now
        )
        self._credit(settings)
        return decision

    def on_response(
        self,
        settings: SiteSettings,
        exchange: Exchange,
        decision: Decision | None,
        seen: Circumstances,
    ) -> Outcome:
        """Judge a response as it came from upstream, and give it the tracker's cookie.

        `decision` is that of `on_request`; None issues nothing.
        """
        tracking = settings.tracking
        own_name = tracking.cookie.name if tracking.enabled else ""
        host = exchange.request.host or settings.site
        facts = examine(exchange, settings.audit, own_name=own_name)
        events = seen.noticed
        if facts is not None and seen.watch and settings.swaps.enabled:
            events += self._watch_whole(settings, exchange, decision, facts.cookies)
        if facts is None and seen.noticed:
            facts = AuditFacts(exchange, assess(exchange), None, {}, ())
        site = self._open(settings)
        findings = [] if facts is None else audit(_with_swaps(facts, events), site=host)
        if seen.simulated:
            findings = [finding for finding in findings if finding.swap is not None]
        else:
            findings += self._imagine(settings, exchange, decision, site, seen)
        if settings.audit.severities:
            findings = regraded(findings, settings.audit.severities)
        edit = None
        if decision is not None:
            decision, edit = self.tracker.on_response(
                decision, tracking, exchange, site=settings.site, https=seen.https
            )
        if edit is None and facts is not None and seen.live:
            edit = enforce(facts, settings.enforce)
            if edit is not None:
                self._books.enforced(site)
        masked_by = seen.edited if edit is None else edit.reason
        if masked_by:
            findings = [
                finding.masked(masked_by) if finding.rule.masked_by_edits else finding
                for finding in findings
            ]
        self._credit(settings)
        self._books.events(site, events)
        cut, level = (facts.cut, facts.level) if facts is not None else (False, None)
        return Outcome(edit, tuple(findings), decision, cut, events, level)

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

    def retell(self, courier: Courier, now: float) -> None:
        """Tell the fleet's ledger again, as far as there is room, what it may have lost."""
        if courier.lossy:
            courier.lossy, self._untold = False, len(self.detector.ledger)
        if (count := min(courier.room, self._untold, _RETOLD)) > 0:
            self._untold -= count
            for sight in self.detector.remembered(self._untold, count, now):
                courier.offer(sight, restored=True)

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

    def learn(self, settings: SiteSettings, exchange: Exchange, outcome: Outcome) -> Known | None:
        """What was made of an exchange, to be made of its like; None if that may be another thing.

        The exchange was live and no replay.
        """
        audit, tracking, edit = settings.audit, settings.tracking, outcome.edit
        if not audit.enabled or audit.caches or audit.shared_bodies:
            return None
        issued = edit is not None and edit.reason == "tracker"
        if issued is not (outcome.decision is not None) or tracking.unconfirmed_per_minute:
            return None
        known = Known(
            settings,
            self._open(settings),
            outcome.level,
            place_of(exchange, shown_url(exchange.request)),
            edit if issued else None,
        )
        self._learn_shape(known, exchange, outcome)
        return known

    def _learn_shape(self, known: Known, exchange: Exchange, outcome: Outcome) -> None:
        values, edit = exchange.response.fields.values("set-cookie"), outcome.edit
        issued = edit is not None and edit.reason == "tracker"
        if issued is not (known.issued is not None) or outcome.events:
            return
        if len(values) <= MAX_LIKE and len(known.judged) < MAX_LIKE:
            cookies = self._cookies(known.settings, values, exchange.response_time)
            settled = tuple([each for each in outcome.findings if each.rule.id != WOULD_BE_SWAP])
            known.judged[shape_of(cookies)] = settled, None if issued else edit

    def on_repeat(
        self,
        known: Known,
        again: Again,
        decision: Decision | None,
        *,
        whole: Callable[[], Exchange],
        https: bool,
        number: int = 0,
    ) -> Outcome:
        """What `on_response` would answer to a live exchange that is like a known one.

        `whole` gives all of it, should it not be as its like after all, and `number` stands for
        what the shadow reads of it.
        """
        settings = known.settings
        set_cookies = again.set_cookies
        cookies = self._cookies(settings, set_cookies, again.time) if set_cookies else ()
        judged = known.judged.get(shape_of(cookies))
        if judged is None:
            exchange = whole()
            seen = Circumstances(https, number=number)
            outcome = self.on_response(settings, exchange, decision, seen)
            self._learn_shape(known, exchange, outcome)
            return outcome
        client = None
        if cookies:
            client = self._askers.client(settings, again.sender, decision)
        imagined: tuple[Finding, ...] = ()
        if imagines(settings):
            imagined = self._imagine_again(known, again, decision, whole, number, client)
        if client is not None and settings.swaps.enabled:
            events = self._watch_response(settings, known.place, again, client, cookies, whole)
            if events:
                seen = Circumstances(https, noticed=events, watch=False)
                outcome = self.on_response(settings, whole(), decision, seen)
                return outcome._replace(findings=(*outcome.findings, *imagined))
        findings, edit = judged
        if edit is not None:
            self._books.enforced(known.site)
        if decision is not None and known.issued is not None:
            edit = self.tracker.issue_again(
                decision,
                settings.tracking,
                known.issued,
                site=settings.site,
                now=again.time,
                https=https,
            )
            self._books.credit(known.site, self._done())
        if imagined:
            findings = self.imagining.joined(findings, imagined)
        return Outcome(edit, findings, decision, level=known.level)

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

    def _cookies(
        self, settings: SiteSettings, values: Sequence[str], now: float
    ) -> tuple[AuditedCookie, ...]:
        tracking = settings.tracking
        own_name = tracking.cookie.name if tracking.enabled else ""
        return told_apart(map(parse_set_cookie, values), settings.audit, now, own_name=own_name)

    def failed(self, settings: SiteSettings) -> None:
        """Count an exchange that a fault of ours kept from being judged."""
        self._books.failed(self._open(settings))

    def reset(self, now: float) -> None:
        """Begin a new epoch at Unix seconds: the shadow is emptied, every counter is 0."""
        self.shadow.flush()
        self.counters.reset(now)

    def _open(self, settings: SiteSettings) -> str:
        """The name that a site is counted by."""
        wanted = counted(
            tracking=settings.tracking.enabled,
            enforce=settings.enforce.enabled,
            swaps=settings.swaps.enabled,
            shadow=settings.shadow.enabled,
        )
        return self.counters.open(settings.site, wanted, listed=settings.listed)

    def _credit(self, settings: SiteSettings) -> None:
        if self._books.due(done := self._done()):
            self._books.credit(self._open(settings), done)

    def _done(self) -> tuple[int, int, int]:
        counters = self.tracker.counters
        return counters.issued, counters.confirmed, counters.forged

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
