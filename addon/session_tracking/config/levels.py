"""The levels at which keys are written: the file itself, its sites, and paths of sites."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Self

from session_tracking.config.documents import Document
from session_tracking.config.model import Settings
from session_tracking.config.positions import Location
from session_tracking.config.root import KEYS, LOCKS
from session_tracking.errors import ConfigError

__all__ = [
    "Level",
    "Site",
    "Written",
    "above",
    "merge",
    "normal_host",
    "root_level",
    "settings_of",
    "site_levels",
]


@dataclass(frozen=True, slots=True)
class Written:
    """A value that somebody wrote, and where."""

    value: Any
    source: str
    """File or option, fit to be shown."""
    line: int | None
    """1-based; None for an option."""
    depth: int
    """0 for the top of the file, 1 for a site, 2 and more for its paths."""

    def __str__(self) -> str:
        return self.source if self.line is None else f"{self.source}:{self.line}"


type Site = tuple[Level, tuple[Level, ...]]
"""A site and its paths."""


@dataclass(frozen=True, slots=True)
class Level:
    """The keys of one table that are set there, and its locks."""

    document: Document
    location: Location
    host: str | None
    """Host pattern of the site, normalised; None for the top of the file."""
    path: str | None
    """Path of the site without a slash at the end; None for the site itself and above."""
    values: Mapping[str, Written]
    """Dotted key → value, for the settings, the keys that lock, and `include`."""
    tenant: bool = False
    """Whether an included file wrote it."""

    @property
    def name(self) -> str:
        """What messages and listings call the level; empty for the top of the file."""
        return f"{self.host or ''}{self.path or ''}"

    @property
    def settings(self) -> Mapping[str, Written]:
        """The settings alone."""
        return {key: written for key, written in self.values.items() if key in KEYS}

    def error(self, key: str, problem: str, fix: str, code: str) -> ConfigError:
        """An error at the place of one of its keys; of the level itself for an empty key."""
        parts = tuple(key.split(".")) if key else ()
        return self.document.error((*self.location, *parts), problem, fix, code)

    @classmethod
    def make(
        cls,
        document: Document,
        location: Location,
        skip: frozenset[Location],
        *,
        host: str | None = None,
        path: str | None = None,
        tenant: bool = False,
    ) -> Self:
        """Read one table of a document, without the keys that are not to be used."""
        depth = 0 if host is None else 1 if path is None else 2 + path.count("/")
        values = {
            key: Written(value, document.source, document.line(at), depth)
            for key, at, value in _leaves(document.at(location), location, skip)
        }
        return cls(document, location, host, path, MappingProxyType(values), tenant)


def root_level(document: Document, skip: frozenset[Location]) -> Level:
    """The top of the main file."""
    return Level.make(document, (), skip)


def site_levels(
    document: Document, skip: frozenset[Location], *, tenant: bool = False
) -> Iterator[Site]:
    """Each site of a file with its paths, in the order of the file.

    Tables without the key that names them are left out: they have an error of their own.
    """
    for at, site in _tables(document.data, ("site",), skip):
        if (*at, "host") in skip:
            continue
        host = normal_host(site["host"])
        paths = tuple(
            Level.make(document, below, skip, host=host, path=prefix.rstrip("/"), tenant=tenant)
            for below, prefix in (
                (below, table["path"])
                for below, table in _tables(site, (*at, "path"), skip)
                if (*below, "path") not in skip
            )
        )
        yield Level.make(document, at, skip, host=host, tenant=tenant), paths


def above(path: Level, paths: Iterable[Level]) -> list[Level]:
    """The paths of the same site that a path is below, from the shortest on: it inherits theirs."""
    prefix = path.path or ""
    found = [other for other in paths if prefix.startswith(f"{other.path}/")]
    return sorted(found, key=lambda level: len(level.path or ""))


def normal_host(host: str) -> str:
    """A host or host pattern in the form that is compared: lower case, no dot at the end."""
    return host.lower().removesuffix(".").removeprefix("[").removesuffix("]")


def merge(levels: Iterable[Level]) -> dict[str, Written]:
    """The value of every setting that is written at all; the last level that writes it wins."""
    merged: dict[str, Written] = {}
    for level in levels:
        merged |= level.settings
    return merged


def settings_of(values: Mapping[str, Written]) -> Settings:
    """The settings in effect: what is written, and the default of every other key."""
    tables: dict[str, Any] = {}
    for key, written in values.items():
        table, _, name = key.rpartition(".")
        (tables.setdefault(table, {}) if table else tables)[name] = written.value
    return Settings.model_validate(tables)


def _tables(
    parent: Mapping[str, Any], location: Location, skip: frozenset[Location]
) -> Iterator[tuple[Location, Mapping[str, Any]]]:
    """The tables of an array of tables, each with its location."""
    if location not in skip:
        for index, table in enumerate(parent.get(str(location[-1]), ())):
            if (*location, index) not in skip:
                yield (*location, index), table


def _leaves(
    table: Mapping[str, Any], location: Location, skip: frozenset[Location]
) -> Iterator[tuple[str, Location, Any]]:
    """Everything a table says itself: dotted key, location, value."""
    for key in (*KEYS, "include", *LOCKS):
        at: Location = location
        value: Any = table
        for part in key.split("."):
            at = (*at, part)
            if at in skip or part not in value:
                break
            value = value[part]
        else:
            if not any(bad[: len(at)] == at for bad in skip):
                yield key, at, value
