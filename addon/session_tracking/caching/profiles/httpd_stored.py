"""What httpd's mod_cache does with a stored response: reuse, validation, the merge after a 304.

Times are microseconds there; here they are seconds with a fraction, which decides wherever a
whole second is compared with the clock.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from session_tracking.caching.profiles.httpd_parse import (
    CONDITIONS,
    Control,
    conditions_fail,
    control_of,
    parse_date,
    parse_offset,
    passed_on,
    tokens,
    without,
)
from session_tracking.caching.profiles.model import Outcome, Reuse, Stored
from session_tracking.http.dates import format_http_date
from session_tracking.http.exchange import RequestFacts, ResponseFacts
from session_tracking.http.fields import FieldSection, split_members

DEFAULT_EXPIRE = 3600.0
"""CacheDefaultExpire, in seconds."""
MAX_EXPIRE = 86400.0
"""CacheMaxExpire, in seconds."""
LAST_MODIFIED_FACTOR = 0.1
"""CacheLastModifiedFactor."""

ENTITY_FIELDS = frozenset(
    "allow content-encoding content-language content-length content-location content-md5"
    " content-range content-type last-modified".split()
)
"""Fields of a 304 that are compared with what is stored, then dropped (mod_cache.c)."""

NEVER_STORED = frozenset(
    "connection keep-alive proxy-authenticate proxy-authorization te trailers transfer-encoding"
    " upgrade".split()
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
        if _conditions_fail(stored, request, time) or not _fresh(stored, asked, time):
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
    names = [request.fields.first("host") for request in (first, second)]
    return None in names or len({(name or "").lower().partition(":")[0] for name in names}) == 1


def _conditions_fail(stored: Stored, request: RequestFacts, time: float) -> bool:
    return conditions_fail(request.fields, passed_on(stored.response.fields), time)


def _fresh(stored: Stored, asked: Control, now: float) -> bool:
    """Source: cache_check_freshness (cache_util.c), where -1 stands for "not given"."""
    info = info_of(stored)
    control = info.control
    if "no-cache" in control:
        return False
    shared = None if control.s_maxage == -1 else control.s_maxage
    own = control.max_age if shared is None else shared
    limits = [limit for limit in (own, asked.max_age) if limit not in {None, -1}]
    slack = 0 if control.must_revalidate or shared is not None else asked.max_stale
    limit = min(limits, default=int(info.lifetime)) + slack - asked.min_fresh
    return _age(stored, info, now) < limit


def _age(stored: Stored, info: Info, now: float) -> int:
    """Current age in whole seconds (ap_cache_current_age, cache_util.c)."""
    said = parse_offset(passed_on(stored.response.fields).first("age") or "") or 0
    # apr_time_from_sec multiplies in 64 bits and lets them overflow.
    received = ((said * 10**6 + 2**63) % 2**64 - 2**63) / 10**6
    return max(0, int(max(0.0, stored.time - info.date, received) + (now - stored.time)))


def conditional(stored: Stored, request: RequestFacts) -> Mapping[str, str]:
    """The client's own conditions where the stored response fails them, else the cache's."""
    if _conditions_fail(stored, request, stored.time):
        found = {name: request.fields.first(name) for name in _VALIDATORS}
    else:
        fields = passed_on(stored.response.fields)
        found = {name: fields.first(validator) for name, validator in _VALIDATORS.items()}
    return {name: value for name, value in found.items() if value is not None}


_VALIDATORS = {"if-none-match": "etag", "if-modified-since": "last-modified"}


def stale_if_error(stored: Stored, _request: RequestFacts, response: ResponseFacts) -> bool:
    """CacheStaleOnError, which is on (cache_save_filter)."""
    return response.status >= 500 and not info_of(stored).control.must_revalidate


def kept(response: ResponseFacts, ignored: frozenset[str]) -> FieldSection:
    """The fields that are written to disk; `ignored` is CacheIgnoreHeaders in lower case.

    Source: ap_cache_cacheable_headers_out (cache_util.c).
    """
    fields = passed_on(response.fields)
    return without(fields, control_of(fields).listed | ignored | NEVER_STORED)


def merging(ignored: frozenset[str]) -> Callable[[Stored, ResponseFacts, float], Stored | None]:
    """How a 304 updates an entry where the fields `ignored` are not stored.

    None where the 304 may not be stored itself or contradicts the entry: httpd drops the entry
    and asks again (cache_save_filter).
    """

    def merge(stored: Stored, validation: ResponseFacts, time: float) -> Stored | None:
        old, new = kept(stored.response, ignored), passed_on(validation.fields)
        said = new if "cache-control" in new or "pragma" in new else old
        info = describe(new, control_of(said), time)
        if _refused(stored, old, new, info, time):
            return None
        # A new Vary gives the entry a new file name; the body keeps the old one and is not found.
        lost = "vary" in new and _vary_key(new) != _vary_key(old)
        new = without(new, ENTITY_FIELDS)
        bottom = [line for line in _dated(old, time).lines if line[0].lower() not in new]
        merged = FieldSection((*bottom, *new.lines))
        own = any(name.lower() in {"set-cookie", "set-cookie2"} for name, _ in bottom)
        response = ResponseFacts(stored.response.status, merged)
        return Stored(stored.request, response, time, own_cookie=own, dropped=lost, state=info)

    return merge


def _dated(fields: FieldSection, time: float) -> FieldSection:
    """The fields with a Last-Modified that is not in the future and, if unreadable, the epoch.

    Source: cache_accept_headers (cache_storage.c), ap_set_last_modified.
    """
    if "last-modified" not in fields:
        return fields
    modified = format_http_date(min(last_modified(fields) or 0, int(time)))
    rest = without(fields, {"last-modified"})
    return FieldSection((*rest.lines, ("Last-Modified", modified)))


def _vary_key(fields: FieldSection) -> list[str]:
    """The names that a variant's file name is made of (tokens_to_array, mod_cache_disk.c)."""
    return sorted(name.lower() for name in split_members(fields.first("vary") or ""))


