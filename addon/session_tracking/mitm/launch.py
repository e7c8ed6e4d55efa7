"""`python -m session_tracking.mitm.launch`: mitmdump that does not outlive who started it."""

import ctypes
import signal
import sys

from mitmproxy.tools.main import mitmdump

__all__ = ["main"]

_PR_SET_PDEATHSIG = 1
"""prctl(2): the signal that the kernel sends when the parent ends, however it ends."""


def main() -> None:
    """Run mitmdump with the arguments of this process."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    mitmdump()


if __name__ == "__main__":
    main()
