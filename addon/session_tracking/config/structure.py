"""Sites, paths and delegations: that each is well formed, there once, and entitled to be there."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from ipaddress import ip_address
from pathlib import PurePosixPath
from typing import Any

from session_tracking.config.documents import Document
from session_tracking.config.levels import Level, normal_host
from session_tracking.config.positions import Location
from session_tracking.config.validation import nearest, show_value
from session_tracking.errors import ConfigError
from session_tracking.escape import visible

__all__ = [
    "delegated_hosts",
    "delegation_errors",
    "duplicates",
    "host_problem",
    "include_problem",
    "path_problem",
    "unread",
]

_LABEL = r"[a-z0-9_](?:[a-z0-9_-]{0,61}[a-z0-9_])?"
_HOST = re.compile(rf"(?:\*\.)?{_LABEL}(?:\.{_LABEL})*")


def host_problem(host: str) -> tuple[str, str] | None:
    """What is wrong with a normalised host pattern, and the fix; None if nothing is."""
    shown = show_value(host)
    if not host.isascii():
        return f"{shown} is not ASCII.", "Write international names as A-labels (xn--…)."
    if _HOST.fullmatch(host) and len(host) <= 255:
        return None
    try:
        ip_address(host)
    except ValueError:
        return (
            f"{shown} is no host name.",
            'Write the name alone, without scheme, port and path, or "*.name" for all below it.',
        )
    return None


def path_problem(path: str) -> tuple[str, str] | None:
    """What is wrong with the path of a `[[site.path]]`, and the fix; None if nothing is."""
    if not path.startswith("/"):
        return (
            f"{show_value(path)} does not start with a slash.",
            f"Write {show_value('/' + path)}.",
        )
    if not path.isascii() or not path.isprintable() or not {"?", "#", " "}.isdisjoint(path):
        return (
            f"{show_value(path)} is more than a path.",
            "Write the path as requests carry it: percent-encoded, without query and fragment.",
        )
    return None


def include_problem(pattern: str) -> tuple[str, str] | None:
    """What is wrong with the pattern of `include`, and the fix; None if nothing is."""
    if pattern.isprintable():
        return None
    return (
        f"{show_value(pattern)} holds what no file name should.",
        "Write sites.d/*.toml or alike.",
    )


def duplicates(levels: Iterable[Level]) -> Iterator[ConfigError]:
    """Sites, or paths of one site, that are there twice."""
    first: dict[str, Level] = {}
    for level in levels:
        key = "host" if level.path is None else "path"
        other = first.setdefault(level.name, level)
        if other is not level:
            place = f"{other.document.source}:{other.document.line((*other.location, key))}"
            yield level.error(
                key,
                f"{show_value(level.name)} is defined at {place} already.",
                "Merge the two tables.",
                "E23",
            )


def delegated_hosts(root: Document, skip: frozenset[Location]) -> dict[str, tuple[str, ...]]:
    """File name → the normalised hosts it may speak for, over all `[[delegate]]` tables."""
    found: dict[str, tuple[str, ...]] = {}
    for _, table, name in _delegations(root, skip):
        found[name] = (*found.get(name, ()), *map(normal_host, table["hosts"]))
    return found


def delegation_errors(
    name: str, sites: Iterable[Level], delegated: dict[str, tuple[str, ...]], root: str
) -> Iterator[ConfigError]:
    """The sites of an included file that the main file does not delegate to it."""
    for site in sites:
        if not any(_includes(pattern, str(site.host)) for pattern in delegated.get(name, ())):
            yield site.error(
                "host",
                f"{show_value(site.host)} is not delegated to this file.",
                f'Ask for it in {root}: [[delegate]] file = "{visible(name)}", '
                f"hosts = [{show_value(site.host)}].",
                "E23",
            )


def unread(
    root: Document, pattern: str, files: Collection[str], skip: frozenset[Location]
) -> Iterator[ConfigError]:
    """W13: an `include` that matches no file, and delegations to files that it does not match."""
    if pattern and not files:
        yield root.error(
            ("include",),
            f"{show_value(pattern)} matches no file: sites of tenants are not read.",
            f"Put the files there; the pattern starts from the folder of {root.source}.",
            "W13",
        )
        return
    for index, table, name in _delegations(root, skip):
        if name in files:
            continue
        close = nearest(name, files)
        fix = f"Did you mean {show_value(close)}?" if close else "Name a file that is read."
        yield root.error(
            ("delegate", index, "file"),
            f"{show_value(table['file'])} is not read: include does not match it.",
            fix if pattern else 'Set include, such as include = "sites.d/*.toml".',
            "W13",
        )


def _delegations(
    root: Document, skip: frozenset[Location]
) -> Iterator[tuple[int, Mapping[str, Any], str]]:
    """The usable `[[delegate]]` tables: index, table, and the file's name as it is compared."""
    tables = () if ("delegate",) in skip else root.data.get("delegate", ())
    for index, table in enumerate(tables):
        if not any(bad[:2] == ("delegate", index) for bad in skip):
            yield index, table, str(PurePosixPath(table["file"]))


def _includes(pattern: str, host: str) -> bool:
    """Whether a delegated pattern covers a host or a narrower pattern."""
    return host == pattern or (pattern.startswith("*.") and host.endswith(pattern[1:]))
