"""What the engine is told of an exchange, and what it answers."""

from dataclasses import dataclass, field
from typing import NamedTuple

from session_tracking.audit.findings import Finding
from session_tracking.audit.settings import AuditSettings, EnforceSettings
from session_tracking.caching.levels import Level
from session_tracking.http.edit import Edit
from session_tracking.shadow.shadow import ShadowSettings
from session_tracking.swaps.events import SwapEvent
from session_tracking.swaps.settings import SwapSettings
from session_tracking.tracking.policy import Decision, TrackingSettings

__all__ = ["Circumstances", "Outcome", "SiteSettings"]


@dataclass(frozen=True, slots=True)
class SiteSettings:
    """All settings in force for one host and path."""

    site: str
    """The `[[site]]` that matched, else the host itself."""
    listed: bool
    """Whether a `[[site]]` matched."""
    tracking: TrackingSettings
    audit: AuditSettings
    enforce: EnforceSettings
    swaps: SwapSettings = field(default_factory=SwapSettings)
    shadow: ShadowSettings = field(default_factory=ShadowSettings)


class Outcome(NamedTuple):
    """What one exchange leads to. A tuple, as `Circumstances`: they are made faster."""

    edit: Edit | None = None
    """What to change on the response; None leaves it as it is."""
    findings: tuple[Finding, ...] = ()
    decision: Decision | None = None
    """The tracker's last word; None where it had none."""
    cut: bool = False
    """Whether the response sets more cookies than are looked at."""
    events: tuple[SwapEvent, ...] = ()
    """What the detector of swaps saw; the findings tell what concerns a visitor."""
    level: Level | None = None
    """How safe the cookies of the response are; None where it sets none, or was not audited."""


class Circumstances(NamedTuple):
    """How an exchange came to be seen."""

    https: bool
    """Whether the client's side is https."""
    live: bool = True
    """False for a recorded exchange, which is judged but never edited."""
    watch: bool = True
    """False for a replayed one, which repeats what another client was given."""
    noticed: tuple[SwapEvent, ...] = ()
    """What `watch_request` told."""
    edited: str = ""
    """What had edited a recorded response: `tracker`, `enforce`, or nothing."""
    simulated: bool = False
    """Whether our own simulated cache answered: the response was judged when it was stored."""
    number: int = 0
    """Stands for all that the shadow reads of the exchange (`Foresight`); 0 for nothing."""
