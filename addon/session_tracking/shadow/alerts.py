"""Alerts on counters: when one begins and when it ends; sans-I/O."""

import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from session_tracking.shadow.counters import COUNTERS, Counters

__all__ = ["AlertRule", "AlertState", "Alerts", "Condition", "Notice", "parse_condition"]

_WHEN = re.compile(r"\s*(\w+)\s*(>=|<=|==|!=|>|<)\s*(-?\d{1,15})\s*")
_OPERATORS: Mapping[str, Callable[[int, int], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
}


@dataclass(frozen=True, slots=True)
class Condition:
    """A counter compared with a number."""

    counter: str
    comparison: str
    bound: int

    def holds(self, value: int | None) -> bool:
        """Whether it holds; never for a counter that is absent, which is not 0."""
        return value is not None and _OPERATORS[self.comparison](value, self.bound)

    def __str__(self) -> str:
        return f"{self.counter} {self.comparison} {self.bound}"


def parse_condition(text: str) -> Condition | None:
    """The condition that `COUNTER OP INTEGER` tells; None if it tells none."""
    found = _WHEN.fullmatch(text)
    if found is None or found[1] not in COUNTERS:
        return None
    return Condition(found[1], found[2], int(found[3]))


@dataclass(frozen=True, slots=True)
class AlertRule:
    """When somebody is to be told, and how."""

    name: str
    when: Condition
    site: str = ""
    """The counters of this site; empty: the sums over all."""
    command: tuple[str, ...] = ()
    """Program and arguments; empty runs nothing."""
    webhook: str = ""
    """URL that gets a POST; empty calls nobody."""
    min_interval: float = 60.0
    """Seconds from one beginning that was told to the next."""


class AlertState(StrEnum):
    """What a notice tells."""

    FIRING = "firing"
    RESOLVED = "resolved"


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing to tell."""

    rule: AlertRule
    state: AlertState
    value: int | None
    """None where the counter is not counted any more."""
    sites: tuple[str, ...]
    """The sites that have most of it, at most five."""
    time: float
    """Unix seconds."""


@dataclass(slots=True)
class _Told:
    firing: bool = False
    """Whether a beginning was told and no end since."""
    began: float = float("-inf")
    """When a beginning was last told."""


class Alerts:
    """Remembers which alerts were told."""

    def __init__(self) -> None:
        self._told: dict[AlertRule, _Told] = {}

    def evaluate(
        self, rules: Iterable[AlertRule], counters: Counters, now: float
    ) -> Iterator[Notice]:
        """What is to be told now; a rule that is gone is forgotten.

        A beginning is told once, and not again within `min_interval`; the end of one that was told
        always is.
        """
        self._told = {rule: self._told.get(rule) or _Told() for rule in rules}
        for rule, told in self._told.items():
            by_site = counters.by_site(rule.when.counter, rule.site)
            value = sum(by_site.values()) if by_site else None
            holds = rule.when.holds(value)
            if holds == told.firing or (holds and now - told.began < rule.min_interval):
                continue
            told.firing = holds
            if holds:
                told.began = now
            ranked = sorted((site for site in by_site if by_site[site]), key=by_site.__getitem__)
            state = AlertState.FIRING if holds else AlertState.RESOLVED
            yield Notice(rule, state, value, tuple(ranked[::-1][:5]), now)
