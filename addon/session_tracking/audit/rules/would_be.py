"""ST501: what would have happened if a shared cache stood there."""

from collections.abc import Iterator

from session_tracking.audit.declare import rule
from session_tracking.audit.findings import AuditedCookie, AuditFacts, Evidence, Severity
from session_tracking.caching.levels import Reason
from session_tracking.cookies.classify import CookieClass
from session_tracking.cookies.set_cookie import SetCookie
from session_tracking.spec import rfc9111

_GRAVE = frozenset({CookieClass.SESSION, CookieClass.UNKNOWN})
_REMEDY = (
    'Send "Cache-Control: private, no-store" with every response that sets a cookie, before a cache'
    " is put there, or turned on."
)


@rule(
    id="ST501",
    name="would-be-swap",
    title="A shared cache, if one stood there, would have handed out somebody else's cookie",
    severity=Severity.WARNING,
    spec=(rfc9111("3"), rfc9111("4"), rfc9111("7.3")),
    help="The shadow cache follows the traffic as a shared cache would, and stores nothing but"
    " facts. It would have answered this request with the response that was made for another"
    " visitor, cookie included. Nobody was harmed: the cache is not there. " + _REMEDY,
    masked_by_edits=False,  # it is about a response that went before
)
def would_be_swap(facts: AuditFacts) -> Iterator[Evidence]:
    """One for each cookie that would have been handed on."""
    for event in facts.would_be:
        held = event.cookie
        # "-" stands for the value, which nobody may see.
        cookie = AuditedCookie(SetCookie(held.name, "-", field=held.field), held.cookie_class)
        told = (
            f"the cache {event.profile}, if it stood there, would have answered with what it stored"
            f" {event.age:.0f} s before for another visitor"
        )
        severity = Severity.WARNING if held.cookie_class in _GRAVE else Severity.NOTE
        yield Evidence(cookie, severity, (Reason(told, rfc9111("4")),), _REMEDY)
