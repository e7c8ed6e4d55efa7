"""The log and the traces: that their keys can be used, and what they become."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from session_tracking.config.documents import Document
from session_tracking.config.levels import Written
from session_tracking.config.model import Settings
from session_tracking.config.positions import Location
from session_tracking.config.root import Logs, Traces
from session_tracking.config.validation import show_value
from session_tracking.errors import ConfigError
from session_tracking.records.settings import LogFiles, LogSettings, TraceSettings, folder_name
from session_tracking.records.status_codes import parse_status_codes
from session_tracking.records.w3c_fields import DEFAULT_FIELDS, in_order

__all__ = ["log_errors", "log_files", "log_settings", "trace_root", "trace_settings"]

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


def trace_root(traces: Traces, folder: Path) -> Path:
    """Where the traces go; `folder` is that of the main file."""
    return folder / Path(traces.dir).expanduser()


def trace_settings(
    root: Path | None, max_files: int, site: str, settings: Settings, values: Mapping[str, Written]
) -> TraceSettings | None:
    """Which exchanges of a site are traced; None where none is. The keys have passed all checks."""
    trace = settings.trace
    if root is None or not trace.enabled:
        return None
    codes = parse_status_codes(trace.status_codes)
    assert codes is not None, "the check would have refused it"  # noqa: S101
    return TraceSettings(
        root,
        folder_name(site),
        max_files,
        codes,
        trace.min_time_ms / 1000,
        trace.paths,
        trace.only_findings,
        trace.secrets,
        settings.cookie.name,
        tuple((key, str(written)) for key, written in values.items()),
    )


def log_errors(document: Document, skip: frozenset[Location]) -> Iterator[ConfigError]:
    """Texts of `[log]` and `[trace]` that mean nothing; sites cannot say where records go."""
    for place in (("log", "dir"), ("log", "key_file"), ("trace", "dir")):
        if not skip.isdisjoint({place, place[:1]}):
            continue
        text = document.data.get(place[0], {}).get(place[1], "x")
        if not text.isprintable() or (place[1] == "dir" and not text):
            yield document.error(
                place, f"{show_value(text)} is no file name.", "Name a folder or a file."
            )
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
