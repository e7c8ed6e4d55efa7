"""Session ids: how they are made, and whether a presented one can be ours."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Final

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


def parse_keys(text: str) -> tuple[SigningKey, ...]:
    """The keys of a key file or environment variable; raises ValueError that tells the fix."""
    raise NotImplementedError