def _refused(stored: Stored, old: FieldSection, new: FieldSection, info: Info, time: float) -> bool:
    control = info.control
    date = parse_date(new.first("date") or "")
    return (
        "no-store" in control
        or "private" in control
        or not expiry_usable(new, control, time)
        or not can_revalidate(new, control)
        or not query_allowed(stored.request, new, control)
        or varies_on_all(new)
        or (date is not None and date < info_of(stored).date)
        or any(_contradicts(old, new, name) for name in ("etag", *ENTITY_FIELDS))
    )


def _contradicts(old: FieldSection, new: FieldSection, name: str) -> bool:
    """Source: cache_header_cmp (mod_cache.c); the proxy has rewritten readable dates."""
    if name not in old or name not in new:
        return False
    if name == "last-modified":
        return list(map(_canonical, old.values(name))) != list(map(_canonical, new.values(name)))
    return ",".join(old.values(name)) != ",".join(new.values(name))


def _canonical(date: str) -> str | int:
    """Source: date_canon (modules/proxy/mod_proxy_http.c)."""
    return parse_date(date) or date


def relays_304(_old: Stored, merged: Stored, request: RequestFacts) -> bool:
    """A conditional client is sent a 304 with the fields of this one; HEAD has no body either.

    Not where it comes with a cookie that the cache has stored.

    Source: ap_meets_conditions (modules/http/http_protocol.c).
    """
    sent = request.fields
    if CONDITIONS.isdisjoint(sent.names()) or validated(merged, request) is Outcome.SWAP:
        return False
    if request.method == "HEAD":
        return True
    asks = "if-none-match" in sent or "if-modified-since" in sent
    return (
        asks
        and 200 <= merged.response.status < 300
        and not conditions_fail(sent, merged.response.fields, merged.time)
    )


def validated(stored: Stored, _request: RequestFacts) -> Outcome:
    """The merged response is sent with all its fields, whatever is stored of it."""
    if "set-cookie" in stored.response.fields or "set-cookie2" in stored.response.fields:
        return Outcome.SWAP if stored.own_cookie else Outcome.FRESH
    return Outcome.STRIPPED
