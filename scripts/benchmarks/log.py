"""The log: lines a second that one thread writes, and what it costs the proxy.

The best of many batches counts for the writer: whatever else the machine does only adds to one.
"""

import gc
import tempfile
import time
from pathlib import Path
from statistics import median

from scripts.benchmarks import throughput
from scripts.benchmarks.figures import CannotMeasureError, Figure, Progress, bootstrap_median
from session_tracking.cookies.digest import Digester
from session_tracking.records.settings import (
    ClientAddress,
    CookieMode,
    LogFiles,
    LogSettings,
    Rollover,
)
from session_tracking.records.visit import Visit
from session_tracking.records.w3c_fields import DEFAULT_FIELDS
from session_tracking.records.w3c_log import W3cLog

AT_LEAST = 100_000.0
BATCH = 2_000
ROUNDS = 60
QUICK_ROUNDS = 2
VISITORS = 2_000
AGENT = b"Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0"
NOON = 1_795_262_400.0


def measure(progress: Progress, *, slices: int, quick: bool = False) -> list[Figure]:
    """All figures. Raises CannotMeasureError if a line is missing."""
    progress("lines")
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        rates = _rates(Path(name), QUICK_ROUNDS if quick else ROUNDS)
    figures = [
        Figure("lines written by one thread", max(rates), "/s", 0, at_least=AT_LEAST),
        Figure("  median batch", median(rates), "/s", 0, bootstrap_median(rates)),
    ]
    return figures if quick else figures + throughput.measure_log(progress, slices=slices)


def _rates(folder: Path, rounds: int) -> list[float]:
    """Lines a second of each batch, from exchanges to octets in a file."""
    files = LogFiles(folder, folder / "key", Rollover.DAILY, 1 << 20, None)
    settings = LogSettings(
        files,
        "shop.test",
        "shop.test",
        True,
        DEFAULT_FIELDS,
        CookieMode.OWN,
        "SessionTracking",
        ClientAddress.FULL,
    )
    log = W3cLog(files, Digester(), _fail)
    rates = []
    for number in range(rounds + 1):
        visits = [_visit(BATCH * number + each) for each in range(BATCH)]
        gc.collect()
        begun = time.perf_counter()
        for visit in visits:
            log.put(settings, visit)
        log.write(0.0)
        rates.append(BATCH / (time.perf_counter() - begun))
    log.close()
    if log.written != BATCH * (rounds + 1):
        raise CannotMeasureError(f"{log.written} lines were written")
    return rates[1:]  # the first one warms up


def _fail(problem: str) -> None:
    raise CannotMeasureError(problem)


def _visit(number: int) -> Visit:
    """A page view of one of many visitors, with three cookies."""
    own = f"OtSf6JY8zuufuoiXPl{number % VISITORS:04}"
    cookies = f"sid=3f2a9c81d0e7b6453f2a{number % VISITORS:04}; SessionTracking={own}; theme=dark"
    ended = NOON + number / 1000
    return Visit(
        started=ended - 0.003,
        ended=ended,
        client=f"192.0.2.{number % 250}",
        server=("127.0.0.1", 8080),
        method=b"GET",
        target=b"/item/%d?q=shoes&page=%d" % (number % 5000, number % 7),
        authority=b"shop.test",
        version=b"HTTP/1.1",
        request_lines=(
            (b"Host", b"shop.test"),
            (b"User-Agent", AGENT),
            (b"Accept", b"text/html"),
            (b"Accept-Language", b"en"),
            (b"Accept-Encoding", b"gzip"),
            (b"Referer", b"http://shop.test/"),
            (b"Cookie", cookies.encode("ascii")),
        ),
        request_octets=0,
        status=200,
        substatus=0,
        win32_status=0,
        response_lines=(
            (b"Server", b"nginx"),
            (b"Date", b"Sat, 21 Nov 2026 12:00:00 GMT"),
            (b"Content-Type", b"text/html"),
            (b"Content-Length", b"5120"),
            (b"Cache-Control", b"private"),
        ),
        response_octets=5120,
        user="",
        session_id=own,
        event="seen",
        level="",
    )
