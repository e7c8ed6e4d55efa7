"""The baseline as a file: TOML, sorted, one table a finding, made to be reviewed in a diff."""

import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec
import tomlkit
from tomlkit.exceptions import TOMLKitError
from tomlkit.items import Table

from session_tracking.audit.findings import Severity
from session_tracking.errors import InputError
from session_tracking.escape import visible
from session_tracking.reports.document import Document, Found, State
from session_tracking.reports.judging import sought_by
from session_tracking.reports.known import Baseline, Key, Known

__all__ = ["BaselineFile", "Change", "new_file", "prune", "read_baseline", "read_file", "update"]

_HEADER = """\
# Findings that were there before: they are told apart, and fail no run. A graver or a new one does.
# Kept by `session-tracker baseline update` and `prune`; comments and a `note` within an entry stay.
"""
_FIX = "Make it with `session-tracker baseline create`."


class _Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    rule: str
    severity: Severity
    site: str
    route: str
    cookie: str
    note: str = ""


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    version: int
    finding: tuple[_Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Change:
    """What became of an entry."""

    known: Known
    what: str
    """In a word or two, as people are told."""


@dataclass(frozen=True, slots=True)
class BaselineFile:
    """A baseline that can be changed; its comments are kept."""

    baseline: Baseline
    """As it was read."""
    head: str
    """What stands before the entries."""
    tables: dict[Key, Table]

    def text(self) -> str:
        """What the file is to hold: the entries sorted, one blank line before each."""
        entries = (
            f"\n[[finding]]\n{table.as_string().strip()}\n"
            for _, table in sorted(self.tables.items())
        )
        return "".join((self.head, *entries))


def read_baseline(path: Path) -> Baseline:
    """The baseline that a file holds. Raises InputError, with place and fix, if it is none."""
    return read_file(path).baseline


def read_file(path: Path) -> BaselineFile:
    """The same, to be changed. Raises InputError if it cannot be read, or is no baseline."""
    name = visible(str(path), 1000)
    try:
        text = path.read_text(encoding="utf-8")
        plain = tomllib.loads(text)
        held = msgspec.convert(plain, _File)
        document = tomlkit.parse(text)
    except OSError as error:
        raise InputError(f"{name} cannot be read: {error.strerror}. {_FIX}") from None
    except (ValueError, RecursionError, TOMLKitError) as error:
        raise InputError(f"{name} is no baseline: {visible(str(error), 300)}. {_FIX}") from None
    if held.version != 1:
        raise InputError(f"{name} is a baseline of version {held.version}; this reads version 1.")
    entries = tuple(
        Known(entry.rule, entry.severity, entry.site, entry.route, entry.cookie)
        for entry in held.finding
    )
    tables = dict(zip((known.key for known in entries), document.get("finding", ()), strict=True))
    document.pop("finding", None)
    return BaselineFile(Baseline(name, entries), f"{document.as_string().rstrip()}\n", tables)


def new_file(path: Path) -> BaselineFile:
    """A baseline without entries, which is not written yet."""
    return BaselineFile(Baseline(visible(str(path), 1000), ()), f"{_HEADER}\nversion = 1\n", {})


def update(file: BaselineFile, documents: Iterable[Document]) -> Iterator[Change]:
    """Add what reports found, and is not known yet or graver than known; nothing goes.

    Suppressed findings are left out: they have a reason and a date of their own. So are swaps that
    happened, which cannot be known.
    """
    wanted: dict[Key, Known] = {}
    for found in _all_of(documents):
        known = Known.of(found)
        if found.happened:
            yield Change(known, "left out: it has happened, and nothing silences it")
        elif found.state is not State.SUPPRESSED:
            other = wanted.get(known.key)
            if other is None or other.severity.rank < known.severity.rank:
                wanted[known.key] = known
    for key, known in sorted(wanted.items()):
        there = file.tables.get(key)
        if there is None:
            file.tables[key] = _table(known)
            yield Change(known, "added")
        elif Severity(there["severity"]).rank < known.severity.rank:
            there["severity"] = known.severity.value
            yield Change(known, f"is {known.severity} now")


def prune(
    file: BaselineFile, documents: Iterable[Document], *, everything: bool = False
) -> Iterator[Change]:
    """Remove what was looked for and not found again; told is what stays unseen.

    `everything` removes what was not looked for as well.
    """
    documents = list(documents)
    there = {Known.of(found).key for found in _all_of(documents)}
    tests = [sought_by(document) for document in documents]
    for known in sorted(file.baseline.entries, key=lambda known: known.key):
        if known.key in there:
            continue
        if everything or any(sought(known) for sought in tests):
            del file.tables[known.key]
            yield Change(known, "removed")
        else:
            yield Change(known, "kept, since it was not looked for")


def _all_of(documents: Iterable[Document]) -> Iterator[Found]:
    for document in documents:
        yield from document.findings


def _table(known: Known) -> Table:
    table = tomlkit.table()
    for name in ("rule", "severity", "site", "route", "cookie"):
        table.add(name, str(getattr(known, name)))
    return table
