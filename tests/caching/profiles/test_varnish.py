"""What Varnish 7.1.1 did in the reference run: every row was measured on Debian's package.

The outcomes are those of PROFILES in order: built-in, deliver, force.
"""

import pytest

from session_tracking.caching.profiles.varnish import PROFILES
from tests.caching.profiles.runs import Row

NONE = "miss miss miss"
CUT_SHORT = "miss swap swap"
"""Stored unless the built-in rules forbid it."""
FORCED = "miss miss swap"
ALL = "swap swap swap"
REUSED = "reused reused reused"
DELIVERED = "miss reused reused"
OVERRULED = "miss miss reused"
COOKIE2 = ("Set-Cookie2: sid=1",)

MAX_AGE = "Cache-Control: max-age=60"

COOKIES = [
    Row("set-cookie", CUT_SHORT, (MAX_AGE,)),
    Row("set-cookie2", ALL, (MAX_AGE,), cookie=COOKIE2),
    Row("set-cookie2-in-connection", "stripped stripped stripped", (MAX_AGE, "Connection: X, Set-Cookie2"),
        cookie=COOKIE2),
    Row("set-cookie-in-connection", CUT_SHORT, (MAX_AGE, "Connection: Set-Cookie, Set-Cookie2")),
    Row("set-cookie2-after-it-stays", ALL, (MAX_AGE, "Connection: Set-Cookie, Set-Cookie2"), cookie=COOKIE2),
    Row("silent", CUT_SHORT),
    Row("silent-without", REUSED, cookie=()),
    Row("request-cookie", OVERRULED, (MAX_AGE,), cookie=(), request=("Cookie: a=1",)),
    Row("request-empty-cookie", OVERRULED, (MAX_AGE,), cookie=(), request=("Cookie:",)),
    Row("request-authorization", OVERRULED, (MAX_AGE,), cookie=(), request=("Authorization: Basic eDp5",)),
    Row("next-cookie", OVERRULED, (MAX_AGE,), cookie=(), next_request=("Cookie: a=1",)),
    Row("request-cache-control", REUSED, (MAX_AGE,), cookie=(), request=("Cache-Control: no-store",)),
]  # fmt: skip

KEYS = [
    Row("query", REUSED, (MAX_AGE,), cookie=(), query="a=1"),
    Row("other-host", NONE, (MAX_AGE,), cookie=(), next_request=("Host: other.test",)),
    Row("host-in-capitals", "reused reused miss", (MAX_AGE,), cookie=(), next_request=("Host: LAB.test",)),
    Row("head-then-get", REUSED, (MAX_AGE,), cookie=(), method="HEAD", next_method="GET"),
    Row("post", NONE, (MAX_AGE,), cookie=(), method="POST"),
    Row("unknown-method", NONE, (MAX_AGE,), cookie=(), method="REPORT"),
    Row("connection-lists-host", NONE, (MAX_AGE,), cookie=(), request=("Connection: Host",), next_request=()),
    Row("control-character", NONE, (MAX_AGE,), cookie=(), request=("X-Foo: \x7f",), next_request=()),
    Row("tab", REUSED, (MAX_AGE,), cookie=(), request=("X-Foo: a\tb",)),
]  # fmt: skip

STATUSES = [
    Row("404-silent", REUSED, status=404, cookie=()),
    Row("302-silent", OVERRULED, status=302, cookie=()),
    Row("302-fresh", REUSED, (MAX_AGE,), status=302, cookie=()),
    Row("302-expires", REUSED, ("Expires: {date+60}",), status=302, cookie=()),
    Row("500-fresh", OVERRULED, (MAX_AGE,), status=500, cookie=()),
    Row("308-fresh", OVERRULED, (MAX_AGE,), status=308, cookie=()),
    Row("204-silent", REUSED, status=204, cookie=()),
]

CONTROL = [
    Row("no-store", DELIVERED, ("Cache-Control: no-store",), cookie=()),
    Row("in-quotes", DELIVERED, (f'{MAX_AGE}, x="PRIVATE"',), cookie=()),
    Row("second-line", DELIVERED, (MAX_AGE, "Cache-Control: no-cache"), cookie=()),
    Row("surrogate-control-hides", REUSED, ("Cache-Control: no-store", "Surrogate-Control: x"), cookie=()),
    Row("surrogate-control-forbids", DELIVERED, (MAX_AGE, "Surrogate-Control: No-Store"), cookie=()),
    Row("surrogate-control-first-line", REUSED,
        ("Surrogate-Control:", "Surrogate-Control: no-store"), cookie=()),
    Row("max-age-0", FORCED, ("Cache-Control: max-age=0",)),
    Row("s-maxage-first", OVERRULED, ("Cache-Control: max-age=60, s-maxage=0",), cookie=()),
    Row("s-maxage-bare", REUSED, ("Cache-Control: max-age=0, s-maxage",), cookie=()),
    Row("quoted-seconds", OVERRULED, ('Cache-Control: max-age="60"',), cookie=()),
    Row("forced-for-a-minute-whatever-the-age", "miss miss reused", (MAX_AGE, "Age: 3600"), cookie=()),
]  # fmt: skip

