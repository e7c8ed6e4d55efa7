"""Keeps the configuration in force, and watches its files while traffic runs."""

import asyncio
import logging
from pathlib import Path

from mitmproxy import ctx
from mitmproxy.log import ALERT
from mitmproxy.utils import asyncio_utils

from session_tracking.config.loading import load, reload
from session_tracking.config.sites import Configuration
from session_tracking.errors import ConfigErrors

logger: logging.Logger = logging.getLogger(__name__)

POLL_SECONDS = 0.5
"""How often the files are looked at; a change is seen within a second."""


class LiveConfiguration:
    """The configuration in force; a bad new one is refused and the last good one stays."""

    def __init__(self, path: Path | None, enabled: str) -> None:
        """Load it. Raises ConfigErrors with every error of every file."""
        self.current: Configuration = load(path, enabled_override=enabled)
        self._task: asyncio.Task[None] | None = None

    def answer_lazily(self) -> None:
        """Keep mitmproxy from contacting upstream before a new visitor is answered, and say so.

        Only where the configuration has `on_new = "finish"`; every reload asks again.
        """
        if self.current.finishes and ctx.options.connection_strategy != "lazy":
            ctx.options.update(connection_strategy="lazy")
            logger.log(
                ALERT,
                'session-tracker: on_new = "finish" answers without contacting upstream:'
                " connection_strategy was set to lazy",
            )

    def warnings(self) -> list[str]:
        """One line for each warning of the configuration in force."""
        return [str(warning) for warning in self.current.warnings]

    def reload(self) -> str:
        """Read the files again; what to tell the user. Raises ConfigErrors and changes nothing."""
        self.current = reload(self.current)
        self.answer_lazily()
        return f"configuration read again: {', '.join(map(str, self.current.files))}"

    def watch(self) -> None:
        """Start to look at the files; needs a running event loop."""
        self._task = asyncio_utils.create_task(
            self._watch(), name="session tracker: configuration files", keep_ref=True
        )

    def stop(self) -> None:
        """Stop to look at the files."""
        if self._task is not None:
            self._task.cancel()

    async def _watch(self) -> None:
        while True:
            await asyncio.sleep(POLL_SECONDS)
            if self.current.changed():
                self._reload_changed()

    def _reload_changed(self) -> None:
        try:
            logger.log(ALERT, "session-tracker: %s", self.reload())
        except ConfigErrors as errors:
            logger.log(
                ALERT,
                "session-tracker: the changed configuration is refused, the last good one stays:"
                "\n%s",
                errors,
            )
