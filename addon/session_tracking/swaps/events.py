"""What the detector tells: plain values, without any value of a cookie."""

from dataclasses import dataclass, field
from enum import StrEnum

from session_tracking.caching.evidence import HitEvidence
from session_tracking.cookies.classify import CookieClass

__all__ = ["EventKind", "Handover", "SwapEvent"]


class EventKind(StrEnum):
    """What was seen."""

    CONFIRMED = "confirmed"
    """A session was handed to somebody else."""
    SUSPECTED = "suspected"
    """It looks like it, and could be something else."""
    TWO_CLIENTS = "two-clients"
    """Two clients send the same session, and no swap of it was seen."""
    NOT_ASSESSABLE = "not-assessable"
    """The same value went out twice, to clients that cannot be told apart."""
    CONSTANT = "constant"
    """A cookie turned out to have the same values for many visitors."""


@dataclass(frozen=True, slots=True)
class Handover:
    """One visitor getting, or sending, the value."""

    client: str = ""
    """Its address, fit to be shown."""
    time: float = 0.0
    """Unix seconds."""
    url: str = ""
    """Fit to be shown; empty if it is no longer known."""


@dataclass(frozen=True, slots=True)
class SwapEvent:
    """One event about one value of a cookie."""

    kind: EventKind
    cookie_name: str
    """As it came: hostile."""
    cookie_class: CookieClass
    carrier: str = "set-cookie"
    """The field that carried it, in lower case."""
    digest: str = ""
    """8 hexadecimal digits that stand for the value, for this process."""
    first: Handover = field(default_factory=Handover)
    other: Handover = field(default_factory=Handover)
    signals: tuple[str, ...] = ()
    """What was seen, in words of ours."""
    evidence: tuple[HitEvidence, ...] = ()
    """Signs that a cache answered."""
    score: int = 0
    """Tenths of certainty; 10 and more is certain."""
    reason: str = ""
    """Why it cannot be assessed."""