EXPIRES = [
    Row("future", REUSED, ("Expires: {date+60}",), cookie=()),
    Row("past", OVERRULED, ("Expires: {date-60}",), cookie=()),
    Row("now", OVERRULED, ("Expires: {date}",), cookie=()),
    Row("before-date", OVERRULED, ("Expires: {date+60}",), date="{date+61}", cookie=()),
    Row("unreadable", REUSED, ("Expires: 0",), cookie=()),
    Row("the-epoch", REUSED, ("Expires: Thu, 01 Jan 1970 00:00:00 GMT",), cookie=()),
    Row("without-date", REUSED, ("Expires: {date+60}",), date="", cookie=()),
    Row("unreadable-date", OVERRULED, ("Expires: {date-60}",), date="x", cookie=()),
    Row("other-clock", REUSED, ("Expires: {date-3540}",), date="{date-3600}", cookie=()),
    Row("after-70-years", OVERRULED, ("Expires: Tue, 01 Jan 2097 00:00:00 GMT",), date="{date+60}", cookie=()),
]  # fmt: skip

GRACE = [
    Row("in-grace", "reused reused reused", ("Cache-Control: max-age=1",), cookie=(), after=2.3),
    Row("no-grace", OVERRULED, ("Cache-Control: max-age=1, stale-while-revalidate=0",), cookie=(), after=2.3),
    Row("aged-into-grace", CUT_SHORT, (MAX_AGE, "Age: 65")),
    Row("aged-beyond-grace", FORCED, (MAX_AGE, "Age: 75")),
    Row("aged-with-wide-grace", DELIVERED, (f"{MAX_AGE}, stale-while-revalidate=99", "Age: 75"), cookie=()),
    Row("origin-before-1970", OVERRULED,
        ("Cache-Control: stale-while-revalidate=4294967295", "Age: 4294967295"), cookie=()),
    Row("validated-in-background", DELIVERED, (MAX_AGE, "Age: 65", 'ETag: "a"'), cookie=(),
        validation=('ETag: "a"',), after=1.0),
    Row("validated-to-nothing", OVERRULED, (MAX_AGE, "Age: 65", 'ETag: "a"'), cookie=(),
        validation=('ETag: "a"', "Cache-Control: max-age=0"), after=1.0),
    Row("validated-by-date", DELIVERED, (MAX_AGE, "Age: 65", "Last-Modified: {date-60}"), cookie=(),
        validation=("Last-Modified: {date-60}",), after=1.0),
    Row("nothing-to-validate", OVERRULED, (MAX_AGE, "Age: 69", 'ETag: "a"'), cookie=(), body_length=0,
        validation=('ETag: "a"',), after=1.5),
]  # fmt: skip

VARY = [
    Row("star", DELIVERED, (MAX_AGE, "Vary: *"), cookie=()),
    Row("star-twice", REUSED, (MAX_AGE, "Vary: *", "Vary: *"), cookie=()),
    Row("malformed", NONE, (MAX_AGE, "Vary: A B"), cookie=()),
    Row("same", REUSED, (MAX_AGE, "Vary: X-Foo"), cookie=(), request=("X-Foo: 1",)),
    Row("other", NONE, (MAX_AGE, "Vary: X-Foo"), cookie=(), request=("X-Foo: 1",), next_request=("X-Foo: 2",)),
    Row("cookie", NONE, (MAX_AGE, "Vary: Cookie"), cookie=(), request=("Cookie: a=1",)),
    Row("cookie-absent-twice", CUT_SHORT, (MAX_AGE, "Vary: Cookie")),
    Row("forwarded-for", NONE, (MAX_AGE, "Vary: X-Forwarded-For"), cookie=()),
]  # fmt: skip

ROWS = [*COOKIES, *KEYS, *STATUSES, *CONTROL, *EXPIRES, *GRACE, *VARY]


@pytest.mark.parametrize("row", [pytest.param(row, id=row.id) for row in ROWS])
def test_outcomes(row):
    assert " ".join(row.predicted(profile) for profile in PROFILES) == row.outcome


def test_304_that_was_not_asked_for_is_not_stored():
    row = Row("304", "", (MAX_AGE,), status=304, cookie=())
    assert {row.predicted(profile) for profile in PROFILES} == {"miss"}


def test_names_switches_and_collapsing():
    assert [(profile.name, profile.collapses) for profile in PROFILES] == [
        ("varnish", False),
        ("varnish-deliver", True),
        ("varnish-force", True),
    ]
    assert all("unset beresp.http.Set-Cookie" in profile.switch for profile in PROFILES)
