"""Microseconds of the addon's hooks for one exchange, net of the dispatch of empty hooks."""

import asyncio
import gc
from statistics import median

from scripts.benchmarks.empty_hooks import EmptyHooks
from scripts.benchmarks.figures import CannotMeasureError, Figure, Progress, bootstrap_median
from scripts.benchmarks.in_process import Chain, exchange
from scripts.benchmarks.workload import FINDING, KNOWN, NEWCOMER, Kind
from session_tracking.mitm.addon import SessionTracker

TARGETS = {KNOWN: 25.0, NEWCOMER: None, FINDING: 90.0}
"""Microseconds at most."""

BATCH = 500
"""Exchanges that are timed together."""

ROUNDS = 80
QUICK_ROUNDS = 3


def measure(progress: Progress, *, quick: bool = False) -> list[Figure]:
    """The three figures. Raises CannotMeasureError if the addon did not do what is measured."""
    return asyncio.run(_measure(progress, QUICK_ROUNDS if quick else ROUNDS))


async def _measure(progress: Progress, rounds: int) -> list[Figure]:
    tracker = SessionTracker()
    ours, empty = Chain(tracker), Chain(EmptyHooks())
    samples: dict[Kind, list[float]] = {kind: [] for kind in TARGETS}
    # The first round only warms up.
    for number in range(rounds + 1):
        progress(f"round {number} of {rounds}")
        for kind in TARGETS:
            pair = [await _timed(ours, kind), await _timed(empty, kind)]
            if number:
                samples[kind].append((pair[0] - pair[1]) / BATCH * 1e6)
    _check(tracker, (rounds + 1) * BATCH)
    return [
        Figure(
            f"hooks, {kind.name}",
            median(samples[kind]),
            "µs",
            interval=bootstrap_median(samples[kind]),
            at_most=target,
        )
        for kind, target in TARGETS.items()
    ]


async def _timed(chain: Chain, kind: Kind) -> float:
    """Seconds for a batch of new exchanges; the collector rests, as it does in `timeit`."""
    batch = [exchange(kind, visitor) for visitor in range(BATCH)]
    gc.collect()
    gc.disable()
    try:
        return await chain.seconds(batch)
    finally:
        gc.enable()


def _check(tracker: SessionTracker, each: int) -> None:
    """Whether the addon did the work that was timed."""
    counts = {
        "exchanges": tracker.run.exchanges // len(TARGETS),
        "cookies issued": tracker.engine.counts()["issued"],
        "findings": sum(counted.count for counted in tracker.tally),
    }
    wrong = [f"{count} {name}" for name, count in counts.items() if count != each]
    if wrong or tracker.run.failures:
        raise CannotMeasureError(
            f"the addon did not do what was to be timed: {', '.join(wrong)} instead of {each},"
            f" {tracker.run.failures} failures"
        )
