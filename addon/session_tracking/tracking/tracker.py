"""The tracker: continue, issue or finish, decided from the request and carried out on the response.

Sans-I/O: it is given facts and times, and answers with values.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from session_tracking.cookies.cookie import (
    cookie_values,
    has_cookie,
    parse_cookie,
    without_cookie,
)
from session_tracking.cookies.serialize import serialize
from session_tracking.http.edit import Edit
from session_tracking.http.exchange import ClientId, Exchange, RequestFacts
from session_tracking.tracking.attach import attach
from session_tracking.tracking.counters import Counters
from session_tracking.tracking.identifiers import IdFormat
from session_tracking.tracking.memory import Memory
from session_tracking.tracking.policy import (
    Decision,
    Detect,
    OnCacheable,
    OnNew,
    Refresh,
    Rule,
    State,
    TrackingSettings,
)
from session_tracking.tracking.request_rules import EXCLUDED_METHODS, REQUEST_RULES
from session_tracking.tracking.response_rules import RESPONSE_RULES

__all__ = ["Tracker"]

_SKIPPED = {rule: Decision(State.SKIPPED, rule) for rule in Rule}
_PASSED = Decision(State.PASSED, Rule.FOREIGN)

_COLLISION = "The origin sets a cookie of the tracker's name itself; the tracker leaves it alone."
_REFUSED = "The response is publicly cacheable: it gets no cookie (on_cacheable = fail)."
_TELLING = frozenset({b"cookie", b"sec-fetch-site", b"sec-gpc", b"upgrade"})
"""The fields, in lower case, that can keep a request with a cookie from just passing."""
_TELLING_LENGTHS = frozenset(map(len, _TELLING))


@dataclass(slots=True)
class _Visit:
    """One request on its way through the rules."""

    settings: TrackingSettings
    client: ClientId
    agent: str
    site: str
    now: float


class Tracker:
    """Decides for each request, and edits the response accordingly.

    Call `on_request` once for each request and `on_response` once the response's field section is
    known, in any interleaving of exchanges. `site` is what ids and counts are kept apart by; times
    are Unix seconds. Nothing that the traffic holds makes these methods raise; ValueError tells of
    settings that no checked configuration has.
    """

    def __init__(self) -> None:
        self.counters: Counters = Counters()
        self._memory = Memory()

    def on_request(
        self,
        settings: TrackingSettings,
        request: RequestFacts,
        client: ClientId,
        *,
        site: str,
        allowed: bool,
        now: float,
    ) -> Decision:
        """What is to be done for this exchange.

        `allowed` tells that we stand in for the host: any in reverse mode, else a listed one
        (RFC 2965 §3.5). Unless it is so, and tracking enabled, the request is not even looked at.
        """
        if (aside := _stands_aside(settings, allowed=allowed)) is not None:
            return self._skip(aside)
        visit = _Visit(settings, client, request.fields.first("user-agent") or "", site, now)
        decision = self._decide(visit, request)
        if settings.forward_cookie or "cookie" not in request.fields:
            return decision
        lines = tuple(v for name, v in request.fields.lines if name.lower() == "cookie")
        kept = without_cookie(lines, settings.cookie.name)
        return decision if kept == lines else decision._replace(cookie_lines=kept)

    def pass_by(
        self,
        settings: TrackingSettings,
        method: str,
        fields: Iterable[tuple[bytes, bytes]],
        *,
        site: str,
        allowed: bool,
    ) -> Decision | None:
        """The short way for most requests, straight from the octets of the field lines.

        Gives what `on_request` would, and counts the same; None where `on_request` must be asked.
        """
        if (aside := _stands_aside(settings, allowed=allowed)) is not None:
            return self._skip(aside)
        if not settings.short_way or method.upper() in EXCLUDED_METHODS:
            return None
        cookies = _cookies_alone(fields)
        if cookies is None:
            return None
        if not cookies and not settings.reuse_on_connection:
            value = settings.identifiers.new(settings.cookie.name, site)
            return Decision(State.NEW, Rule.NEW, value, finish=settings.on_new == OnNew.FINISH)
        if not has_cookie(cookies):
            return None
        own = _own_values(settings, [value.decode("latin-1") for value in cookies])
        visit = _Visit(settings, ClientId(), "", site, 0.0)
        return (self._recognise(visit, own) if own else None) or self._pass()

    def again(self, decision: Decision) -> None:
        """Count a request that repeats one for which this was decided, without any id to send."""
        if decision.state is State.SEEN:
            self.counters.seen += 1
        elif decision.state is State.PASSED:
            self.counters.passed += 1
        else:
            self.counters.skipped[decision.rule] += 1

    def on_response(
        self,
        decision: Decision,
        settings: TrackingSettings,
        exchange: Exchange,
        *,
        site: str,
        https: bool,
    ) -> tuple[Decision, Edit | None]:
        """The final decision, and the edit that sends the cookie; None if none is sent.

        `exchange` holds the response as it came from upstream, or an empty 200 for a decision to
        finish; `https` tells the client's side. `settings` are those of the request.
        """
        value = decision.value
        if value is None:
            return decision, None
        for row in RESPONSE_RULES:
            if row.applies(settings, exchange):
                return self._withhold(decision, row.rule, settings, exchange), None
        name, now = settings.cookie.name, exchange.response_time
        cookie_lines = serialize(settings.cookie, value, now=now, https=https)
        edit = attach(settings, exchange.response.fields, cookie_lines)
        if self._count(decision.state, site, name, value) and settings.unconfirmed_per_minute:
            agent = exchange.request.fields.first("user-agent") or ""
            self._memory.count_unconfirmed(exchange.client, agent, now, 1)
        return decision, edit

    def issue_again(
        self,
        decision: Decision,
        settings: TrackingSettings,
        like: Edit,
        *,
        site: str,
        now: float,
        https: bool,
    ) -> Edit:
        """The edit for a response whose like was given the edit `like`: for this visitor's id.

        Not for settings that limit the ids that a client does not return.
        """
        assert decision.value is not None  # noqa: S101 - who issues has a value
        lines = serialize(settings.cookie, decision.value, now=now, https=https)
        self._count(decision.state, site, settings.cookie.name, decision.value)
        return Edit(like.remove, like.add[: -len(lines)] + lines, like.reason)

    def _count(self, state: State, site: str, name: str, value: str) -> bool:
        """Count an id that is sent; whether it is a new one."""
        if state is State.SEEN:
            self.counters.refreshed += 1
            return False
        new = self._memory.issue(site, name, value)
        self.counters.issued += new
        return new

    def _decide(self, visit: _Visit, request: RequestFacts) -> Decision:
        settings = visit.settings
        for row in REQUEST_RULES:
            if row.applies(settings, request):
                return self._skip(row.rule)
        cookies = request.fields.values("cookie")
        if not cookies:
            return self._issue(visit, State.NEW, Rule.NEW)
        own = _own_values(settings, cookies)
        if own and (seen := self._recognise(visit, own)) is not None:
            return seen
        signed = settings.identifiers.format == IdFormat.SIGNED
        any_cookie = settings.detect == Detect.ANY_COOKIE
        # With any-cookie and unsigned ids nothing says that such a value is an attack: it is just
        # some cookie, and some cookie is a session.
        if own and (signed or not any_cookie):
            self.counters.forged += 1
            return self._issue(visit, State.FORGED, Rule.FORGED)
        if not parse_cookie(cookies):
            return self._issue(visit, State.NEW, Rule.EMPTY)
        return self._pass() if any_cookie else self._issue(visit, State.NEW, Rule.FOREIGN)

    def _recognise(self, visit: _Visit, own: Sequence[str]) -> Decision | None:
        """The decision for a visitor who brought a valid id; None if none of them is valid."""
        settings, name, site = visit.settings, visit.settings.cookie.name, visit.site
        ids = settings.identifiers
        self.counters.ambiguous += len(own) > 1
        value = next((each for each in own if ids.check(each, name, site) == "valid"), None)
        if value is None:
            return None
        self.counters.seen += 1
        if self._memory.confirm(site, name, value, proven=ids.format == IdFormat.SIGNED):
            self.counters.confirmed += 1
            if settings.unconfirmed_per_minute:
                self._memory.count_unconfirmed(visit.client, visit.agent, visit.now, -1)
        if settings.refresh == Refresh.SLIDING:
            return Decision(State.SEEN, Rule.REFRESH, value, value)
        rule = Rule.AMBIGUOUS if len(own) > 1 else Rule.SEEN
        return Decision(State.SEEN, rule, presented=value)

    def _issue(self, visit: _Visit, state: State, rule: Rule) -> Decision:
        """The decision for a visitor who needs an id."""
        settings, client, now = visit.settings, visit.client, visit.now
        name, limit = settings.cookie.name, settings.unconfirmed_per_minute
        if limit and self._memory.unconfirmed(client, visit.agent, now) >= limit:
            return self._skip(Rule.UNCONFIRMED)
        shared = settings.reuse_on_connection and not settings.behind_proxy and client.connection
        key = (client.connection, visit.site, name)
        value = self._memory.connection_id(*key, now) if shared else None
        if value is not None:
            rule = Rule.CONNECTION
        else:
            value = settings.identifiers.new(name, visit.site)
            if shared:
                self._memory.remember_connection(*key, value, now)
        finish = settings.on_new == OnNew.FINISH and state is State.NEW
        return Decision(state, rule, value, finish=finish)

    def _withhold(
        self, decision: Decision, rule: Rule, settings: TrackingSettings, exchange: Exchange
    ) -> Decision:
        """The decision after the response forbade the cookie."""
        if decision.state is not State.SEEN:
            self.counters.skipped[rule] += 1
        state = State.SKIPPED if decision.state is State.NEW else decision.state
        notice = ""
        parts = exchange.request.split()
        if rule is Rule.COLLISION and self._memory.first_time(rule, parts.netloc):
            notice = _COLLISION
        elif (
            rule is Rule.CACHEABLE
            and settings.on_cacheable == OnCacheable.FAIL
            and self._memory.first_time(rule, parts.netloc, parts.path)
        ):
            notice = _REFUSED
        return decision._replace(state=state, rule=rule, value=None, notice=notice)

    def _skip(self, rule: Rule) -> Decision:
        self.counters.skipped[rule] += 1
        return _SKIPPED[rule]

    def _pass(self) -> Decision:
        self.counters.passed += 1
        return _PASSED


def _stands_aside(settings: TrackingSettings, *, allowed: bool) -> Rule | None:
    """Why the request is not even looked at; None if it is."""
    if not settings.enabled:
        return Rule.DISABLED
    return None if allowed else Rule.HOST


def _cookies_alone(fields: Iterable[tuple[bytes, bytes]]) -> list[bytes] | None:
    """The Cookie field values; None where another field has a say in what to decide."""
    cookies = []
    for name, value in fields:
        # Most names are told apart by their length alone.
        if len(name) in _TELLING_LENGTHS and (lowered := name.lower()) in _TELLING:
            if lowered == b"cookie":
                cookies.append(value)
            elif lowered != b"sec-fetch-site" or b"cross-site" in value:
                return None
    return cookies


def _own_values(settings: TrackingSettings, cookies: Iterable[str]) -> Sequence[str]:
    """The non-empty values of our cookie; an emptied cookie is as good as none."""
    return [value for value in cookie_values(cookies, settings.cookie.name) if value]
