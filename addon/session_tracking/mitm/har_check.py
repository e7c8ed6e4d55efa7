"""Recognises HAR files from which the browser left the cookies out on export."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

_LEFT_OUT = (
    "the HAR holds no Cookie and no Set-Cookie field at all: {creator} leaves them out unless told"
    " otherwise, so nothing could be judged. Export it again with sensitive data (Chrome, Edge:"
    ' DevTools settings, Network, "Allow to generate HAR with sensitive data")'
)
_DISAGREE = (
    "the HAR lists cookies of {count} messages whose Cookie or Set-Cookie fields are missing:"
    " they were left out on export, so not everything could be judged"
)
_SANITISING = ("WebInspector",)
"""Creators whose export leaves cookies out by default (Chrome and Edge since version 130)."""


def cookies_left_out(source: str) -> str:
    """Why a HAR cannot be audited for cookies; empty if it can, or if the file is no HAR."""
    try:
        with Path(source).expanduser().open("rb") as stream:
            if stream.read(1) != b"{":
                return ""
            stream.seek(0)
            document = json.load(stream)
        log = document["log"]
        return _judge(log["creator"]["name"], log["entries"])
    except (OSError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        # Whether it is a HAR at all is for mitmproxy to say, which reads it.
        return ""


def _judge(creator: str, entries: list[Any]) -> str:
    fields = listed = 0
    for message, field in _messages(entries):
        present = any(header["name"].lower() == field for header in message["headers"])
        fields += present
        listed += bool(message.get("cookies")) and not present
    if listed:
        return _DISAGREE.format(count=listed)
    if entries and not fields and creator in _SANITISING:
        return _LEFT_OUT.format(creator="Chrome")
    return ""


def _messages(entries: Iterable[Any]) -> Iterator[tuple[Any, str]]:
    for entry in entries:
        yield entry["request"], "cookie"
        yield entry["response"], "set-cookie"
