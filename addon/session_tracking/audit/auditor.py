"""Applies the rules to one exchange."""

from fnmatch import fnmatchcase
from hashlib import blake2b
from itertools import islice

from session_tracking.audit.catalogue import RULES
from session_tracking.audit.findings import AuditedCookie, AuditFacts, Evidence, Finding, Rule
from session_tracking.audit.routes import route_of, shown_url
from session_tracking.audit.settings import AuditSettings
from session_tracking.caching.levels import Level
from session_tracking.caching.outcomes import outcomes, reference_run
from session_tracking.caching.safety import assess
from session_tracking.cookies.classify import classify
from session_tracking.cookies.set_cookie import response_cookies
from session_tracking.escape import visible
from session_tracking.http.exchange import Exchange

__all__ = ["MAX_COOKIES", "audit", "examine", "fingerprint"]

MAX_COOKIES = 64
"""Cookies of one response that are looked at; more would only serve to slow the proxy down."""

_DISPLAY = {"set-cookie": "Set-Cookie", "set-cookie2": "Set-Cookie2"}


def examine(
    exchange: Exchange, settings: AuditSettings, *, own_name: str = ""
) -> AuditFacts | None:
    """What the rules look at; None for a response that sets no cookie or is not to be looked at.

    `own_name` is the name of the cookie that the tracker issues. Never raises for any field
    values; the URL may be unparsable.
    """
    if not settings.enabled:
        return None
    safety = assess(exchange)
    if safety.level is None:
        return None
    cookies = []
    for cookie in islice(response_cookies(exchange.response.fields), MAX_COOKIES):
        if not any(fnmatchcase(cookie.name, pattern) for pattern in settings.ignore):
            cookie_class = classify(
                cookie, exchange.response_time, own_name=own_name, names=settings.names
            )
            cookies.append(AuditedCookie(cookie, cookie_class))
    found = outcomes(settings.caches, reference_run(exchange)) if settings.caches else {}
    return AuditFacts(exchange, safety, safety.level, found, tuple(cookies))


def audit(facts: AuditFacts, *, site: str) -> list[Finding]:
    """The findings about one exchange, judged as it came from upstream."""
    return [
        _finding(facts, rule, evidence, site)
        for rule in RULES.values()
        for evidence in rule.check(facts)
    ]


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
        level=facts.level,
        reasons=safety.reasons,
        remedy=remedy,
        caches=facts.outcomes,
        fingerprint=fingerprint(rule.id, site, route, cookie.name),
        exchange_id=exchange.id,
        time=exchange.response_time,
    )


def fingerprint(*parts: str) -> str:
    """32 hexadecimal digits that stay the same between runs; no value of a cookie goes in."""
    state = blake2b(digest_size=16)
    for part in parts:
        octets = part.encode("utf-8", "surrogatepass")
        state.update(len(octets).to_bytes(8) + octets)
    return state.hexdigest()
