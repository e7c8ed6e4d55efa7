"""Exchange → Outcome: the tracker, the audit, the detector and the shadow, joined; sans-I/O."""

from session_tracking.engine.askers import known_id
from session_tracking.engine.engine import Engine
from session_tracking.engine.foresight import Reading
from session_tracking.engine.known import Again, Known
from session_tracking.engine.outcome import Circumstances, Outcome, SiteSettings

__all__ = [
    "Again",
    "Circumstances",
    "Engine",
    "Known",
    "Outcome",
    "Reading",
    "SiteSettings",
    "known_id",
]
