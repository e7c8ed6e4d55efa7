"""The one place where the lab asks the addon what it expects."""

from __future__ import annotations

from lab.cases import Case


class NoPredictionError(Exception):
    """The addon's verdict is not there yet, or cannot be imported."""


def predict(case: Case, cache_name: str, now: float) -> str:
    """The outcome that the addon's profile `cache_name` gives for `case` when run at `now`.

    Raises:
        NoPredictionError: session_tracking.caching has no ``judge``.
    """
    message = f"no prediction for {case.id} on {cache_name}: session_tracking.caching.judge"
    raise NoPredictionError(message)
