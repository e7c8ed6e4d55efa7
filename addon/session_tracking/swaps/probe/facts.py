"""What a probe asks, and what it was answered: plain values, no I/O."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from urllib.parse import SplitResult, urlsplit

from session_tracking.errors import SessionTrackerError
from session_tracking.http.fields import OWS, FieldSection

__all__ = [
    "Answer",
    "Ask",
    "Kind",
    "Manner",
    "Step",
    "Target",
    "TargetError",
    "Visitor",
    "visitor_lines",
]

QUERY_NAME = "session-tracker-probe"
"""Name of the query parameter that keeps a probe away from what real visitors are given."""


_OF_VISITORS = frozenset({"accept", "accept-language", "user-agent"})
_VALUE = re.compile(r"[\t -~\x80-\xff]*")


def visitor_lines(recorded: FieldSection) -> Iterator[tuple[str, str]]:
    """What a probe takes over from a recorded request: it may decide which variant is answered."""
    for name, value in recorded.lines:
        if name.lower() in _OF_VISITORS and _VALUE.fullmatch(value):
            yield name, value.strip(OWS)


class TargetError(SessionTrackerError):
    """A URL that cannot be asked; the message tells why."""


@dataclass(frozen=True, slots=True)
class Target:
    """One URL to be asked. Build it with `of`, which checks it."""

    url: str
    """Absolute, without userinfo and fragment; its authority is what is connected to."""
    fields: tuple[tuple[str, str], ...] = ()
    """Field lines of every request; a Host among them stands for another than the URL's."""

    @classmethod
    def of(cls, url: str, fields: tuple[tuple[str, str], ...] = ()) -> "Target":
        """A target. Raises TargetError for what is no whole http or https URL."""
        try:
            parts = urlsplit(url)
            _ = parts.port
            host = parts.hostname or ""
        except ValueError:
            raise TargetError("it is no URL") from None
        if parts.scheme not in {"http", "https"}:
            raise TargetError("it does not begin with http:// or https://")
        if not host:
            raise TargetError("it names no host")
        if "@" in parts.netloc:
            raise TargetError("it holds a password: give it as --header 'Authorization: …'")
        if not (url.isascii() and url.isprintable()) or " " in url:
            raise TargetError("it holds what a URL has to encode")
        return cls(parts._replace(fragment="").geturl(), fields)

    @property
    def parts(self) -> SplitResult:
        """The parts of the URL."""
        return urlsplit(self.url)

    @property
    def host(self) -> str:
        """The Host field: that of `fields`, else the URL's authority."""
        named = (value for name, value in self.fields if name.lower() == "host")
        return next(named, self.parts.netloc)

    @property
    def site(self) -> str:
        """The host that is asked for, in lower case, without a port."""
        return urlsplit(f"//{self.host}").hostname or self.host.lower()

    @property
    def seen_url(self) -> str:
        """The URL as visitors see it: with the host that is asked for."""
        return self.parts._replace(netloc=self.host).geturl()

    def with_query(self, token: str) -> str:
        """The URL with a query of our own; what it had stays in front."""
        parts = self.parts
        own = f"{QUERY_NAME}={token}"
        return parts._replace(query=f"{parts.query}&{own}" if parts.query else own).geturl()


class Visitor(StrEnum):
    """The two who ask. They look the same and share no connection and no cookie."""

    A = "A"
    B = "B"


class Manner(StrEnum):
    """How the requests of a step follow each other."""

    IN_TURN = "in turn"
    """Each after the answer to the one before."""
    AT_ONCE = "at once"
    """Sent at the same moment, over connections that were opened before."""
    OVERLAPPING = "overlapping"
    """The second is sent when the head of the first answer is in and its content is not."""


class Kind(StrEnum):
    """What a step is for; the value says it in reports."""

    CONTROL = "two queries"
    """Do two queries of our own share an entry?"""
    SEQUENCE = "in turn"
    """One query, one after the other, twice, since some caches want two hits; then by HEAD."""
    AT_ONCE = "at once"
    """One query, at the same moment: a cache may send one request for both."""
    OVERLAPPING = "while in transit"
    """One query, the second while the first answer is under way: a cache may let it join."""
    REPEAT = "more queries"
    """Further values, if a value went to both: is there one for everybody, or a handful?"""
    BARE = "without a query"
    """The URL as it is, in turn and twice; only if it was allowed."""
    PAST = "past the cache"
    """The URL as it is, with `Cache-Control: no-cache`; only if it was allowed."""

    @property
    def manner(self) -> Manner:
        """How its requests follow each other."""
        return _MANNERS.get(self, Manner.IN_TURN)


_MANNERS = {Kind.AT_ONCE: Manner.AT_ONCE, Kind.OVERLAPPING: Manner.OVERLAPPING}


@dataclass(frozen=True, slots=True)
class Ask:
    """One request of a visitor without cookies."""

    visitor: Visitor
    query: int = 0
    """Number of the query of our own; 0 for the bare URL."""
    method: str = "GET"
    """GET or HEAD."""
    past_cache: bool = False
    """Whether it asks caches for an answer of the origin (RFC 9111 §5.2.1.4)."""


@dataclass(frozen=True, slots=True)
class Step:
    """Requests that belong together."""

    kind: Kind
    asks: tuple[Ask, ...]

    def __iter__(self) -> Iterator[Ask]:
        return iter(self.asks)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back."""

    ask: Ask
    kind: Kind
    time: float
    """Unix seconds at which the request was sent."""
    status: int = 0
    """0 if no answer came."""
    fields: FieldSection = field(default_factory=FieldSection)
    received: float = 0.0
    """Unix seconds at which the head of the answer was in."""
    content: bytes = b""
    """A digest of the content, to compare it; empty if there was none."""
    length: int = 0
    """Octets of content that came."""
    problem: str = ""
    """Why no answer came; in words of ours."""
    cut: str = ""
    """Why its content did not come to its end; empty if it did."""
