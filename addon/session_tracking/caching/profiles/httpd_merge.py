"""How httpd's mod_cache validates what it stored, and what a 304 makes of it."""

from collections.abc import Callable, Mapping

from session_tracking.caching.profiles.httpd_conditions import CONDITIONS, conditions_fail
from session_tracking.caching.profiles.httpd_parse import (
    control_of,
    parse_date,
    passed_on,
    without,
)
from session_tracking.caching.profiles.httpd_stored import (
    NEVER_STORED,
    Info,
    can_revalidate,
    conditions_unmet,
    describe,
    expiry_usable,
    info_of,
    last_modified,
    query_allowed,
    varies_on_all,
)
from session_tracking.caching.profiles.model import Outcome, Stored
from session_tracking.http.dates import format_http_date
from session_tracking.http.exchange import RequestFacts, ResponseFacts
from session_tracking.http.fields import FieldSection, split_members

ENTITY_FIELDS = frozenset(
    {
        "allow",
        "content-encoding",
        "content-language",
        "content-length",
        "content-location",
        "content-md5",
        "content-range",
        "content-type",
        "last-modified",
    }
)
"""Fields of a 304 that are compared with what is stored, then dropped (mod_cache.c)."""


def conditional(stored: Stored, request: RequestFacts) -> Mapping[str, str]:
    """The client's own conditions where the stored response fails them, else the cache's."""
    if conditions_unmet(stored, request, stored.time):
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
    if not sent.has_any(CONDITIONS.keys()) or validated(merged, request) is Outcome.SWAP:
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
