"""Deletes files of the log that are older than they are to be kept: ours, and no others."""

import os
from contextlib import suppress
from pathlib import Path

from session_tracking.records.w3c_file import LogFile
from session_tracking.records.w3c_names import SOFTWARE, is_log_name

__all__ = ["delete_old"]


def delete_old(folder: Path, before: float) -> list[Path]:
    """Delete the files whose last line was written before a time in Unix seconds; which went.

    `folder` holds a folder for each site. A file is ours by its name and its first line; one that
    is in use stays. What cannot be read or deleted stays, too.
    """
    gone = []
    for path in sorted(folder.glob("*/u_ex*.log")):
        with suppress(OSError):
            if is_log_name(path.name) and path.lstat().st_mtime < before and _is_ours(path):
                file = LogFile.open(path)
                if file is not None:
                    path.unlink()
                    file.close()
                    gone.append(path)
    return gone


def _is_ours(path: Path) -> bool:
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        return file.read(len(SOFTWARE)) == SOFTWARE.encode("ascii")
