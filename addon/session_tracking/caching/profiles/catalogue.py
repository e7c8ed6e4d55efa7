"""All cache profiles that come with the product."""

from collections.abc import Mapping
from types import MappingProxyType

from session_tracking.caching.profiles import (
    documented,
    haproxy,
    httpd,
    nginx,
    squid,
    trafficserver,
    varnish,
)
from session_tracking.caching.profiles.model import CacheProfile

MEASURED: tuple[CacheProfile, ...] = (
    *nginx.PROFILES,
    *varnish.PROFILES,
    *squid.PROFILES,
    *trafficserver.PROFILES,
    *httpd.PROFILES,
    *haproxy.PROFILES,
)
"""Proven on the caches themselves."""

PROFILES: Mapping[str, CacheProfile] = MappingProxyType(
    {profile.name: profile for profile in (*MEASURED, *documented.PROFILES)}
)
"""Name → profile, in the order in which they are shown."""
