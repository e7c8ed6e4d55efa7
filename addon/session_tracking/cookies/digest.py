"""Keyed digests that stand for cookie values wherever something is kept or shown."""

import secrets
from dataclasses import dataclass
from hashlib import blake2b


@dataclass(frozen=True, slots=True)
class TokenDigest:
    """BLAKE2b-128 of (site, cookie-name, cookie-value) under a secret key.

    Equal digests mean equal tokens; without the key nothing can be learned about the value.
    """

    octets: bytes

    def __str__(self) -> str:
        """The first 8 hexadecimal digits, enough to tell tokens of a report apart."""
        return self.octets[:4].hex()


class Digester:
    """Makes digests under one key; the default key is random and lives as long as the process."""

    __slots__ = ("_base",)

    def __init__(self, key: bytes | None = None) -> None:
        self._base = blake2b(digest_size=16, key=(key or secrets.token_bytes(32))[:64])

    def digest(self, site: str, name: str, value: str) -> TokenDigest:
        """Digest of one token. The parts are length-prefixed, so no two triples are confused."""
        state = self._base.copy()
        for part in (site, name, value):
            octets = part.encode("utf-8", "surrogatepass")
            state.update(len(octets).to_bytes(8))
            state.update(octets)
        return TokenDigest(state.digest())
