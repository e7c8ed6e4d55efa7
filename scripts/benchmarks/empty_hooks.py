"""What the addon is compared with: an addon whose three hooks do nothing."""

from mitmproxy.http import HTTPFlow


class EmptyHooks:
    """Takes part in the same hooks as the tracker."""

    def requestheaders(self, flow: HTTPFlow) -> None:
        """Do nothing."""

    def request(self, flow: HTTPFlow) -> None:
        """Do nothing."""

    def responseheaders(self, flow: HTTPFlow) -> None:
        """Do nothing."""


addons = [EmptyHooks()]
