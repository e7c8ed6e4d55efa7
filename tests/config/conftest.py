"""Configurations on disk, and what loading them says."""

from dataclasses import dataclass
from pathlib import Path

import pytest

from session_tracking.config.loading import load
from session_tracking.errors import ConfigErrors


@dataclass(frozen=True)
class Folder:
    path: Path

    @property
    def main(self):
        return self.path / "config.toml"

    def write(self, text, **included):
        """Write the main file and included ones, and return the main file's path."""
        self.main.write_text(text, encoding="utf-8")
        (self.path / "sites.d").mkdir(exist_ok=True)
        for name, content in included.items():
            (self.path / "sites.d" / f"{name}.toml").write_text(content, encoding="utf-8")
        return self.main

    def load(self, text, **included):
        return load(self.write(text, **included))

    def errors(self, text, **included):
        """The errors of a configuration; none if it is fine."""
        try:
            self.load(text, **included)
        except ConfigErrors as errors:
            return list(errors.errors)
        return []

    def problems(self, text, **included):
        """Errors, warnings and notes alike."""
        try:
            configuration = self.load(text, **included)
        except ConfigErrors as errors:
            return list(errors.errors)
        return [*configuration.warnings, *configuration.notes]


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """An empty folder, which messages name files relative to."""
    monkeypatch.chdir(tmp_path)
    return Folder(tmp_path)
