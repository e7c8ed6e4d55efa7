"""The baseline: findings that were there before, which do not fail a run."""

from dataclasses import dataclass
from functools import cached_property

from session_tracking.audit.findings import Finding, Severity
from session_tracking.audit.suppressions import NEVER_SILENT
from session_tracking.reports.document import Found

__all__ = ["Baseline", "Key", "Known"]

type Key = tuple[str, str, str, str]
"""Site, route, cookie and rule: what makes findings equal, as a person reads it."""


@dataclass(frozen=True, slots=True)
class Known:
    """A finding that was there before."""

    rule: str
    severity: Severity
    site: str
    route: str
    cookie: str

    @property
    def key(self) -> Key:
        """By what it is recognised, and sorted."""
        return (self.site, self.route, self.cookie, self.rule)

    @classmethod
    def of(cls, found: Found) -> "Known":
        """What is remembered of a finding."""
        return cls(found.rule, found.severity, found.site, found.route, found.cookie)

    @classmethod
    def of_finding(cls, finding: Finding) -> "Known":
        """The same of one that was just made."""
        return cls(
            finding.rule.id, finding.severity, finding.site, finding.route, finding.cookie_name
        )


@dataclass(frozen=True)
class Baseline:
    """All that was there before."""

    source: str
    """The file, fit to be shown."""
    entries: tuple[Known, ...]

    @cached_property
    def _severities(self) -> dict[Key, Severity]:
        return {known.key: known.severity for known in self.entries}

    def knows(self, found: Known) -> bool:
        """Whether a finding was there before, and as grave; never one about what has happened."""
        before = self._severities.get(found.key)
        if before is None or found.rule in NEVER_SILENT:
            return False
        return before.rank >= found.severity.rank
