"""URLs for people: what may be shown of one, and which ones are the same place."""

import re
from functools import lru_cache
from math import log2
from urllib.parse import SplitResult

from session_tracking.escape import visible
from session_tracking.http.exchange import RequestFacts

_VARIES = re.compile(
    r"\d+|[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}"
    r"|[0-9a-fA-F]{16,}"
)
_SECRET_LENGTH = 20
_SECRET_BITS = 64.0
_FILE = re.compile(r"(.+)(\.[A-Za-z][A-Za-z0-9]{0,5})")
"""A file name: the ending tells hashed assets from secrets."""
_BUILD = re.compile(r"(?<![A-Za-z0-9])(?=[A-Za-z]*\d)[A-Za-z0-9]{8,}(?![A-Za-z0-9])")
"""The part of a file name that changes with every build."""
_SHOWN = 300


@lru_cache(maxsize=4096)
def route_of(path: str) -> str:
    """The path with numbers, ids and secrets replaced by `{}` and parameters cut off."""
    return "/".join(_segment(segment, keep_varying=False) for segment in path[:2048].split("/"))


@lru_cache(maxsize=4096)
def shown_route(authority: str, path: str) -> tuple[str, str]:
    """Site and route of a host, with or without a port, and a path, as findings name them."""
    host = RequestFacts("", f"//{authority}").host or authority
    return visible(host), visible(route_of(path))


def shown_url(request: RequestFacts) -> str:
    """The URL without userinfo, fragment, query values and segments that look like secrets."""
    parts = request.split()
    if not parts.netloc:
        return "(unparsable URL)"
    return visible(
        f"{parts.scheme}://{_host(parts)}{_shown_path(parts.path)}{_query(parts)}", _SHOWN
    )


def _host(parts: SplitResult) -> str:
    return parts.netloc.rpartition("@")[2]


@lru_cache(maxsize=4096)
def _shown_path(path: str) -> str:
    return "/".join(_segment(segment, keep_varying=True) for segment in path[:2048].split("/"))


def _query(parts: SplitResult) -> str:
    if not parts.query:
        return ""
    names = (pair.partition("=") for pair in parts.query[:2048].split("&"))
    return "?" + "&".join(
        # Without a name the whole is a value.
        f"{name}{equals}{'…' if value else ''}" if equals and not _looks_secret(name) else "…"
        for name, equals, value in names
    )


def _segment(segment: str, *, keep_varying: bool) -> str:
    # A path parameter such as ;jsessionid=… is a secret more often than not.
    name, semicolon, _ = segment.partition(";")
    if file := _FILE.fullmatch(name):
        name = name if keep_varying else _BUILD.sub("{}", file[1]) + file[2]
    elif _looks_secret(name) or (not keep_varying and _VARIES.fullmatch(name)):
        name = "{}"
    return f"{name};…" if semicolon and keep_varying else name


def _looks_secret(segment: str) -> bool:
    if len(segment) < _SECRET_LENGTH:
        return False
    # Words joined by hyphens are a title; a secret is one long run.
    longest = max(re.split(r"[-_.~%]", segment), key=len)
    digits = sum(char.isdigit() for char in longest)
    mixed_case = longest.isalnum() and not longest.islower() and not longest.isupper()
    unpredictable = len(longest) * log2(max(2, len(set(longest))))
    return (digits > 1 or mixed_case) and unpredictable >= _SECRET_BITS
