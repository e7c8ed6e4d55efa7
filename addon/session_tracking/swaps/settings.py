"""What the detector may be told, for one host and path."""

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network

__all__ = ["Network", "SwapSettings"]

type Network = IPv4Network | IPv6Network


@dataclass(frozen=True, slots=True)
class SwapSettings:
    """Names are fnmatch patterns, case-sensitive."""

    enabled: bool = True
    ignore: tuple[str, ...] = ()
    """Cookies that are never watched."""
    session_names: tuple[str, ...] = ()
    """Further cookies that are sessions by their name."""
    trusted_proxies: tuple[Network, ...] = ()
    """Whose X-Forwarded-For is believed."""
    behind_proxy: bool = False
    """Whether one client connection may carry several visitors."""
