"""Keeps the configuration in force, and watches its files while traffic runs."""

import asyncio
import logging
from collections.abc import Callable
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

    def __init__(self, path: Path | None, enabled: str, caches: tuple[str, ...] = ()) -> None:
        """Load it. Raises ConfigErrors with every error of every file."""
        self.current: Configuration = load(path, enabled_override=enabled, caches_override=caches)
        self.followed_by: Callable[[Configuration], None] = lambda _current: None
        """Who is told of the configuration after it was read again."""
        self._task: asyncio.Task[None] | None = None

    def answer_lazily(self) -> None:
        """Keep mitmproxy from contacting upstream before a visitor is answered, and say so.

        Only where the configuration has an answer of its own; every reload asks again.
        """
        why = 'on_new = "finish"' if self.current.finishes else "[shadow] serve = true"
        if not self.current.finishes and not self.current.serves:
            return
        if ctx.options.connection_strategy != "lazy":
            ctx.options.update(connection_strategy="lazy")
            logger.log(
                ALERT,
                "session-tracker: %s answers without contacting upstream:"
                " connection_strategy was set to lazy",
                why,
            )

    def warnings(self) -> list[str]:
        """One line for each warning of the configuration in force."""
        return [str(warning) for warning in self.current.warnings]

    def reload(self) -> str:
        """Read the files again; what to tell the user. Raises ConfigErrors and changes nothing."""
        self.current = reload(self.current)
        self.answer_lazily()
        self.followed_by(self.current)
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
