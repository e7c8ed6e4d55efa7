"""What a cookie is for, from its name, its attributes and the look of its value."""

import re
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import lru_cache
from math import log2
from typing import NamedTuple

from session_tracking.cookies.set_cookie import SetCookie


class CookieClass(StrEnum):
    """What another visitor would gain who received the cookie."""

    SESSION = "session"
    """Identifies a login or a session, or guards one (anti-CSRF): a swap costs an account."""
    UNKNOWN = "unknown"
    """Purpose unknown, but the value looks unique to a visitor."""
    TRACKING = "tracking"
    """Recognises a visitor without giving access: analytics, and the cookie that we issue."""
    AFFINITY = "affinity"
    """Keeps a visitor on one server of a balanced group."""
    PREFERENCE = "preference"
    """A setting, an A/B bucket, or a value too simple to be anybody's alone."""
    DELETION = "deletion"
    """Removes the cookie: handed to another visitor it logs them out."""


KNOWN_SESSION_NAMES = frozenset(
    {
        "asp.net_sessionid", "siteserver", "cfid", "cftoken", "jsessionid", "jsessionidsso",
        "phpsessid", "sessid", "sid", "viewstate", "zenid", ".aspxauth", "connect.sid",
        "laravel_session", "ci_session", "session", "sessionid", "session_id", "auth", "token",
        "jwt", "sso", "remember", "remember_token", "remember_me", "remember_user_token",
        "access_token", "refresh_token", "id_token", "auth_token", "xsrf-token", "csrftoken",
        "csrf_token", "_csrf",
    }
)  # fmt: skip
"""Names, in lower case, that are session, login or anti-CSRF cookies wherever they appear."""

_SESSION = re.compile(
    r"^aspsessionid|^\.aspnetcore\.|^wordpress_logged_in|^wp_woocommerce_session"
    r"|sess|login|csrf|xsrf|(^|[._-])(auth|token|jwt|sso|sid|remember)($|[._-])"
)
_AFFINITY = re.compile(
    r"^(awsalb|awselb|arraffinity|bigipserver|serverid$|routeid$|route$|lb[-_]?cookie$"
    r"|ingresscookie$|incap_ses_affinity|srv_id$|server_id$|backend$)"
)
_PREFERENCE = re.compile(
    r"(^|[._-])(lang|language|locale|i18n|theme|currency|country|region|timezone|tz|consent"
    r"|cookie_?consent|cookies_accepted|gdpr|dark_?mode|ab|ab_?test|bucket|variant|experiment)"
    r"($|[._-])|^(optanonconsent|optanonalertboxclosed|cookielawinfo)"
)
_TRACKING = re.compile(
    r"^(_ga($|_)|_gid$|_gat|_gcl_|__utm|_fbp$|_fbc$|_hj|_pk_|_clck$|_clsk$|_uet|ajs_|mp_|amplitude"
    r"|optimizely|_mkto|hubspotutk$|__hs|visitor_id|uid$|tracking|sessiontracking$"
    r"|iis7sessiontracking$)"
)
_JWT = re.compile(r"eyJ[\w-]{5,}\.[\w-]{5,}\.[\w-]*")
_RUNS = re.compile(r"[A-Za-z0-9]+")
_WORD = re.compile(r"[A-Z]?[a-z]{1,14}|[A-Z]{1,14}")
_TIMESTAMP = re.compile(r"1\d{9}(\d{3})?")

UNIQUE_BITS = 48.0
"""Estimated entropy from which a value counts as one visitor's own."""


class CookieNames(NamedTuple):
    """Names (fnmatch patterns, case-sensitive) that the configuration assigns to a class."""

    session: tuple[str, ...] = ()
    affinity: tuple[str, ...] = ()
    preference: tuple[str, ...] = ()


def classify(
    cookie: SetCookie, now: float, *, own_name: str = "", names: CookieNames | None = None
) -> CookieClass:
    """The class of a cookie that a response sets at `now` (Unix seconds).

    `own_name` is the name of the cookie that we issue, which is *tracking* by identity. Names
    that the configuration assigns come next, then known names, then the look of the value.
    """
    if cookie.deletes(now):
        return CookieClass.DELETION
    if own_name and cookie.name == own_name:
        return CookieClass.TRACKING
    named = _assigned(cookie.name, names) if names is not None and any(names) else None
    if (told := named or class_of_name(cookie.name)) is not None:
        return told
    if _JWT.fullmatch(cookie.value):
        return CookieClass.SESSION
    if entropy_bits(cookie.value) < UNIQUE_BITS:
        return CookieClass.PREFERENCE
    guarded = cookie.has("httponly") or cookie.name.lower().startswith(("__host-", "__secure-"))
    return CookieClass.SESSION if guarded else CookieClass.UNKNOWN


def _assigned(name: str, names: CookieNames) -> CookieClass | None:
    for cookie_class, patterns in (
        (CookieClass.SESSION, names.session),
        (CookieClass.AFFINITY, names.affinity),
        (CookieClass.PREFERENCE, names.preference),
    ):
        if any(fnmatchcase(name, pattern) for pattern in patterns):
            return cookie_class
    return None


@lru_cache(maxsize=1024)
def class_of_name(name: str) -> CookieClass | None:
    """The class that a cookie-name alone tells; None if it tells nothing. Prefixes are skipped."""
    lowered = name[:256].lower()
    for prefix in ("__host-http-", "__http-", "__host-", "__secure-"):
        lowered = lowered.removeprefix(prefix)
    if lowered in KNOWN_SESSION_NAMES:
        return CookieClass.SESSION
    for cookie_class, pattern in (
        (CookieClass.AFFINITY, _AFFINITY),
        (CookieClass.TRACKING, _TRACKING),
        (CookieClass.PREFERENCE, _PREFERENCE),
        (CookieClass.SESSION, _SESSION),
    ):
        if pattern.search(lowered):
            return cookie_class
    return None


def entropy_bits(value: str) -> float:
    """A rough estimate of how many bits of a value are unpredictable.

    Runs of letters and digits count their length times the bits of the characters that occur in
    them; words and timestamps count little. Only the first 256 characters are looked at.
    """
    value = value[:256]
    if value.isascii() and value.isalnum() and not (value.isalpha() or value.isdigit()):
        return len(value) * log2(len(set(value)))  # one run, neither word nor timestamp
    bits = 0.0
    for run in _RUNS.findall(value):
        if _WORD.fullmatch(run) or _TIMESTAMP.fullmatch(run):
            bits += min(len(run), 8)
        else:
            bits += len(run) * log2(len(set(run)))
    return bits
