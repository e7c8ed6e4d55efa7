"""The simulated cache in mitmproxy's chain, there only while `[shadow] serve` is on.

It stands behind the tracker, as a cache between mitmproxy and the application would: what it stores
came from upstream, and what it answers goes through the tracker's hooks like any response.
"""

import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from mitmproxy import ctx
from mitmproxy.addonmanager import traverse
from mitmproxy.http import HTTPFlow, Response
from mitmproxy.log import ALERT

from session_tracking.audit.routes import shown_url
from session_tracking.caching.profiles.model import Outcome, Stored
from session_tracking.config.sites import Configuration
from session_tracking.engine import Engine, SiteSettings
from session_tracking.escape import visible
from session_tracking.http.exchange import Exchange
from session_tracking.mitm import convert, marks
from session_tracking.shadow.entries import Entry
from session_tracking.shadow.served import SIMULATION, served_fields, simulation_value
from session_tracking.shadow.shadow import ShadowSettings
from session_tracking.tracking.policy import Decision

__all__ = ["Serving"]

logger: logging.Logger = logging.getLogger(__name__)

_WARNING = "session-tracker: SIMULATION, there is no such cache: "
_CONDITIONS = frozenset({b"if-none-match", b"if-modified-since", b"if-range", b"range"})
"""Request fields that are put away while the origin is asked whether an entry is still valid."""
_MAX_PENDING = 20_000
"""Exchanges that are under way; the oldest is not stored."""
_GIVEN = {
    Outcome.SWAP.value: "with the cookie that it set then",
    Outcome.STRIPPED.value: "without the cookie that it set then",
    Outcome.FRESH.value: "with a cookie of their own",
}

type Situation = Callable[[HTTPFlow], tuple[SiteSettings, Decision | None]]
"""The settings for a flow, and what the tracker decided about it."""


@dataclass(slots=True)
class _Validation:
    """The origin is asked whether an entry is still valid."""

    entry: Entry
    asked: tuple[tuple[bytes, bytes], ...]
    """The visitor's own field lines."""
    profile: str


@dataclass(slots=True)
class _Arriving:
    """An entry whose body is on its way."""

    settings: ShadowSettings
    exchange: Exchange
    entry: Entry


