"""Findings that somebody has decided to live with: for a reason, and until a date."""

from dataclasses import dataclass
from datetime import date
from fnmatch import fnmatchcase

__all__ = ["NEVER_SILENT", "Suppression"]

NEVER_SILENT = frozenset({"ST401"})
"""Rules about what has happened: neither suppressed, nor switched off, nor taken for known."""


@dataclass(frozen=True, slots=True)
class Suppression:
    """Which findings, by fnmatch patterns that are case-sensitive, why, and until when."""

    rule: str
    site: str
    path: str
    """For the route as reports show it: `/orders/{}`."""
    cookie: str
    reason: str
    expires: date
    """The last day on which it holds (UTC)."""
    place: str = ""
    """Where it is written: `file:line`."""

    def covers(self, rule: str, site: str, route: str, cookie: str) -> bool:
        """Whether a finding is meant; never one about what has happened."""
        return rule not in NEVER_SILENT and all(
            fnmatchcase(text, pattern)
            for text, pattern in (
                (rule, self.rule),
                (site, self.site),
                (route, self.path),
                (cookie, self.cookie),
            )
        )

    def holds(self, today: date) -> bool:
        """Whether it is still in force on a day."""
        return today <= self.expires
