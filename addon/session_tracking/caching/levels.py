"""The level of one carrier's orders for a response that sets a cookie."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from session_tracking.caching.freshness import IS_NO_DATE, Basis, Freshness, freshness
from session_tracking.caching.practice import HTTPD, SECTIONS, Reason, doubt, httpd_stores
from session_tracking.caching.storage import Policy, storage_verdict
from session_tracking.http.exchange import Exchange
from session_tracking.spec import rfc5861, rfc9111

__all__ = ["CarrierVerdict", "Level", "Reason", "Remedy", "judge_carrier", "worst"]


class Level(StrEnum):
    """How safe the cookies of a response are from a shared cache; the order is from good to bad."""

    SAFE = "safe"
    """Unqualified private or no-store is in effect for every carrier."""
    SAFE_IMPLICIT = "safe-implicit"
    """Nothing is said, but RFC 9111 §3 forbids storing."""
    REVALIDATE = "revalidate"
    """Storable, but never reused without asking the origin, and there is nothing to ask with."""
    FRAGILE = "fragile"
    """Safe only while caches follow the letter, or while nobody adds a header."""
    UNSAFE = "unsafe"
    """A shared cache may store the response and hand its cookies to another user."""

    @property
    def rank(self) -> int:
        """0 for safe to 4 for unsafe."""
        return _RANKS[self]


_RANKS = {level: rank for rank, level in enumerate(Level)}


class Remedy(StrEnum):
    """Which advice fits; the wording is in `verdict`."""

    NONE = "none"
    STORABLE = "storable"
    TARGETED = "targeted"
    VALIDATOR = "validator"
    QUALIFIED = "qualified"
    VARY = "vary"
    SILENT = "silent"
    EXPLICIT = "explicit"


@dataclass(slots=True)  # not frozen, which would cost a microsecond; nobody changes it
class CarrierVerdict:
    """What one carrier's orders lead to."""

    policy: Policy
    level: Level
    reasons: tuple[Reason, ...]
    remedy: Remedy


def judge_carrier(exchange: Exchange, policy: Policy, set_by: frozenset[str]) -> CarrierVerdict:
    """Judge the orders of one carrier at age 0.

    `set_by` holds the fields that set cookies in this response, in lower case: a qualified
    directive protects only the fields that it lists.
    """
    if (unstored := _unstored(exchange, policy)) is not None:
        return unstored
    life = freshness(exchange, policy)
    for step in (_vary_star, _qualified, _no_cache, _vary_cookie):
        if (found := step(exchange, policy, life, set_by)) is not None:
            return found
    if life.lifetime > 0:
        return _fresh(exchange, policy, life)
    return _not_fresh(exchange, policy, life)


def _only_validated(
    exchange: Exchange, policy: Policy, reasons: tuple[Reason, ...]
) -> CarrierVerdict:
    """The verdict on what is never reused without asking the origin, if there is a way to ask."""
    if (merged := _merged(exchange)) is not None:
        return CarrierVerdict(policy, Level.FRAGILE, (*reasons, merged), Remedy.VALIDATOR)
    if exchange.response.status >= 500:
        # CacheStaleOnError: the stored error answers while the origin goes on failing.
        reason = Reason("after another server error Apache httpd reuses it", HTTPD)
        return CarrierVerdict(policy, Level.FRAGILE, (*reasons, reason), Remedy.STORABLE)
    return CarrierVerdict(policy, Level.REVALIDATE, reasons, Remedy.STORABLE)


def _unstored(exchange: Exchange, policy: Policy) -> CarrierVerdict | None:
    """The verdict on a response that may not be stored; None for one that may."""
    stored = storage_verdict(exchange, policy)
    if stored.storable:
        return None
    forbidding = [name for requirement, name in _FORBIDDING.items() if stored.fails(requirement)]
    if forbidding:
        lenient = _FORBIDDING.keys() | _LENIENT
        alone = all(requirement.id in lenient for requirement in stored.failed)
        reason = doubt(policy.directives, forbidding) if alone else None
        if reason is not None:
            return CarrierVerdict(policy, Level.FRAGILE, (reason,), Remedy.STORABLE)
        text = f"{forbidding[0]} forbids storing in a shared cache"
        reason = Reason(text, rfc9111(SECTIONS[forbidding[0]]))
        return CarrierVerdict(policy, Level.SAFE, (reason,), Remedy.NONE)
    reasons = tuple(Reason(f"not storable: {r.unmet}", r.spec) for r in stored.failed)
    failed = [requirement.id for requirement in stored.failed]
    level, remedy = Level.SAFE_IMPLICIT, Remedy.EXPLICIT
    if failed == ["authorization-allowed"]:
        level, remedy = Level.FRAGILE, Remedy.STORABLE
    elif _LENIENT.issuperset(failed) and httpd_stores(exchange, policy.directives):
        level, remedy = Level.FRAGILE, Remedy.STORABLE
        reasons = (*reasons, Reason("Apache httpd stores it by default all the same", HTTPD))
    return CarrierVerdict(policy, level, reasons, remedy)


_FORBIDDING = {"no-store-absent": "no-store", "private-absent": "private"}
"""The requirements that a directive of the response fails on purpose."""
_LENIENT = frozenset({"basis-present", "status-understood"})
"""The requirements that caches of good name do not insist on."""


def _vary_star(
    exchange: Exchange, policy: Policy, _life: Freshness, _set_by: frozenset[str]
) -> CarrierVerdict | None:
    fields = exchange.response.fields
    if "vary" not in fields or "*" not in fields.members("vary"):
        return None
    reason = Reason("Vary: * never matches, but the response is stored", rfc9111("4.1"))
    return CarrierVerdict(policy, Level.FRAGILE, (reason,), Remedy.STORABLE)


