"""RFC 9111 §4.4 as each cache has it; sources are in the profiles."""

import pytest

from session_tracking.caching.profiles.catalogue import MEASURED, PROFILES
from session_tracking.caching.profiles.invalidation import invalidated
from tests.strategies import exchange

URL = "https://shop.test/a"
SAFE = ("GET", "HEAD", "OPTIONS", "TRACE")
CASES = [
    *((name, method, 200, False) for name in PROFILES for method in SAFE),
    *(("rfc9111", method, 200, True) for method in ("POST", "PUT", "DELETE", "PATCH", "BREW")),
    ("rfc9111", "POST", 303, True),
    ("rfc9111", "POST", 404, False),
    ("rfc9111", "POST", 500, False),
    *((name, "POST", 200, False) for name in PROFILES if name.startswith(("nginx", "varnish"))),
    ("squid", "POST", 302, True),
    ("squid", "PATCH", 200, True),
    ("squid", "LOCK", 200, False),
    ("squid", "DELETE", 404, False),
    ("httpd", "PUT", 204, True),
    ("httpd", "POST", 303, False),
    ("httpd", "PATCH", 200, False),
    ("trafficserver", "POST", 200, True),
    ("trafficserver", "DELETE", 500, True),
    ("trafficserver", "PATCH", 200, False),
    ("haproxy", "PATCH", 200, True),
    ("haproxy-vary", "POST", 399, True),
    ("haproxy", "POST", 400, False),
    ("cloudflare", "POST", 200, True),
    ("cloudflare", "POST", 500, False),
]


@pytest.mark.parametrize(("name", "method", "status", "gone"), CASES)
def test_the_url(name, method, status, gone):
    given = exchange(method=method, status=status)
    found = list(invalidated(PROFILES[name], given.request, given.response))
    assert found == ([URL] if gone else [])


FURTHER = [
    ("squid", "/b", ["https://shop.test/b"]),
    ("squid", "https://shop.test/c?d", ["https://shop.test/c?d"]),
    ("squid", "https://other.test/a", []),
    ("squid", "http://[", []),
    ("squid", "", []),
    ("httpd", "b", ["https://shop.test/b"]),
    ("rfc9111", "/b", []),
    ("trafficserver", "/b", []),
]


@pytest.mark.parametrize("field", ["Location", "Content-Location"])
@pytest.mark.parametrize(("name", "value", "further"), FURTHER)
def test_further_urls(name, field, value, further):
    given = exchange((field, value), method="POST", status=201)
    assert list(invalidated(PROFILES[name], given.request, given.response)) == [URL, *further]


def test_of_every_measured_cache_it_is_known_and_of_no_other():
    for name, profile in PROFILES.items():
        known = profile in MEASURED or name == "rfc9111"
        assert (profile.invalidation is not None) == known
        if profile.invalidation is not None:
            assert profile.invalidation.source.text
