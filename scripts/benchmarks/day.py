"""A simulated day: every exchange goes through the engine, and five sessions are swapped.

Each client comes ten times: it is given a session at first, sends it from then on, and one in ten
is given it anew in between. Who comes when is mixed, so that the whole ledger is in use all day.
"""

import gc
import resource
import time
from dataclasses import dataclass
from pathlib import Path

from scripts.benchmarks.figures import Figure, Progress
from session_tracking.config.loading import load
from session_tracking.engine import Circumstances, Engine, SiteSettings
from session_tracking.http.exchange import ClientId, Exchange, RequestFacts, ResponseFacts
from session_tracking.http.fields import FieldSection
from session_tracking.swaps.events import EventKind, SwapEvent

EXCHANGES = 10_000_000
FEWEST = 1_000
VISITS = 10
SWAPS = 5
MAX_GROWTH = 10.0
"""MiB that the memory may grow once everybody has come for the first time."""
_MORNING = 1_795_000_000.0
_DAY = 86_400
_HOST = "shop.test"
_SEEN = Circumstances(https=True)
_AGENTS = [f"Mozilla/5.0 (X11; Linux x86_64) Chrome/{major}.0.0.0" for major in range(100, 150)]
_ASKED = (
    ("Host", _HOST),
    ("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
    ("Accept-Language", "en-GB,en;q=0.9"),
    ("Accept-Encoding", "gzip, deflate, br"),
)
_ANSWERED = (
    ("Server", "nginx"),
    ("Content-Type", "text/html"),
    ("Content-Length", "5120"),
    ("Strict-Transport-Security", "max-age=63072000"),
    ("Cache-Control", "private, no-store"),
)
_PLAIN = ResponseFacts(200, FieldSection(_ANSWERED))
_ODD = 0x9E3779B97F4A7C15F39CC0605CEDC835
_STEP = 50_000
"""Exchanges from one word of progress to the next."""


@dataclass(slots=True)
class _Day:
    engine: Engine
    settings: SiteSettings
    clients: int
    exchanges: int
    swapped: dict[int, int]
    """Exchange → whose session is handed out in it."""
    stride: int

    def run(self, number: int) -> tuple[SwapEvent, ...]:
        """One exchange of the day; the events that it led to."""
        visit, place = divmod(number, self.clients)
        # Each visit in another order: a stride without a common divisor meets everybody once.
        client = (place * self.stride + visit * 7919) % self.clients
        now = _MORNING + number * _DAY / self.exchanges
        who = ClientId(_address(client), f"{client}-{visit}")
        own = f"sid={_session(client)}"
        lines = (*_ASKED, ("User-Agent", _AGENTS[client % len(_AGENTS)]))
        victim = self.swapped.get(number)
        if visit and victim is None:
            lines = (*lines, ("Cookie", own))
        request = RequestFacts(
            "GET", f"https://{_HOST}/products/{client % 997}", FieldSection(lines)
        )
        noticed: tuple[SwapEvent, ...] = ()
        if visit:
            noticed = self.engine.watch_request(self.settings, request, who, now)
        response = _PLAIN
        if victim is not None:
            hit = ("Age", "5"), ("Set-Cookie", f"sid={_session(victim)}; Path=/; HttpOnly")
            response = ResponseFacts(200, FieldSection((*_ANSWERED, *hit)))
        elif visit == 0 or (visit == VISITS // 2 and client % 10 == 0):
            given = ("Set-Cookie", f"{own}; Path=/; HttpOnly")
            response = ResponseFacts(200, FieldSection((*_ANSWERED, given)))
        exchange = Exchange(request, response, str(number), who, now, now)
        seen = Circumstances(https=True, noticed=noticed) if noticed else _SEEN
        return self.engine.on_response(self.settings, exchange, None, seen).events


def measure(progress: Progress, *, exchanges: int = EXCHANGES) -> list[Figure]:
    """The figures of one day; fewer exchanges are those of proportionally fewer clients."""
    clients = exchanges // VISITS
    engine = Engine(_MORNING)
    engine.detector.resize(clients, 2 * _DAY)
    stride = clients * 5 // 8 | 1
    while clients % stride == 0 or _common(clients, stride) > 1:
        stride += 2
    # Spread over the day, after everybody has a session; whose it is came long before.
    swapped = {
        clients * 2 + (number + 1) * (exchanges - clients * 2) // (SWAPS + 1): (
            number * clients // SWAPS + 3
        )
        for number in range(SWAPS)
    }
    settings = load(None).for_url(_HOST, "/")
    day = _Day(engine, settings, clients, exchanges, swapped, stride)
    events: list[tuple[int, SwapEvent]] = []
    settled, began = 0.0, time.perf_counter()
    for number in range(exchanges):
        events.extend((number, event) for event in day.run(number))
        if number == 2 * clients:
            settled = _resident()
        if number % _STEP == 0:
            progress(_bar(number, exchanges, time.perf_counter() - began))
    seconds = time.perf_counter() - began
    found = {
        number
        for number, event in events
        if event.kind is EventKind.CONFIRMED
        and event.first.client.startswith(_address(swapped.get(number, -1)))
    }
    return [
        Figure("day, injected swaps found", len(found), f"of {SWAPS}", 0, at_least=SWAPS),
        Figure("day, other events", len(events) - len(found), "", 0, at_most=0),
        Figure("day, memory at the end", _resident(), "MiB"),
        Figure("day, its growth since all came", _resident() - settled, "MiB", at_most=MAX_GROWTH),
        Figure(f"day, {exchanges:,} exchanges of {clients:,}", exchanges / seconds, "/s", 0),
    ]


def _common(one: int, other: int) -> int:
    while other:
        one, other = other, one % other
    return one


def _address(client: int) -> str:
    return f"10.{client >> 16 & 255}.{client >> 8 & 255}.{client & 255}"


def _session(client: int) -> str:
    return f"{(client + 1) * _ODD % 2**128:032x}"


def _bar(done: int, of: int, seconds: float) -> str:
    filled = done * 30 // of
    rate = done / seconds if seconds else 0.0
    return f"[{'#' * filled}{'.' * (30 - filled)}] {done * 100 // of:3} %  {rate:,.0f} exchanges/s"


def _resident() -> float:
    """MiB of this process."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize() / 2**20
