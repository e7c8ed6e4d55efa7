"""Site and route of each response, found by octets: the same few places are asked all day."""

from collections.abc import Hashable

from mitmproxy.http import Request

from session_tracking.audit.routes import shown_route
from session_tracking.mitm.convert import authority_of

__all__ = ["MAX_PLACES", "Places"]

MAX_PLACES = 4096
"""Places that are known; when there are more, all are forgotten."""

_LONGEST = 1024
"""Octets of the longest path that is worth keeping."""


class Places:
    """Site and route by all that they depend on."""

    def __init__(self) -> None:
        self._known: dict[Hashable, tuple[str, str]] = {}

    def of(self, request: Request) -> tuple[str, str]:
        """Site and route of a request."""
        data = request.data
        path = data.path.partition(b"?")[0]
        hosts = [
            value
            for name, value in data.headers.fields
            if len(name) == 4 and name.lower() == b"host"
        ]
        key = (data.http_version, data.host, data.authority, path, tuple(hosts))
        place = self._known.get(key)
        if place is None:
            place = shown_route(authority_of(request), request.path.partition("?")[0])
            if len(path) <= _LONGEST:
                if len(self._known) >= MAX_PLACES:
                    self._known.clear()
                self._known[key] = place
        return place
