"""Differences between two judges, sorted into categories that are named beforehand."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from session_tracking.http.exchange import Exchange
from session_tracking.spec import Spec


@dataclass(frozen=True)
class Category:
    """One way to differ, and the section that decides who is right."""

    id: str
    spec: Spec
    why: str
    verdicts: tuple[object, object]
    """Ours and theirs; a callable there is asked about the value."""
    covers: Callable[[Exchange], bool]

    def holds(self, exchange: Exchange, ours: object, theirs: object) -> bool:
        said = zip(self.verdicts, (ours, theirs), strict=True)
        agrees = all(want(value) if callable(want) else want == value for want, value in said)
        return agrees and self.covers(exchange)


def sort_out(
    differences: Iterable[tuple[Exchange, object, object]], categories: Iterable[Category]
) -> Counter[str]:
    """How often each category occurs; every difference must be in one, and none may be empty."""
    categories = tuple(categories)
    found: Counter[str] = Counter()
    unexplained = []
    for exchange, ours, theirs in differences:
        fitting = [c.id for c in categories if c.holds(exchange, ours, theirs)]
        if fitting:
            found[fitting[0]] += 1
        else:
            unexplained.append((told(exchange), ours, theirs))
    assert not unexplained, f"{len(unexplained)} in no category, first {unexplained[:3]}"
    assert {c.id for c in categories} == set(found), "a category no longer occurs"
    return found


def told(exchange: Exchange) -> str:
    """The exchange in one line, for the one who reads the failure."""
    request = f"{exchange.request.method} {exchange.request.fields.lines}"
    return f"{request} -> {exchange.response.status} {exchange.response.fields.lines}"
