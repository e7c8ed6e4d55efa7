"""Signing keys, read from the file or the environment variable that the configuration names."""

import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path

from session_tracking.config.checks import Problem
from session_tracking.config.documents import display_name
from session_tracking.config.model import Cookie
from session_tracking.escape import visible
from session_tracking.tracking.identifiers import IdFormat, SigningKey, parse_keys

__all__ = ["first_sentence", "key_path", "mode_problems", "read_keys"]

NEW_KEY = "session-tracker config new-key"

_ONE_A_LINE = f"Write one key a line, as `{NEW_KEY}` makes them."

_HAS_MODES = os.name == "posix"


def key_path(cookie: Cookie, folder: Path) -> Path | None:
    """The file that holds the keys, found from the main file's folder; None if none is needed."""
    if cookie.id is not IdFormat.SIGNED or not cookie.key_file:
        return None
    return folder / cookie.key_file


def read_keys(
    cookie: Cookie, folder: Path, environment: Mapping[str, str] = os.environ
) -> tuple[SigningKey, ...] | Problem:
    """The keys for the ids of a cookie, none if its ids are not signed; or why there are none."""
    if cookie.id is not IdFormat.SIGNED or not (cookie.key_file or cookie.key_env):
        return ()  # signed ids without a key have an error of their own
    path = key_path(cookie, folder)
    if path is None:
        keys, name = ("cookie.key_env",), visible(cookie.key_env)
        text = environment.get(cookie.key_env, "")
        if not text:
            return Problem(
                "",
                keys,
                f"the environment variable {name} is not set.",
                f"Put a key into it; `{NEW_KEY}` makes one.",
            )
    else:
        keys, name = ("cookie.key_file",), display_name(path)
        try:
            text = path.read_text(encoding="ascii")
        except OSError as error:
            return Problem(
                "",
                keys,
                f"{name} cannot be read: {error.strerror}.",
                f"Make it with `{NEW_KEY} {name}`.",
            )
        except ValueError:
            return Problem("", keys, f"{name} holds no keys.", _ONE_A_LINE)
    try:
        return parse_keys(text)
    except ValueError as error:
        return Problem("E3", keys, f"{name}: {first_sentence(error)}", _ONE_A_LINE)


def first_sentence(error: ValueError) -> str:
    """What is wrong with a key; how to make one is a matter of our own command."""
    return f"{str(error).partition('. ')[0]}."


def mode_problems(cookie: Cookie, folder: Path) -> Iterator[Problem]:
    """W12: a key file that other users of the machine may read or change."""
    path = key_path(cookie, folder)
    if path is None or not _HAS_MODES:
        return
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        name = display_name(path)
        yield Problem(
            "W12",
            ("cookie.key_file",),
            f"{name} is open to other users (mode {mode:04o}).",
            f"Run `chmod 600 {name}`.",
        )
