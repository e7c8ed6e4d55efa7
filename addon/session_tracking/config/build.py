"""From the settings of the file to the plain values that the tracker and the audit work with."""

import re
from collections.abc import Mapping
from ipaddress import ip_network

from session_tracking.audit.settings import AuditSettings, EnforceSettings, Severities
from session_tracking.caching.profiles.model import CacheProfile
from session_tracking.config.model import Audit, Cookie, Enforce, Settings, Shadow
from session_tracking.config.section import NONE
from session_tracking.cookies.classify import CookieClass, CookieNames
from session_tracking.cookies.serialize import CookieTemplate
from session_tracking.shadow.shadow import ShadowSettings
from session_tracking.swaps.settings import SwapSettings
from session_tracking.tracking.identifiers import Identifiers, SigningKey
from session_tracking.tracking.policy import TrackingSettings

__all__ = [
    "audit_settings",
    "enforce_settings",
    "shadow_settings",
    "swap_settings",
    "tracking_settings",
]


def tracking_settings(settings: Settings, keys: tuple[SigningKey, ...]) -> TrackingSettings:
    """What the tracker needs to know; the settings have passed all checks."""
    privacy, headers = settings.privacy, settings.headers
    return TrackingSettings(
        enabled=settings.enabled,
        detect=settings.detect,
        scope=settings.scope,
        on_new=settings.on_new,
        on_cacheable=settings.on_cacheable,
        errors=settings.errors,
        refresh=settings.refresh,
        forward_cookie=settings.forward_cookie,
        behind_proxy=settings.behind_proxy,
        reuse_on_connection=settings.reuse_on_connection,
        unconfirmed_per_minute=settings.unconfirmed_per_minute,
        respect_gpc=privacy.respect_gpc,
        respect_dnt=privacy.respect_dnt,
        consent_cookie=privacy.consent_cookie,
        consent_pattern=re.compile(privacy.consent_pattern) if privacy.consent_pattern else None,
        skip_user_agents=tuple(re.compile(p, re.IGNORECASE) for p in privacy.skip_user_agents),
        cookie=_template(settings.cookie),
        identifiers=Identifiers(settings.cookie.id, keys),
        cache_control=headers.cache_control,
        vary_cookie=headers.vary_cookie,
        targeted_fields=frozenset(name.lower() for name in headers.targeted_fields),
    )


def audit_settings(
    audit: Audit, profiles: Mapping[str, CacheProfile], severities: Severities
) -> AuditSettings:
    """What the audit needs to know; `profiles` are all that may be named."""
    names = CookieNames(audit.session_cookies, audit.affinity_cookies, audit.preference_cookies)
    return AuditSettings(
        audit.enabled,
        names,
        audit.ignore_cookies,
        tuple(profiles[name] for name in audit.caches),
        audit.shared_bodies,
        severities,
    )


def enforce_settings(enforce: Enforce) -> EnforceSettings:
    """What the addon makes safe by itself."""
    classes = frozenset(enforce.classes or CookieClass)
    return EnforceSettings(enforce.enabled, classes, enforce.exclude_cookies)


def swap_settings(settings: Settings) -> SwapSettings:
    """What the detector of swaps needs to know; the settings have passed all checks."""
    swaps = settings.swaps
    return SwapSettings(
        swaps.enabled,
        swaps.ignore_cookies,
        settings.audit.session_cookies,
        tuple(ip_network(text, strict=False) for text in swaps.trusted_proxies),
        settings.behind_proxy,
    )


def shadow_settings(shadow: Shadow, profiles: Mapping[str, CacheProfile]) -> ShadowSettings:
    """What the shadow cache needs to know; `profiles` are all that may be named."""
    return ShadowSettings(
        shadow.enabled,
        profiles[shadow.profile],
        shadow.max_entries,
        shadow.serve,
        shadow.max_bytes,
    )


def _template(cookie: Cookie) -> CookieTemplate:
    return CookieTemplate(
        name=cookie.name,
        style=cookie.style,
        quoting=cookie.quoting,
        path=None if cookie.path == NONE else cookie.path,
        domain=None if cookie.domain == NONE else cookie.domain.lower(),
        max_age=None if cookie.max_age == "none" else cookie.max_age,
        expires_after=None if cookie.expires_after == "none" else cookie.expires_after,
        secure=None if cookie.secure == "auto" else cookie.secure,
        http_only=cookie.http_only,
        same_site=cookie.same_site,
        partitioned=cookie.partitioned,
        version=None if cookie.version == "auto" else cookie.version,
        comment=cookie.comment or None,
        comment_url=cookie.comment_url or None,
        discard=cookie.discard,
        port=None if cookie.port == "none" else cookie.port,
        also_set_cookie=cookie.also_set_cookie,
    )
