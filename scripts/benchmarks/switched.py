"""The tracker and the empty hooks in one mitmdump: a signal says which of them sees the traffic."""

import asyncio
import signal
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(ROOT), str(ROOT / "addon")]


from scripts.benchmarks.empty_hooks import EmptyHooks  # noqa: E402
from session_tracking.mitm.addon import SessionTracker  # noqa: E402

ONE, OTHER = signal.SIGUSR1, signal.SIGUSR2
"""What to send for the one and the other to take over."""


class Switched:
    """Both are started like any addon; after the first signal only one of them is in the chain."""

    def __init__(self, one: object, other: object) -> None:
        self.addons: list[object] = [one, other]

    def running(self) -> None:
        """Listen to the signals from now on."""
        loop = asyncio.get_running_loop()
        for number, addon in zip((ONE, OTHER), self.addons, strict=True):
            loop.add_signal_handler(number, self._use, addon)

    def _use(self, addon: object) -> None:
        self.addons = [addon]


addons = [Switched(SessionTracker(), EmptyHooks())]
