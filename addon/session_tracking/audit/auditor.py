"""Applies the rules to one exchange."""

from collections.abc import Iterable
from dataclasses import replace
from fnmatch import fnmatchcase
from hashlib import blake2b
from itertools import islice

from session_tracking.audit.catalogue import RULES
from session_tracking.audit.findings import AuditedCookie, AuditFacts, Evidence, Finding, Rule
from session_tracking.audit.memory import Memory, likeness
from session_tracking.audit.routes import route_of, shown_url
from session_tracking.audit.settings import AuditSettings, Severities
from session_tracking.audit.suppressions import NEVER_SILENT
from session_tracking.caching.levels import Level
from session_tracking.caching.outcomes import outcomes, reference_run
from session_tracking.caching.safety import CacheSafety, assess
from session_tracking.cookies.classify import CookieClass, classify
from session_tracking.cookies.cookie import parse_cookie
from session_tracking.cookies.set_cookie import SetCookie, response_cookies
from session_tracking.escape import visible
from session_tracking.http.exchange import Exchange

__all__ = ["MAX_COOKIES", "audit", "examine", "fingerprint", "regraded", "told_apart"]

MAX_COOKIES = 300
"""Cookies of one response that are looked at; more would only serve to slow the proxy down."""

_DISPLAY = {"set-cookie": "Set-Cookie", "set-cookie2": "Set-Cookie2", "cookie": "Cookie"}


def examine(
    exchange: Exchange, settings: AuditSettings, *, own_name: str = ""
) -> AuditFacts | None:
    """What the rules look at; None for a response that is not to be looked at.

    That is one that sets no cookie, unless stored bodies are looked at and the request had a
    session cookie.

    `own_name` is the name of the cookie that the tracker issues. Never raises for any field
    values; the URL may be unparsable.
    """
    if not settings.enabled:
        return None
    key = likeness(exchange)
    safety = _SAFETIES.recall(key, lambda: assess(exchange))
    bodies = safety.level is None and settings.shared_bodies
    presented = _presented(exchange, settings, own_name) if bodies else ()
    if safety.level is None and not presented:
        return None
    unread = response_cookies(exchange.response.fields)
    cookies = told_apart(
        islice(unread, MAX_COOKIES), settings, exchange.response_time, own_name=own_name
    )
    found = outcomes(settings.caches, reference_run(exchange)) if settings.caches else {}
    cut = next(unread, None) is not None
    return AuditFacts(exchange, safety, safety.level, found, cookies, presented, cut=cut, key=key)


def told_apart(
    cookies: Iterable[SetCookie], settings: AuditSettings, now: float, *, own_name: str
) -> tuple[AuditedCookie, ...]:
    """The cookies that a response sets at `now` (Unix seconds) with their classes.

    Those that are not to be reported are left out.
    """
    names = settings.names if any(settings.names) else None
    if settings.ignore:
        cookies = [cookie for cookie in cookies if not _ignored(cookie.name, settings)]
    return tuple(
        [
            AuditedCookie(cookie, classify(cookie, now, own_name=own_name, names=names))
            for cookie in cookies
        ]
    )


def _presented(
    exchange: Exchange, settings: AuditSettings, own_name: str
) -> tuple[AuditedCookie, ...]:
    """The session cookies of the request, told by their names; the values are left behind."""
    found = []
    names = dict.fromkeys(
        name for name, _ in parse_cookie(exchange.request.fields.values("cookie"))
    )
    for name in islice(names, MAX_COOKIES):
        # "-" stands for the value: neither empty, which deletes, nor the look of a secret.
        cookie = SetCookie(name, "-", field="cookie")
        told = classify(cookie, exchange.response_time, own_name=own_name, names=settings.names)
        if told is CookieClass.SESSION and not _ignored(name, settings):
            found.append(AuditedCookie(cookie, told))
    return tuple(found)


def _ignored(name: str, settings: AuditSettings) -> bool:
    patterns = settings.ignore
    return bool(patterns) and any(fnmatchcase(name, pattern) for pattern in patterns)


def audit(facts: AuditFacts, *, site: str) -> list[Finding]:
    """The findings about one exchange, judged as it came from upstream.

    Equal ones are the same objects: they name the first exchange of which they were true.
    """
    key = None
    few = len(facts.cookies) <= _FEW
    if few and facts.key is not None and not (facts.swaps or facts.would_be or facts.outcomes):
        each = ((a.cookie.name, a.cookie_class, a.cookie.field) for a in facts.cookies)
        key = (facts.key, site, *each, *(a.cookie.name for a in facts.presented))
    return list(_FINDINGS.recall(key, lambda: _findings(facts, site)))


_FEW = 8
"""Cookies of a response whose findings are worth keeping; a flood of them would fill the memory."""
_SAFETIES: Memory[CacheSafety] = Memory()
_FINDINGS: Memory[tuple[Finding, ...]] = Memory()


def _findings(facts: AuditFacts, site: str) -> tuple[Finding, ...]:
    return tuple(
        _finding(facts, rule, evidence, site)
        for rule in RULES.values()
        for evidence in rule.check(facts)
    )


def _finding(facts: AuditFacts, rule: Rule, evidence: Evidence, site: str) -> Finding:
    exchange, safety = facts.exchange, facts.safety
    cookie = evidence.cookie.cookie
    route = visible(route_of(exchange.request.split().path))
    name = visible(cookie.name, 80)
    remedy = safety.remedy
    if safety.level is Level.UNSAFE and remedy.startswith("Send "):
        why = "; ".join(f"{reason.text}, {reason.spec}" for reason in safety.reasons)
        remedy = (
            f'{_DISPLAY[cookie.field]} "{name}" on a response shared caches may store and reuse'
            f" ({why}). {remedy}"
        )
    return Finding(
        rule=rule,
        severity=evidence.severity,
        site=visible(site),
        method=visible(exchange.request.method, 20),
        url=shown_url(exchange.request),
        route=route,
        cookie_name=name,
        cookie_class=evidence.cookie.cookie_class,
        field=_DISPLAY[cookie.field],
        # A body without a cookie is reported only where it may be stored and reused.
        level=facts.level or (Level.UNSAFE if evidence.swap is None else None),
        reasons=evidence.reasons or safety.reasons,
        remedy=evidence.remedy or remedy,
        caches=facts.outcomes,
        fingerprint=fingerprint(rule.id, site, route, cookie.name),
        exchange_id=exchange.id,
        time=exchange.response_time,
        swap=evidence.swap,
    )


def regraded(findings: Iterable[Finding], severities: Severities) -> list[Finding]:
    """The findings with the severities that somebody gave to their rules, less what is off.

    What has happened stays an error.
    """
    told = []
    for finding in findings:
        severity = severities.get(finding.rule.id, finding.severity)
        if finding.rule.id in NEVER_SILENT or severity is finding.severity:
            told.append(finding)
        elif severity is not None:
            told.append(replace(finding, severity=severity))
    return told


def fingerprint(*parts: str) -> str:
    """32 hexadecimal digits that stay the same between runs; no value of a cookie goes in."""
    state = blake2b(digest_size=16)
    for part in parts:
        octets = part.encode("utf-8", "surrogatepass")
        state.update(len(octets).to_bytes(8) + octets)
    return state.hexdigest()