_QUALIFIABLE = (("private", "5.2.2.7"), ("no-cache", "5.2.2.4"))


def _qualified(
    _exchange: Exchange, policy: Policy, _life: Freshness, set_by: frozenset[str]
) -> CarrierVerdict | None:
    for name, section in _QUALIFIABLE:
        if name not in policy.directives.arguments:
            continue
        if set_by <= policy.directives.qualified(name) and not policy.directives.unqualified(name):
            reason = Reason(
                f"the qualified form of {name} is not widely implemented", rfc9111(section)
            )
            return CarrierVerdict(policy, Level.FRAGILE, (reason,), Remedy.QUALIFIED)
    return None


def _no_cache(
    exchange: Exchange, policy: Policy, life: Freshness, _set_by: frozenset[str]
) -> CarrierVerdict | None:
    if not policy.directives.unqualified("no-cache"):
        return None
    asks = Reason("no-cache allows storing, and reuse after validation", rfc9111("5.2.2.4"))
    if life.lifetime > 0 and _merged(exchange) is None:
        both = Reason(f"{life.basis} gives a lifetime that some caches use", rfc9111("4.2.1"))
        return CarrierVerdict(policy, Level.FRAGILE, (asks, both), Remedy.VALIDATOR)
    return _only_validated(exchange, policy, (asks,))


def _vary_cookie(
    exchange: Exchange, policy: Policy, life: Freshness, _set_by: frozenset[str]
) -> CarrierVerdict | None:
    if life.lifetime == 0 or "vary" not in exchange.response.fields:
        return None
    vary = {member.lower() for member in exchange.response.fields.members("vary")}
    if "cookie" not in vary:
        return None
    basis = _lifetime_reason(life)
    if "cookie" in exchange.request.fields:
        reason = Reason("Vary: Cookie limits reuse to the same Cookie header", rfc9111("4.1"))
        return CarrierVerdict(policy, Level.FRAGILE, (basis, reason), Remedy.VARY)
    reason = Reason("Vary: Cookie: an absent Cookie matches an absent one", rfc9111("4.1"))
    return CarrierVerdict(policy, Level.UNSAFE, (basis, reason), Remedy.VARY)


def _fresh(exchange: Exchange, policy: Policy, life: Freshness) -> CarrierVerdict:
    reasons = [_lifetime_reason(life)]
    if "no-store" in policy.directives:
        reasons.append(Reason("must-understand lifts no-store", rfc9111("5.2.2.3")))
    if "authorization" in exchange.request.fields:
        reasons.append(Reason("storing is allowed in spite of Authorization", rfc9111("3.5")))
    return CarrierVerdict(policy, Level.UNSAFE, tuple(reasons), Remedy.STORABLE)


def _not_fresh(exchange: Exchange, policy: Policy, life: Freshness) -> CarrierVerdict:
    directives = policy.directives
    if not life.explicit:
        return CarrierVerdict(
            policy,
            Level.FRAGILE,
            (Reason("no lifetime is given: a cache may choose one", rfc9111("4.2.2")),),
            Remedy.SILENT if _silent(exchange, policy) else Remedy.STORABLE,
        )
    if life.flaw:
        section = "5.3" if life.flaw == IS_NO_DATE else "4.2.1"
        reason = Reason(f"{life.basis} {life.flaw}; caches differ in reading it", rfc9111(section))
        return CarrierVerdict(policy, Level.FRAGILE, (reason,), Remedy.STORABLE)
    stale = Reason(f"{life.basis} makes it stale at once, not unstorable", rfc9111("4.2.4"))
    windows = ("stale-while-revalidate", "stale-if-error")
    if any((directives.seconds(name) or 0) > 0 for name in windows):
        window = Reason("a window allows stale reuse", rfc5861("3"))
        return CarrierVerdict(policy, Level.FRAGILE, (stale, window), Remedy.STORABLE)
    if not any(n in directives for n in ("must-revalidate", "proxy-revalidate", "s-maxage")):
        disconnected = Reason("a disconnected cache may reuse it stale", rfc9111("4.2.4"))
        return CarrierVerdict(policy, Level.FRAGILE, (stale, disconnected), Remedy.STORABLE)
    must = Reason("a stale response must be validated first", rfc9111("5.2.2.2"))
    return _only_validated(exchange, policy, (stale, must))


def _lifetime_reason(life: Freshness) -> Reason:
    if life.basis is Basis.HEURISTIC:
        text = f"Last-Modified lets caches choose a lifetime (heuristic: {life.lifetime} s)"
        return Reason(text, rfc9111("4.2.2"))
    return Reason(f"{life.basis} keeps it fresh for {life.lifetime} s", rfc9111("4.2.1"))


def _silent(exchange: Exchange, policy: Policy) -> bool:
    return not policy.directives.arguments and "expires" not in exchange.response.fields


def _merged(exchange: Exchange) -> Reason | None:
    """What a validator leads to; None if there is none to ask the origin with (§4.3.1)."""
    for name, display in (("etag", "ETag"), ("last-modified", "Last-Modified")):
        if name in exchange.response.fields:
            text = f"after a 304 ({display}) the stored Set-Cookie is sent again"
            return Reason(text, rfc9111("4.3.4"))
    return None


def worst(verdicts: Iterable[CarrierVerdict]) -> CarrierVerdict:
    """The verdict of the worst carrier; of equal ones the first."""
    return max(verdicts, key=lambda verdict: verdict.level.rank)
