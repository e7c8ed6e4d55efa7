"""Comparing what the addon predicts with what the caches do."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from scripts.lab.cases import Case
from scripts.lab.golden import Golden
from scripts.lab.lab import Lab
from scripts.lab.outcome import ERROR
from scripts.lab.predict import predict
from scripts.lab.runner import IN_FLIGHT, Result, run_all

RERUNS = 3
"""Times that a case is run again, RERUN_IN_FLIGHT at once, after a disagreement. The majority of
all punctual runs counts."""

RERUN_IN_FLIGHT = 4

PATIENT_RERUNS = 12
"""Times at most that a case is run again, RERUNS included, whose runs were never punctual; after
these it is alone."""


@dataclass(frozen=True, slots=True)
class Disagreement:
    """A cell in which prediction and reality differ."""

    case: Case
    cache: str
    predicted: str
    measured: str


@dataclass(slots=True)
class Tally:
    """What a comparison came to."""

    cases: int = 0
    cells: Counter[str] = field(default_factory=Counter)
    """Compared cells by cache."""
    own_answers: Counter[str] = field(default_factory=Counter)
    """Cells by cache in which the cache answered by itself, so that there is nothing to compare."""
    wavering: Counter[str] = field(default_factory=Counter)
    """Cells by cache that differed in one run, and agree in most of the punctual ones."""
    unsettled: Counter[str] = field(default_factory=Counter)
    """Cells by cache that differed, while the machine was too busy for any punctual run."""
    disagreements: list[Disagreement] = field(default_factory=list)

    @property
    def by_cache(self) -> Counter[str]:
        """The number of disagreements by cache."""
        return Counter(found.cache for found in self.disagreements)


def against_golden(golden: Golden, cases: Iterable[Case], names: list[str]) -> Tally:
    """Predictions against recorded results; nothing is started."""
    tally = Tally()
    for case in cases:
        recorded = golden.outcomes.get(case.id, {})
        wanted = [name for name in names if name in recorded]
        tally.cases += 1
        tally.cells.update(wanted)
        for name, expected in predict(case, wanted, golden.time).items():
            if expected != recorded[name]:
                tally.disagreements.append(Disagreement(case, name, expected, recorded[name]))
    return tally


async def against_caches(
    lab: Lab,
    cases: Iterator[Case],
    in_flight: int = IN_FLIGHT,
    on_result: Callable[[Result], None] = lambda _: None,
) -> Tally:
    """Predictions against the running caches; cases that disagree are run again."""
    tally = Tally()
    doubtful: dict[str, Case] = {}
    runs: dict[tuple[str, str], list[tuple[str, str]]] = {}
    async for result in run_all(lab, cases, in_flight):
        tally.cases += 1
        expected = predict(result.case, list(result.cells), result.time)
        for name, cell in result.cells.items():
            if cell.outcome == ERROR:
                tally.own_answers[name] += 1
                continue
            tally.cells[name] += 1
            if cell.outcome != expected[name]:
                doubtful[result.case.id] = result.case
                seen = [(expected[name], cell.outcome)] if cell.punctual else []
                runs[result.case.id, name] = seen
        on_result(result)
    await settle(lab, doubtful, runs)
    for (case_id, name), pairs in runs.items():
        wrong = [pair for pair in pairs if pair[0] != pair[1]]
        if not pairs:
            tally.unsettled[name] += 1
        elif len(wrong) * 2 > len(pairs):
            tally.disagreements.append(Disagreement(doubtful[case_id], name, *wrong[0]))
        else:
            tally.wavering[name] += 1
    return tally


async def settle(
    lab: Lab, doubtful: dict[str, Case], runs: dict[tuple[str, str], list[tuple[str, str]]]
) -> None:
    """Run the doubtful cases again and add predicted and measured outcome of each punctual run."""
    for number in range(PATIENT_RERUNS):
        unseen = {case_id for (case_id, _), pairs in runs.items() if not pairs}
        left, in_flight = doubtful, RERUN_IN_FLIGHT
        if number >= RERUNS:
            left, in_flight = {name: doubtful[name] for name in unseen}, 1
        async for result in run_all(lab, left.values(), in_flight):
            expected = predict(result.case, list(result.cells), result.time)
            for name, cell in result.cells.items():
                if cell.punctual and (result.case.id, name) in runs:
                    runs[result.case.id, name].append((expected[name], cell.outcome))
