"""How long nginx may reuse a response: three fields, in the order in which they arrive."""

from collections.abc import Mapping

from session_tracking.caching.profiles.nginx_parse import (
    accel_expires,
    cache_control_seconds,
    parse_time,
    signed,
)
from session_tracking.http.exchange import ResponseFacts


def valid_until(
    response: ResponseFacts, now: float, ignored: frozenset[str], by_status: Mapping[int, int]
) -> int | None:
    """Unix seconds through which the response may be reused; None: it is not stored.

    `now` is the time of its arrival, of which whole seconds count, `ignored` names the fields
    (lower case) that `proxy_ignore_headers` lists, `by_status` holds the seconds of
    `proxy_cache_valid`. The time may be past: then the response is stored and never used.

    Source: ngx_http_upstream_process_cache_control, _process_expires, _process_accel_expires and
    ngx_http_upstream_send_response (ngx_http_upstream.c).
    """
    until, accelerated = 0, False
    for field, value in response.fields.called(_LIFETIME_FIELDS.keys()):
        name = field.lower()
        told = _LIFETIME_FIELDS[name]
        if name in ignored or (told is _cache_control and until and accelerated):
            continue
        accelerated |= told is _accel_expires
        said = told(value.strip(" "), now, until)
        if said is None:
            return None
        until = said
    if until:
        return until
    seconds = by_status.get(response.status)
    return None if seconds is None else int(now) + seconds


def _cache_control(value: str, now: float, until: int) -> int | None:
    seconds = cache_control_seconds(value)
    if seconds is None:
        return None
    return signed(int(now) + seconds) if seconds else until


def _expires(value: str, now: float, until: int) -> int | None:
    if until:
        return until
    time = parse_time(value)
    return None if time < int(now) else time


def _accel_expires(value: str, now: float, until: int) -> int | None:
    expires = accel_expires(value)
    if expires is None:
        return until
    if expires.absolute:
        return expires.seconds
    return signed(int(now) + expires.seconds) if expires.seconds else None


_LIFETIME_FIELDS = {
    "cache-control": _cache_control,
    "expires": _expires,
    "x-accel-expires": _accel_expires,
}
"""How each field changes the time that those before it gave (0: none); None forbids storing."""
