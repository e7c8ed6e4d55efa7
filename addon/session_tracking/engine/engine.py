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
from session_tracking.cookies.set_cookie import parse_set_cookie
from session_tracking.engine.foresight import imagines
from session_tracking.engine.imagining import WOULD_BE_SWAP
from session_tracking.engine.known import MAX_COOKIES as MAX_LIKE, Again, Known, shape_of
from session_tracking.engine.outcome import Circumstances, Outcome, SiteSettings
from session_tracking.engine.shadowing import Shadowing
from session_tracking.engine.watching import Watching
from session_tracking.http.exchange import ClientId, Exchange, RequestFacts
from session_tracking.swaps.delivery import place_of
from session_tracking.swaps.events import SwapEvent
from session_tracking.tracking.policy import Decision

__all__ = ["Engine"]


def _with_swaps(facts: AuditFacts, events: tuple[SwapEvent, ...]) -> AuditFacts:
    return replace(facts, swaps=events) if events else facts


class Engine(Watching, Shadowing):
    """Holds the tracker's state. Knows no clock, file or proxy: times are given to it."""

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

    def _cookies(
        self, settings: SiteSettings, values: Sequence[str], now: float
    ) -> tuple[AuditedCookie, ...]:
        tracking = settings.tracking
        own_name = tracking.cookie.name if tracking.enabled else ""
        return told_apart(map(parse_set_cookie, values), settings.audit, now, own_name=own_name)
