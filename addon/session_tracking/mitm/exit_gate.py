"""Ends the process with our exit status once every other addon has finished."""

import sys

from session_tracking.engine import Engine
from session_tracking.mitm.configuration import LiveConfiguration
from session_tracking.mitm.options import Options
from session_tracking.reports.run import Run, Tally


class ExitGate:
    """An addon that joins the end of the chain when mitmproxy ends.

    Flow files and HAR dumps are complete when it is asked.

    It is not part of the script, so it outlives a hot reload: what must survive one is kept here.
    """

    name = "session_tracker_exit"

    def __init__(self) -> None:
        self.status = 0
        self.kept: tuple[Run, Tally, Engine, LiveConfiguration, Options] | None = None
        """The run so far and the last good configuration, for the next instance of the addon."""

    def done(self) -> None:
        """End with the status, unless mitmproxy is about to end well anyway."""
        if self.status:
            sys.exit(self.status)
