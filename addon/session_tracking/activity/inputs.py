"""Finds the logs that a question is asked of: folders, files and patterns."""

import glob
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from session_tracking.activity.stretches import LogFile, Stretch, unpacked
from session_tracking.errors import InputError
from session_tracking.escape import visible

__all__ = ["Inputs", "found_paths", "opened"]

_ENDINGS = (".log", ".gz", ".parquet")


@dataclass(frozen=True, slots=True)
class Inputs:
    """What is to be read, in the order of the names."""

    files: list[LogFile] = field(default_factory=list)
    parquet: list[Path] = field(default_factory=list)
    torn: list[str] = field(default_factory=list)
    """Names of packed files that end too early; what came before is read."""
    foreign: list[str] = field(default_factory=list)
    """Names of files with lines and without a `#Fields` above any: nothing of them is read."""

    def look(self, stretches: Sequence[Stretch]) -> None:
        """Find what is foreign. Raises InputError where there is nothing else."""
        named = {stretch.file.name: False for stretch in stretches}
        named |= {stretch.file.name: True for stretch in stretches if stretch.layout.fields}
        self.foreign.extend(name for name, known in named.items() if not known)
        if self.foreign and not self.parquet and not any(named.values()):
            raise InputError(
                f"{visible(self.foreign[0])} is no log in the W3C extended format:"
                " no line #Fields is above its lines."
            )


@contextmanager
def opened(names: Sequence[str], site: str | None = None) -> Iterator[Inputs]:
    """The logs of these names, of one site or of all; packed ones are unpacked for that time.

    Raises InputError for a name or a site without logs, and for what cannot be unpacked.
    """
    with tempfile.TemporaryDirectory(prefix="session-tracker-") as folder:
        inputs = Inputs()
        others: dict[str, None] = {}
        for number, path in enumerate(found_paths(names)):
            if path.suffix == ".parquet":
                inputs.parquet.append(path)
                continue
            log_site = path.absolute().parent.name
            if site is not None and site != log_site:
                others[log_site] = None
                continue
            plain, whole = path, True
            if path.suffix == ".gz":
                plain, whole = unpacked(path, Path(folder), number)
            if not whole:
                inputs.torn.append(str(path))
            inputs.files.append(LogFile(plain, str(path), log_site))
        if site is not None and not (inputs.files or inputs.parquet):
            raise InputError(
                f"{visible(site)}: no logs of that site. There are logs of"
                f" {', '.join(map(visible, others))}."
            )
        yield inputs


def found_paths(names: Iterable[str]) -> list[Path]:
    """The files that the names stand for, each once. Raises InputError for a name without any."""
    found: dict[Path, None] = {}
    for name in names:
        path = Path(name)
        if path.is_dir():
            matches = sorted(one for one in path.rglob("*") if one.suffix in _ENDINGS)
        elif path.exists():
            matches = [path]
        else:
            matches = sorted(Path(one) for one in glob.glob(name, recursive=True))  # noqa: PTH207
        matches = [one for one in matches if one.is_file()]
        if not matches:
            raise InputError(
                f"{visible(name)}: no logs there. Name a folder, files or a pattern;"
                f" in folders, files are read that end in {', '.join(_ENDINGS)}."
            )
        found.update(dict.fromkeys(matches))
    return list(found)
