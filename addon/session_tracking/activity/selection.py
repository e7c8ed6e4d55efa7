"""Which lines of the logs a question is about."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

__all__ = ["Selection", "moment"]


@dataclass(frozen=True, slots=True)
class Selection:
    """Conditions that all hold."""

    since: datetime | None = None
    """From then on, UTC without a zone."""
    until: datetime | None = None
    """Before then."""
    site: str | None = None
    session: str | None = None

    def conditions(self) -> Iterator[tuple[str, str, str | datetime]]:
        """Column, operator, value."""
        if self.since:
            yield "time", ">=", self.since
        if self.until:
            yield "time", "<", self.until
        if self.site is not None:
            yield "site", "=", self.site
        if self.session is not None:
            yield "session_id", "=", self.session


def moment(text: str) -> datetime:
    """A time as ISO 8601 writes it, or a date, as UTC without a zone. Raises ValueError."""
    parsed = datetime.fromisoformat(text)
    return parsed.astimezone(UTC).replace(tzinfo=None) if parsed.tzinfo else parsed
