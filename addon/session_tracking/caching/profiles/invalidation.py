"""What becomes of stored responses when somebody changes the resource (RFC 9111 §4.4)."""

from collections.abc import Iterator
from urllib.parse import urljoin, urlsplit

from session_tracking.caching.profiles.model import CacheProfile, Invalidation, Source
from session_tracking.http.exchange import RequestFacts, ResponseFacts

__all__ = ["SAFE", "by_methods", "by_unsafe_methods", "invalidated", "never"]

SAFE = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})
"""Methods that change nothing (RFC 9110 §9.2.1)."""


def _successful(response: ResponseFacts) -> bool:
    """Whether the status is no error (RFC 9111 §4.4)."""
    return 200 <= response.status < 400


def by_unsafe_methods(source: Source) -> Invalidation:
    """Any method that is not known to be safe, answered without an error: the standard's rule."""
    return Invalidation(
        source,
        "any method but GET, HEAD, OPTIONS and TRACE with an answer of 2xx or 3xx",
        lambda request, response: request.method not in SAFE and _successful(response),
    )


def by_methods(
    source: Source, *methods: str, below: int, fields: tuple[str, ...] = ()
) -> Invalidation:
    """These methods, answered with a status below this; `fields` name further URLs."""
    return Invalidation(
        source,
        f"{', '.join(methods)} with an answer below {below}",
        lambda request, response: request.method in methods and response.status < below,
        fields,
    )


def never(source: Source) -> Invalidation:
    """A cache that passes such requests on and keeps what it has."""
    return Invalidation(source, "", lambda _request, _response: False)


def invalidated(
    profile: CacheProfile, request: RequestFacts, response: ResponseFacts
) -> Iterator[str]:
    """The URLs whose stored responses the cache gives up for an exchange, or for all we know may.

    A cache that keeps such a response until it is validated is taken to give it up.
    """
    rule = profile.invalidation
    if rule is None:
        # Nothing is claimed of what the vendor leaves open.
        if request.method not in SAFE and _successful(response):
            yield request.url
    elif rule.holds(request, response):
        yield request.url
        for name in rule.fields:
            if (value := response.fields.first(name)) and (url := _same_host(request, value)):
                yield url


def _same_host(request: RequestFacts, reference: str) -> str:
    """The URL that a field names if it is at the same host, else nothing."""
    try:
        url = urljoin(request.url, reference)
        return url if urlsplit(url).hostname == request.host else ""
    except ValueError:
        return ""
