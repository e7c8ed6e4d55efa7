"""What nginx 1.22.1 did in the reference run: every row was measured on Debian's package.

The outcomes are those of PROFILES in order: plain, cache-valid, ignore-set-cookie, cache-everything.
"""

import pytest

from session_tracking.caching.profiles.nginx import PROFILES
from tests.caching.profiles.runs import Row

NONE = "miss miss miss miss"
ALL = "swap swap swap swap"
REUSED = "reused reused reused reused"
IGNORED = "miss miss swap swap"
"""Storable but for Set-Cookie."""
EVERYTHING = "miss miss miss swap"
"""Storable where Cache-Control is ignored as well."""
VALID = "miss reused miss reused"
"""Storable by `proxy_cache_valid` alone."""
NO_CACHE_CONTROL = "miss miss miss reused"
COOKIE2 = ("Set-Cookie2: sid=1",)

MAX_AGE = "Cache-Control: max-age=60"

COOKIES = [
    Row("set-cookie", IGNORED, (MAX_AGE,)),
    Row("set-cookie2", ALL, (MAX_AGE,), cookie=COOKIE2),
    Row("both", IGNORED, (MAX_AGE,), cookie=("Set-Cookie: sid=1", *COOKIE2)),
    Row("without", REUSED, (MAX_AGE,), cookie=()),
    Row("silent", EVERYTHING),
    Row("silent-without", VALID, cookie=()),
    Row("request-cookie-and-authorization", IGNORED, (MAX_AGE,),
        request=("Cookie: a=1", "Authorization: Basic eDp5")),
    Row("request-cache-control", REUSED, (MAX_AGE,), cookie=(), request=("Cache-Control: no-store",)),
    Row("other-host", REUSED, (MAX_AGE,), cookie=(), next_request=("Host: other.test",)),
    Row("query", REUSED, (MAX_AGE,), cookie=(), query="a=1"),
]  # fmt: skip

STATUSES = [
    Row("302-silent", "miss reused miss miss", status=302, cookie=()),
    Row("404-silent", "miss reused miss miss", status=404, cookie=()),
    Row("500-silent", NONE, status=500, cookie=()),
    Row("500-fresh", "reused reused reused miss", (MAX_AGE,), status=500, cookie=()),
    Row("204-fresh", "reused reused reused miss", (MAX_AGE,), status=204, cookie=()),
    Row("empty", REUSED, (MAX_AGE,), cookie=(), body_length=0),
]

METHODS = [
    Row("head-then-get", REUSED, (MAX_AGE,), cookie=(), method="HEAD", next_method="GET"),
    Row("post", NONE, (MAX_AGE,), cookie=(), method="POST"),
    Row("get-then-post", NONE, (MAX_AGE,), cookie=(), next_method="POST"),
]

CACHE_CONTROL = [
    Row("s-maxage-first", NO_CACHE_CONTROL, ("Cache-Control: max-age=60, s-maxage=0",), cookie=()),
    Row("no-store", NO_CACHE_CONTROL, ("Cache-Control: no-store",), cookie=()),
    Row("upper-case", NO_CACHE_CONTROL, ("Cache-Control: MAX-AGE=60, PRIVATE",), cookie=()),
    Row("in-quotes", NO_CACHE_CONTROL, ('Cache-Control: max-age=60, x="no-cache"',), cookie=()),
    Row("qualified", NO_CACHE_CONTROL, ('Cache-Control: max-age=60, no-cache="x"',), cookie=()),
    Row("public-alone", VALID, ("Cache-Control: public",), cookie=()),
    Row("quoted-seconds", NO_CACHE_CONTROL, ('Cache-Control: max-age="60"',), cookie=()),
    Row("longer-name", REUSED, ("Cache-Control: x-max-age=60",), cookie=()),
    Row("space-before-equals", VALID, ("Cache-Control: max-age =60",), cookie=()),
    Row("tab-after", NO_CACHE_CONTROL, ("Cache-Control: max-age=60\t",), cookie=()),
    Row("second-line-forbids", NO_CACHE_CONTROL, (MAX_AGE, "Cache-Control: private"), cookie=()),
    Row("last-lifetime", "miss miss miss reused", (MAX_AGE, "Cache-Control: max-age=0"), cookie=()),
    Row("stale-argument", NO_CACHE_CONTROL,
        (f"{MAX_AGE}, stale-while-revalidate=x",), cookie=()),
    Row("wrapped-into-the-past", NO_CACHE_CONTROL, (f"Cache-Control: max-age={2**63}",), cookie=()),
    Row("expired", NO_CACHE_CONTROL, ("Cache-Control: max-age=1",), cookie=(), after=2.3),
]  # fmt: skip

