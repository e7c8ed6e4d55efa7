"""Numbers for exchanges: equal ones read alike to the shadow cache. Made from the octets."""

import re
import time
from typing import NamedTuple

from mitmproxy.http import HTTPFlow, Response

from session_tracking.config.sites import Configuration
from session_tracking.engine import Reading
from session_tracking.mitm.layouts import Layouts

__all__ = ["Numbers"]

type _Lines = tuple[tuple[bytes, bytes], ...]


class _Layout(NamedTuple):
    """What is found among certain field names: a client and a server send the same all day."""

    found: tuple[bytes, ...]
    """The names that are looked for, in lower case."""
    places: tuple[int, ...]
    """Where the values stand that count."""


class _Names:
    """Field names that are looked for on one side."""

    def __init__(self, values: frozenset[str], counts: frozenset[str]) -> None:
        self._values = frozenset(name.encode("ascii") for name in values)
        self._found = self._values.union(name.encode("ascii") for name in counts)
        self._layouts: Layouts[_Layout] = Layouts(self._layout)

    def of(self, fields: _Lines) -> tuple[tuple[bytes, ...], ...]:
        """The names that are there, in order, then the values of those whose values count."""
        found, places = self._layouts.of(fields)
        return found, tuple([fields[place][1] for place in places])

    def _layout(self, names: list[bytes]) -> _Layout:
        return _Layout(
            tuple([name for name in names if name in self._found]),
            tuple([place for place, name in enumerate(names) if name in self._values]),
        )


_CONTROL = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]")


def _has_controls(fields: _Lines) -> bool:
    return (
        _CONTROL.search(b"".join([value for name, value in fields if name[:1] != b":"])) is not None
    )


def _size(fields: _Lines) -> tuple[int, int]:
    lines = [len(name) + len(value) for name, value in fields if name[:1] != b":"]
    return len(lines), sum(lines)


class Numbers:
    """Hashes of all that is read of an exchange, where it goes included.

    The hash is the interpreter's, under a secret of the process: no value of a field is kept, and
    nobody can choose fields that collide.
    """

    def __init__(self) -> None:
        self._under: Configuration | None = None
        self._since = 0.0
        self._reading: Reading | None = None
        self._asked = self._answered = _Names(frozenset(), frozenset())

    def of(
        self, flow: HTTPFlow, response: Response, configuration: Configuration, reading: Reading
    ) -> int:
        """The number; 0 for an exchange that began under another configuration."""
        request, client, answer = flow.request.data, flow.client_conn, response.data
        if configuration is not self._under:
            self._since = 0.0 if self._under is None else time.time()
            self._under = configuration
        if request.timestamp_start < self._since:
            return 0
        if reading is not self._reading:
            self._reading = reading
            self._asked = _Names(reading.asked | {"host"}, reading.asked_counts)
            self._answered = _Names(reading.answered, reading.answered_counts)
        return hash(
            (
                id(configuration),
                self._since,
                # Where it goes: the URL, and with it the settings.
                request.http_version,
                request.scheme,
                request.host,
                request.port,
                request.authority,
                request.path,
                type(client.proxy_mode),
                client.tls,
                # What is read.
                request.method,
                self._asked.of(request.headers.fields),
                reading.asked_controls and _has_controls(request.headers.fields),
                answer.status_code,
                answer.http_version,
                self._answered.of(answer.headers.fields),
                reading.answered_size and _size(answer.headers.fields),
            )
        )
