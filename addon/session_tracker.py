"""The entry for ``mitmdump -s``: loads the package beside it, holds no logic of its own."""

import shlex
import sys
from pathlib import Path

# Resolved, so that a symbolic link to this file finds the package as well.
_HERE = Path(__file__).resolve().parent
if str(_HERE) not in sys.path:
    sys.path.insert(0, str(_HERE))

# mitmproxy watches this file alone: touching it has to reload the whole package.
_loaded = [name for name in sys.modules if name.partition(".")[0] == "session_tracking"]
for _name in _loaded:
    del sys.modules[_name]

try:
    from session_tracking.mitm.addon import SessionTracker
except ModuleNotFoundError as missing:
    # A reload gone wrong must not end a proxy that serves; mitmproxy logs it.
    if _loaded or str(missing.name).startswith("session_tracking."):
        raise
    _checkout = (_HERE.parent / "pyproject.toml").is_file()
    _source = shlex.quote(str(_HERE.parent)) if _checkout else "mitmproxy-session-tracker"
    sys.stderr.write(
        f"session-tracker: mitmproxy's own Python lacks {missing.name!r}; install it there with "
        f"`pipx inject mitmproxy {_source}` (nothing can be added to a standalone binary of "
        "mitmproxy: `pipx install mitmproxy` first).\n"
    )
    sys.exit(78)  # wrong configuration; 1 would be taken for findings

addons = [SessionTracker()]
