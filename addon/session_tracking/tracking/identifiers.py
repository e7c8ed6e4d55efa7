"""Session ids: how they are made, and whether a presented one can be ours."""

import hmac
import re
import secrets
from base64 import b64decode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final, Literal

__all__ = ["ENTROPY_BITS", "IdFormat", "Identifiers", "SigningKey", "parse_keys"]


class IdFormat(StrEnum):
    """What a session id looks like."""

    DECIMAL64 = "decimal64"
    """Up to 20 decimal digits; looks like the ids of the IIS module, without being guessable."""
    HEX128 = "hex128"
    B64URL128 = "b64url128"
    SIGNED = "signed"
    """`id.key-id.signature`: proves that we issued it, not that the sender owns it."""


ENTROPY_BITS: Final[Mapping[IdFormat, int]] = MappingProxyType(
    {
        IdFormat.DECIMAL64: 64,
        IdFormat.HEX128: 128,
        IdFormat.B64URL128: 128,
        IdFormat.SIGNED: 128,
    }
)
"""Random bits in an id of each format."""

MIN_SECRET = 32
"""Octets that a signing secret needs: the length of the hash (RFC 2104 §3)."""

_MAC_OCTETS = 16
_PURPOSE = b"session-tracking id 1"

# 128 bits leave 4 unused bits in the 22nd digit; only the spelling with zeros there is ours.
_B64URL128 = r"[A-Za-z0-9_-]{21}[AQgw]"
_KEY_ID = r"[A-Za-z0-9_-]{1,32}"
_SYNTAX: Final[Mapping[IdFormat, re.Pattern[str]]] = {
    IdFormat.DECIMAL64: re.compile(r"0|[1-9][0-9]{0,19}"),
    IdFormat.HEX128: re.compile(r"[0-9a-f]{32}"),
    IdFormat.B64URL128: re.compile(_B64URL128),
    IdFormat.SIGNED: re.compile(rf"({_B64URL128})\.({_KEY_ID})\.({_B64URL128})"),
}
_RANDOM: Final[Mapping[IdFormat, Callable[[], str]]] = {
    IdFormat.DECIMAL64: lambda: str(secrets.randbits(64)),
    IdFormat.HEX128: lambda: secrets.token_hex(16),
    IdFormat.B64URL128: lambda: secrets.token_urlsafe(16),
    IdFormat.SIGNED: lambda: secrets.token_urlsafe(16),
}


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A secret for signed ids."""

    id: str
    """Stands in the cookie, so that a later run knows which key signed it."""
    secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Identifiers:
    """Makes and checks the ids of one configuration."""

    format: IdFormat
    keys: tuple[SigningKey, ...] = ()
    """For `signed`: the first signs, all of them verify. Empty for the other formats."""

    def __post_init__(self) -> None:
        if (self.format == IdFormat.SIGNED) != bool(self.keys):
            raise ValueError("signed ids need a key, and the other formats have none")

    def new(self, name: str, site: str) -> str:
        """A fresh id from the system's CSPRNG; a signed one is bound to cookie-name and site."""
        made = _RANDOM[self.format]()
        if self.format != IdFormat.SIGNED:
            return made
        key = self.keys[0]
        return f"{made}.{key.id}.{_signature(key, name, site, made)}"

    def check(self, value: str, name: str, site: str) -> Literal["valid", "forged"]:
        """Whether a presented value can be one of ours; takes any text and never raises.

        An unsigned id is valid when it has the configured format. A signed one is valid when one
        of the keys signed it for this cookie-name and site; signatures are compared in constant
        time, as text, so that no second spelling of the same octets passes.
        """
        found = _SYNTAX[self.format].fullmatch(value)
        if found is None:
            return "forged"
        if self.format == IdFormat.DECIMAL64:
            return "valid" if int(value) < 2**64 else "forged"
        if self.format != IdFormat.SIGNED:
            return "valid"
        made, key_id, presented = found.groups()
        key = next((key for key in self.keys if key.id == key_id), None)
        if key is None:
            return "forged"
        expected = _signature(key, name, site, made)
        return "valid" if hmac.compare_digest(expected, presented) else "forged"


def parse_keys(text: str) -> tuple[SigningKey, ...]:
    """The keys of a key file or environment variable: `key-id:secret`, one a line.

    The secret is at least 32 octets in base64 (either alphabet). Blank lines and those that begin
    with `#` are skipped; white space separates keys too, for variables of one line. Raises
    ValueError, which tells the place and the fix and never any part of a secret.
    """
    keys: dict[str, SigningKey] = {}
    lines = (line for line in text.splitlines() if not line.lstrip().startswith("#"))
    for number, entry in enumerate((entry for line in lines for entry in line.split()), 1):
        key = _parse_key(entry, number)
        if key.id in keys:
            raise ValueError(f"Key {number} repeats the key id of an earlier one. Rename it.")
        keys[key.id] = key
    if not keys:
        raise ValueError(f"There is no key. {_MAKE_ONE}")
    return tuple(keys.values())


_MAKE_ONE = "`session-tracker config new-key` makes one."


def _parse_key(entry: str, number: int) -> SigningKey:
    key_id, colon, encoded = entry.partition(":")
    if not colon or re.fullmatch(_KEY_ID, key_id) is None:
        raise ValueError(
            f"Key {number} is not of the form key-id:secret, with a key id of 1 to 32 letters, "
            f"digits, - or _. {_MAKE_ONE}"
        )
    standard = encoded.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        secret = b64decode(standard + "=" * (-len(standard) % 4), validate=True)
    except ValueError:  # binascii.Error is one
        raise ValueError(f"The secret of key {number} is not base64. {_MAKE_ONE}") from None
    if len(secret) < MIN_SECRET:
        raise ValueError(
            f"The secret of key {number} has {len(secret)} octets, fewer than {MIN_SECRET}. "
            f"{_MAKE_ONE}"
        )
    return SigningKey(key_id, secret)


def _signature(key: SigningKey, name: str, site: str, made: str) -> str:
    """HMAC-SHA256 of (purpose, key id, name, site, id), cut to 128 bits (RFC 2104 §5)."""
    # Every part has its length before it, so no two lists of parts make the same message.
    message = b"".join(
        len(part).to_bytes(8) + part
        for part in (
            _PURPOSE,
            *(text.encode("utf-8", "surrogatepass") for text in (key.id, name, site, made)),
        )
    )
    octets = hmac.digest(key.secret, message, "sha256")[:_MAC_OCTETS]
    return urlsafe_b64encode(octets).rstrip(b"=").decode("ascii")
