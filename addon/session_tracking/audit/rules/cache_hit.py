"""ST301: a cookie that came out of a cache, and so may be somebody else's."""

from collections.abc import Iterator

from session_tracking.audit.declare import rule
from session_tracking.audit.findings import AuditFacts, Evidence, Severity
from session_tracking.caching.evidence import hit_evidence
from session_tracking.caching.levels import Reason
from session_tracking.cookies.classify import CookieClass
from session_tracking.spec import rfc9111, rfc9211

_REMEDY = (
    'Send "Cache-Control: private, no-store" with it, purge the URL from the cache, and end the'
    " sessions that it handed out; if that field was there, mend the cache: it ignores it."
)


@rule(
    id="ST301",
    name="set-cookie-from-cache",
    title="A cache answered, with a cookie in its answer: it may be somebody else's",
    severity=Severity.ERROR,
    spec=(rfc9111("5.1"), rfc9211("2.1"), rfc9111("7.3")),
    help="The response sets a cookie and bears the marks of a stored one. Whoever asked first was"
    " given the same cookie; if it names a session, two people share it now. " + _REMEDY,
    masked_by_edits=False,  # the visitor holds that cookie already
)
def set_cookie_from_cache(facts: AuditFacts) -> Iterator[Evidence]:
    """Whatever the level: a cache that stored it did not keep to the fields."""
    if not facts.cookies:
        return
    found = hit_evidence(facts.exchange.response.fields)
    if reasons := tuple(Reason(sign.text, sign.spec) for sign in found):
        for cookie in facts.cookies:
            yield Evidence(cookie, _severity(cookie.cookie_class), reasons, _REMEDY)


def _severity(cookie_class: CookieClass) -> Severity:
    if cookie_class is CookieClass.SESSION:
        return Severity.ERROR
    return Severity.NOTE if cookie_class is CookieClass.DELETION else Severity.WARNING
