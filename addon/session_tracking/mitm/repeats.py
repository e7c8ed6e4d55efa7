"""Exchanges that are like an earlier one: told apart by their octets, before anything is read."""

import time
from collections.abc import Hashable
from enum import Enum
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

__all__ = ["MAX_KNOWN", "Like", "Repeats", "like"]

MAX_KNOWN = 1024
"""Exchanges that are kept; when there are more, all are forgotten."""

_LONGEST = 2048
"""Octets of what is worth keeping."""


class _Use(Enum):
    """What a response field is to us here."""

    DECIDING = 1
    DATED = 2
    """It decides by its distance to Date."""
    COOKIE = 3
    OTHER = 4
    """It decides by one thing that it says."""
    NEVER = 5
    """Nothing with this field is kept: it lists cookies, or names a time of day."""


_USES = {name.encode("ascii"): _Use.DECIDING for name in DECIDING} | {
    b"expires": _Use.DATED,
    b"last-modified": _Use.DATED,
    b"set-cookie": _Use.COOKIE,
    b"date": _Use.OTHER,
    b"content-length": _Use.OTHER,
    b"set-cookie2": _Use.NEVER,
    b"x-accel-expires": _Use.NEVER,
}

_USED_LENGTHS = frozenset(map(len, _USES))
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


def like(flow: HTTPFlow, response: Response, *, issues: bool) -> Like | None:
    """What a live exchange is like; None if it is not worth keeping, or depends on the time.

    `issues` is whether the tracker has an id for it.
    """
    deciding: list[tuple[bytes, bytes]] = []
    set_cookies: list[str] = []
    other: dict[bytes, bytes] = {}
    dated, size = False, len(flow.request.data.path)
    for name, value in response.data.headers.fields:
        if len(name) not in _USED_LENGTHS or (use := _USES.get(lowered := name.lower())) is None:
            continue
        if use is _Use.COOKIE:
            set_cookies += value.decode("latin-1").split("\n")
        elif use is _Use.OTHER:
            other.setdefault(lowered, value)
        elif use is _Use.NEVER:
            return None
        else:
            deciding.append((lowered, value))
            dated = dated or use is _Use.DATED
            size += len(value)
    if not (set_cookies or issues):
        return None  # nobody looks at it but the shadow, which has ways of its own
    date = _text(other.get(b"date"))
    if dated:
        if parse_http_date(date or "") is None:
            return None  # the clock stands in for it
        deciding.append((b"date", other[b"date"]))
    if size > _LONGEST:
        return None
    request, client = flow.request.data, flow.client_conn
    asked = named([line for line in request.headers.fields if len(line[0]) in _ASKED_LENGTHS])
    mode = asked.get(b"sec-fetch-mode")
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
        not other.get(b"content-length", b"1").strip(b"0 \t"),
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


def _text(value: bytes | None) -> str | None:
    return None if value is None else value.decode("latin-1").strip(OWS)
