"""A response that hands out values, as the detector of swaps sees it."""

from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple
from zlib import crc32

from session_tracking.caching.evidence import HitEvidence, hit_evidence
from session_tracking.cookies.cookie import parse_cookie
from session_tracking.http.exchange import Exchange
from session_tracking.swaps.clients import Client, tag
from session_tracking.swaps.settings import SwapSettings

__all__ = ["Delivery", "Place", "page_of", "place_of", "stamp_of"]


@lru_cache(maxsize=4096)
def page_of(url: str) -> int:
    """The tag of a URL without its query.

    A query does not make another place: caches may be told to leave it out of their key.
    """
    return tag(url.partition("?")[0])


class Place(NamedTuple):
    """Where values are handed out: the same for all responses that differ in values only."""

    host: str
    url: str
    """Fit to be shown."""
    page: int
    """`page_of` that URL."""
    evidence: tuple[HitEvidence, ...] = ()
    """The signs that the response came out of a cache."""
    etag: str | None = None


class Delivery(NamedTuple):
    """One response on its way through the detector, before it is edited."""

    settings: SwapSettings
    place: Place
    client: Client
    cookies: Sequence[str]
    """The values of the request's Cookie fields."""
    stamp: int
    """`stamp_of` its Date and ETag."""
    now: float
    """Unix seconds at which it was received."""

    @property
    def presented(self) -> tuple[tuple[str, str], ...]:
        """The pairs of the request's Cookie fields."""
        return parse_cookie(self.cookies)

    def brings(self, name: str, value: str) -> bool:
        """Whether the request brought this cookie."""
        # Most requests do not even hold the name: they need not be parsed.
        named = [each for each in self.cookies if name in each]
        return bool(named) and (name, value) in parse_cookie(named)


def place_of(exchange: Exchange, url: str) -> Place:
    """The place of an exchange, whose URL is to be shown as `url`."""
    fields = exchange.response.fields
    return Place(
        exchange.request.host,
        url,
        page_of(url),
        tuple(hit_evidence(fields)),
        fields.first("etag"),
    )


def stamp_of(date: str | None, etag: str | None) -> int:
    """32 bits for the Date and ETag of a response; 0 without a Date."""
    return crc32(f"{date}\n{etag}".encode("latin-1", "replace")) if date else 0
