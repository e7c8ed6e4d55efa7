"""ST40x: what was seen to happen: a cookie of one visitor handed to another."""

from collections.abc import Iterator

from session_tracking.audit.declare import rule
from session_tracking.audit.findings import AuditedCookie, AuditFacts, Evidence, Severity
from session_tracking.caching.levels import Level, Reason
from session_tracking.cookies.set_cookie import SetCookie
from session_tracking.spec import rfc9111
from session_tracking.swaps.events import EventKind, SwapEvent

_END = "End this session, and purge the URL from every cache."
_SEND = "Send Cache-Control: private, no-store with every response that sets a cookie."
_IGNORES = (
    "The response forbids shared caches to store it, so mend the cache: it was told to ignore that."
)
_PROVE = "To be certain, ask the URL with `session-tracker probe`."
_SHARED = (
    "Ask whether one person uses both; if not, end the session and look for how it got out: a"
    " cache, a link with the session in it, or theft."
)


def _at(kind: EventKind, facts: AuditFacts, severity: Severity) -> Iterator[Evidence]:
    for event in facts.swaps:
        if event.kind is kind:
            # "-" stands for the value, which nobody may see.
            cookie = SetCookie(event.cookie_name, "-", field=event.carrier)
            audited = AuditedCookie(cookie, event.cookie_class)
            yield Evidence(audited, severity, _reasons(event), _remedy(facts, event), event)


def _reasons(event: SwapEvent) -> tuple[Reason, ...]:
    signals = tuple(Reason(signal, rfc9111("7.3")) for signal in event.signals)
    return signals + tuple(Reason(sign.text, sign.spec) for sign in event.evidence)


def _remedy(facts: AuditFacts, event: SwapEvent) -> str:
    if event.kind is EventKind.TWO_CLIENTS:
        return _SHARED
    start = _END if event.kind is EventKind.CONFIRMED else f"{_PROVE} {_END}"
    if facts.level is None:  # another proxy saw the response
        return f"{start} {_SEND}"
    return f"{start} {_IGNORES if facts.level is Level.SAFE else facts.safety.remedy}"


@rule(
    id="ST401",
    name="session-swapped",
    title="A visitor was handed the session of another",
    severity=Severity.ERROR,
    spec=(rfc9111("7.3"),),
    help="The response set a cookie with a value that somebody else had been given before, and it"
    " came out of a cache, or several things speak for it. Both are in one session now. "
    + _END
    + f" {_SEND}",
)
def session_swapped(facts: AuditFacts) -> Iterator[Evidence]:
    """A swap that is certain."""
    return _at(EventKind.CONFIRMED, facts, Severity.ERROR)


@rule(
    id="ST402",
    name="session-swap-suspected",
    title="A value that another visitor had before was handed out again",
    severity=Severity.WARNING,
    spec=(rfc9111("7.3"),),
    help="The response set a cookie with a value that was handed out before, to a request that did"
    " not bring it. A cache without a sign of its hits looks like this, and so does a value that"
    " the site gives to several visitors on purpose: then name it in swaps.ignore_cookies.",
)
def session_swap_suspected(facts: AuditFacts) -> Iterator[Evidence]:
    """A swap that is likely."""
    return _at(EventKind.SUSPECTED, facts, Severity.WARNING)


@rule(
    id="ST403",
    name="session-of-two-clients",
    title="Two clients with different addresses and User-Agents send the same session",
    severity=Severity.NOTE,
    spec=(rfc9111("7.3"),),
    help="No swap was seen here, but one may have happened elsewhere. Roaming, sharing and theft"
    " look like this, too. " + _SHARED,
)
def session_of_two_clients(facts: AuditFacts) -> Iterator[Evidence]:
    """One session sent by two clients."""
    return _at(EventKind.TWO_CLIENTS, facts, Severity.NOTE)
