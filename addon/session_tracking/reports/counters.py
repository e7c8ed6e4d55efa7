"""The counters in words, and as lines of JSON."""

import json
from collections import Counter as Tally
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime

from session_tracking.escape import visible
from session_tracking.shadow.counters import COUNTERS, Counters, Kind

__all__ = ["SILENT_SECONDS", "fleet_lines", "json_lines", "text_lines"]

SILENT_SECONDS = 60
"""Seconds without a word after which what a proxy of a fleet holds is not counted any more."""


def text_lines(counters: Counters) -> Iterator[str]:
    """The epoch, then one line for each counter of each site; absent counters have none."""
    epoch = counters.epoch
    yield f"epoch {epoch.id} since {_time(epoch.started)}"
    for site, counts in counters.sites().items():
        for name, count in counts.items():
            yield f"{visible(site)} {name} {count}"


def json_lines(counters: Counters, now: float) -> Iterator[str]:
    """One object for each site; absent counters are left out. `now` is in Unix seconds."""
    epoch = counters.epoch
    for site, counts in counters.sites().items():
        yield json.dumps(
            {
                "time": _time(now),
                "epoch": epoch.id,
                "epoch_started": _time(epoch.started),
                "site": visible(site),
                "counters": counts,
            }
        )


def fleet_lines(told: Iterable[bytes], now: float) -> Iterator[str]:
    """How many proxies there are, then one line for each counter of each site, summed up.

    `told` is what each proxy put down, at Unix seconds of its own. Totals are those of all; how
    things are now is told by the proxies that have a word to say now.
    """
    sums: dict[str, Tally[str]] = {}
    proxies = 0
    for text in told:
        try:
            seen, sites = _proxy(text)
        except (ValueError, TypeError, KeyError, AttributeError):
            continue
        present = abs(now - seen) <= SILENT_SECONDS
        proxies += present
        for site, counts in sites.items():
            for name, count in counts.items():
                if name in COUNTERS and (present or COUNTERS[name].kind is Kind.TOTAL):
                    sums.setdefault(site, Tally())[name] += count
    yield f"fleet of {proxies}"
    for site, counts in sorted(sums.items()):
        for name in COUNTERS:
            if name in counts:
                yield f"{visible(site)} {name} {counts[name]}"


def _proxy(text: bytes) -> tuple[int, dict[str, dict[str, int]]]:
    """When a proxy had its last word, and its counters. Raises if it is something else."""
    facts = json.loads(text)
    sites = {
        str(site): {str(name): int(count) for name, count in counts.items()}
        for site, counts in facts["sites"].items()
    }
    return int(facts["seen"]), sites


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
