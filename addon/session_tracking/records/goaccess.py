"""How GoAccess is told to read the log."""

from collections.abc import Iterable, Iterator

__all__ = ["goaccess_lines"]

_SPECIFIERS = {
    "date": "%d",
    "time": "%t",
    "cs-method": "%m",
    "cs-uri-stem": "%U",
    "cs-uri-query": "%q",
    "cs-username": "%e",
    "c-ip": "%h",
    "cs-version": "%H",
    "cs(User-Agent)": "%u",
    "cs(Referer)": "%R",
    "cs-host": "%v",
    "sc-status": "%s",
    "sc-bytes": "%b",
    "time-taken": "%L",
}
"""Field → specifier of GoAccess; it skips the others."""


def goaccess_lines(fields: Iterable[str]) -> Iterator[str]:
    """The lines of a configuration file for GoAccess (`goaccess -p FILE`)."""
    yield "date-format %Y-%m-%d"
    yield "time-format %H:%M:%S"
    yield f"log-format {' '.join(_SPECIFIERS.get(field, '%^') for field in fields)}"
    # Where the client was sent no status the log has `-`.
    yield "no-strict-status true"
