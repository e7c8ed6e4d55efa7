"""The key of the digests in the records: kept in a file, so that digests last over restarts."""

import os
import secrets
from hashlib import sha256
from pathlib import Path

from session_tracking.errors import SessionTrackerError

__all__ = ["DigestKeyError", "digest_key"]

_SHORTEST = 32
"""Octets of the shortest key."""


class DigestKeyError(SessionTrackerError):
    """There is no key that could be used; the message tells the fix."""


def digest_key(path: Path) -> bytes:
    """The key in a file; where there is none, one is made for its owner alone.

    Processes that start at once end up with the same key. Raises DigestKeyError.
    """
    try:
        try:
            text = path.read_bytes().strip()
        except FileNotFoundError:
            _create(path)
            text = path.read_bytes().strip()
    except OSError as error:
        raise DigestKeyError(
            f"the key of the digests, {path}, cannot be read or made: {error.strerror}."
        ) from None
    if len(text) < _SHORTEST:
        raise DigestKeyError(
            f"{path} holds no key of at least {_SHORTEST} octets. Delete it, and a new one is made."
        )
    return sha256(text).digest()


def _create(path: Path) -> None:
    """Make a file with a fresh key, whole from its first moment; another's stays as it is."""
    path.parent.mkdir(mode=0o750, parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(f"{secrets.token_urlsafe(32)}\n".encode("ascii"))
        try:
            os.link(draft, path)
        except FileExistsError:
            return
    finally:
        draft.unlink()
