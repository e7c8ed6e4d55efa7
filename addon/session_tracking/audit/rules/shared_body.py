"""ST311: a body that was made for one visitor and may be given to another one."""

from collections.abc import Iterator

from session_tracking.audit.declare import rule
from session_tracking.audit.findings import AuditFacts, Evidence, Severity
from session_tracking.caching.freshness import freshness
from session_tracking.caching.levels import Reason
from session_tracking.caching.profiles.model import Outcome
from session_tracking.caching.safety import carriers
from session_tracking.caching.storage import Policy, storage_verdict
from session_tracking.http.exchange import Exchange
from session_tracking.spec import rfc9111

_STATIC_KINDS = frozenset({"audio", "font", "image", "model", "video"})
_STATIC_TYPES = frozenset(
    {
        "text/css", "text/javascript", "application/javascript", "application/x-javascript",
        "application/ecmascript", "application/wasm", "application/manifest+json",
        "application/vnd.ms-fontobject", "application/font-woff", "application/font-woff2",
        "application/x-font-ttf", "application/x-font-woff",
    }
)  # fmt: skip
"""Media types of files that are the same for everybody."""

_BODILESS = frozenset({204, 205, 304})

_REMEDY = (
    'Send "Cache-Control: private" if the body depends on who asks; if it does not, answer'
    " without regard to the cookie, or exclude the path."
)


@rule(
    id="ST311",
    name="shared-body",
    title="A body made for a request with a session cookie may be given to another user",
    severity=Severity.NOTE,
    spec=(rfc9111("3"), rfc9111("4.1")),
    help="The request carried a session cookie, and a shared cache may store the response and"
    " reuse it for anybody. It sets no cookie, but its body may hold what belongs to one person."
    " " + _REMEDY,
)
def shared_body(facts: AuditFacts) -> Iterator[Evidence]:
    """A storable and reusable response without Set-Cookie, unless it is a static file."""
    if not facts.presented or _refused(facts) or not _has_personal_body(facts.exchange):
        return
    for policy in carriers(facts.exchange):
        if (reason := _reusable(facts.exchange, policy)) is not None:
            yield Evidence(facts.presented[0], Severity.NOTE, (reason,), _REMEDY)
            return


def _refused(facts: AuditFacts) -> bool:
    """Whether the caches that the user names are known not to reuse it."""
    found = facts.outcomes.values()
    return bool(found) and not {Outcome.REUSED, Outcome.UNKNOWN}.intersection(found)


def _has_personal_body(exchange: Exchange) -> bool:
    response = exchange.response
    if exchange.request.method == "HEAD" or response.status in _BODILESS:
        return False
    if response.body_length == 0:
        return False
    if any(member.lower() == "cookie" for member in response.fields.members("vary")):
        return False
    said = (response.fields.first("content-type") or "").partition(";")[0].strip().lower()
    return said not in _STATIC_TYPES and said.partition("/")[0] not in _STATIC_KINDS


def _reusable(exchange: Exchange, policy: Policy) -> Reason | None:
    """Why the orders of one carrier let a cache reuse the response; None if they do not."""
    if not storage_verdict(exchange, policy).storable or policy.directives.unqualified("no-cache"):
        return None
    life = freshness(exchange, policy)
    if life.lifetime <= 0 or "*" in exchange.response.fields.members("vary"):
        return None
    carrier = f"{policy.carrier}: " if policy.targeted else ""
    text = f"{carrier}{life.basis} keeps it fresh for {life.lifetime} s, whoever asks"
    return Reason(text, policy.spec or rfc9111("4.2.1"))
