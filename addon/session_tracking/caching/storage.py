"""May a shared cache store a response? (RFC 9111 §3)."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urljoin

from session_tracking.caching.directives import NONE, Directives, parse_directives
from session_tracking.http.exchange import Exchange, RequestFacts, ResponseFacts
from session_tracking.http.fields import FieldSection
from session_tracking.spec import Spec, rfc9110, rfc9111

CACHE_CONTROL = "Cache-Control"

HEURISTICALLY_CACHEABLE = frozenset({200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501})
"""Status codes that may be stored without an explicit lifetime (RFC 9110 §15.1)."""

UNDERSTOOD = HEURISTICALLY_CACHEABLE | {302, 303, 304, 307, 400, 401, 403, 500, 502, 503, 504}
"""Status codes whose caching behaviour a careful cache knows (RFC 9111 §5.2.2.3)."""


@dataclass(frozen=True, slots=True)
class Policy:
    """The orders that one cache follows: those of one carrier field."""

    carrier: str
    """The field that gives the orders, in its usual spelling."""
    directives: Directives
    targeted: bool = False
    """True for a targeted field: Cache-Control and Expires are then ignored (RFC 9213 §2.2)."""
    spec: Spec | None = None
    """The document that defines a targeted field."""


@dataclass(frozen=True, slots=True)
class Requirement:
    """One condition of RFC 9111 §3."""

    id: str
    spec: Spec
    unmet: str
    """What it means that the requirement is not met."""
    holds: Callable[[RequestFacts, ResponseFacts, Policy], bool]


@dataclass(frozen=True, slots=True)
class StorageVerdict:
    """The requirements that a response fails; none means that a shared cache may store it."""

    failed: tuple[Requirement, ...]

    @property
    def storable(self) -> bool:
        """Whether the cache may store the response."""
        return not self.failed

    def fails(self, *ids: str) -> bool:
        """Whether any of these requirements is among the failed ones."""
        return any(requirement.id in ids for requirement in self.failed)


def _method_cacheable(request: RequestFacts, response: ResponseFacts, policy: Policy) -> bool:
    if request.method in {"GET", "HEAD"}:
        return True
    if request.method != "POST" or not has_explicit_freshness(response, policy):
        return False
    location = response.fields.first("content-location")
    return location is not None and _resolve(request.url, location) == request.url


def _resolve(base: str, reference: str) -> str:
    try:
        return urljoin(base, reference)
    except ValueError:
        return ""


def plain_policy(fields: FieldSection) -> Policy:
    """The orders of Cache-Control, which may be absent."""
    values = fields.values("cache-control")
    if not values:
        return _SILENT
    if len(values) == 1 and len(values[0]) <= _CACHED_LENGTH:
        return _policy_of(values[0])
    return Policy(CACHE_CONTROL, parse_directives(values))


@lru_cache(maxsize=4096)
def _policy_of(value: str) -> Policy:
    return Policy(CACHE_CONTROL, parse_directives([value]))


_SILENT = Policy(CACHE_CONTROL, NONE)
_CACHED_LENGTH = 512


def has_explicit_freshness(response: ResponseFacts, policy: Policy) -> bool:
    """Whether any explicit lifetime is given, valid or not (RFC 9111 §4.2.1)."""
    arguments = policy.directives.arguments
    if "s-maxage" in arguments or "max-age" in arguments:
        return True
    return not policy.targeted and "expires" in response.fields


def no_store_applies(response: ResponseFacts, policy: Policy) -> bool:
    """no-store, unless must-understand lifts it for a status that is understood (§5.2.2.3)."""
    arguments = policy.directives.arguments
    if "no-store" not in arguments:
        return False
    return "must-understand" not in arguments or response.status not in UNDERSTOOD


def _authorized(request: RequestFacts, _response: ResponseFacts, policy: Policy) -> bool:
    if "authorization" not in request.fields:
        return True
    directives = policy.directives
    return any(name in directives for name in ("public", "s-maxage", "must-revalidate"))


def _has_basis(_request: RequestFacts, response: ResponseFacts, policy: Policy) -> bool:
    return (
        response.status in HEURISTICALLY_CACHEABLE
        # A 304 is not stored but merged into the stored response (§4.3.4): the same danger.
        or response.status == 304
        or "public" in policy.directives.arguments
        or has_explicit_freshness(response, policy)
    )


def _status_understood(_request: RequestFacts, response: ResponseFacts, policy: Policy) -> bool:
    arguments = policy.directives.arguments
    return "must-understand" not in arguments or response.status in UNDERSTOOD


REQUIREMENTS = (
    Requirement(
        "method-cacheable", rfc9110("9.2.3"), "the method is not cacheable", _method_cacheable
    ),
    Requirement(
        "status-final",
        rfc9111("3"),
        "the status is not final",
        lambda _q, response, _p: response.status >= 200,
    ),
    Requirement(
        "status-understood",
        rfc9111("5.2.2.3"),
        "must-understand with a status that caches do not know",
        _status_understood,
    ),
    Requirement(
        "no-store-absent",
        rfc9111("5.2.2.5"),
        "no-store",
        lambda _q, response, policy: not no_store_applies(response, policy),
    ),
    Requirement(
        "private-absent",
        rfc9111("5.2.2.7"),
        "private",
        lambda _q, _r, policy: not policy.directives.unqualified("private"),
    ),
    Requirement(
        "authorization-allowed",
        rfc9111("3.5"),
        "the request has Authorization and nothing in the response lifts that",
        _authorized,
    ),
    Requirement(
        "basis-present",
        rfc9111("3"),
        "neither an explicit lifetime nor public nor a heuristically cacheable status",
        _has_basis,
    ),
)
"""RFC 9111 §3 for a shared cache, one row a condition."""


_STORABLE = StorageVerdict(())


def storage_verdict(exchange: Exchange, policy: Policy) -> StorageVerdict:
    """Which conditions of RFC 9111 §3 the response fails under the orders of one carrier."""
    request, response = exchange.request, exchange.response
    failed = [r for r in REQUIREMENTS if not r.holds(request, response, policy)]
    return StorageVerdict(tuple(failed)) if failed else _STORABLE
