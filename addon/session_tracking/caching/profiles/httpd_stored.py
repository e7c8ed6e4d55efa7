"""Whether httpd's mod_cache reuses a stored response, and what it asks of one to store it.

Times are microseconds there; here they are seconds with a fraction, which decides wherever a
whole second is compared with the clock.
"""

import re
from dataclasses import dataclass

from session_tracking.caching.profiles.httpd_conditions import conditions_fail
from session_tracking.caching.profiles.httpd_parse import (
    Control,
    control_of,
    int64,
    parse_date,
    parse_offset,
    passed_on,
    tokens,
)
from session_tracking.caching.profiles.model import Reuse, Stored
from session_tracking.http.exchange import RequestFacts
from session_tracking.http.fields import FieldSection

DEFAULT_EXPIRE = 3600.0
"""CacheDefaultExpire, in seconds."""
MAX_EXPIRE = 86400.0
"""CacheMaxExpire, in seconds."""
LAST_MODIFIED_FACTOR = 0.1
"""CacheLastModifiedFactor."""

NEVER_STORED = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "te",
        "trailers",
        "transfer-encoding",
        "upgrade",
    }
)
"""Fields that ap_cache_cacheable_headers takes out (cache_util.c)."""

_STAR = re.compile(r'(?<![^\s()<>@,;:\\"/\[\]?={}])\*(?![^\s()<>@,;:\\"/\[\]?={}])')


@dataclass(frozen=True, slots=True)
class Info:
    """What an entry holds beside the fields (cache_info)."""

    control: Control
    date: float
    """The Date field, or the time of arrival, in Unix seconds."""
    lifetime: float
    """Seconds after `date` at which it expires where the control does not say."""


def describe(fields: FieldSection, control: Control, time: float) -> Info:
    """Date and expiry as cache_save_filter calculates them when it stores (mod_cache.c)."""
    said = parse_date(fields.first("date") or "")
    date = time if said is None else float(said)
    if control.explicit:
        age = control.max_age if control.s_maxage is None else control.s_maxage
        return Info(control, date, min(max(float(age or 0), 0.0), MAX_EXPIRE))
    expiry = parse_date(fields.first("expires") or "")
    if expiry is not None:
        return Info(control, date, expiry - date)
    modified = last_modified(fields)
    if modified is not None and modified < date:
        return Info(control, date, min((date - modified) * LAST_MODIFIED_FACTOR, MAX_EXPIRE))
    return Info(control, date, DEFAULT_EXPIRE)


def info_of(stored: Stored) -> Info:
    """That of the last validation, else that of the response as it was stored."""
    if isinstance(stored.state, Info):
        return stored.state
    fields = passed_on(stored.response.fields)
    return describe(fields, control_of(fields), stored.time)


def last_modified(fields: FieldSection) -> int | None:
    """Last-Modified in Unix seconds; None where it is absent or unreadable."""
    return parse_date(fields.first("last-modified") or "")


def expiry_usable(fields: FieldSection, control: Control, time: float) -> bool:
    """Whether Expires is absent, overruled, or lies ahead of a clock with microseconds."""
    expires = fields.first("expires")
    if expires is None or control.explicit:
        return True
    expiry = parse_date(expires)
    return expiry is not None and expiry > int(time)


def can_revalidate(fields: FieldSection, control: Control) -> bool:
    """Not must-revalidate with a lifetime of zero and no validator."""
    if not control.must_revalidate or "etag" in fields or last_modified(fields) is not None:
        return True
    return control.s_maxage != 0 and (control.s_maxage is not None or control.max_age != 0)


def query_allowed(request: RequestFacts, fields: FieldSection, control: Control) -> bool:
    """Whether there is no query, or a lifetime is given in any form."""
    return "?" not in request.url or "expires" in fields or control.explicit


def varies_on_all(fields: FieldSection) -> bool:
    """Whether the first Vary line, the only one looked at, has `*` (ap_find_token)."""
    return _STAR.search(fields.first("vary") or "") is not None


def reuse(stored: Stored, request: RequestFacts, time: float) -> Reuse:
    """Source: cache_select (cache_storage.c)."""
    asked = control_of(request.fields)
    if "no-cache" in asked:
        return Reuse.MISS
    found = Reuse.MISS
    if _selected(stored, request):
        found = Reuse.HIT
        if conditions_unmet(stored, request, time) or not _fresh(stored, asked, time):
            found = Reuse.VALIDATE
    if found is not Reuse.HIT and "only-if-cached" in asked:
        return Reuse.PASS  # the cache answers 504
    return found


def _selected(stored: Stored, request: RequestFacts) -> bool:
    """Source: open_entity (mod_cache_disk.c), cache_canonicalise_key, cache_select."""
    if not same_host(stored.request, request):
        return False
    for value in passed_on(stored.response.fields).values("vary"):
        for name in tokens(value.lower()):
            if name == "*":
                return False
            then = [] if name in NEVER_STORED else stored.request.fields.values(name)
            now = request.fields.values(name)
            if bool(then) != bool(now) or ", ".join(then) != ", ".join(now):
                return False
    return True


def same_host(first: RequestFacts, second: RequestFacts) -> bool:
    """Whether both name one host, without its port and case; where one names none, they do."""
    one, other = first.fields.first("host"), second.fields.first("host")
    return one is None or other is None or one == other or _name(one) == _name(other)


def _name(host: str) -> str:
    return host.lower().partition(":")[0]


def conditions_unmet(stored: Stored, request: RequestFacts, time: float) -> bool:
    """Whether the client's own conditions keep the stored response from being used."""
    return conditions_fail(request.fields, passed_on(stored.response.fields), time)


def _fresh(stored: Stored, asked: Control, now: float) -> bool:
    """Source: cache_check_freshness (cache_util.c), where -1 stands for "not given"."""
    info = info_of(stored)
    control = info.control
    if "no-cache" in control:
        return False
    shared = None if control.s_maxage == -1 else control.s_maxage
    own = control.max_age if shared is None else shared
    limits = [limit for limit in (own, asked.max_age) if limit is not None and limit != -1]
    slack = 0 if control.must_revalidate or shared is not None else asked.max_stale
    limit = min(limits, default=int(info.lifetime)) + slack - asked.min_fresh
    return _age(stored, info, now) < int64(limit)


def _age(stored: Stored, info: Info, now: float) -> int:
    """Current age in whole seconds (ap_cache_current_age, cache_util.c)."""
    received = 0.0
    if (said := passed_on(stored.response.fields).first("age")) is not None:
        received = int64((parse_offset(said) or 0) * 10**6) / 10**6
    return max(0, int(max(0.0, stored.time - info.date, received) + (now - stored.time)))
