"""ST20x: a response that sets a cookie, by its level or by what the user's caches make of it."""

from collections.abc import Iterator, Mapping

from session_tracking.audit.declare import rule
from session_tracking.audit.findings import AuditFacts, Evidence, Severity
from session_tracking.caching.levels import Level
from session_tracking.caching.profiles.model import Outcome
from session_tracking.cookies.classify import CookieClass
from session_tracking.spec import rfc9111, rfc9213

_E, _W, _N = Severity.ERROR, Severity.WARNING, Severity.NOTE

SEVERITIES: Mapping[CookieClass, Mapping[Level, Severity]] = {
    CookieClass.SESSION: {
        Level.UNSAFE: _E, Level.FRAGILE: _E, Level.REVALIDATE: _W, Level.SAFE_IMPLICIT: _N,
    },
    CookieClass.UNKNOWN: {Level.UNSAFE: _E, Level.FRAGILE: _W, Level.REVALIDATE: _N},
    CookieClass.TRACKING: {Level.UNSAFE: _E, Level.FRAGILE: _W, Level.REVALIDATE: _N},
    CookieClass.AFFINITY: {Level.UNSAFE: _W, Level.FRAGILE: _N},
    CookieClass.PREFERENCE: {Level.UNSAFE: _W, Level.FRAGILE: _N},
    CookieClass.DELETION: {Level.UNSAFE: _W, Level.FRAGILE: _N},
}  # fmt: skip
"""Severity by what the cookie is for and how the response may be cached; absent is no finding."""


def _at(level: Level, facts: AuditFacts) -> Iterator[Evidence]:
    # Caches that the user names decide by themselves; the level speaks where they leave it open.
    if facts.level is level and _undecided(facts):
        for cookie in facts.cookies:
            if (severity := SEVERITIES[cookie.cookie_class].get(level)) is not None:
                yield Evidence(cookie, severity)


@rule(
    id="ST201",
    name="set-cookie-storable",
    title="A shared cache may store the cookie and hand it to another user",
    severity=Severity.ERROR,
    spec=(rfc9111("3"), rfc9111("7.3"), rfc9213("2.2")),
    help="The response sets a cookie and may be stored and reused: whoever asks next may be given"
    " the same cookie, and with it the first visitor's session. Send Cache-Control: private,"
    " no-store with every response that sets a cookie.",
)
def set_cookie_storable(facts: AuditFacts) -> Iterator[Evidence]:
    """Level *unsafe*."""
    return _at(Level.UNSAFE, facts)


@rule(
    id="ST202",
    name="set-cookie-fragile",
    title="Only the good behaviour of caches keeps the cookie from another user",
    severity=Severity.ERROR,
    spec=(rfc9111("4.2.2"), rfc9111("4.3.4"), rfc9111("5.2.2.4")),
    help="The response sets a cookie and may be stored; some caches reuse it although they should"
    " not, or may reuse it after validation, when stale, or by a lifetime of their own choice."
    " Send Cache-Control: private, no-store with every response that sets a cookie.",
)
def set_cookie_fragile(facts: AuditFacts) -> Iterator[Evidence]:
    """Level *fragile*."""
    return _at(Level.FRAGILE, facts)


@rule(
    id="ST203",
    name="set-cookie-revalidated",
    title="The cookie is stored, and only validation keeps it from another user",
    severity=Severity.WARNING,
    spec=(rfc9111("4.3"), rfc9111("5.2.2.4")),
    help="A cache may store the response but must ask the origin before it reuses it, and there is"
    " no validator to ask with. One added ETag or Last-Modified makes it fragile. Send"
    " Cache-Control: private, no-store instead.",
)
def set_cookie_revalidated(facts: AuditFacts) -> Iterator[Evidence]:
    """Level *revalidate*."""
    return _at(Level.REVALIDATE, facts)


@rule(
    id="ST204",
    name="set-cookie-unprotected",
    title="Nothing in the response protects the session cookie; its status or method does",
    severity=Severity.NOTE,
    spec=(rfc9111("3"),),
    help="The response is not storable as it is, for example because of its status, but says"
    " nothing about caching: one more header, or a cache that is told to store such responses,"
    " makes it leak. Send Cache-Control: private, no-store to be sure.",
)
def set_cookie_unprotected(facts: AuditFacts) -> Iterator[Evidence]:
    """Level *safe-implicit*, session cookies only."""
    return _at(Level.SAFE_IMPLICIT, facts)


_ONE_LOWER = {_E: _W, _W: _N, _N: _N}


def _undecided(facts: AuditFacts) -> bool:
    found = facts.outcomes.values()
    if not found:
        return True
    return Outcome.UNKNOWN in found and not {Outcome.SWAP, Outcome.STRIPPED} & set(found)


@rule(
    id="ST205",
    name="cache-swaps-cookie",
    title="A cache of yours hands this cookie to the next visitor",
    severity=Severity.ERROR,
    spec=(rfc9111("7.3"),),
    help="One of the caches that the configuration names stores this response with its Set-Cookie"
    " and gives both to whoever asks next. If the response says private or no-store already, the"
    " cache was told to ignore that: mend its configuration, no header can.",
)
def cache_swaps_cookie(facts: AuditFacts) -> Iterator[Evidence]:
    """Outcome `swap` of a cache that the user has: as grave as *unsafe*."""
    if Outcome.SWAP in facts.outcomes.values():
        for cookie in facts.cookies:
            yield Evidence(cookie, SEVERITIES[cookie.cookie_class][Level.UNSAFE])


@rule(
    id="ST206",
    name="cache-strips-cookie",
    title="A cache of yours stores this response and loses its cookie",
    severity=Severity.WARNING,
    spec=(rfc9111("7.3"),),
    help="One of the caches that the configuration names stores the body and reuses it without the"
    " Set-Cookie: sessions are lost, and a body made for one visitor is shown to others.",
)
def cache_strips_cookie(facts: AuditFacts) -> Iterator[Evidence]:
    """Outcome `stripped` of a cache that the user has: one step lower than `swap`."""
    found = facts.outcomes.values()
    if Outcome.STRIPPED in found and Outcome.SWAP not in found:
        for cookie in facts.cookies:
            severity = SEVERITIES[cookie.cookie_class][Level.UNSAFE]
            yield Evidence(cookie, _ONE_LOWER[severity])
