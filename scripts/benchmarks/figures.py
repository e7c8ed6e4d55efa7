"""What was measured, what it should be, and the arithmetic in between."""

import json
import random
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

CONFIDENCE = 0.95
RESAMPLES = 5_000


class CannotMeasureError(Exception):
    """Something is missing or went wrong; the message says what to do."""


type Progress = Callable[[str], None]
"""Told now and then how far a measurement is."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A confidence interval."""

    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Figure:
    """One measured value; without a target it is there for information."""

    name: str
    value: float
    unit: str
    digits: int = 1
    """Decimal places to show."""
    interval: Interval | None = None
    at_least: float | None = None
    at_most: float | None = None

    @property
    def met(self) -> bool:
        """Whether the value is what it should be."""
        low = self.at_least is None or self.value >= self.at_least
        return low and (self.at_most is None or self.value <= self.at_most)


def bootstrap_median(samples: Sequence[float], seed: int = 1) -> Interval:
    """The interval of the median by the percentile bootstrap; the same in every run.

    Raises ValueError without samples.
    """
    if not samples:
        raise ValueError("an interval needs samples")
    chance = random.Random(seed)  # noqa: S311 - repeatable on purpose
    medians = sorted(median(chance.choices(samples, k=len(samples))) for _ in range(RESAMPLES))
    tail = int(RESAMPLES * (1 - CONFIDENCE) / 2)
    return Interval(medians[tail], medians[-1 - tail])


def table(figures: Sequence[Figure]) -> Iterator[str]:
    """The figures as lines of text."""
    rows = [("", "figure", "95 % interval", "target", "")]
    rows += [_row(figure) for figure in figures]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    for name, *rest in rows:
        cells = [cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True)]
        yield "  ".join([name.ljust(widths[0]), *cells]).rstrip()


def _row(figure: Figure) -> tuple[str, str, str, str, str]:
    def shown(value: float) -> str:
        return f"{value:,.{figure.digits}f}"

    interval = ""
    if figure.interval is not None:
        interval = f"{shown(figure.interval.low)} – {shown(figure.interval.high)}"
    target = [f"≥ {figure.at_least:g}"] if figure.at_least is not None else []
    target += [f"≤ {figure.at_most:g}"] if figure.at_most is not None else []
    verdict = ("met" if figure.met else "MISSED") if target else ""
    value = f"{shown(figure.value)} {figure.unit}".rstrip()
    return figure.name, value, interval, ", ".join(target), verdict


def write_json(path: Path, facts: dict[str, str | int], figures: Iterable[Figure]) -> None:
    """Write the figures and the facts of the run. Raises OSError."""
    listed = [{**asdict(figure), "met": figure.met} for figure in figures]
    text = json.dumps({"facts": facts, "figures": listed}, indent=2, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")
