"""Replaces a file in one step: who reads it sees the old content or the new, never a part."""

import os
import shutil
import tempfile
from pathlib import Path

__all__ = ["replace_file"]


def replace_file(path: Path, text: str) -> None:
    """Put a new file in the place of one that exists, with the same permissions.

    Raises OSError, and leaves the old file, if that fails.
    """
    path = path.resolve()  # a symbolic link stays one
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="") as file:
            file.write(text)
        shutil.copymode(path, name)
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink()
        raise
