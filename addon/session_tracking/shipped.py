"""Finds the two files that travel with the package but do not live in it.

In a checkout they stand where a reader looks for them: the entry beside the
package, the default configuration at the top level. The wheel carries copies of
both in ``session_tracking/_shipped`` (``sources`` in pyproject.toml). They
have a folder of their own because mitmproxy puts the folder of a script in front
of ``sys.path``: beside the entry, our ``http`` would hide the standard library's.
"""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent


def entry_script(package: Path = PACKAGE) -> Path:
    """Absolute path of the script for ``mitmdump -s``.

    Raises FileNotFoundError if the installation is incomplete.
    """
    return _first_file(
        package / "_shipped/session_tracker.py", package.parent / "session_tracker.py"
    )


def default_config(package: Path = PACKAGE) -> Path:
    """Absolute path of the configuration that is in use when none is named.

    Raises FileNotFoundError if the installation is incomplete.
    """
    return _first_file(package / "_shipped/config.toml", package.parent.parent / "config.toml")


def _first_file(*candidates: Path) -> Path:
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    raise FileNotFoundError(f"none of these files exists: {', '.join(map(str, candidates))}")
