"""The profiles that nobody measured: the strict reading, and what vendors document."""

from session_tracking.caching.profiles import (
    documented_cdns,
    documented_clouds,
    documented_http_sys,
    documented_servers,
)
from session_tracking.caching.profiles.model import CacheProfile
from session_tracking.caching.profiles.rfc9111 import RFC9111

PROFILES: tuple[CacheProfile, ...] = (
    RFC9111,
    *documented_http_sys.PROFILES,
    *documented_cdns.PROFILES,
    *documented_clouds.PROFILES,
    *documented_servers.PROFILES,
)
"""In the order in which they are shown."""