class Serving:
    """An addon that answers from a simulated cache, and feeds it. A fault of it costs no answer."""

    def __init__(
        self,
        engine: Callable[[], Engine],
        situation: Situation,
        failed: Callable[[HTTPFlow, Exception], None],
    ) -> None:
        self._engine = engine
        self._situation = situation
        self._failed = failed
        self._validations: dict[str, _Validation] = {}
        self._arriving: dict[str, _Arriving] = {}
        self._bodies: dict[str, bytes] = {}
        """Flow → the body in the place of a 304's."""

    # ------------------------------------------------------------------------- life cycle

    def follow(self, configuration: Configuration, tracker: object) -> None:
        """Join the chain in front of the tracker's addon if the configuration says so, or leave."""
        manager = ctx.master.addons
        if not configuration.serves:
            self.stop()
        elif self not in manager.chain:
            place = next(
                number for number, each in enumerate(manager.chain) if tracker in traverse([each])
            )
            # A new list: the old one may be gone through just now.
            manager.chain = [*manager.chain[:place], self, *manager.chain[place:]]
            logger.log(
                ALERT,
                "%s[shadow] serve = true answers visitors from a model of one, and may hand one the"
                " session of another; for development only",
                _WARNING,
            )

    def stop(self) -> None:
        """Leave the chain."""
        manager = ctx.master.addons
        manager.chain = [each for each in manager.chain if each is not self]

    # -------------------------------------------------------------------------- exchanges

    def request(self, flow: HTTPFlow) -> None:
        """Answer a request, or ask upstream whether what is stored is still valid."""
        if not flow.live or flow.is_replay or flow.response is not None or flow.request.stream:
            return  # a streamed request has been sent upstream by now
        try:
            settings, decision = self._situation(flow)
            if not _serves(settings) or (decision is not None and decision.finish):
                return
            self._look_up(flow, settings, decision)
        except Exception as error:  # noqa: BLE001 - a fault of ours must not touch the traffic
            self._failed(flow, error)

    def _look_up(self, flow: HTTPFlow, settings: SiteSettings, decision: Decision | None) -> None:
        now, profile = time.time(), settings.shadow.profile.name
        facts, client = convert.request_facts(flow), convert.client_of(flow)
        found = self._engine().look_up(settings, facts, client, decision, now)
        if found.answer is not None and (entry := found.answer.entry) is not None:
            outcome = found.answer.outcome
            _log(flow, profile, f"answers {{}} {_story(entry, outcome, now)}")
            flow.response = _response(entry, entry.stored, outcome, now, profile)
            flow.response.data.content = _body(flow, entry)
            marks.simulate(flow, profile)
        elif found.entry is not None:
            asked = flow.request.headers.fields
            lines = [line for line in asked if line[0].lower() not in _CONDITIONS]
            for name, value in found.conditions.items():
                lines.append((name.title().encode("latin-1"), value.encode("latin-1")))
            _put(self._validations, flow.id, _Validation(found.entry, asked, profile))
            flow.request.headers.fields = tuple(lines)

    def responseheaders(self, flow: HTTPFlow) -> None:
        """See what upstream answered; after a 304 to our question the entry is the answer."""
        validation = self._validations.pop(flow.id, None)
        response = flow.response
        if response is None or not flow.live or flow.is_replay or marks.simulated(flow):
            return
        if validation is not None:
            flow.request.headers.fields = validation.asked
        if response.status_code < 200:
            return
        try:
            settings, decision = self._situation(flow)
            if _serves(settings) and not (decision is not None and decision.finish):
                self._follow(flow, response, settings, decision, validation)
        except Exception as error:  # noqa: BLE001 - a fault of ours must not touch the traffic
            self._failed(flow, error)
        if validation is not None and response.status_code == 304 and flow.response is response:
            # The visitor did not ask for a 304. Without the cookie the entry harms nobody.
            self._renewed(flow, response, validation, validation.entry.stored, Outcome.STRIPPED)

    def _follow(
        self,
        flow: HTTPFlow,
        response: Response,
        settings: SiteSettings,
        decision: Decision | None,
        validation: _Validation | None,
    ) -> None:
        shadow = settings.shadow
        exchange = convert.exchange_of(flow, response, time.time())
        answer = self._engine().follow(settings, exchange, decision)
        added = answer.added
        if added is not None and added.body is None:
            waiting = _Arriving(shadow, exchange, added)
            if (late := _put(self._arriving, flow.id, waiting)) is not None:
                self._engine().shadow.keep(late.settings, late.exchange, late.entry, None)
        if validation is not None and answer.hit:
            stored = validation.entry.stored if added is None else added.stored
            self._renewed(flow, response, validation, stored, answer.outcome)
        elif validation is None or response.status_code != 304:
            what = "fwd=miss" if added is None else "fwd=miss; stored"
            value = simulation_value(shadow.profile.name, what).encode("latin-1")
            response.headers.fields = (*response.headers.fields, (SIMULATION.encode(), value))
            if added is not None:
                _log(flow, shadow.profile.name, f"stores the answer to {{}} for {added.owner}")

    def _renewed(
        self,
        flow: HTTPFlow,
        response: Response,
        validation: _Validation,
        stored: Stored,
        outcome: Outcome,
    ) -> None:
        """Answer from an entry in the place of what upstream said of it."""
        now, entry, profile = time.time(), validation.entry, validation.profile
        _log(flow, profile, f"answers {{}} {_story(entry, outcome, now)}, validated")
        flow.response = _response(entry, stored, outcome, now, profile)
        flow.response.timestamp_start = response.timestamp_start
        self._bodies[flow.id] = _body(flow, entry)
        marks.simulate(flow, profile)

    def response(self, flow: HTTPFlow) -> None:
        """Put in the body of an entry, or take in that of a new one; nobody has a streamed one."""
        if (body := self._bodies.pop(flow.id, None)) is not None and flow.response is not None:
            flow.response.data.content = body
        self._arrived(flow, streamed=flow.response is None or bool(flow.response.stream))

    def error(self, flow: HTTPFlow) -> None:
        """Forget an exchange that came to nothing."""
        self._validations.pop(flow.id, None)
        self._bodies.pop(flow.id, None)
        self._arrived(flow, streamed=True)

    def _arrived(self, flow: HTTPFlow, *, streamed: bool) -> None:
        arriving = self._arriving.pop(flow.id, None)
        if arriving is None:
            return
        response = flow.response
        body = None if streamed or response is None or response.trailers else response.raw_content
        try:
            shadow = self._engine().shadow
            shadow.keep(arriving.settings, arriving.exchange, arriving.entry, body)
        except Exception as error:  # noqa: BLE001 - a fault of ours must not touch the traffic
            self._failed(flow, error)


def _serves(settings: SiteSettings) -> bool:
    return settings.shadow.enabled and settings.shadow.serve


def _put[T](pending: dict[str, T], flow_id: str, what: T) -> T | None:
    """Remember what belongs to a flow; what is forgotten for it."""
    pending[flow_id] = what
    return pending.pop(next(iter(pending))) if len(pending) > _MAX_PENDING else None


def _response(entry: Entry, stored: Stored, outcome: Outcome, now: float, profile: str) -> Response:
    """The answer without its body."""
    fields = served_fields(entry, stored, outcome, now, simulation_value(profile, "hit"))
    lines = ((name.encode("latin-1"), value.encode("latin-1")) for name, value in fields.lines)
    response = Response.make(stored.response.status)
    response.headers.fields = tuple(lines)
    if entry.body is not None and stored.response.status != 204:
        response.headers["Content-Length"] = str(len(entry.body))
    return response


def _body(flow: HTTPFlow, entry: Entry) -> bytes:
    """What follows the field section: nothing for HEAD (RFC 9110 §9.3.2)."""
    return b"" if flow.request.method == "HEAD" or entry.body is None else entry.body


def _story(entry: Entry, outcome: Outcome, now: float) -> str:
    given = f", {_GIVEN[outcome.value]}" if outcome.value in _GIVEN else ""
    return f"with what was stored {max(0.0, now - entry.born):.0f} s ago for {entry.owner}{given}"


def _log(flow: HTTPFlow, profile: str, what: str) -> None:
    asked = f"{visible(flow.request.method, 20)} {shown_url(convert.request_facts(flow))}"
    logger.warning("%s%s %s", _WARNING, visible(profile), what.format(asked))
