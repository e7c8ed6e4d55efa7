"""The one place where the lab asks the addon what it expects."""

from __future__ import annotations

from scripts.lab.cases import Case, to_verdict_input


class NoPredictionError(Exception):
    """The addon has no verdict for named caches."""


def predict(case: Case, names: list[str], now: float) -> dict[str, str]:
    """The outcome that each named profile of the addon gives for `case`, run at `now`.

    Raises:
        NoPredictionError: session_tracking.caching.judge does not take caches.
    """
    to_verdict_input(case, now)
    raise NoPredictionError(f"session_tracking.caching cannot judge for {', '.join(names)} yet")
