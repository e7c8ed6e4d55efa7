"""Finds the two files that travel with the package but do not live in it.

In a checkout they stand where a reader looks for them: the entry beside the
package, the default configuration at the top level. A wheel carries copies of
both in a folder beside the package (``force-include`` in pyproject.toml). It is a
folder of their own because mitmproxy puts the folder of a script in front of
``sys.path``, where only the script itself should be found.
"""

from pathlib import Path

PACKAGE = Path(__file__).resolve().parent
_INSTALLED = "session_tracking_shipped"


def entry_script(package: Path = PACKAGE) -> Path:
    """Absolute path of the script for ``mitmdump -s``.

    Raises FileNotFoundError if the installation is incomplete.
    """
    name = "session_tracker.py"
    return _first_file(package.parent / _INSTALLED / name, package.parent / name)


def default_config(package: Path = PACKAGE) -> Path:
    """Absolute path of the configuration that is in use when none is named.

    Raises FileNotFoundError if the installation is incomplete.
    """
    name = "config.toml"
    return _first_file(package.parent / _INSTALLED / name, package.parent.parent / name)


def _first_file(*candidates: Path) -> Path:
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    raise FileNotFoundError(f"none of these files exists: {', '.join(map(str, candidates))}")
