"""Answers new visitors in upstream's place (`on_new = "finish"`)."""

from collections.abc import Callable

from mitmproxy.http import HTTPFlow, Response

from session_tracking.mitm.hooks import Hooks

__all__ = ["Finishing"]


class Finishing:
    """Belongs to the addon. It has a hook only once a visitor is to be answered so."""

    def __init__(self, hooks: Hooks, waits: Callable[[str], bool]) -> None:
        """`waits` tells whether the flow with an id is to be answered."""
        self._hooks = hooks
        self._waits = waits

    def start(self) -> None:
        """Answer from now on."""
        self._hooks.add("request", self.request)

    def request(self, flow: HTTPFlow) -> None:
        """Answer with an empty 200, unless another addon has answered."""
        if flow.response is None and self._waits(flow.id):
            flow.response = Response.make(200)
