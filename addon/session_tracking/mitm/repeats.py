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
from session_tracking.records.settings import RecordedSite
from session_tracking.swaps.clients import Sender

__all__ = ["MAX_KNOWN", "MAX_LAYOUTS", "Like", "Repeats", "like"]

MAX_KNOWN = 1024
"""Exchanges that are kept; when there are more, all are forgotten."""

_LONGEST = 2048
"""Octets of what is worth keeping."""

MAX_LAYOUTS = 256
"""Lists of field names that are known; when there are more, all are forgotten."""


_DECIDING = frozenset(name.encode("ascii") for name in DECIDING)
_DATED = frozenset({b"expires", b"last-modified"})
"""They decide by their distance to Date."""
_NEVER = frozenset({b"set-cookie2", b"x-accel-expires"})
"""Nothing with these is kept: they list cookies, or name a time of day."""

_ASKED = (
    b"accept", b"authorization", b"cookie", b"host", b"sec-fetch-mode", b"user-agent",
    b"x-forwarded-for",
)  # fmt: skip
_ASKED_LENGTHS = frozenset(map(len, _ASKED))
"""Most other names are told apart by their length alone."""


class Like(NamedTuple):
    """An exchange, by what it has in common with its like, and by what not."""

    key: Hashable
    """All that a judgement or an edit depends on, the cookies that are set apart."""
    again: Again


class Repeats:
    """What was made of the exchanges that were seen last."""

    def __init__(self) -> None:
        self._known: dict[Hashable, tuple[RecordedSite, Known]] = {}
        self._under: Configuration | None = None

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


class _Layout:
    """Where in a response with certain field names those stand that matter."""

    __slots__ = ("cookies", "date", "dated", "deciding", "length", "never")

    def __init__(self, names: Sequence[bytes]) -> None:
        lowered = [name.lower() for name in names]
        self.dated = not _DATED.isdisjoint(lowered)
        deciding = _DECIDING | {b"date"} if self.dated else _DECIDING
        self.deciding = [n for n, name in enumerate(lowered) if name in deciding]
        self.cookies = [n for n, name in enumerate(lowered) if name == b"set-cookie"]
        self.date = lowered.index(b"date") if b"date" in lowered else None
        self.length = lowered.index(b"content-length") if b"content-length" in lowered else None
        self.never = not _NEVER.isdisjoint(lowered)


_layouts: dict[tuple[bytes, ...], _Layout] = {}
"""By the names: a server sends the same all day."""


def _layout(names: tuple[bytes, ...]) -> _Layout:
    layout = _Layout(names)
    if len(names) + sum(map(len, names)) <= _LONGEST:
        if len(_layouts) >= MAX_LAYOUTS:
            _layouts.clear()
        _layouts[names] = layout
    return layout


def like(flow: HTTPFlow, response: Response, *, issues: bool) -> Like | None:
    """What a live exchange is like; None if it is not worth keeping, or depends on the time.

    `issues` is whether the tracker has an id for it.
    """
    fields = response.data.headers.fields
    names = tuple([name for name, _ in fields])
    layout = _layouts.get(names) or _layout(names)
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
    asked = named([line for line in request.headers.fields if len(line[0]) in _ASKED_LENGTHS])
    mode = asked.get(b"sec-fetch-mode")
    length = b"1" if layout.length is None else fields[layout.length][1]
    key = (
        # The URL, and with it the settings.
        request.http_version,
        request.scheme,
        request.host,
        request.port,
        request.authority,
        asked.get(b"host"),
        request.path,
        type(client.proxy_mode),
        client.tls,
        # What else of the request decides.
        issues,
        request.method,
        (cookie := asked.get(b"cookie")) is None,
        b"authorization" in asked,
        mode,
        asked.get(b"accept") if mode is None else None,
        # The response.
        response.data.status_code,
        bool(set_cookies),
        not length.strip(b"0 \t"),
        tuple(deciding),
    )
    agent, forwarded = asked.get(b"user-agent"), asked.get(b"x-forwarded-for")
    sender = Sender(
        client_of(flow),
        None if agent is None else agent.decode("latin-1").partition("\n")[0].strip(OWS),
        () if forwarded is None else forwarded.decode("latin-1").split("\n"),
        () if cookie is None else cookie.decode("latin-1").split("\n"),
    )
    received = response.data.timestamp_start or time.time()
    return Like(key, Again(set_cookies, received, date, sender))
