"""How safe the cookies of a response are from shared caches that follow RFC 9111."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from session_tracking.caching.levels import (
    CarrierVerdict,
    Level,
    Reason,
    Remedy,
    judge_carrier,
    worst,
)
from session_tracking.caching.profiles.model import Outcome
from session_tracking.caching.storage import CACHE_CONTROL, Policy, plain_policy
from session_tracking.caching.targeted import TARGETED_FIELDS, targeted_directives
from session_tracking.http.exchange import Exchange

REMEDIES = MappingProxyType(
    {
        Remedy.NONE: "",
        Remedy.STORABLE: (
            'Send "Cache-Control: private, no-store" with it, or move the cookie to an uncached'
            " URL. Set-Cookie does not inhibit caching (RFC 9111 §7.3)."
        ),
        Remedy.TARGETED: (
            "{carrier} allows storing although Cache-Control forbids it ({spec}); remove it"
            ' or send "{carrier}: {stop}".'
        ),
        Remedy.VALIDATOR: (
            '"no-cache" lets a cache reuse the stored Set-Cookie after a 304 (RFC 9111 §3.2,'
            " §4.3.4) and some CDNs reuse it at once; use private or no-store."
        ),
        Remedy.QUALIFIED: (
            '{directive}="Set-Cookie" is not widely implemented (RFC 9111 §5.2.2.4/7): two of eight'
            " tested caches replay the field; use unqualified private."
        ),
        Remedy.VARY: (
            "Vary: Cookie does not separate visitors who send no Cookie (RFC 9111 §4.1)."
            ' Send "Cache-Control: private, no-store".'
        ),
        Remedy.SILENT: (
            "No Cache-Control: a cache may store this heuristically (RFC 9111 §4.2.2)."
            ' Send "Cache-Control: private, no-store".'
        ),
        Remedy.EXPLICIT: (
            'Nothing in the response says so: send "Cache-Control: private, no-store" lest a'
            " later header make it storable."
        ),
    }
)
"""The advice for each kind of fault, in the words of people who mend it."""

IIS_FOOTER = (
    " http.sys does not list Set-Cookie among its cache exclusions; also set <caching"
    ' enableKernelCache="false"/> or call DisableKernelCache().'
)


_NOT_ASKED: Mapping[str, Outcome] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class CacheSafety:
    """How safe the cookies of one response are from shared caches, and why."""

    level: Level | None
    """None for a response that sets no cookie."""
    reasons: tuple[Reason, ...] = ()
    carrier: str = CACHE_CONTROL
    """The field whose orders decide: the worst carrier."""
    remedy: str = ""
    """What to send instead; empty if nothing is wrong."""
    caches: Mapping[str, Outcome] = field(default_factory=lambda: _NOT_ASKED)
    """Profile name → what the next visitor receives from that cache."""


def assess(exchange: Exchange, caches: Mapping[str, Outcome] = _NOT_ASKED) -> CacheSafety:
    """The level of a response, for a shared cache that follows RFC 9111; never raises.

    Every carrier present is judged and the worst decides: caches differ in which ones they obey.
    `caches` are the outcomes to go with it.
    """
    fields = exchange.response.fields
    set_by = _SET_BY["set-cookie" in fields, "set-cookie2" in fields]
    if not set_by:
        return CacheSafety(None, caches=caches)
    verdicts = [judge_carrier(exchange, policy, set_by) for policy in carriers(exchange)]
    decisive = verdicts[0] if len(verdicts) == 1 else worst(verdicts)
    return CacheSafety(
        decisive.level,
        decisive.reasons,
        decisive.policy.carrier,
        _remedy(exchange, decisive, verdicts[0]),
        caches,
    )


_SET_BY = {
    (False, False): frozenset[str](),
    (True, False): frozenset({"set-cookie"}),
    (False, True): frozenset({"set-cookie2"}),
    (True, True): frozenset({"set-cookie", "set-cookie2"}),
}
"""The fields that set cookies, by their presence."""


def carriers(exchange: Exchange) -> list[Policy]:
    """The orders of Cache-Control, present or not, and those of every targeted field present."""
    fields = exchange.response.fields
    policies = [plain_policy(fields)]
    if fields.has_any(TARGETED_FIELDS):
        policies += [
            Policy(field.display, directives, targeted=True, spec=field.spec)
            for field, directives in targeted_directives(fields, exchange.response_time)
        ]
    return policies


def _remedy(exchange: Exchange, decisive: CarrierVerdict, plain: CarrierVerdict) -> str:
    policy = decisive.policy
    if decisive.level is Level.SAFE:
        return ""
    allows = decisive.level is not Level.SAFE_IMPLICIT
    if policy.targeted and plain.level is Level.SAFE and allows:
        stop = "0" if policy.carrier == "X-Accel-Expires" else "no-store"
        advice = REMEDIES[Remedy.TARGETED].format(
            carrier=policy.carrier, spec=policy.spec, stop=stop
        )
    else:
        name = "private" if policy.directives.qualified("private") else "no-cache"
        advice = REMEDIES[decisive.remedy].format(directive=name)
    server = exchange.response.fields.first("server") or ""
    return advice + IIS_FOOTER if server.startswith(_HTTP_SYS) else advice


_HTTP_SYS = ("Microsoft-IIS", "Microsoft-HTTPAPI")
