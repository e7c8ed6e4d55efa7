"""Exchanges a second that `session-tracker verdict` judges once it has started, on one core.

No two exchanges are equal: ids, cookies, dates, lifetimes, validators and paths vary, so that what
the judge remembers of field values helps as little as it does with real traffic. The best of many
short batches counts: whatever else the machine does only adds to a batch.
"""

import io
import json
import random
import time
from collections.abc import Iterator, Sequence
from email.utils import formatdate
from statistics import median

from scripts.benchmarks.figures import CannotMeasureError, Figure, Progress, bootstrap_median
from session_tracking.caching.profiles.catalogue import PROFILES
from session_tracking.caching.profiles.model import CacheProfile
from session_tracking.cli.verdict import answers
from session_tracking.records.verdict_lines import read_lines

TARGETS = {"rfc9111": 20_000.0, "all": 3_000.0}
"""Exchanges a second at least."""

BATCH = 10
ROUNDS = 1_000
QUICK_ROUNDS = 2

_NOW = 1_795_253_400
_LIFETIMES = (
    "public, max-age={}",
    "max-age={}, must-revalidate",
    "s-maxage={}, stale-while-revalidate=30",
    "private, max-age={}",
)
_SILENT = ("private, no-store", "no-store", "no-cache", "public", "private")


def measure(progress: Progress, *, quick: bool = False) -> list[Figure]:
    """Both figures. Raises CannotMeasureError if an exchange was not judged."""
    rounds = QUICK_ROUNDS if quick else ROUNDS
    figures = []
    for name, target in TARGETS.items():
        caches = tuple(PROFILES.values()) if name == "all" else (PROFILES[name],)
        progress(name)
        seconds = list(_batches(caches, rounds, random.Random(1)))  # noqa: S311 - repeatable
        rates = [BATCH / taken for taken in seconds[1:]]  # the first one warms up
        figures += [
            Figure(f"verdict, {name}", max(rates), "/s", 0, at_least=target),
            Figure("  median batch", median(rates), "/s", 0, bootstrap_median(rates)),
        ]
    return figures


def _batches(caches: Sequence[CacheProfile], rounds: int, chance: random.Random) -> Iterator[float]:
    """The seconds that each batch takes, from octets to lines of answers."""
    for _ in range(rounds + 1):
        text = b"".join(line(number, chance) for number in range(BATCH))
        started = time.perf_counter()
        told = [
            answer
            for batch in read_lines(io.BufferedReader(io.BytesIO(text)), _NOW)
            for answer in answers(batch, lambda _request: tuple(caches), "jsonl")
        ]
        yield time.perf_counter() - started
        if len(told) != BATCH or any('"error"' in answer for answer in told):
            raise CannotMeasureError("not every exchange was judged: nothing was measured")


def line(number: int, chance: random.Random) -> bytes:
    """One exchange as a line of JSON: a dozen field lines on each side, as browsers send them."""
    now = _NOW + chance.randrange(10**6)
    token = f"{chance.getrandbits(128):032x}"
    control = (
        chance.choice(_LIFETIMES).format(chance.randrange(10**5))
        if chance.random() < 0.6
        else chance.choice(_SILENT)
    )
    host = f"shop{chance.randrange(50)}.test"
    asked = [
        ["Host", host],
        ["User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"],
        ["Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"],
        ["Accept-Language", chance.choice(["en-US,en;q=0.5", "de,en;q=0.7", "fr"])],
        ["Accept-Encoding", "gzip, deflate, br, zstd"],
        ["Connection", "keep-alive"],
        ["Upgrade-Insecure-Requests", "1"],
        ["Sec-Fetch-Dest", "document"],
        ["Sec-Fetch-Mode", "navigate"],
        ["Referer", f"https://{host}/{chance.randrange(10**6)}"],
    ]
    if chance.random() < 0.5:
        asked.append(["Cookie", f"seen={token[:16]}"])
    sent = [
        ["Server", chance.choice(["nginx", "Apache", "gunicorn"])],
        ["Date", formatdate(now - chance.randrange(5), usegmt=True)],
        ["Content-Type", "text/html; charset=utf-8"],
        ["Content-Length", str(chance.randrange(10**5))],
        ["Connection", "keep-alive"],
        ["Cache-Control", control],
        ["Set-Cookie", f"sid={token}; Path=/; HttpOnly; Secure; SameSite=Lax"],
        ["ETag", f'"{token[:12]}"'],
        ["Last-Modified", formatdate(now - chance.randrange(10**7), usegmt=True)],
        ["Vary", chance.choice(["Accept-Encoding", "Accept-Encoding, Cookie", "Origin"])],
        ["Strict-Transport-Security", "max-age=63072000"],
        ["X-Request-Id", token[::-1]],
    ]
    exchange = {
        "id": f"x{number}",
        "time": now,
        "request": {
            "method": "GET",
            "url": f"https://{host}/p/{chance.randrange(10**6)}",
            "headers": asked,
        },
        "response": {
            "status": chance.choice([200, 200, 200, 302, 404]),
            "headers": sent,
            "body_length": chance.randrange(10**5),
        },
    }
    return json.dumps(exchange).encode() + b"\n"
