"""Exchange → Outcome: the tracker and the audit, joined; sans-I/O."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from session_tracking.audit.auditor import audit, examine
from session_tracking.audit.enforce import enforce
from session_tracking.audit.findings import Finding
from session_tracking.audit.settings import AuditSettings, EnforceSettings
from session_tracking.caching.outcomes import outcomes, reference_run
from session_tracking.caching.profiles.catalogue import PROFILES
from session_tracking.http.edit import Edit
from session_tracking.http.exchange import ClientId, Exchange, RequestFacts
from session_tracking.tracking.policy import Decision, TrackingSettings
from session_tracking.tracking.tracker import Tracker


@dataclass(frozen=True, slots=True)
class SiteSettings:
    """All settings in force for one host and path."""

    site: str
    """The `[[site]]` that matched, else the host itself."""
    listed: bool
    """Whether a `[[site]]` matched."""
    tracking: TrackingSettings
    audit: AuditSettings
    enforce: EnforceSettings


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one exchange leads to."""

    edit: Edit | None = None
    """What to change on the response; None leaves it as it is."""
    findings: tuple[Finding, ...] = ()
    decision: Decision | None = None
    """The tracker's last word; None where it had none."""


class Engine:
    """Holds the tracker's state. Knows no clock, file or proxy: times are given to it."""

    def __init__(self) -> None:
        self.tracker: Tracker = Tracker()

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
        return self.tracker.pass_by(
            settings.tracking, method, raw_fields, site=settings.site, allowed=allowed
        )

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
        return self.tracker.on_request(
            settings.tracking, request, client, site=settings.site, allowed=allowed, now=now
        )

    def on_response(
        self,
        settings: SiteSettings,
        exchange: Exchange,
        decision: Decision | None,
        *,
        https: bool,
        live: bool = True,
    ) -> Outcome:
        """Judge a response as it came from upstream, and give it the tracker's cookie.

        `decision` is that of `on_request`; None issues nothing. `live` is false for a recorded
        exchange, which is judged but never edited.
        """
        tracking = settings.tracking
        own_name = tracking.cookie.name if tracking.enabled else ""
        host = exchange.request.host or settings.site
        facts = examine(exchange, settings.audit, own_name=own_name)
        findings = [] if facts is None else audit(facts, site=host)
        edit = None
        if decision is not None:
            decision, edit = self.tracker.on_response(
                decision, tracking, exchange, site=settings.site, https=https
            )
        if edit is None and facts is not None and live:
            edit = enforce(facts, settings.enforce)
        if edit is not None:
            findings = [
                finding.masked(edit.reason) if finding.rule.masked_by_edits else finding
                for finding in findings
            ]
        return Outcome(edit, tuple(findings), decision)
