"""Imports what the extras bring, or tells how to install it."""

from importlib import import_module
from typing import Any, Final

from session_tracking.errors import MissingLibraryError

__all__ = ["INSTALL", "needed"]

INSTALL: Final = 'pip install "mitmproxy-session-tracker[{}]"'


def needed(module: str, extra: str = "activity") -> Any:  # noqa: ANN401 - a module
    """The module. Raises MissingLibraryError where it, or what it needs itself, is missing."""
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        raise MissingLibraryError(
            f"this needs {error.name}, which is not installed: {INSTALL.format(extra)}"
        ) from None
