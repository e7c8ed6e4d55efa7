"""The ledger of a fleet: its URL, and the secrets, which are in files or in the environment."""

import os
import re
import stat
from collections.abc import Iterator, Mapping

from session_tracking.config.documents import Document, display_name
from session_tracking.config.keys import NEW_KEY
from session_tracking.config.positions import Location
from session_tracking.config.report import Report
from session_tracking.config.root import Fleet
from session_tracking.config.validation import show_value
from session_tracking.config.watching import Watch
from session_tracking.errors import ConfigError
from session_tracking.escape import visible
from session_tracking.swaps.redis_ledger import FleetSettings, address_problem

__all__ = ["MIN_SECRET", "fleet_settings"]

MIN_SECRET = 32
"""Characters of a secret, at least."""
_NAME = re.compile(r"[A-Za-z0-9_.:-]{1,64}")


def fleet_settings(
    document: Document,
    skip: frozenset[Location],
    report: Report,
    watch: Watch,
    environment: Mapping[str, str] = os.environ,
) -> FleetSettings | None:
    """The fleet of a main file; None if there is none, or the report tells what is wrong."""
    table = document.data.get("fleet", {})
    if any(place[:1] == ("fleet",) for place in skip) or not table.get("ledger"):
        return None
    reader = _Reader(document, Fleet.model_validate(table), watch, environment)
    errors = [*reader.settings_errors()]
    secret = reader.read("secret", errors)
    password = reader.read("password", errors)
    errors += reader.secret_errors(secret)
    ca_file = reader.ca_file(errors)
    report.errors(errors)
    report.warnings(reader.open_files())
    if errors or secret is None:
        return None
    fleet = reader.fleet
    return FleetSettings(
        fleet.ledger,
        secret.encode(),
        fleet.name,
        fleet.username,
        password or "",
        ca_file,
        fleet.waiting,
    )


class _Reader:
    """One table `[fleet]` with what it points to."""

    def __init__(
        self, document: Document, fleet: Fleet, watch: Watch, environment: Mapping[str, str]
    ) -> None:
        self._document = document
        self._watch = watch
        self._environment = environment
        self.fleet = fleet

    def _error(self, key: str, problem: str, fix: str, code: str = "") -> ConfigError:
        return self._document.error(("fleet", key), problem, fix, code)

    def settings_errors(self) -> Iterator[ConfigError]:
        """What is wrong with the texts themselves."""
        fleet = self.fleet
        if found := address_problem(fleet.ledger):
            # The URL may hold a password, and is not shown.
            yield self._error("ledger", *found)
        if not _NAME.fullmatch(fleet.name):
            yield self._error(
                "name",
                f"{show_value(fleet.name)} cannot begin a key.",
                "Use up to 64 letters, digits and _ . : -",
            )
        if fleet.ca_file and not fleet.ledger.startswith("rediss"):
            yield self._error("ca_file", "is for TLS only.", "Use rediss:// for the ledger.")

    def read(self, what: str, errors: list[ConfigError]) -> str | None:
        """A secret or a password; None if none is named, or an error was added."""
        file: str = getattr(self.fleet, f"{what}_file")
        variable: str = getattr(self.fleet, f"{what}_env")
        if file and variable:
            errors.append(
                self._error(f"{what}_env", "is there beside a file.", "Name one of the two.")
            )
        elif variable:
            if text := self._environment.get(variable, ""):
                return text.strip()
            problem = f"the environment variable {visible(variable)} is not set."
            errors.append(self._error(f"{what}_env", problem, f"Put the {what} into it."))
        elif file:
            path = self._document.path.parent / file
            self._watch.file(path)
            try:
                return path.read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                reason = error.strerror if isinstance(error, OSError) else "not UTF-8"
                problem = f"{display_name(path)} cannot be read: {reason}."
                errors.append(self._error(f"{what}_file", problem, _MAKE[what]))
        return None

    def secret_errors(self, secret: str | None) -> Iterator[ConfigError]:
        """A secret that is missing or short: there is none by default."""
        fleet = self.fleet
        if secret is None:
            if not (fleet.secret_file or fleet.secret_env):
                yield self._error("secret_file", "is missing.", _MAKE["secret"])
        elif len(secret) < MIN_SECRET:
            key = "secret_file" if fleet.secret_file else "secret_env"
            yield self._error(
                key, f"holds less than {MIN_SECRET} characters: it can be guessed.", _MAKE["secret"]
            )

    def ca_file(self, errors: list[ConfigError]) -> str:
        """The path of the certificates; empty for those of the system."""
        if not self.fleet.ca_file:
            return ""
        path = self._document.path.parent / self.fleet.ca_file
        if not path.is_file():
            problem = f"there is no file {display_name(path)}."
            errors.append(self._error("ca_file", problem, "Name a file with certificates (PEM)."))
        return str(path)

    def open_files(self) -> Iterator[ConfigError]:
        """W12: a secret that other users of the machine may read or change."""
        for key in ("secret_file", "password_file"):
            path = self._document.path.parent / getattr(self.fleet, key)
            if getattr(self.fleet, key) and path.is_file():
                mode = stat.S_IMODE(path.stat().st_mode)
                if mode & 0o077:
                    name = display_name(path)
                    yield self._error(
                        key,
                        f"{name} is open to other users (mode {mode:04o}).",
                        f"Run `chmod 600 {name}`.",
                        "W12",
                    )


_MAKE = {
    "secret": f"Make one with `{NEW_KEY} FILE`, and copy the file to every proxy.",
    "password": "Name a file that holds the password alone.",
}
