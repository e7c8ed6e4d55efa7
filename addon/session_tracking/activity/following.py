"""A running log: what is new in it since it was looked at last."""

from collections.abc import Sequence
from dataclasses import replace

from session_tracking.activity.inputs import found_paths
from session_tracking.activity.stretches import LogFile, Stretch, cut

__all__ = ["Follower"]


class Follower:
    """Knows how far each log was read. New files are found as well."""

    def __init__(self, names: Sequence[str], site: str | None = None) -> None:
        self._names = names
        self._site = site
        self._files: dict[str, LogFile] = {}

    def new(self) -> list[Stretch]:
        """The lines that came since the last call; at first all. Raises InputError."""
        for path in found_paths(self._names):
            site = path.absolute().parent.name
            if path.suffix == ".log" and self._site in {None, site}:
                self._files.setdefault(str(path), LogFile(path, str(path), site))
        found: list[Stretch] = []
        for name, file in self._files.items():
            if not file.path.exists():
                continue  # moved away
            if file.path.stat().st_size < file.start:
                file = LogFile(file.path, file.name, file.site)  # noqa: PLW2901 - made anew
            stretches = cut([file])
            found += stretches
            if stretches:
                last = stretches[-1]
                file = replace(file, start=last.stop, layout=last.layout)  # noqa: PLW2901 - made anew
            self._files[name] = file
        return found
