"""Hooks that the addon has only while there is something for them to do."""

from collections.abc import Callable
from functools import partial

from mitmproxy.http import HTTPFlow

__all__ = ["Hooks"]

type Hook = Callable[[HTTPFlow], None]


class Hooks:
    """Attributes of the addon itself: mitmproxy looks for each event of each flow by its name.

    Children of an addon, mitmproxy's own way, cost time at every event, not only at theirs; and
    mitmproxy refuses to remove, for a reload, an addon with a child that came later.
    """

    def __init__(self, addon: object) -> None:
        self._addon = addon

    def add(self, event: str, hook: Hook) -> None:
        """Have a hook called at an event, after the addon's own hook if it has one.

        It takes the place of the one that was added for this event before.
        """
        own: Callable[[object, HTTPFlow], None] | None = getattr(type(self._addon), event, None)
        setattr(self._addon, event, hook if own is None else partial(self._both, own, hook))

    def _both(self, own: Callable[[object, HTTPFlow], None], hook: Hook, flow: HTTPFlow) -> None:
        own(self._addon, flow)
        hook(flow)

    def remove(self, event: str) -> None:
        """Have only the addon's own hook called at an event, if it has one."""
        vars(self._addon).pop(event, None)
