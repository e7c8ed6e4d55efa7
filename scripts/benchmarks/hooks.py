"""Microseconds of the addon's hooks for one exchange, net of the dispatch of empty hooks.

The best of many short batches counts, as in `timeit`: whatever else the machine does only adds to
a batch. The median of all batches tells how much it did.
"""

import asyncio
import gc
from collections.abc import Sequence
from statistics import median

from scripts.benchmarks.empty_hooks import EmptyHooks
from scripts.benchmarks.figures import CannotMeasureError, Figure, Progress, bootstrap_median
from scripts.benchmarks.in_process import Chain, exchange
from scripts.benchmarks.workload import FINDING, KNOWN, NEWCOMER, Kind
from session_tracking.mitm.addon import SessionTracker

TARGETS = {KNOWN: 25.0, NEWCOMER: None, FINDING: 90.0}
"""Microseconds at most."""

BATCH = 40
"""Exchanges that are timed together: long enough for the clock, short enough to be left alone."""

ROUNDS = 400
QUICK_ROUNDS = 3


def measure(progress: Progress, *, quick: bool = False) -> list[Figure]:
    """The figures of each kind. Raises CannotMeasureError if the addon did other work than that."""
    return asyncio.run(_measure(progress, QUICK_ROUNDS if quick else ROUNDS))


async def _measure(progress: Progress, rounds: int) -> list[Figure]:
    tracker = SessionTracker()
    ours, empty = Chain(tracker), Chain(EmptyHooks())
    samples: dict[Kind, list[tuple[float, float]]] = {kind: [] for kind in TARGETS}
    gc.collect()
    gc.freeze()  # what is here stays here: each collection below is a short one
    try:
        # The first round only warms up.
        for number in range(rounds + 1):
            progress(f"round {number} of {rounds}")
            for kind, pairs in samples.items():
                pair = await _timed(ours, kind), await _timed(empty, kind)
                if number:
                    pairs.append(pair)
    finally:
        gc.unfreeze()
    _check(tracker, (rounds + 1) * BATCH)
    return [figure for kind, pairs in samples.items() for figure in figures_of(kind, pairs)]


def figures_of(kind: Kind, pairs: Sequence[tuple[float, float]]) -> list[Figure]:
    """The figures from microseconds an exchange, with our hooks and with empty ones."""
    best = min(ours for ours, _ in pairs) - min(empty for _, empty in pairs)
    typical = [ours - empty for ours, empty in pairs]
    return [
        Figure(f"hooks, {kind.name}", best, "µs", at_most=TARGETS[kind]),
        Figure("  median batch", median(typical), "µs", interval=bootstrap_median(typical)),
    ]


async def _timed(chain: Chain, kind: Kind) -> float:
    """Microseconds an exchange, over a batch; the collector rests, as it does in `timeit`."""
    batch = [exchange(kind, visitor) for visitor in range(BATCH)]
    gc.collect()
    gc.disable()
    try:
        return await chain.seconds(batch) / BATCH * 1e6
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
