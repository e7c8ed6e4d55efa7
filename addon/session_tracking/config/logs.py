"""The log: that its keys can be used, and what they become."""

import re
from collections.abc import Iterator
from pathlib import Path

from session_tracking.config.documents import Document
from session_tracking.config.model import Settings
from session_tracking.config.positions import Location
from session_tracking.config.root import Logs
from session_tracking.config.validation import show_value
from session_tracking.errors import ConfigError
from session_tracking.records.settings import LogFiles, LogSettings, folder_name
from session_tracking.records.w3c_fields import DEFAULT_FIELDS, in_order

__all__ = ["log_errors", "log_files", "log_settings"]

KEY_FILE = "digest.key"
"""Name of the key file in the log's folder, where none is configured."""

_KEEP = re.compile(r"0*([1-9]\d{0,5}) (hour|day|week)s?")
_SECONDS = {"hour": 3600.0, "day": 86400.0, "week": 604800.0}


def log_files(log: Logs, folder: Path) -> LogFiles:
    """Where the log goes; `folder` is that of the main file. The keys have passed all checks."""
    place = folder / Path(log.dir).expanduser()
    key_file = folder / Path(log.key_file).expanduser() if log.key_file else place / KEY_FILE
    kept = _KEEP.fullmatch(log.keep)
    keep = None if kept is None else int(kept[1]) * _SECONDS[kept[2]]
    return LogFiles(place, key_file, log.rollover, log.size, keep)


def log_settings(
    files: LogFiles | None, site: str, settings: Settings, *, listed: bool
) -> LogSettings | None:
    """What the log holds of a site; None where it has none."""
    log = settings.log
    if files is None or not log.enabled:
        return None
    return LogSettings(
        files,
        site,
        folder_name(site),
        listed,
        in_order(log.fields or DEFAULT_FIELDS),
        log.cookies,
        settings.cookie.name,
        log.client_address,
    )


def log_errors(document: Document, skip: frozenset[Location]) -> Iterator[ConfigError]:
    """Texts of `[log]` that mean nothing; where a site's log goes is not for the site to say."""
    if ("log",) in skip:
        return
    table = document.data.get("log", {})
    keep = table.get("keep", "forever")
    if ("log", "keep") not in skip and keep != "forever" and not _KEEP.fullmatch(keep):
        yield document.error(
            ("log", "keep"),
            f"{show_value(keep)} is no time.",
            'Write "12 hours", "30 days", "8 weeks" or "forever".',
        )
    for key in ("dir", "key_file"):
        text = "logs" if ("log", key) in skip else table.get(key, "logs")
        if not text.isprintable() or (key == "dir" and not text):
            yield document.error(
                ("log", key), f"{show_value(text)} is no file name.", "Name a folder or a file."
            )
