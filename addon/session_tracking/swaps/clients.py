"""Who is who: what of a client is remembered, and when two requests come from two clients."""

from collections.abc import Sequence
from contextlib import suppress
from enum import Enum
from functools import lru_cache
from hashlib import blake2b
from ipaddress import IPv4Address, IPv6Address, ip_address
from socket import AF_INET, inet_pton
from typing import NamedTuple

from session_tracking.escape import visible
from session_tracking.http.exchange import ClientId, RequestFacts
from session_tracking.swaps.settings import Network, SwapSettings

__all__ = ["UNKNOWN_ADDRESS", "Client", "Likeness", "Sender", "compare", "identify", "mark", "tag"]

UNKNOWN_ADDRESS = bytes(16)
_LONGEST_FORWARDED = 4096
_LONGEST_AGENT = 512
_MAPPED = bytes(10) + b"\xff\xff"


class Likeness(Enum):
    """What is known about two clients."""

    SAME = "same"
    DIFFERENT = "different"
    UNKNOWN = "unknown"
    """They cannot be told apart: perhaps one visitor, perhaps two behind one address."""


class Sender(NamedTuple):
    """Who sent a request, by its fields that tell it. Values are as they came: hostile."""

    client: ClientId
    agent: str | None
    """User-Agent; None without one."""
    forwarded: Sequence[str]
    """The values of X-Forwarded-For."""
    cookies: Sequence[str]
    """The values of Cookie."""

    @classmethod
    def of(cls, request: RequestFacts, client: ClientId) -> "Sender":
        """The sender of a request that came from this client."""
        fields = request.fields
        return cls(
            client,
            fields.first("user-agent"),
            fields.values("x-forwarded-for"),
            fields.values("cookie"),
        )


class Client(NamedTuple):
    """Marks of a client; 0 and the unknown address stand for what is not known."""

    address: bytes = UNKNOWN_ADDRESS
    """16 octets; IPv4 in its mapped form (RFC 4291 §2.5.5.2)."""
    agent: int = 0
    """Tag of the User-Agent."""
    connection: int = 0
    """Tag of the client's connection; 0 too where visitors share one."""
    own: int = 0
    """Tag of the tracker's id that came with the request or left with its response."""
    presented: bool = False
    """Whether the tracker's id came with the request."""

    def on(self, connection: str) -> "Client":
        """The same client on this connection, unless connections say nothing of it."""
        if not self.connection or (number := _kept_tag(connection)) == self.connection:
            return self
        return Client(self.address, self.agent, number, self.own, self.presented)

    def __str__(self) -> str:
        """The address, and what tells visitors behind one address apart; fit to be shown."""
        mark = f" visitor {self.own & 0xFFFF:04x}" if self.own else ""
        return f"{_shown(self.address)}{mark}"


def compare(one: Client, other: Client) -> Likeness:
    """Whether two requests came from the same client.

    One connection is one client. Then the tracker's own id decides: equal ids bridge a change of
    the network, two presented ones tell visitors behind one address apart. Then the address and
    the User-Agent tell a difference, and nothing tells that there is none.
    """
    if one.connection and one.connection == other.connection:
        return Likeness.SAME
    if one.own and other.own:
        if one.own == other.own:
            return Likeness.SAME
        # An id that was only sent tells nothing: parallel first requests get one each.
        if one.presented and other.presented:
            return Likeness.DIFFERENT
    if UNKNOWN_ADDRESS in {one.address, other.address}:
        return Likeness.UNKNOWN
    same = one.address == other.address and one.agent == other.agent
    return Likeness.UNKNOWN if same else Likeness.DIFFERENT


def identify(
    sender: Sender, settings: SwapSettings, *, own: str = "", presented: bool = False
) -> Client:
    """The marks of who sent a request; never raises.

    `own` is a valid id of the tracker, or empty. X-Forwarded-For is read only when the peer is a
    trusted proxy: from its end, the first address that is not trusted itself. Then, as with
    `behind_proxy`, the connection says nothing.
    """
    (address, connection), shared = sender.client, settings.behind_proxy
    if settings.trusted_proxies and _trusted(address, settings.trusted_proxies):
        shared = True
        address = _forwarded(sender.forwarded, settings.trusted_proxies) or address
    return Client(
        _packed(address),
        _agent(sender.agent) if sender.agent else 0,
        0 if shared or not connection else _kept_tag(connection),
        tag(own) if own else 0,
        presented,
    )


def mark(client: Client) -> int:
    """One number for a client, to count them; the same in every process."""
    if client.presented:
        return client.own
    # Only texts and octets are hashed differently in each process, numbers are not.
    return hash((int.from_bytes(client.address), client.agent)) & 0x7FFFFFFFFFFFFFFF


def tag(text: str) -> int:
    """63 bits that stand for a text; never 0."""
    octets = text.encode("utf-8", "surrogatepass")
    return int.from_bytes(blake2b(octets, digest_size=8).digest()) >> 1 or 1


def _agent(text: str) -> int:
    return _kept_tag(text) if len(text) <= _LONGEST_AGENT else tag(text)


_kept_tag = lru_cache(maxsize=4096)(tag)


@lru_cache(maxsize=4096)
def _packed(address: str) -> bytes:
    with suppress(OSError, ValueError):
        return _MAPPED + inet_pton(AF_INET, address)  # much faster than `ipaddress`
    parsed = _address(address)
    if parsed is None:
        return UNKNOWN_ADDRESS
    return parsed.packed if parsed.version == 6 else _MAPPED + parsed.packed


def _shown(packed: bytes) -> str:
    if packed == UNKNOWN_ADDRESS:
        return "an unknown address"
    address = IPv6Address(packed)
    return visible(str(address.ipv4_mapped or address))


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        parsed = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (parsed.version == 6 and parsed.ipv4_mapped) or parsed


@lru_cache(maxsize=4096)
def _trusted(address: str, trusted: tuple[Network, ...]) -> bool:
    parsed = _address(address)
    return parsed is not None and any(parsed in network for network in trusted)


def _forwarded(values: Sequence[str], trusted: tuple[Network, ...]) -> str:
    """The last address that no trusted proxy has; empty if there is none."""
    text = ",".join(values)[-_LONGEST_FORWARDED:]
    for member in reversed(text.split(",")):
        address = member.strip().removeprefix("[").removesuffix("]")
        if not _trusted(address, trusted):
            return address
    return ""
