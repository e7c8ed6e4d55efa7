"""Requests that repeat an earlier one of the same visitor in all that decides: most of them do."""

from functools import cache

from mitmproxy.http import HTTPFlow

from session_tracking.config.sites import Configuration
from session_tracking.mitm.convert import named
from session_tracking.tracking.policy import Decision, Rule, State

__all__ = ["MAX_VISITS", "Visits"]

MAX_VISITS = 50_000
"""Visits that are known; when there are more, all are forgotten."""

_LOOK_AGAIN = 600
"""Seconds after which a visitor is looked at again, so that the ledger remembers the session."""


class Visits:
    """What was decided for requests with cookies, by a hash of all that the decision depends on.

    The hash is the interpreter's, under a secret of the process: no value of a cookie is kept, and
    nobody can choose fields that collide.
    """

    def __init__(self) -> None:
        self.decided: dict[int, Decision | None] = {}
        """By the number of a visit; None where it is to be decided each time anew."""
        self._under: Configuration | None = None

    def number(self, flow: HTTPFlow, configuration: Configuration) -> int:
        """The hash; 0 for a request without cookies, of which nothing is known."""
        request, client = flow.request.data, flow.client_conn
        asked = named(request.headers.fields)
        cookie = asked.get(b"cookie")
        if cookie is None:
            return 0
        if configuration is not self._under:
            self.decided.clear()
            self._under = configuration
        return hash(
            (
                # Where it goes: this is what a site's settings depend on.
                request.http_version,
                request.host,
                request.authority,
                asked.get(b"host"),
                request.path if configuration.divides_sites else b"",
                # Whether an id may be given at all.
                flow.live,
                flow.response is None,
                type(client.proxy_mode),
                request.method,
                asked.get(b"upgrade"),
                asked.get(b"sec-gpc"),
                b"cross-site" in asked.get(b"sec-fetch-site", b""),
                # Who asks.
                cookie,
                client.peername[0],
                asked.get(b"user-agent"),
                asked.get(b"x-forwarded-for"),
                request.timestamp_start // _LOOK_AGAIN,
            )
        )

    def keep(self, number: int, decision: Decision | None) -> None:
        """Remember a visit; its decision, unless an equal request may lead to another one."""
        if len(self.decided) >= MAX_VISITS:
            self.decided.clear()
        if decision is not None:
            once = decision.value is not None or decision.rule is Rule.AMBIGUOUS
            # The id that came is of no use later: the same few decisions serve all visitors.
            decision = None if once else _plain(decision.state, decision.rule)
        self.decided[number] = decision


@cache
def _plain(state: State, rule: Rule) -> Decision:
    return Decision(state, rule)
