"""The field section with which the simulated cache answers, and how it says that it is none."""

from session_tracking.caching.freshness import freshness_of
from session_tracking.caching.profiles.model import Outcome, Stored
from session_tracking.caching.storage import plain_policy
from session_tracking.http.fields import FieldSection
from session_tracking.shadow.entries import Entry

__all__ = ["SIMULATION", "served_fields", "simulation_value"]

SIMULATION = "Session-Tracker-Simulation"
"""The field of each response that passed the simulated cache, like Cache-Status (RFC 9211 §2)."""

_COOKIES = frozenset({"set-cookie", "set-cookie2"})
_NOT_SENT = frozenset(
    {
        *("connection", "keep-alive", "proxy-connection", "te", "trailer", "transfer-encoding"),
        *("upgrade", "age", "content-length", SIMULATION.lower()),
    }
)
"""Fields of one connection (RFC 9110 §7.6.1), and those that are made anew."""


def served_fields(
    entry: Entry, stored: Stored, outcome: Outcome, now: float, value: str
) -> FieldSection:
    """The fields of an answer at Unix seconds, without the body's length.

    `stored` is that of the entry, or what a 304 made of it; `value` is what says that it is a
    simulation.
    """
    fields = FieldSection((*stored.response.fields.lines, *entry.aside))
    gone = _NOT_SENT.union(name.lower() for name in fields.members("connection"))
    if outcome == Outcome.STRIPPED:
        gone |= _COOKIES
    added = (("Age", str(_age(stored, now))), (SIMULATION, value))
    return FieldSection((*fields.without(gone).lines, *added))


def _age(stored: Stored, now: float) -> int:
    """The current age in seconds (RFC 9111 §4.2.3, §5.1)."""
    fields = stored.response.fields
    arrived = freshness_of(stored.response, plain_policy(fields), stored.time, stored.time)
    return arrived.age + max(0, int(now - stored.time))


def simulation_value(profile: str, what: str) -> str:
    """What the field says: whose ways are simulated, and what became of the request."""
    name = "".join(char if " " <= char <= "~" and char not in '"\\' else "?" for char in profile)
    return f'"{name}"; {what}; detail="simulated cache: [shadow] serve = true"'