OTHER_LIFETIMES = [
    Row("expires", REUSED, ("Expires: {date+60}",), cookie=()),
    Row("expires-now", REUSED, ("Expires: {date}",), cookie=()),
    Row("expires-past", NONE, ("Expires: {date-60}",), cookie=()),
    Row("expires-zero", NONE, ("Expires: 0",), cookie=()),
    Row("past-before-max-age", NONE, ("Expires: {date-60}", MAX_AGE), cookie=()),
    Row("past-after-max-age", "reused reused reused miss", (MAX_AGE, "Expires: {date-60}"), cookie=()),
    Row("accel", IGNORED, ("X-Accel-Expires: 60",)),
    Row("accel-hides-no-store", REUSED, ("X-Accel-Expires: 60", "Cache-Control: no-store"), cookie=()),
    Row("accel-after-no-store", "miss miss miss reused",
        ("Cache-Control: no-store", "X-Accel-Expires: 60"), cookie=()),
    Row("accel-zero", NONE, (MAX_AGE, "X-Accel-Expires: 0"), cookie=()),
    Row("accel-unreadable", REUSED, (MAX_AGE, "X-Accel-Expires: off"), cookie=()),
    Row("accel-at-zero-forgets", VALID, (MAX_AGE, "X-Accel-Expires: @0"), cookie=()),
    Row("accel-at-a-past-time", NONE, ("X-Accel-Expires: @1",), cookie=()),
    Row("accel-buffering", NONE, (MAX_AGE, "X-Accel-Buffering: No"), cookie=()),
    Row("accel-buffering-last", REUSED,
        (MAX_AGE, "X-Accel-Buffering: no", "X-Accel-Buffering: yes", "X-Accel-Buffering: x"), cookie=()),
    Row("surrogate-control", REUSED, (MAX_AGE, "Surrogate-Control: no-store"), cookie=()),
    Row("age", REUSED, (MAX_AGE, "Age: 3600"), cookie=()),
]  # fmt: skip

VARY = [
    Row("star", NONE, (MAX_AGE, "Vary: *"), cookie=()),
    Row("star-with-another", REUSED, (MAX_AGE, "Vary: *, Accept"), cookie=()),
    Row("star-with-tab", REUSED, (MAX_AGE, "Vary: *\t"), cookie=()),
    Row("too-long", NONE, (MAX_AGE, f"Vary: {'N' * 129}"), cookie=()),
    Row("same", REUSED, (MAX_AGE, "Vary: X-Foo"), cookie=(), request=("X-Foo: 1",)),
    Row("other", NONE, (MAX_AGE, "Vary: x-foo"), cookie=(), request=("X-Foo: 1",),
        next_request=("X-Foo: 2",)),
    Row("last-line-counts", REUSED, (MAX_AGE, "Vary: X-Foo", "Vary: Accept"), cookie=(),
        request=("X-Foo: 1",), next_request=()),
    Row("cookie", NONE, (MAX_AGE, "Vary: Cookie"), cookie=(), request=("Cookie: a=1",)),
    Row("cookie-absent-twice", IGNORED, (MAX_AGE, "Vary: Cookie")),
]  # fmt: skip

CONDITIONS = [
    Row("validated", REUSED, (MAX_AGE, 'ETag: "a"'), cookie=(), request=('If-None-Match: "a"',),
        validation=('ETag: "a"',)),
    Row("never-revalidated", NO_CACHE_CONTROL, ("Cache-Control: max-age=1", 'ETag: "a"'), cookie=(),
        after=2.3, validation=('ETag: "a"',)),
    Row("range", REUSED, (MAX_AGE, "Accept-Ranges: bytes"), cookie=(), request=("Range: bytes=0-1",)),
    Row("range-beyond", NONE, (MAX_AGE, "Accept-Ranges: bytes"), cookie=(),
        request=("Range: bytes=60-",), next_request=()),
    Row("precondition-failed", NONE, (MAX_AGE,), cookie=(), request=('If-Match: "a"',),
        next_request=()),
    Row("repeated", NONE, (MAX_AGE,), cookie=(), request=("If-Match: *", "If-Match: *"),
        next_request=()),
]  # fmt: skip

ROWS = [
    *COOKIES,
    *STATUSES,
    *METHODS,
    *CACHE_CONTROL,
    *OTHER_LIFETIMES,
    *VARY,
    *CONDITIONS,
]


@pytest.mark.parametrize("row", [pytest.param(row, id=row.id) for row in ROWS])
def test_outcomes(row):
    assert " ".join(row.predicted(profile) for profile in PROFILES) == row.outcome


def test_redirect_inside_nginx_is_not_stored():
    row = Row("x-accel-redirect", "", (MAX_AGE, "X-Accel-Redirect: /elsewhere"), cookie=())
    assert {row.predicted(profile) for profile in PROFILES} == {"miss"}


def test_names_and_switches():
    assert [profile.name for profile in PROFILES] == [
        "nginx",
        "nginx-cache-valid",
        "nginx-ignore-set-cookie",
        "nginx-cache-everything",
    ]
    assert all("proxy_ignore_headers Set-Cookie" in profile.switch for profile in PROFILES)
