"""What is recorded of a site's exchanges, and where the records go: plain values."""

from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv6Address
from pathlib import Path

from session_tracking.engine import SiteSettings
from session_tracking.http.exchange import ResponseFacts
from session_tracking.records.status_codes import StatusCodes

__all__ = [
    "ClientAddress",
    "CookieMode",
    "LogFiles",
    "LogSettings",
    "RecordedSite",
    "Rollover",
    "TraceSettings",
    "folder_name",
    "has_own_cookie",
]


class CookieMode(StrEnum):
    """What the log holds of cookie values."""

    OWN = "own"
    """The tracker's own id in clear; every other value as a digest."""
    HASH = "hash"
    """Digests only; the session id is one, too."""
    ALL = "all"
    """Everything in clear."""


class ClientAddress(StrEnum):
    """What the log holds of client addresses."""

    FULL = "full"
    TRUNCATED = "truncated"
    """The last octet of IPv4 and the last 80 bits of IPv6 are 0."""
    HASH = "hash"
    """An address of fd00::/8 that is made of a digest: the same client, the same address."""


class Rollover(StrEnum):
    """When a new file begins; times are UTC."""

    HOURLY = "hourly"
    DAILY = "daily"
    WEEKLY = "weekly"
    """On Sundays, and with each month."""
    MONTHLY = "monthly"
    SIZE = "size"


@dataclass(frozen=True, slots=True)
class LogFiles:
    """Where the log's files are, and when a new one begins: the same for all sites."""

    folder: Path
    """Holds a folder for each site."""
    key_file: Path
    """Holds the key of the digests; made where it is missing."""
    rollover: Rollover
    size: int
    """Octets after which a new file begins, with `Rollover.SIZE`."""
    keep: float | None
    """Seconds after its last line that a file is kept; None is for ever."""


@dataclass(frozen=True, slots=True)
class LogSettings:
    """What the log holds of the exchanges of one host and path."""

    files: LogFiles
    site: str
    """Name of the site, as `s-sitename` has it."""
    folder: str
    """Name of the site's folder."""
    listed: bool
    """Whether the configuration names the site; of others there may be any number."""
    fields: tuple[str, ...]
    """The names of the fields, in the order of the log."""
    cookies: CookieMode
    own_name: str
    """Name of the tracker's cookie."""
    client_address: ClientAddress


@dataclass(frozen=True, slots=True)
class TraceSettings:
    """Which exchanges of one host and path are traced, and where the traces go."""

    root: Path
    """Holds a folder for each site."""
    folder: str
    max_files: int
    """Traces of a site; the next one takes the place of the first."""
    status_codes: StatusCodes
    min_seconds: float
    """Exchanges that took less are not traced."""
    paths: tuple[str, ...]
    """Patterns (`*`, `?`) of paths; none means any."""
    only_findings: bool
    secrets: bool
    """Whether cookie values and credentials are in the trace."""
    own_name: str
    """Name of the tracker's cookie."""
    origins: tuple[tuple[str, str], ...]
    """(key, `file:line`) of every setting that somebody wrote."""


@dataclass(frozen=True, slots=True)
class RecordedSite(SiteSettings):
    """All settings in force for one host and path, with what is recorded."""

    log: LogSettings | None = None
    """None where no log is written."""
    trace: TraceSettings | None = None
    """None where nothing is traced."""

    @property
    def recorded(self) -> bool:
        """Whether anything is."""
        return self.log is not None or self.trace is not None


def has_own_cookie(settings: SiteSettings, response: ResponseFacts) -> bool:
    """Whether a response that nobody took our edit from has the tracker's cookie.

    It was recorded behind the tracker in a form that keeps only what the visitor received.
    """
    own = f"{settings.tracking.cookie.name}="
    return any(value.startswith(own) for value in response.fields.values("set-cookie"))


def folder_name(site: str) -> str:
    """Name of the folder of a site: a host, an address, or `*.` and a host.

    Anything else, since Host fields may hold anything, shares one folder. No two sites of a
    configuration have the same.
    """
    if site.startswith("*."):
        return f"+.{folder_name(site[2:])}"
    try:
        return IPv6Address(site).exploded.replace(":", "-")
    except ValueError:
        plain = site.isascii() and site.replace(".", "").replace("-", "").replace("_", "").isalnum()
        return site if plain and site[0] not in ".-" and len(site) <= _LONGEST else OTHERS


OTHERS = "+others"
"""The folder of all sites that have none of their own."""
_LONGEST = 200
