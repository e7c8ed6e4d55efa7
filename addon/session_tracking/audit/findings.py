"""Rules and the findings that they make."""

from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from session_tracking.caching.levels import Level, Reason
from session_tracking.caching.profiles.model import Outcome
from session_tracking.caching.safety import CacheSafety
from session_tracking.cookies.classify import CookieClass
from session_tracking.cookies.set_cookie import SetCookie
from session_tracking.http.exchange import Exchange
from session_tracking.shadow.events import WouldBeSwap
from session_tracking.spec import Spec
from session_tracking.swaps.events import SwapEvent


class Severity(StrEnum):
    """SARIF's levels; the order is from bad to mild."""

    ERROR = "error"
    WARNING = "warning"
    NOTE = "note"

    @property
    def rank(self) -> int:
        """3 for error to 1 for note; a threshold of 4 is never reached."""
        return _RANKS[self]


_RANKS = {Severity.ERROR: 3, Severity.WARNING: 2, Severity.NOTE: 1}


class AuditedCookie(NamedTuple):
    """A cookie of the response, or of the request, with its class."""

    cookie: SetCookie
    cookie_class: CookieClass


@dataclass(frozen=True, slots=True)
class AuditFacts:
    """All that a rule may look at."""

    exchange: Exchange
    safety: CacheSafety
    level: Level | None
    """`safety.level`; None for a response that sets no cookie."""
    outcomes: Mapping[str, Outcome]
    """What the next visitor receives from each cache that the user has; empty if none is named."""
    cookies: tuple[AuditedCookie, ...]
    presented: tuple[AuditedCookie, ...] = ()
    """The session cookies of the request, without values; looked at only for stored bodies."""
    swaps: tuple[SwapEvent, ...] = ()
    """What the detector of swaps saw."""
    would_be: tuple[WouldBeSwap, ...] = ()
    """What a cache would have done that is not there."""
    cut: bool = False
    """Whether the response sets more cookies than are looked at."""
    key: Hashable | None = None
    """What the judgement depends on, the cookies apart; None if it is not worth keeping."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """What a rule found: the cookie, and how grave it is."""

    cookie: AuditedCookie
    severity: Severity
    reasons: tuple[Reason, ...] = ()
    """Why, in the rule's own words; empty where the reasons of the level say it."""
    remedy: str = ""
    """What to do, in the rule's own words; empty where the remedy of the level is the one."""
    swap: SwapEvent | None = None
    """What was seen to happen; None where a rule only tells what could."""


type Check = Callable[[AuditFacts], Iterator[Evidence]]


@dataclass(frozen=True, slots=True)
class Rule:
    """One thing that the audit looks for."""

    id: str
    """`ST` and three digits; grouped by hundreds per topic, never reused."""
    name: str
    """In kebab case."""
    title: str
    severity: Severity
    """The gravest severity that the rule gives."""
    spec: tuple[Spec, ...]
    help: str
    """What it means and what to do, for somebody who never heard of it."""
    check: Check
    masked_by_edits: bool = True
    """Whether our own edit of the response hides from this visitor what the rule found."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule broken by one cookie of one exchange. Holds no value of any cookie."""

    rule: Rule
    severity: Severity
    site: str
    """The host that the exchange was with."""
    method: str
    url: str
    """Fit to be shown: without userinfo, query values and segments that look like secrets."""
    route: str
    """Path with the parts that vary replaced; equal findings share it."""
    cookie_name: str
    cookie_class: CookieClass
    field: str
    """The field that holds the cookie: Set-Cookie, Set-Cookie2, or the request's Cookie."""
    level: Level | None
    """None where the response sets no cookie: then the finding is about the request."""
    reasons: tuple[Reason, ...]
    remedy: str
    caches: Mapping[str, Outcome]
    """Profile name → what the next visitor receives; empty until somebody asks."""
    fingerprint: str
    """32 hexadecimal digits over rule, site, route and cookie-name: the same in every run."""
    exchange_id: str
    """Of the first exchange of which the finding was true."""
    time: float
    """Unix seconds at which its response was received."""
    masked_by: str = ""
    """`tracker` or `enforce` where our edit made this response safe for this visitor."""
    swap: SwapEvent | None = None
    """The swap that was seen; None for what could happen."""

    def masked(self, by: str) -> "Finding":
        """The same finding with what hid it from this visitor; nothing hides what has happened."""
        if self.swap is not None:
            return self
        return replace(self, masked_by=by)
