"""Makes signing keys, and files that hold them."""

import os
import secrets
from datetime import UTC, datetime
from pathlib import Path

from session_tracking.config.documents import display_name
from session_tracking.config.keys import first_sentence
from session_tracking.config.replacing import replace_file
from session_tracking.errors import ConfigError, ConfigErrors
from session_tracking.tracking.identifiers import MIN_SECRET, parse_keys

__all__ = ["add_key", "make_key"]


def make_key() -> str:
    """A fresh key as a line of a key file: an id that tells its day, a colon, the secret."""
    day = datetime.now(UTC).strftime("%Y%m%d")
    return f"{day}-{secrets.token_hex(2)}:{secrets.token_urlsafe(MIN_SECRET)}"


def add_key(path: Path) -> int:
    """Put a fresh key in front of those in a file; how many were there before.

    The file is made for its owner alone where there is none. Raises ConfigErrors if it holds
    something else than keys, or cannot be written.
    """
    try:
        if not path.exists():
            _create(path, f"{make_key()}\n")
            return 0
        text = path.read_text(encoding="ascii")
        older = len(parse_keys(text))
        replace_file(path, f"{make_key()}\n{text}")
    except OSError as error:
        problem, fix = f"cannot be written: {error.strerror}.", "Name another file."
    except UnicodeDecodeError:
        problem, fix = "holds something else than keys.", "Name another file."
    except ValueError as error:
        problem = f"holds something else than keys: {first_sentence(error)}"
        fix = "Name another file."
    else:
        return older
    raise ConfigErrors((ConfigError(display_name(path), None, "", problem, fix),))


def _create(path: Path, text: str) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(text)
