"""Requests per second of mitmdump with the addon, against an addon whose hooks are empty."""

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from signal import Signals
from statistics import median

from scripts.benchmarks import servers, switched, switched_log
from scripts.benchmarks.figures import CannotMeasureError, Figure, Progress, bootstrap_median
from scripts.benchmarks.servers import Server
from scripts.benchmarks.workload import FINDING, KINDS, NEWCOMER

TRACKER = Path(__file__).resolve().parents[2] / "addon" / "session_tracker.py"

SLICES = 120
AT_LEAST = 0.97
AT_LEAST_WITH_SHADOW = 0.96
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


@dataclass(frozen=True, slots=True)
class Side:
    """One of two that are compared."""

    proxy: Server
    signal: Signals | None = None
    """What lets it take over, where both are in one process."""
    tracks: bool = True
    """Whether it gives out cookies."""


def measure(progress: Progress, *, slices: int = SLICES, shadow: bool = False) -> list[Figure]:
    """The figures, from one proxy in which the two addons take over from each other in turn.

    Two proxies, one for each addon, would not tell: two processes of the very same program differ
    by up to 20 % for as long as they live, by where in memory their pages happen to lie. What the
    addon's mere presence costs is lost that way; it is two looks at the counters in a second.

    `shadow` turns the shadow cache on. Raises CannotMeasureError if a program is missing, or an
    exchange did not go as it should.
    """
    for name in ("wrk", "nginx"):
        servers.program(name)
    cores = sorted(os.sched_getaffinity(0))
    try:
        # nginx and wrk inherit it: they stay off the core of the proxy.
        os.sched_setaffinity(0, cores[-1:])
        pairs = _pairs(progress, slices, _WITH_SHADOW if shadow else _AS_SHIPPED, cores[0])
    finally:
        os.sched_setaffinity(0, cores)
    if shadow:
        names = ("addon with the shadow cache", "empty hooks")
        return figures_of(pairs, names, AT_LEAST_WITH_SHADOW)
    return figures_of(pairs)


_AS_SHIPPED = "enabled = true\n"
_WITH_SHADOW = _AS_SHIPPED + "[shadow]\nenabled = true\n"


def measure_log(progress: Progress, *, slices: int) -> list[Figure]:
    """The same for the addon with its log on, against the addon with its log off.

    Both are in one process, as above.
    """
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
        plain, both = folder / "plain.toml", Path(switched_log.__file__)
        plain.write_text(_AS_SHIPPED, "ascii")
        plain.with_name(switched_log.LOGGED).write_text(f"{_AS_SHIPPED}[log]\nenabled = true\n")
        with (
            servers.origin(folder) as origin,
            servers.proxy(folder, both, origin.port, *_configured(plain)) as proxy,
        ):
            sides = Side(proxy, switched.ONE), Side(proxy, switched.OTHER)
            pairs = pairs_of(progress, slices, sides, script, proxy_core)
        lines = sum(path.read_bytes().count(b"\n") for path in folder.glob("logs/*/u_ex*.log"))
        logged = sum(on.requests for on, _ in pairs)
        # What warmed up is logged, too: as much as one slice.
        if not logged <= lines < 1.5 * logged * (1 + 1 / len(pairs)):
            raise CannotMeasureError(f"{lines} lines were written for {logged} requests")
    return pairs


def _configured(file: Path) -> tuple[str, str]:
    return "--set", f"session_tracker_config={file}"


def _pairs(
    progress: Progress, slices: int, configuration: str, proxy_core: int
) -> list[tuple[Slice, Slice]]:
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        script = servers.load_script(folder)
        config = folder / "config.toml"
        config.write_text(configuration, "ascii")
        both = Path(switched.__file__)
        with (
            servers.origin(folder) as origin,
            servers.proxy(folder, both, origin.port, *_configured(config)) as proxy,
        ):
            sides = Side(proxy, switched.ONE), Side(proxy, switched.OTHER, tracks=False)
            return pairs_of(progress, slices, sides, script, proxy_core)


def pairs_of(
    progress: Progress,
    slices: int,
    sides: tuple[Side, Side],
    script: Path,
    proxy_core: int,
) -> list[tuple[Slice, Slice]]:
    """Load two sides in turn; pairs of neighbouring slices."""
    one, other = sides
    for side in sides:
        # One works at a time, so they may share a core, and then meet the same conditions.
        os.sched_setaffinity(side.proxy.process.pid, {proxy_core})
        _slice(side, script)  # warms up
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


def _pair(tracker: Side, empty: Side, script: Path, *, tracker_first: bool) -> tuple[Slice, Slice]:
    if tracker_first:
        return _slice(tracker, script), _slice(empty, script)
    second = _slice(empty, script)
    return _slice(tracker, script), second


def _slice(side: Side, script: Path) -> Slice:
    proxy = side.proxy
    if side.signal is not None:
        proxy.process.send_signal(side.signal)
        _check(proxy, tracks=side.tracks)
    before = proxy.cpu_seconds()
    requests, seconds = servers.load(script, proxy.port, 1)
    return Slice(requests, seconds, proxy.cpu_seconds() - before)


def _check(proxy: Server, *, tracks: bool) -> None:
    """See that exchanges are what they are called, before they are timed."""
    for kind in KINDS:
        answered = servers.ask(proxy.port, kind)
        names = [name.lower() for name, _ in answered]
        issued = any("SessionTracking=" in value for _, value in answered)
        added = tracks and kind is NEWCOMER
        right = len(answered) >= FIELD_LINES if added else len(answered) == FIELD_LINES
        if not right or issued is not added or ("set-cookie" in names) < (kind is FINDING):
            raise CannotMeasureError(f"the exchange with a {kind.name} went wrong: {answered}")
