"""The keys that may be set for every site and path, with their defaults.

A key holds one value; which file and line it came from is kept elsewhere (`levels`). Ranges that
belong to a standard are not here but in the checks, where the standard can be named.
"""

from typing import Annotated, Literal

from pydantic import Field

from session_tracking.config.section import CHOICE, Count, Names, Ports, Seconds, Section
from session_tracking.cookies.classify import CookieClass
from session_tracking.cookies.serialize import Quoting, SameSite, Style
from session_tracking.records.settings import ClientAddress, CookieMode
from session_tracking.tracking.identifiers import IdFormat
from session_tracking.tracking.policy import Detect, OnCacheable, OnNew, Refresh, Scope

__all__ = [
    "Audit",
    "Cookie",
    "Enforce",
    "Headers",
    "Log",
    "Privacy",
    "Settings",
    "Shadow",
    "Swaps",
    "Trace",
]


class Cookie(Section):
    """``[cookie]``: the cookie that a new visitor gets."""

    name: str = "SessionTracking"
    """Name of the cookie: a token (RFC 9110 §5.6.2)."""
    style: Annotated[Style, CHOICE] = Style.RFC6265
    """Which specification the cookie is written by; rfc2965 sends Set-Cookie2."""
    quoting: Annotated[Quoting, CHOICE] = Quoting.COMPAT
    """For style rfc2109: quote what browsers read quoted, or all as the RFC's examples do."""
    id: Annotated[IdFormat, CHOICE] = IdFormat.B64URL128
    """Look of a session id; `signed` can be told from an invented one and needs a key."""
    key_file: str = ""
    """For `signed`: file with the signing keys, relative to this file."""
    key_env: str = ""
    """For `signed`: environment variable with the signing keys, instead of a file."""
    path: str = "/"
    """Path attribute: starts with `/`; "none" leaves it out."""
    domain: str = "none"
    """Domain attribute; "none" is a host-only cookie. Hosts outside of it get no cookie."""
    max_age: Literal["none"] | Seconds = "none"
    """Max-Age in seconds; "none" lasts until the browser is closed."""
    expires_after: Literal["none"] | Seconds = "none"
    """Seconds from sending the cookie to its Expires date; Max-Age goes before it."""
    secure: Literal["auto"] | bool = "auto"
    """Secure attribute; "auto" sends it where the client's side is https."""
    http_only: bool = True
    """HttpOnly attribute: scripts cannot read the cookie."""
    same_site: Annotated[SameSite, CHOICE] = SameSite.LAX
    """SameSite attribute; empty leaves it out, which browsers take for Lax."""
    partitioned: bool = False
    """Partitioned attribute: one cookie jar for each embedding site (CHIPS)."""
    version: Literal["auto"] | int = "auto"
    """Version attribute; "auto" sends the 1 that rfc2109 and rfc2965 require."""
    comment: str = ""
    """Comment attribute: what the cookie is for (rfc2109, rfc2965); empty leaves it out."""
    comment_url: str = ""
    """CommentURL attribute: the page that tells it (rfc2965); empty leaves it out."""
    discard: bool = False
    """Discard attribute: forget the cookie when the browser is closed (rfc2965)."""
    port: Literal["none"] | Ports = "none"
    """Port attribute (rfc2965): a list of ports; [] is the request's own port only."""
    also_set_cookie: bool = False
    """With style rfc2965: send the cookie as Set-Cookie too, which is what browsers read."""


class Headers(Section):
    """``[headers]``: what goes out with the cookie, so that no cache keeps it for others."""

    cache_control: str = "private, no-store"
    """Cache-Control sent with the cookie: with no-store or private (RFC 9111 §5.2.2)."""
    vary_cookie: bool = False
    """Add `Vary: Cookie`; it does not separate visitors without cookies (RFC 9111 §4.1)."""
    targeted_fields: Names = ()
    """Further fields that tell some cache to store; removed where the cookie goes out."""


class Privacy(Section):
    """``[privacy]``: who gets no cookie."""

    respect_gpc: bool = True
    """No cookie for requests with `Sec-GPC: 1` (Global Privacy Control)."""
    respect_dnt: bool = False
    """No cookie for requests with `DNT: 1` (discontinued)."""
    consent_cookie: str = ""
    """Name of the cookie that records consent; without it no cookie is set. Empty: not needed."""
    consent_pattern: str = ""
    """Regular expression that the consent cookie's value must contain; empty accepts any."""
    skip_user_agents: Names = ()
    """Regular expressions, not case-sensitive; a User-Agent that holds one gets no cookie."""


class Audit(Section):
    """``[audit]``: the check of every response that sets a cookie."""

    enabled: bool = True
    """Whether responses are checked; works without the tracker too."""
    session_cookies: Names = ()
    """Names (`*` and `?` allowed) of further cookies that are sessions."""
    affinity_cookies: Names = ()
    """Names of cookies that keep a visitor on one server."""
    preference_cookies: Names = ()
    """Names of cookies that hold a setting, the same for many visitors."""
    ignore_cookies: Names = ()
    """Names of cookies that are never reported."""
    caches: Names = ()
    """Caches that you have: names of profiles (`session-tracker caches`); empty: any cache."""
    shared_bodies: bool = False
    """Report stored bodies that may be personal, too: those for requests with a session cookie."""


