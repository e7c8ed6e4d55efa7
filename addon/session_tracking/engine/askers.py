"""Who asks: the marks of a client, by what its request says of it."""

from collections.abc import Iterable

from session_tracking.cookies.cookie import cookie_values
from session_tracking.engine.outcome import SiteSettings
from session_tracking.swaps.clients import Client, Sender, identify
from session_tracking.tracking.policy import Decision

__all__ = ["MAX_ASKERS", "Askers", "known_id"]

MAX_ASKERS = 10_000
"""Clients whose marks are remembered; when there are more, all are forgotten."""


def known_id(settings: SiteSettings, cookies: Iterable[str]) -> str:
    """The tracker's id in these Cookie field values; empty if there is none that can be ours."""
    tracking = settings.tracking
    if tracking.enabled:
        name, check = tracking.cookie.name, tracking.identifiers.check
        for value in cookie_values(cookies, name):
            if check(value, name, settings.site) == "valid":
                return value
    return ""


class Askers:
    """The marks of clients, worked out once for those who come again.

    They are found by the interpreter's hash, under a secret of the process: nobody can choose
    fields that collide, and no value of a cookie is kept.
    """

    def __init__(self) -> None:
        self._known: dict[int, tuple[SiteSettings, Client]] = {}

    def client(self, settings: SiteSettings, sender: Sender, decision: Decision | None) -> Client:
        """The marks of who sent a request for which this was decided."""
        if decision is None:
            return self._known_client(settings, sender)
        if decision.presented:
            return identify(sender, settings.swaps, own=decision.presented, presented=True)
        if own := known_id(settings, sender.cookies):
            return identify(sender, settings.swaps, own=own, presented=True)
        return identify(sender, settings.swaps, own=decision.value or "")

    def _known_client(self, settings: SiteSettings, sender: Sender) -> Client:
        """The marks of who was given no id: those depend on the request alone."""
        (address, connection), agent, forwarded, cookies = sender
        key = hash((id(settings), address, not connection, agent, tuple(forwarded), tuple(cookies)))
        found = self._known.get(key)
        # The settings are kept along, so that no others can have their identity.
        if found is not None and found[0] is settings:
            return found[1].on(connection)
        own = known_id(settings, cookies)
        client = identify(sender, settings.swaps, own=own, presented=bool(own))
        if len(self._known) >= MAX_ASKERS:
            self._known.clear()
        self._known[key] = settings, client
        return client
