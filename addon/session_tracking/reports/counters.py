"""The counters in words, and as lines of JSON."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime

from session_tracking.escape import visible
from session_tracking.shadow.counters import Counters

__all__ = ["json_lines", "text_lines"]


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


def _time(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds")