class Enforce(Section):
    """``[enforce]``: make every response that sets a cookie safe, instead of only reporting it."""

    enabled: bool = False
    """Whether responses with unsafe cookies get `Cache-Control: private, no-store`."""
    classes: Annotated[tuple[Annotated[CookieClass, CHOICE], ...], Field(strict=False)] = ()
    """For cookies of these classes only; empty: of any class."""
    exclude_cookies: Names = ()
    """Names of cookies for which nothing is done."""


class Swaps(Section):
    """``[swaps]``: the watch over who is handed whose cookie."""

    enabled: bool = True
    """Whether cookie values are watched, which needs `audit.enabled`; swaps end in status 3."""
    ignore_cookies: Names = ()
    """Names (`*` and `?` allowed) of cookies whose values are meant for several visitors."""
    trusted_proxies: Names = ()
    """Networks, such as 10.0.0.0/8, whose X-Forwarded-For is believed."""


class Shadow(Section):
    """``[shadow]``: what a shared cache would do that is not there; or one that is simulated."""

    enabled: bool = False
    """Whether the traffic is followed as by a shared cache, and would-be swaps are reported."""
    profile: str = "rfc9111"
    """The cache that is imagined: one of `session-tracker caches`, or of `[profiles.NAME]`."""
    max_entries: Annotated[int, Field(gt=0, le=1_000_000)] = 10_000
    """Responses that it holds at most; sites with equal profile and number share one cache."""
    serve: bool = False
    """Whether it answers, too, for development: a simulation of such a cache, with bodies."""
    max_bytes: Annotated[int, Field(gt=0, le=1_099_511_627_776)] = 67_108_864
    """With `serve`: octets of bodies that it holds at most."""


class Log(Section):
    """``[log]``: a line for each exchange, in the W3C extended format as IIS writes it."""

    enabled: bool = False
    """Whether live exchanges are logged."""
    fields: Names = ()
    """Names of fields, written in IIS's order, with `cs(NAME)` and `sc(NAME)`; []: the usual."""
    cookies: Annotated[CookieMode, CHOICE] = CookieMode.OWN
    """Cookie values: `own` has our id in clear and digests of others, `hash` digests, `all` all."""
    client_address: Annotated[ClientAddress, CHOICE] = ClientAddress.FULL
    """Client addresses: in full, truncated to a network, or as digests."""


class Trace(Section):
    """``[trace]``: a HAR file for each exchange, with what was decided and why."""

    enabled: bool = False
    """Whether live exchanges are traced."""
    status_codes: str = "100-999"
    """Statuses to trace, such as `200-399,404.2,500`; 502.3 is the proxy's own."""
    min_time_ms: Count = 0
    """Milliseconds; exchanges that took less are not traced."""
    paths: Names = ()
    """Paths to trace (`*` and `?` allowed); empty: any."""
    only_findings: bool = False
    """Trace only exchanges with findings."""
    secrets: bool = False
    """Write cookie values and credentials in clear instead of as digests."""


class Settings(Section):
    """The tracker's own keys at the top level, and the tables above."""

    enabled: bool = False
    """Whether the tracker gives out cookies."""
    detect: Annotated[Detect, CHOICE] = Detect.ANY_COOKIE
    """What makes a request one of a known session: any cookie, or only ours."""
    scope: Annotated[Scope, CHOICE] = Scope.ALL
    """Which requests may be given a cookie: all, or page loads only."""
    on_new: Annotated[OnNew, CHOICE] = OnNew.CONTINUE
    """A new visitor's request goes on upstream, or is answered at once by an empty 200."""
    on_cacheable: Annotated[OnCacheable, CHOICE] = OnCacheable.SKIP
    """Publicly cacheable, no page and without cookies: no cookie, make it private, or report it."""
    errors: bool = True
    """Whether 4xx and 5xx responses may carry the cookie."""
    refresh: Annotated[Refresh, CHOICE] = Refresh.NEVER
    """`sliding` sends the cookie again on each visit, so that its lifetime starts anew."""
    forward_cookie: bool = True
    """Whether upstream sees our cookie; false where a cache stands there."""
    behind_proxy: bool = False
    """Whether something in front shares a connection between visitors (balancer, CDN)."""
    reuse_on_connection: bool = False
    """One id for parallel first requests of a connection; a swap if a balancer is in front."""
    unconfirmed_per_minute: Count = 0
    """Ids per minute for one address and User-Agent that never returns them; 0 is no limit."""
    cookie: Cookie = Cookie()
    headers: Headers = Headers()
    privacy: Privacy = Privacy()
    audit: Audit = Audit()
    enforce: Enforce = Enforce()
    swaps: Swaps = Swaps()
    shadow: Shadow = Shadow()
    log: Log = Log()
    trace: Trace = Trace()
