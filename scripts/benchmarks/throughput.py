"""Requests per second of mitmdump with the addon, against mitmdump with empty hooks."""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from scripts.benchmarks import empty_hooks, servers
from scripts.benchmarks.figures import CannotMeasureError, Figure, Progress, bootstrap_median
from scripts.benchmarks.servers import Server
from scripts.benchmarks.workload import FINDING, KINDS, NEWCOMER

TRACKER = Path(__file__).resolve().parents[2] / "addon" / "session_tracker.py"
EMPTY = Path(empty_hooks.__file__)

SLICES = 120
AT_LEAST = 0.97
FIELD_LINES = 15


@dataclass(frozen=True, slots=True)
class Slice:
    """One second of load on one proxy."""

    requests: int
    seconds: float
    cpu_seconds: float
    """Processor time that the proxy used."""

    @property
    def rate(self) -> float:
        """Requests per second."""
        return self.requests / self.seconds

    @property
    def cost(self) -> float:
        """Microseconds of processor time per request."""
        return self.cpu_seconds / self.requests * 1e6


def measure(progress: Progress, *, slices: int = SLICES) -> list[Figure]:
    """The figures, from two proxies that live at the same time and are loaded in turn.

    Raises CannotMeasureError if a program is missing, or an exchange did not go as it should.
    """
    for name in ("wrk", "nginx"):
        servers.program(name)
    cores = sorted(os.sched_getaffinity(0))
    try:
        # nginx and wrk inherit it: they stay off the core of the proxies.
        os.sched_setaffinity(0, cores[-1:])
        return figures_of(_pairs(progress, slices, proxy_core=cores[0]))
    finally:
        os.sched_setaffinity(0, cores)


def measure_log(progress: Progress, *, slices: int) -> list[Figure]:
    """The same for the addon with its log on, against the addon with its log off."""
    for name in ("wrk", "nginx"):
        servers.program(name)
    cores = sorted(os.sched_getaffinity(0))
    try:
        os.sched_setaffinity(0, cores[-1:])
        pairs = _log_pairs(progress, slices, proxy_core=cores[0])
    finally:
        os.sched_setaffinity(0, cores)
    rates = [on.rate / off.rate for on, off in pairs]
    costs = [off.cost / on.cost for on, off in pairs]
    return [
        Figure(
            "throughput, log on / off",
            median(rates),
            "",
            3,
            bootstrap_median(rates),
            at_least=AT_LEAST,
        ),
        Figure(
            "the same by processor time", median(costs), "", 3, interval=bootstrap_median(costs)
        ),
    ]


def _log_pairs(progress: Progress, slices: int, proxy_core: int) -> list[tuple[Slice, Slice]]:
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        script = servers.load_script(folder)
        logged, plain = folder / "logged.toml", folder / "plain.toml"
        logged.write_text("enabled = true\n[log]\nenabled = true\n", "utf-8")
        plain.write_text("enabled = true\n", "utf-8")
        with (
            servers.origin(folder) as origin,
            servers.proxy(folder, TRACKER, origin.port, *_configured(logged), name="on") as on,
            servers.proxy(folder, TRACKER, origin.port, *_configured(plain), name="off") as off,
        ):
            for proxy in (on, off):
                os.sched_setaffinity(proxy.process.pid, {proxy_core})
                _slice(proxy, script)  # warms up
            pairs = []
            for number in range(slices // 2):
                progress(f"slice {2 * number} of {slices}")
                pairs.append(_pair(on, off, script, tracker_first=number % 2 == 0))
        if not any((folder / "logs").glob("*/u_ex*.log")):
            raise CannotMeasureError("no log was written")
    return pairs


def _configured(file: Path) -> tuple[str, str]:
    return "--set", f"session_tracker_config={file}"


def _pairs(progress: Progress, slices: int, proxy_core: int) -> list[tuple[Slice, Slice]]:
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        script = servers.load_script(folder)
        with (
            servers.origin(folder) as origin,
            servers.proxy(folder, TRACKER, origin.port) as tracker,
            servers.proxy(folder, EMPTY, origin.port) as empty,
        ):
            _check(tracker, empty)
            return pairs_of(progress, slices, (tracker, empty), script, proxy_core)


def pairs_of(
    progress: Progress,
    slices: int,
    proxies: tuple[Server, Server],
    script: Path,
    proxy_core: int,
) -> list[tuple[Slice, Slice]]:
    """Load two proxies in turn; pairs of neighbouring slices."""
    one, other = proxies
    for proxy in proxies:
        # One works at a time, so they may share a core, and then meet the same conditions.
        os.sched_setaffinity(proxy.process.pid, {proxy_core})
        _slice(proxy, script)  # warms up
    pairs = []
    for number in range(slices // 2):
        progress(f"slice {2 * number} of {slices}")
        pairs.append(_pair(one, other, script, tracker_first=number % 2 == 0))
    return pairs


def figures_of(
    pairs: list[tuple[Slice, Slice]],
    names: tuple[str, str] = ("addon", "empty hooks"),
    at_least: float = AT_LEAST,
) -> list[Figure]:
    """The figures from neighbouring slices: with the addon, and with empty hooks.

    What else the machine does hits both of a pair alike, so the ratio is taken pair by pair.
    """
    rates = [one.rate / other.rate for one, other in pairs]
    costs = [other.cost / one.cost for one, other in pairs]
    return [
        Figure(
            f"throughput, {' / '.join(names)}",
            median(rates),
            "",
            3,
            bootstrap_median(rates),
            at_least=at_least,
        ),
        Figure(
            "the same by processor time", median(costs), "", 3, interval=bootstrap_median(costs)
        ),
        Figure(f"throughput, {names[0]}", median(one.rate for one, _ in pairs), "/s", 0),
        Figure(f"throughput, {names[1]}", median(other.rate for _, other in pairs), "/s", 0),
    ]


def _pair(
    tracker: Server, empty: Server, script: Path, *, tracker_first: bool
) -> tuple[Slice, Slice]:
    if tracker_first:
        return _slice(tracker, script), _slice(empty, script)
    second = _slice(empty, script)
    return _slice(tracker, script), second


def _slice(proxy: Server, script: Path) -> Slice:
    before = proxy.cpu_seconds()
    requests, seconds = servers.load(script, proxy.port, 1)
    return Slice(requests, seconds, proxy.cpu_seconds() - before)


def _check(tracker: Server, empty: Server) -> None:
    """Whether the exchanges are what they are called, before anything is timed."""
    for kind in KINDS:
        plain, ours = (servers.ask(proxy.port, kind) for proxy in (empty, tracker))
        added = any("SessionTracking=" in value for _, value in ours)
        if len(plain) != FIELD_LINES or added is not (kind is NEWCOMER):
            raise CannotMeasureError(f"the exchange with a {kind.name} went wrong: {ours}")
    if not any(name.lower() == "set-cookie" for name, _ in servers.ask(empty.port, FINDING)):
        raise CannotMeasureError("the response with a finding came without Set-Cookie")
