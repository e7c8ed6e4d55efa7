"""What the ledger of a fleet costs the proxy, and how fast it takes what is to be shared."""

import contextlib
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from scripts.benchmarks import servers, throughput
from scripts.benchmarks.figures import CannotMeasureError, Figure, Progress
from session_tracking.cookies.classify import CookieClass
from session_tracking.cookies.digest import TokenDigest
from session_tracking.swaps.clients import Client
from session_tracking.swaps.ledger import Entry
from session_tracking.swaps.names import Name
from session_tracking.swaps.redis_ledger import FleetSettings, RedisLedger
from session_tracking.swaps.sharing import Record, Sight, Token

AT_LEAST = 0.95
_SECRET = "only for measurements, " * 2
_BATCH = 500
_BATCHES = 40


@contextlib.contextmanager
def redis_server(folder: Path) -> Iterator[str]:
    """A server of its own; its URL. Raises CannotMeasureError if there is none to be started."""
    try:
        program = servers.program("redis-server")
    except CannotMeasureError:
        raise CannotMeasureError(
            "redis-server is missing; on Debian: apt-get install redis-server"
        ) from None
    socket = folder / "redis"
    command = [program, "--port", "0", "--unixsocket", str(socket), "--save", ""]
    with (folder / "redis.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log)
    try:
        deadline = time.monotonic() + servers.START_SECONDS
        while not socket.exists():
            if process.poll() is not None or time.monotonic() > deadline:
                raise CannotMeasureError("redis-server did not start")
            time.sleep(0.02)
        yield f"unix://{socket}"
    finally:
        process.terminate()
        process.wait(10)


def measure(progress: Progress, *, slices: int, quick: bool = False) -> list[Figure]:
    """The figures of both; `quick` leaves the proxies out.

    Raises CannotMeasureError if a program is missing, or an exchange did not go as it should.
    """
    figures = _ledger(progress, quick=quick)
    return figures if quick else [*_throughput(progress, slices), *figures]


def _ledger(progress: Progress, *, quick: bool) -> list[Figure]:
    """The rate of batches on one connection, and what they cost the proxy."""
    progress("Redis")
    with tempfile.TemporaryDirectory(prefix="bench-") as name, redis_server(Path(name)) as url:
        store = RedisLedger(FleetSettings(url, _SECRET.encode()), lambda: 3600)
        batches = [[_sight() for _ in range(_BATCH)] for _ in range(2 if quick else _BATCHES)]
        store.share(batches.pop())
        began, spent = time.perf_counter(), time.thread_time()
        for batch in batches:
            store.share(batch)
        seconds, spent = time.perf_counter() - began, time.thread_time() - spent
        store.close()
    sights = len(batches) * _BATCH
    return [
        Figure(f"Redis, sights in batches of {_BATCH}", sights / seconds, "/s", 0),
        Figure("Redis, processor time of the proxy's thread", spent / sights * 1e6, "µs"),
    ]


def _sight() -> Sight:
    client = Client(os.urandom(16), 1)
    entry = Entry(client, 1_795_000_000.0, 2, last=1_795_000_000)
    digest = TokenDigest(os.urandom(16))
    token = Token("sid", CookieClass.SESSION, "set-cookie", digest, Name())
    return Sight(token, Record(entry, "https://shop.test/basket"), client, presented=False)


def _throughput(progress: Progress, slices: int) -> list[Figure]:
    """The proxy with the ledger of a fleet, against the same without one."""
    cores = sorted(os.sched_getaffinity(0))
    try:
        os.sched_setaffinity(0, cores[-1:])
        with tempfile.TemporaryDirectory(prefix="bench-") as name:
            folder = Path(name)
            with redis_server(folder) as url:
                pairs = _pairs(progress, slices, folder, url, cores[0])
        return throughput.figures_of(pairs, ("with the fleet's ledger", "without"), AT_LEAST)
    finally:
        os.sched_setaffinity(0, cores)


def _pairs(
    progress: Progress, slices: int, folder: Path, url: str, core: int
) -> list[tuple[throughput.Slice, throughput.Slice]]:
    key = folder / "secret"
    key.write_text(_SECRET, "ascii")
    key.chmod(0o600)
    config = folder / "fleet.toml"
    config.write_text(
        f'enabled = true\n[fleet]\nledger = "{url}"\nsecret_file = "secret"\n', "ascii"
    )
    alone = folder / "alone.toml"
    alone.write_text("enabled = true\n", "ascii")
    script = servers.load_script(folder)

    def option(path: Path) -> tuple[str, str]:
        return "--set", f"session_tracker_config={path}"

    addon = throughput.TRACKER
    with (
        servers.origin(folder) as origin,
        servers.proxy(folder, addon, origin.port, *option(config), name="fleet") as shared,
        servers.proxy(folder, addon, origin.port, *option(alone), name="alone") as single,
    ):
        sides = throughput.Side(shared), throughput.Side(single)
        return throughput.pairs_of(progress, slices, sides, script, core)
