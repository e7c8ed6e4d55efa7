"""Equal responses are judged once: what decides a judgement, and where the last ones are kept.

A site sends the same few responses all day, with other values of the same cookies. Nothing that is
kept here holds the value of a cookie.
"""

from collections.abc import Callable, Hashable

from session_tracking.caching.targeted import TARGETED_FIELDS
from session_tracking.http.dates import parse_http_date
from session_tracking.http.exchange import Exchange

DECIDING = TARGETED_FIELDS | {
    "age", "cache-control", "cache-status", "cf-cache-status", "content-location", "content-type",
    "etag", "expires", "last-modified", "pragma", "server", "session-tracker-simulation",
    "vary", "x-cache", "x-cache-hits", "x-cache-status", "x-proxy-cache", "x-varnish",
}  # fmt: skip
"""The response fields, in lower case, that a level or a rule may look at, Date apart."""

MAX_KEPT = 1024
_LONGEST = 2048


def likeness(exchange: Exchange) -> Hashable | None:
    """What the judgement depends on, the cookies apart; None for what is not worth keeping.

    That is what is very long, and what depends on the time at which it came.
    """
    request, fields = exchange.request, exchange.response.fields
    names = [name for name in fields.names() if name in DECIDING]
    if "x-accel-expires" in names:
        return None
    if "expires" in names or "last-modified" in names:
        if parse_http_date(fields.first("date") or "") is None:
            return None
        names.append("date")
    lines = tuple((name, *fields.values(name)) for name in names)
    if len(request.url) + sum(len(value) for line in lines for value in line) > _LONGEST:
        return None
    return (
        request.method,
        request.url,
        exchange.response.status,
        exchange.response.body_length == 0,
        "cookie" in request.fields,
        "authorization" in request.fields,
        "set-cookie" in fields,
        "set-cookie2" in fields,
        lines,
    )


class Memory[T]:
    """The last answers by what they depend on; when full, all are forgotten."""

    __slots__ = ("_kept",)

    def __init__(self) -> None:
        self._kept: dict[Hashable, T] = {}

    def recall(self, key: Hashable | None, answer: Callable[[], T]) -> T:
        """The kept answer for a key; else a new one, which is kept unless the key is None."""
        if key is None:
            return answer()
        kept = self._kept.get(key)
        if kept is None:
            if len(self._kept) >= MAX_KEPT:
                self._kept.clear()
            kept = self._kept[key] = answer()
        return kept
