"""Field lines as a cache's own parser sees them, before the tidying that `FieldSection` does."""

from functools import lru_cache

from session_tracking.http.exchange import RequestFacts
from session_tracking.http.fields import FieldSection

CONDITIONS = frozenset(
    {"if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since", "range"}
)
"""Request fields, in lower case, that make a request ask for less than the whole response."""


def raw_values(fields: FieldSection, name: str) -> list[str]:
    """The values of the lines called `name` (lower case) without the spaces around, tabs kept."""
    if name not in fields:
        return []
    return [value.strip(" ") for _, value in fields.called({name})]


def without(request: RequestFacts, names: frozenset[str]) -> RequestFacts:
    """The request less the field lines called any of `names` (lower case)."""
    kept = request.fields.without(names)
    if kept is request.fields:
        return request
    return RequestFacts(request.method, request.url, kept, request.http_version)


def host(request: RequestFacts) -> str:
    """The host that the request is for, as it spells it: Host, or where that is not told the URL's.

    Source: RFC 9112 §3.2.
    """
    told = request.fields.first("host")
    return _authority(request.url) if told is None else told


@lru_cache(maxsize=64)
def _authority(url: str) -> str:
    return RequestFacts("GET", url).split().netloc
