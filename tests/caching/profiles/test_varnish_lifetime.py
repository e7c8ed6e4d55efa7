from math import isclose

import pytest

from session_tracking.caching.profiles.varnish_lifetime import forced, lifetime
from session_tracking.http.exchange import ResponseFacts
from tests.caching.profiles.runs import NOW, fields

LIFETIMES = [
    ("silent", 200, (), 120, 10),
    ("silent-redirect", 307, (), -1, 10),
    ("error", 500, ("Cache-Control: max-age=60",), -1, 10),
    ("max-age", 200, ("Cache-Control: max-age=60",), 60, 10),
    ("grace", 200, ("Cache-Control: max-age=60, stale-while-revalidate=5",), 60, 5),
    ("grace-of-an-error", 500, ("Cache-Control: stale-while-revalidate=5",), -1, 10),
    ("single-precision", 200, ("Cache-Control: max-age=2147483647",), 2147483648, 10),
    ("expires-by-own-clock", 200, ("Date: {date+9}", "Expires: {date+60}"), 59.8, 10),
    ("expires-by-date", 200, ("Date: {date+11}", "Expires: {date+60}"), 49, 10),
    ("expires-without-date", 200, ("Expires: {date+60}",), 59.8, 10),
    ("expires-beyond-int", 200, ("Date: {date+99}", "Expires: {date+2147483747}"), -(2**31), 10),
]


@pytest.mark.parametrize(
    ("status", "lines", "ttl", "grace"), [pytest.param(*r, id=i) for i, *r in LIFETIMES]
)
def test_lifetime(status, lines, ttl, grace):
    given = lifetime(ResponseFacts(status, fields(*lines)), NOW)
    assert given.origin == NOW
    assert isclose(given.ttl, ttl, abs_tol=1e-6)
    assert given.grace == grace
    assert isclose(given.left(NOW + 1), ttl - 1, abs_tol=1e-6)


def test_age_moves_the_origin_and_the_forced_lifetime_with_it():
    response = ResponseFacts(200, fields("Age: 30"))
    assert lifetime(response, NOW).origin == NOW - 30
    assert isclose(forced(response, NOW).left(NOW), 60)
    aged = ResponseFacts(200, fields("Age: 2147483647"))
    assert isclose(forced(aged, NOW).left(NOW), 1)
