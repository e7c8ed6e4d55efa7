"""The tracker with its log on and one with its log off in one mitmdump, as `switched` has others.

They share the visitors and the findings, as a tracker and the one that a reload puts in its place.
"""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "addon")]


from scripts.benchmarks.switched import Switched  # noqa: E402
from session_tracking.mitm.addon import SessionTracker  # noqa: E402
from session_tracking.mitm.configuration import LiveConfiguration  # noqa: E402

LOGGED = "logged.toml"
"""The configuration with the log, beside the one that the options name."""


class Logging(SessionTracker):
    """The tracker under the other configuration."""

    def _use(self, configuration: LiveConfiguration) -> None:
        (plain,) = configuration.current.files
        super()._use(LiveConfiguration(plain.with_name(LOGGED), ""))


addons = [Switched(Logging(), SessionTracker())]
