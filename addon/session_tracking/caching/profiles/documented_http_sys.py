"""The kernel-mode cache of http.sys, as Microsoft documents it."""

from session_tracking.caching.profiles.documented_rules import (
    CONDITIONS,
    Documented,
    directives_of,
    documented,
    method_in,
)
from session_tracking.caching.profiles.model import LookupRule, Run, Source, StoreRule
from session_tracking.http.dates import parse_http_date
from session_tracking.http.exchange import RequestFacts, ResponseFacts

_SYS_API = Source(
    "Kernel mode cache",
    "https://learn.microsoft.com/en-us/windows/win32/http/kernel-mode-cache-in-http-2-0",
)
_SYS_EVENTS = Source(
    "Events and conditions that disable HTTP.sys response caching",
    "https://learn.microsoft.com/en-us/previous-versions/windows/it-pro/windows-server-2003/"
    "cc736609(v=ws.10)",
)
SYS_MAX_BYTES = 256 * 1024
"""UriMaxUriBytes, in octets."""
SYS_MAX_FIELDS = 1024
"""Octets that the field section may have."""
SYS_IDLE = 120
"""Seconds after which an entry that nobody asks for is flushed."""


def _sys_request(request: RequestFacts) -> bool:
    fields = request.fields
    return not (
        "authorization" in fields
        or "range" in fields
        or "if-range" in fields
        or (fields.first("translate") or "").lower() == "f"
        or (fields.first("expect") or "100-continue").lower() != "100-continue"
    )


def _sys_bodiless(request: RequestFacts) -> bool:
    fields = request.fields
    return "transfer-encoding" not in fields and (fields.first("content-length") or "0") == "0"


def _sys_size(_request: RequestFacts, response: ResponseFacts, _time: float) -> bool:
    length = response.body_length
    return length is None or 0 < length <= SYS_MAX_BYTES


def _sys_fields(_request: RequestFacts, response: ResponseFacts, _time: float) -> bool:
    return response.fields.size(4) <= SYS_MAX_FIELDS


def _sys_modified(_request: RequestFacts, response: ResponseFacts, _time: float) -> bool:
    modified = response.fields.first("last-modified")
    return modified is None or parse_http_date(modified) is not None


def _sys_reused(run: Run) -> bool:
    """A's two requests are the two hits in ten seconds that an entry takes."""
    directives = directives_of(run.response)
    silent = any(name in directives for name in ("private", "no-store", "no-cache"))
    return (
        not silent
        and not run.next_request.fields.has_any(CONDITIONS)
        and run.response.status == 200
        and "vary" not in run.response.fields
        and run.after < SYS_IDLE
    )


_SYS = Documented(
    lookup=(
        LookupRule("method", _SYS_API, method_in("GET"), "the method is not GET"),
        LookupRule(
            "request",
            _SYS_API,
            _sys_request,
            "Authorization, Range, If-Range, Translate: f, or an Expect that is not 100-continue",
        ),
        LookupRule("body", _SYS_API, _sys_bodiless, "the request has content"),
        LookupRule(
            "version",
            _SYS_EVENTS,
            lambda request: request.http_version in {"HTTP/1.0", "HTTP/1.1"},
            "the request is neither HTTP/1.0 nor HTTP/1.1",
        ),
        LookupRule("query", _SYS_EVENTS, lambda request: "?" not in request.url, "a query string"),
    ),
    storage=(
        StoreRule("size", _SYS_API, _sys_size, "no content, or more than 256 KB"),
        StoreRule("fields", _SYS_EVENTS, _sys_fields, "more than 1,024 octets of fields"),
        StoreRule("last-modified", _SYS_API, _sys_modified, "Last-Modified is no HTTP-date"),
    ),
    reused=_sys_reused,
)

PROFILES = (
    documented(
        "http.sys",
        "http.sys of Windows",
        "kernel-mode caching that the application or an IIS profile asks for",
        _SYS,
        sources=(_SYS_API, _SYS_EVENTS),
        switch=(
            'enableKernelCache="false" or DisableKernelCache() keeps it from swapping; no field'
            " of the response does, as far as is documented"
        ),
    ),
)
