"""Recognises HAR files from which the browser left the cookies out on export."""

import mmap
from pathlib import Path

from session_tracking.records.har_recording import HarRecording

__all__ = ["cookies_left_out"]


def cookies_left_out(source: str) -> str:
    """Why a HAR cannot be audited for cookies; empty if it can, or if the file is no HAR."""
    try:
        with Path(source).expanduser().open("rb") as stream:
            if stream.read(1) != b"{":
                return ""
            text = memoryview(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ))
    except OSError:  # that it cannot be read is for who reads it to say
        return ""
    har = HarRecording(text, 0.0)
    for _ in har.read():
        pass
    return har.left_out()
