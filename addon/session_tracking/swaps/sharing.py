"""What the proxies of a fleet tell each other about values: the form in the shared ledger.

Sans-I/O: where it is kept, and how it gets there, is for `courier` and `redis_ledger`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Self

from session_tracking.cookies.classify import CookieClass
from session_tracking.cookies.digest import Digester, TokenDigest
from session_tracking.escape import visible
from session_tracking.swaps.clients import Client, Likeness, compare
from session_tracking.swaps.ledger import ENTRY_SIZE, Entry
from session_tracking.swaps.names import Name

__all__ = ["Answer", "Record", "Sight", "Token", "handed_on"]

_VERSION = 1
_CACHED = 1
_LONGEST_URL = 512
_PROOFS = 8
"""Cookies of one request that may prove who it is."""


@dataclass(slots=True)
class Record:
    """The first sight of a value by any proxy."""

    entry: Entry
    url: str = ""
    """URL of the first sight, fit to be shown; empty if it is not known."""
    cached: bool = False
    """Whether the value came out of a cache then."""

    def pack(self) -> bytes:
        """The record in octets: version, flags, the entry, and the URL."""
        url = self.url.encode("utf-8", "backslashreplace")[:_LONGEST_URL]
        return bytes((_VERSION, _CACHED * self.cached)) + self.entry.pack() + url

    @classmethod
    def unpack(cls, octets: bytes) -> Self | None:
        """Read what `pack` gave; None for anything else."""
        if len(octets) < 2 + ENTRY_SIZE or octets[0] != _VERSION:
            return None
        url = octets[2 + ENTRY_SIZE :][:_LONGEST_URL].decode("utf-8", "ignore")
        return cls(Entry.unpack(octets, 2), visible(url, 2 * _LONGEST_URL), bool(octets[1] & 1))

    def same(self, other: "Record") -> bool:
        """Whether both tell of the same first sight, whatever became of the value since."""
        one, two = self.entry, other.entry
        return (
            one.first == two.first
            and one.url == two.url
            and one.owner.address == two.owner.address
            and one.owner.agent == two.owner.agent
        )


@dataclass(frozen=True, slots=True)
class Token:
    """A cookie without its value."""

    cookie_name: str
    """As it came: hostile."""
    cookie_class: CookieClass
    carrier: str
    """The field that carried it, in lower case."""
    digest: TokenDigest
    """What stands for the value."""
    name: Name
    """What is known of cookies with this name."""


@dataclass(slots=True)
class Sight:
    """One value seen by this proxy: to be stored, unless another proxy was first."""

    token: Token
    record: Record
    """The first sight that this proxy knows of."""
    client: Client
    """Who got or sent the value now."""
    aliases: tuple[bytes, ...] = ()
    """Other digests that the value may be known by."""
    presented: bool = True
    """Whether the client brought the value."""
    brought: tuple[str, tuple[tuple[str, str], ...]] = ("", ())
    """Host, and the cookies that came along, which may prove who the client is."""
    delivery: Any = None
    """What the detector knows of the message; None for what is only told again."""
    new: bool = False
    """Whether this proxy had never met the value."""
    fresh: bool = False
    """Whether it was counted as a fresh issue of its name."""
    context: Any = None
    """What whoever asked wants to find again with the answer."""

    @property
    def sent(self) -> bool:
        """Whether a request brought the value, and no response."""
        return self.token.carrier == "cookie"

    def proofs(self, digester: Digester) -> Iterator[bytes]:
        """Digests of further values that the client brought."""
        host, cookies = self.brought
        for name, value in cookies[:_PROOFS]:
            for site in domains(host):
                yield digester.digest(site, name, value).octets


@dataclass(frozen=True, slots=True)
class Answer:
    """What the shared ledger knew of a value when a sight of it was stored."""

    record: Record
    """The first sight by another proxy."""
    related: bool = False
    """Whether the client brought another value of the same owner."""


def handed_on(sight: Sight, known: Record) -> bool:
    """Whether the client of the sight was handed what is another's, and had not brought it."""
    return not sight.presented and compare(known.entry.owner, sight.client) is Likeness.DIFFERENT


def domains(host: str) -> list[str]:
    """The host, and up to three domains above it that have a dot."""
    found = [host]
    while len(found) <= _LEVELS and "." in (above := found[-1].partition(".")[2]):
        found.append(above)
    return found


_LEVELS = 3
