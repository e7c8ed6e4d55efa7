"""Exchanges that are like an earlier one: told apart by their octets, before anything is read."""

import time
from collections.abc import Hashable, Sequence
from typing import NamedTuple

from mitmproxy.http import HTTPFlow, Response

from session_tracking.audit.memory import DECIDING
from session_tracking.config.sites import Configuration
from session_tracking.engine import Again, Known
from session_tracking.http.dates import parse_http_date
from session_tracking.http.fields import OWS
from session_tracking.mitm.convert import client_of, named
from session_tracking.mitm.layouts import Layouts
from session_tracking.records.settings import RecordedSite
from session_tracking.swaps.clients import Sender

__all__ = ["MAX_KNOWN", "Like", "Repeats"]

MAX_KNOWN = 1024
"""Exchanges that are kept; when there are more, all are forgotten."""

_LONGEST = 2048
"""Octets of what is worth keeping."""

_DECIDING = frozenset(name.encode("ascii") for name in DECIDING)
_DATED = frozenset({b"expires", b"last-modified"})
"""They decide by their distance to Date."""
_NEVER = frozenset({b"set-cookie2", b"x-accel-expires"})
"""Nothing with these is kept: they list cookies, or name a time of day."""

_ASKED = (
    b"accept", b"authorization", b"cookie", b"host", b"sec-fetch-mode", b"user-agent",
    b"x-forwarded-for",
)  # fmt: skip


class Like(NamedTuple):
    """An exchange, by what it has in common with its like, and by what not."""

    key: Hashable
    """All that a judgement or an edit depends on, the cookies that are set apart."""
    again: Again


class _Asked:
    """Where in a request with certain field names those stand that matter."""

    __slots__ = ("places", "plain")

    def __init__(self, names: list[bytes]) -> None:
        self.plain = all(names.count(name) < 2 for name in _ASKED)
        """Whether none of them is repeated."""
        self.places = [names.index(name) if name in names else None for name in _ASKED]

    def values(self, fields: Sequence[tuple[bytes, bytes]]) -> list[bytes | None]:
        """The values of `_ASKED`, in that order."""
        if self.plain:
            return [None if place is None else fields[place][1] for place in self.places]
        found = named(fields)
        return [found.get(name) for name in _ASKED]


class _Answered:
    """Where in a response with certain field names those stand that matter."""

    __slots__ = ("cookies", "date", "dated", "deciding", "length", "never")

    def __init__(self, names: list[bytes]) -> None:
        self.dated = not _DATED.isdisjoint(names)
        deciding = _DECIDING | {b"date"} if self.dated else _DECIDING
        self.deciding = [place for place, name in enumerate(names) if name in deciding]
        self.cookies = [place for place, name in enumerate(names) if name == b"set-cookie"]
        self.date = names.index(b"date") if b"date" in names else None
        self.length = names.index(b"content-length") if b"content-length" in names else None
        self.never = not _NEVER.isdisjoint(names)


class Repeats:
    """What was made of the exchanges that were seen last."""

    def __init__(self) -> None:
        self._known: dict[Hashable, tuple[RecordedSite, Known]] = {}
        self._under: Configuration | None = None
        self._asked: Layouts[_Asked] = Layouts(_Asked)
        self._answered: Layouts[_Answered] = Layouts(_Answered)

    def like(self, flow: HTTPFlow, response: Response, *, issues: bool) -> Like | None:
        """What a live exchange is like; None if it is not worth keeping, or depends on the time.

        `issues` is whether the tracker has an id for it.
        """
        fields = response.data.headers.fields
        layout = self._answered.of(fields)
        if layout.never:
            return None
        set_cookies: list[str] = []
        for place in layout.cookies:
            set_cookies += fields[place][1].decode("latin-1").split("\n")
        if not (set_cookies or issues):
            return None  # nobody looks at it but the shadow, which has ways of its own
        deciding = [fields[place] for place in layout.deciding]
        date = None if layout.date is None else fields[layout.date][1].decode("latin-1").strip(OWS)
        if layout.dated and parse_http_date(date or "") is None:
            return None  # the clock stands in for it
        request, client = flow.request.data, flow.client_conn
        if sum([len(name) + len(value) for name, value in deciding]) + len(request.path) > _LONGEST:
            return None
        asked = request.headers.fields
        accept, authorization, cookie, host, mode, agent, forwarded = self._asked.of(asked).values(
            asked
        )
        length = b"1" if layout.length is None else fields[layout.length][1]
        key = (
            # The URL, and with it the settings.
            request.http_version,
            request.scheme,
            request.host,
            request.port,
            request.authority,
            host,
            request.path,
            type(client.proxy_mode),
            client.tls,
            # What else of the request decides.
            issues,
            request.method,
            cookie is None,
            authorization is None,
            mode,
            accept if mode is None else None,
            # The response.
            response.data.status_code,
            bool(set_cookies),
            not length.strip(b"0 \t"),
            tuple(deciding),
        )
        sender = Sender(
            client_of(flow),
            None if agent is None else agent.decode("latin-1").partition("\n")[0].strip(OWS),
            () if forwarded is None else forwarded.decode("latin-1").split("\n"),
            () if cookie is None else cookie.decode("latin-1").split("\n"),
        )
        received = response.data.timestamp_start or time.time()
        return Like(key, Again(set_cookies, received, date, sender))

    def known(
        self, like: Like | None, configuration: Configuration
    ) -> tuple[RecordedSite, Known] | None:
        """What was made of the like of an exchange, under this configuration."""
        if configuration is not self._under:
            self._known.clear()
            self._under = configuration
        return self._known.get(like.key) if like is not None else None

    def keep(self, like: Like, settings: RecordedSite, known: Known | None) -> None:
        """Keep what was made of an exchange; None is nothing that its like may rely on."""
        if known is not None:
            if len(self._known) >= MAX_KNOWN:
                self._known.clear()
            self._known[like.key] = settings, known
