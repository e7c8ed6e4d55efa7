"""What the tracker may be told, and what it decides: plain values."""

import re
from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from session_tracking.cookies.serialize import CookieTemplate
from session_tracking.tracking.identifiers import Identifiers, IdFormat

__all__ = [
    "Decision",
    "Detect",
    "OnCacheable",
    "OnNew",
    "Refresh",
    "Rule",
    "Scope",
    "State",
    "TrackingSettings",
]


class Detect(StrEnum):
    """What makes a request one of a session that exists already."""

    ANY_COOKIE = "any-cookie"
    """Any cookie at all, whoever set it: the request passes as it is."""
    OWN_COOKIE = "own-cookie"
    """Our cookie only."""


class Scope(StrEnum):
    """Which requests may be given a cookie."""

    ALL = "all"
    DOCUMENTS = "documents"
    """Page loads only."""


class OnNew(StrEnum):
    """What happens to the request of a new visitor."""

    CONTINUE = "continue"
    """It goes upstream; the response is given the cookie."""
    FINISH = "finish"
    """It is answered with an empty 200 and the cookie, without asking upstream."""


class OnCacheable(StrEnum):
    """What happens when a publicly cacheable response that is no document is to get a cookie."""

    SKIP = "skip"
    """No cookie; the response stays as it is."""
    MAKE_SAFE = "make-safe"
    """The cookie, and with it the response is no longer cacheable."""
    FAIL = "fail"
    """No cookie, and a notice in the log."""


class Refresh(StrEnum):
    """Whether a visitor's cookie is sent again, so that its lifetime starts anew."""

    NEVER = "never"
    SLIDING = "sliding"


class State(StrEnum):
    """What a request turned out to be."""

    NEW = "new"
    """No session yet: an id is issued."""
    SEEN = "seen"
    """Our cookie came with it."""
    FORGED = "forged"
    """Our cookie came with a value that we cannot have issued: a new id replaces it."""
    SKIPPED = "skipped"
    """A rule forbids a cookie here."""
    PASSED = "passed"
    """Another's cookie came with it, which counts as a session (`any-cookie`)."""


class Rule(StrEnum):
    """The rule that decided; letter and number are the row of the manual's table."""

    DISABLED = "disabled"
    HOST = "host-not-listed"
    """A forward proxy stands in only for the sites that the configuration lists."""
    NEW = "new-visitor"
    SEEN = "own-cookie"
    FOREIGN = "C1-foreign-cookie"
    """Cookies came, none of them ours: a session with `any-cookie`, new with `own-cookie`."""
    AMBIGUOUS = "C2-several-own-cookies"
    EMPTY = "C3-empty-cookie"
    """A Cookie field without any pair: as if it were absent."""
    COLLISION = "C4-origin-sets-it"
    METHOD = "C5-method"
    STATUS = "C6-status"
    ERROR = "C7-error"
    UNCONFIRMED = "C8-unconfirmed-cap"
    SCOPE = "C9-no-document"
    CROSS_SITE = "C9-cross-site"
    """A subrequest from another site, where user agents would drop the cookie."""
    CACHEABLE = "C10-cacheable"
    CONNECTION = "C11-same-connection"
    FORGED = "C12-forged"
    GPC = "C13-gpc"
    DNT = "C13-dnt"
    CONSENT = "C13-no-consent"
    USER_AGENT = "C14-user-agent"
    UPGRADE = "C15-upgrade"
    REFRESH = "C17-refresh"


@dataclass(frozen=True, slots=True)
class TrackingSettings:
    """Everything the tracker needs to know for one host and path; no default hides a setting."""

    enabled: bool
    detect: Detect
    scope: Scope
    on_new: OnNew
    on_cacheable: OnCacheable
    errors: bool
    """Whether 4xx and 5xx responses get a cookie."""
    refresh: Refresh
    forward_cookie: bool
    """Whether upstream gets to see our cookie."""
    behind_proxy: bool
    """Whether one client connection may carry several visitors."""
    reuse_on_connection: bool
    """Whether the first requests of a client connection share one id, for 10 seconds."""
    unconfirmed_per_minute: int
    """Ids per minute for one (address, User-Agent) that never sends them back; 0 is no limit."""
    respect_gpc: bool
    respect_dnt: bool
    consent_cookie: str
    """Without a cookie of this name no id is issued; empty asks for none."""
    consent_pattern: re.Pattern[str] | None
    """What the consent cookie's value must contain; None accepts any value."""
    skip_user_agents: tuple[re.Pattern[str], ...]
    cookie: CookieTemplate
    identifiers: Identifiers
    cache_control: str
    """Sent with every cookie; must hold an unqualified `no-store` or `private`."""
    vary_cookie: bool
    targeted_fields: frozenset[str]
    """Names in lower case of further fields that allow a cache to store."""
    short_way: bool = field(init=False)
    """Whether any cookie settles a request, so that `Tracker.pass_by` can tell from few fields."""

    def __post_init__(self) -> None:
        wants_more = (
            self.detect == Detect.OWN_COOKIE
            or self.scope == Scope.DOCUMENTS
            or self.refresh == Refresh.SLIDING
            or not self.forward_cookie
            or self.unconfirmed_per_minute
            or self.respect_dnt
            or self.consent_cookie
            or self.skip_user_agents
            or self.identifiers.format == IdFormat.SIGNED
        )
        object.__setattr__(self, "short_way", not wants_more)


class Decision(NamedTuple):
    """What is to be done for one exchange, and the rule that says so.

    A tuple, since one is made for each new visitor: a frozen dataclass takes three times as long.
    """

    state: State
    rule: Rule
    value: str | None = None
    """The id to send with the response; None sends none."""
    presented: str | None = None
    """The id that came with the request; None if none came."""
    finish: bool = False
    """Answer an empty 200 with the edit of `Tracker.on_response`, without asking upstream."""
    cookie_lines: tuple[str, ...] | None = None
    """The Cookie field values to send upstream instead of those that came; None: as they came."""
    notice: str = ""
    """A line for the log, without anything the traffic brought; empty if nothing is to be said."""

    def __repr__(self) -> str:
        # Ids and cookies are secrets: a representation shows none.
        return f"Decision({self.state.value}, {self.rule.value})"
