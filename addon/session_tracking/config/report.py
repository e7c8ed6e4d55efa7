"""Collects what is wrong while a configuration is loaded, so that all of it is told at once."""

from collections.abc import Iterable, Sequence

from session_tracking.config.checks import Problem
from session_tracking.config.levels import Level, Written
from session_tracking.config.positions import Location
from session_tracking.errors import ConfigError, ConfigErrors

__all__ = ["Report"]


class Report:
    """Errors and notices of one attempt, each once, in the order of the files and lines."""

    def __init__(self) -> None:
        self._errors: dict[str, ConfigError] = {}
        self._notices: dict[str, ConfigError] = {}
        self._sources: dict[str, int] = {}
        self._unusable: set[str] = set()

    def source(self, name: str) -> None:
        """A file is about to be read; its errors come after those of earlier files."""
        self._sources.setdefault(name, len(self._sources))

    def errors(self, errors: Iterable[ConfigError]) -> None:
        """Add errors."""
        for error in errors:
            self._errors.setdefault(str(error), error)

    def warnings(self, warnings: Iterable[ConfigError]) -> None:
        """Add warnings."""
        for warning in warnings:
            self._notices.setdefault(str(warning), warning)

    def unusable(self, locations: Iterable[Location]) -> None:
        """Keys that have an error of their own: what would follow from it is not told."""
        self._unusable.update(map(_setting, locations))

    def problem(self, problem: Problem, chain: Sequence[Level], values: dict[str, Written]) -> None:
        """Add what a check found, at the place where the decisive key was written.

        That is the key that was written closest to the site or path in question: without it the
        settings were right. What nobody wrote is told of the main file.
        """
        if any(key in self._unusable or _table(key) in self._unusable for key in problem.keys):
            return
        written = [key for key in problem.keys if key in values]
        if not written:
            error = chain[0].error("", problem.problem, problem.fix, problem.code)
            error.key, error.line = problem.keys[0], None
        else:
            decisive = max(written, key=lambda key: values[key].depth)
            error = _at_key(decisive, problem, chain)
            above = [
                f"{key} at {values[key]}"
                for key in written
                if values[key].depth != values[decisive].depth
            ]
            if above:
                error.problem += f" (Together with {' and '.join(above)}.)"
        where = self._notices if problem.warning else self._errors
        where.setdefault(str(error), error)

    def failure(self) -> ConfigErrors:
        """The errors as an exception."""
        return ConfigErrors(self._ordered(self._errors.values()))

    def raise_errors(self) -> None:
        """Raise ConfigErrors if there is any error."""
        if self._errors:
            raise self.failure()

    @property
    def notices(self) -> tuple[ConfigError, ...]:
        """The warnings."""
        return self._ordered(self._notices.values())

    def _ordered(self, errors: Iterable[ConfigError]) -> tuple[ConfigError, ...]:
        return tuple(
            sorted(errors, key=lambda error: (self._sources.get(error.source, -1), error.line or 0))
        )


def _setting(location: Location) -> str:
    """The dotted key of a location, without the site and path that it is in."""
    while location[:1] in {("site",), ("path",)} and location[1:]:
        location = location[2:]
    return ".".join(part for part in location if isinstance(part, str))


def _table(key: str) -> str:
    return key.partition(".")[0]


def _at_key(key: str, problem: Problem, chain: Sequence[Level]) -> ConfigError:
    level = next((level for level in reversed(chain) if key in level.values), chain[0])
    location: Location = (*level.location, *key.split("."))
    if key == problem.keys[0] and problem.item is not None:
        location = (*location, problem.item)
    return level.document.error(location, problem.problem, problem.fix, problem.code)
