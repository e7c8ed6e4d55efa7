"""Requests that repeat an earlier one of the same visitor in all that decides: most of them do."""

from functools import cache

from mitmproxy.http import HTTPFlow

from session_tracking.config.sites import Configuration
from session_tracking.mitm.convert import named
from session_tracking.records.settings import RecordedSite
from session_tracking.tracking.policy import Decision, Rule, State

__all__ = ["MAX_REPEATS", "MAX_SITES", "MAX_VISITS", "Visit", "Visits"]

MAX_VISITS = 50_000
"""Visits that are known; when there are more, all are forgotten."""
MAX_SITES = 1_000
"""The same for the settings of visits that are recorded: each host may have its own."""
MAX_REPEATS = 20_000
"""The same for requests of the same field lines."""

_LOOK_AGAIN = 600
"""Seconds after which a visitor is looked at again, so that the ledger remembers the session."""


type Visit = tuple[Decision, RecordedSite | None]
"""What holds for equal requests; the settings are those of a site that records them."""


class Visits:
    """What was decided for requests with cookies, by a hash of all that the decision depends on.

    The hash is the interpreter's, under a secret of the process: nobody can choose fields that
    collide, and no value of a cookie is kept but our own, where the records tell it.
    """

    def __init__(self) -> None:
        self.decided: dict[int, Visit | None] = {}
        """By the number of a visit; None where it is to be decided each time anew."""
        self._repeats: dict[int, Visit] = {}
        self._sites: dict[int, RecordedSite] = {}
        """By identity: the settings of the visits."""
        self.last: int = 0
        """The hash of the request that `repeated` was asked about last."""
        self._under: Configuration | None = None
        self._divided = False

    def repeated(self, flow: HTTPFlow, configuration: Configuration) -> Visit | None:
        """What was decided for a request of the same field lines; None if none is known.

        This asks the least of the most frequent request: one like the last but for its path.
        """
        if configuration is not self._under:
            self._forget()
            self._under, self._divided = configuration, configuration.divides_sites
        request, client = flow.request.data, flow.client_conn
        self.last = last = hash(
            (
                request.headers.fields,
                request.http_version,
                request.host,
                request.authority,
                request.path if self._divided else b"",
                flow.live,
                flow.response is None,
                type(client.proxy_mode),
                request.method,
                client.peername[0],
                request.timestamp_start // _LOOK_AGAIN,
            )
        )
        return self._repeats.get(last)

    def again(self, visit: Visit) -> None:
        """Remember what is known of the request that `repeated` was asked about last."""
        if len(self._repeats) >= MAX_REPEATS:
            self._repeats.clear()
        self._repeats[self.last] = visit

    def number(self, flow: HTTPFlow) -> int:
        """The hash; 0 for a request without cookies, of which nothing is known."""
        request, client = flow.request.data, flow.client_conn
        fields = request.headers.fields
        if not [None for name, _ in fields if len(name) == 6 and name.lower() == b"cookie"]:
            return 0
        asked = named(fields)
        return hash(
            (
                # Where it goes: this is what a site's settings depend on.
                request.http_version,
                request.host,
                request.authority,
                asked.get(b"host"),
                request.path if self._divided else b"",
                # Whether an id may be given at all.
                flow.live,
                flow.response is None,
                type(client.proxy_mode),
                request.method,
                asked.get(b"upgrade"),
                asked.get(b"sec-gpc"),
                b"cross-site" in asked.get(b"sec-fetch-site", b""),
                # Who asks.
                asked[b"cookie"],
                client.peername[0],
                asked.get(b"user-agent"),
                asked.get(b"x-forwarded-for"),
                request.timestamp_start // _LOOK_AGAIN,
            )
        )

    def keep(self, number: int, decision: Decision | None, settings: RecordedSite) -> None:
        """Remember a visit; its decision, unless an equal request may lead to another one."""
        if len(self.decided) >= MAX_VISITS or len(self._sites) >= MAX_SITES:
            self._forget()
        if decision is None or decision.value is not None or decision.rule is Rule.AMBIGUOUS:
            self.decided[number] = None
        elif settings.recorded:
            self._sites[id(settings)] = settings
            self.decided[number] = decision, settings
        else:
            # The id that came is of no use later.
            self.decided[number] = _plain(decision.state, decision.rule)

    def _forget(self) -> None:
        self.decided.clear()
        self._repeats.clear()
        self._sites.clear()


@cache
def _plain(state: State, rule: Rule) -> Visit:
    """The same few serve all visitors."""
    return Decision(state, rule), None
