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
        return TokenDigest(self.octets(site, name, value))

    def octets(self, site: str, name: str, value: str) -> bytes:
        """The same as bare octets, for where many are made."""
        state = self._base.copy()
        one = site.encode("utf-8", "surrogatepass")
        two = name.encode("utf-8", "surrogatepass")
        three = value.encode("utf-8", "surrogatepass")
        state.update(
            b"%b%b%b%b%b%b"
            % (
                len(one).to_bytes(8), one,
                len(two).to_bytes(8), two,
                len(three).to_bytes(8), three,
            )
        )  # fmt: skip
        return state.digest()
