"""Notices that a file of the configuration changed, cheaply enough to ask every second."""

import glob
from collections.abc import Iterable
from pathlib import Path

__all__ = ["Include", "Watch"]

type Stamp = tuple[int, int, int] | None


class Include:
    """The included files: a pattern, looked up from the main file's folder."""

    __slots__ = ("_folder", "_pattern")

    def __init__(self, folder: Path, pattern: str) -> None:
        self._folder = folder
        self._pattern = pattern

    def files(self) -> dict[Path, str]:
        """The regular files that match, sorted, each with its name for `[[delegate]]`.

        The name is relative to the folder in front of the pattern's first wildcard.
        """
        fixed = Path(self._pattern)
        while fixed != fixed.parent and (glob.has_magic(str(fixed)) or str(fixed) == self._pattern):
            fixed = fixed.parent
        # Unlike Path.glob this takes absolute patterns too.
        found = glob.glob(self._pattern, root_dir=self._folder, recursive=True)  # noqa: PTH207
        return {
            self._folder / name: Path(name).relative_to(fixed).as_posix()
            for name in sorted(found)
            if (self._folder / name).is_file()
        }


class Watch:
    """The state of some files when they were read, and whether it is still the same."""

    __slots__ = ("_includes", "_seen")

    def __init__(self) -> None:
        self._seen: dict[Path, Stamp] = {}
        self._includes: list[tuple[Include, frozenset[Path]]] = []

    def file(self, path: Path) -> None:
        """Remember a file as it is now; to be called before it is read, so no change is missed."""
        self._seen[path] = _stamp(path)

    def include(self, include: Include, found: Iterable[Path]) -> None:
        """Remember which files a pattern matched."""
        self._includes.append((include, frozenset(found)))

    @property
    def files(self) -> tuple[Path, ...]:
        """The files that are watched."""
        return tuple(self._seen)

    def changed(self) -> bool:
        """Whether a file changed, came or went since the last time this was asked."""
        seen = {path: _stamp(path) for path in self._seen}
        includes = [(include, frozenset(include.files())) for include, _ in self._includes]
        changed = (seen, includes) != (self._seen, self._includes)
        self._seen, self._includes = seen, includes
        return changed


def _stamp(path: Path) -> Stamp:
    """What tells one state of a file from another; None while there is no file."""
    try:
        status = path.stat()
    except OSError:
        return None
    return status.st_mtime_ns, status.st_size, status.st_ino
