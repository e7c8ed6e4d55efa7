"""What Squid 5.7 did in the reference run: every row was measured on Debian's package."""

import pytest

from session_tracking.caching.profiles.squid import PROFILES
from tests.caching.profiles.runs import Row

MAX_AGE = "Cache-Control: max-age=600"
MODIFIED = "Last-Modified: {date-864000}"
COOKIE2 = ("Set-Cookie2: sid=1",)
BOTH = ("Set-Cookie: sid=1", "Set-Cookie2: sid=1")

DIRECTIVES = [
    Row("max-age", "stripped", (MAX_AGE,)),
    Row("without-cookie", "reused", (MAX_AGE,), cookie=()),
    Row("set-cookie2-stays", "swap", (MAX_AGE,), cookie=COOKIE2),
    Row("set-cookie2-stays-beside", "swap", (MAX_AGE,), cookie=BOTH),
    Row("no-store", "miss", (MAX_AGE, "Cache-Control: no-store")),
    Row("upper-case-is-unknown", "stripped", (MAX_AGE, "Cache-Control: NO-STORE, PRIVATE")),
    Row("hidden-in-quotes", "stripped", ('Cache-Control: x="no-store", max-age=600',)),
    Row("private", "miss", ("Cache-Control: public, private, max-age=600",)),
    Row("private-qualified", "miss", ('Cache-Control: private="x", max-age=600',)),
    Row("private-malformed", "miss", ("Cache-Control: private=x, max-age=600",)),
    Row("no-cache", "miss", ("Cache-Control: no-cache, max-age=600",)),
    Row("no-cache-qualified", "miss", ('Cache-Control: max-age=600, no-cache="set-cookie"',)),
    Row("no-cache-lists-nothing", "miss", ('Cache-Control: max-age=600, no-cache=""',)),
    Row("no-cache-unquoted-is-nothing", "stripped", ("Cache-Control: max-age=9, no-cache=x",)),
    Row("first-counts", "miss", ("Cache-Control: no-cache", 'Cache-Control: no-cache="x"')),
    Row("s-maxage-first", "miss", ("Cache-Control: max-age=600, s-maxage=0",)),
    Row("nothing", "miss"),
    Row("pragma-alone", "miss", ("Expires: {date+600}", "Pragma: x, No-Cache;y")),
    Row("pragma-of-another-kind", "stripped", ("Expires: {date+600}", "Pragma: no-cached")),
    Row("pragma-beside-cache-control", "stripped", (MAX_AGE, "Pragma: no-cache")),
    Row(
        "pragma-beside-unknown",
        "miss",
        ("Cache-Control: x", "Expires: {date+9}", "Pragma: no-cache"),
    ),
]

SURROGATE = [
    Row("plain-max-age-is-stale", "miss", ("Surrogate-Control: max-age=600",)),
    Row("with-extension", "stripped", ("Surrogate-Control: max-age=600+900",)),
    Row("no-store", "miss", (MAX_AGE, "Surrogate-Control: no-store")),
    Row("of-another-target", "stripped", (MAX_AGE, "Surrogate-Control: no-store;other")),
    Row("anything-hides-no-store", "stripped", (MAX_AGE, "Cache-Control: no-store", "Surrogate-Control: x")),
    Row("hides-no-cache", "stripped", ("Cache-Control: max-age=9, no-cache", "Surrogate-Control: x")),
    Row("forbids-authorized", "miss", (MAX_AGE, "Cache-Control: public", "Surrogate-Control: x"),
        request=("Authorization: Basic eDp5",)),
]  # fmt: skip

LIFETIMES = [
    Row("without-date", "miss", (MAX_AGE,), date=""),
    Row("expires-without-date", "stripped", ("Expires: {date+600}",), date=""),
    Row("expires", "stripped", ("Expires: {date+600}",)),
    Row("expires-malformed", "miss", ("Expires: 0", MODIFIED)),
    Row("expires-1970", "miss", ("Expires: Thu, 01 Jan 1970 00:00:00 GMT", MODIFIED)),
    Row("heuristic", "stripped", (MODIFIED,)),
    Row("heuristic-20-per-cent", "miss", ("Last-Modified: {date-4}",), after=1),
    Row("heuristic-not-with-query", "miss", (MODIFIED,), query="a=1"),
    Row("old-date-is-not-believed", "stripped", (MAX_AGE,), date="{date-90000}"),
    Row("yesterday-is-believed", "miss", (MAX_AGE,), date="{date-80000}"),
    Row("heuristic-limit", "stripped", ("Last-Modified: {date-86400000}",), date="{date-80000}"),
    Row("older-than-the-limit", "miss", ("Last-Modified: {date-86400000}", "Age: 260000")),
    Row("future-date", "stripped", (MAX_AGE,), date="{date+5000}"),
    Row("age", "miss", (MAX_AGE, "Age: 600")),
    Row("age-below", "stripped", (MAX_AGE, "Age: 5")),
    Row("age-malformed", "stripped", (MAX_AGE, "Age: x")),
    Row("ends", "miss", ("Cache-Control: max-age=1",), after=1.5),
    Row("empty-and-short", "miss", ("Cache-Control: max-age=60",), body_length=0),
    Row("empty-and-long", "stripped", ("Cache-Control: max-age=62",), body_length=0),
    Row("empty-and-vary-all", "miss", (MAX_AGE, "Vary: *"), body_length=0),
    Row("too-large", "miss", (MAX_AGE,), body_length=524288),
    Row("large", "stripped", (MAX_AGE,), body_length=500000),
    Row("large-head", "stripped", (MAX_AGE,), body_length=524288, method="HEAD"),
    Row(
        "replaced-content", "miss", (MAX_AGE, "Content-Type: Multipart/x-mixed-replace; boundary=x")
    ),
]

STATUSES = [
    Row("301", "stripped", (MAX_AGE,), status=301),
    Row("404", "miss", (MAX_AGE,), status=404),
    Row("302", "stripped", (MAX_AGE,), status=302),
    Row("302-without-lifetime", "miss", status=302),
    Row("302-without-date", "miss", (MAX_AGE,), status=302, date=""),
    Row("302-empty", "stripped", ("Cache-Control: max-age=9",), status=302, body_length=0),
    Row("206", "miss", (MAX_AGE,), status=206),
]

REQUESTS = [
    Row("head", "stripped", (MAX_AGE,), method="HEAD"),
    Row("head-from-get", "stripped", (MAX_AGE,), next_method="HEAD"),
    Row("get-after-head", "miss", (MAX_AGE,), method="HEAD", next_method="GET"),
    Row("post", "miss", (MAX_AGE,), method="POST"),
    Row("no-store-of-A", "miss", (MAX_AGE,), request=("Cache-Control: no-store",), next_request=()),
    Row("no-store-of-B", "stripped", (MAX_AGE,), next_request=("Cache-Control: no-store",)),
    Row("only-if-cached-of-A", "miss", (MAX_AGE,), request=("Cache-Control: only-if-cached",), next_request=()),
    Row("no-cache-of-A", "stripped", (MAX_AGE,), request=("Cache-Control: no-cache",), next_request=()),
    Row("no-cache-of-B", "miss", (MAX_AGE,), next_request=("Cache-Control: no-cache",)),
    Row("pragma-of-B", "miss", (MAX_AGE,), next_request=("Pragma: no-cache",)),
    Row("max-age-of-B", "miss", (MAX_AGE,), next_request=("Cache-Control: max-age=0",)),
    Row("max-age-of-B-met", "stripped", (MAX_AGE,), next_request=("Cache-Control: max-age=5",)),
    Row("immutable", "stripped", (MAX_AGE, "Cache-Control: immutable"),
        next_request=("Cache-Control: max-age=0",)),
    Row("min-fresh-of-B", "miss", (MAX_AGE,), next_request=("Cache-Control: min-fresh=600",)),
    Row("max-stale-of-B", "stripped", ("Cache-Control: max-age=0",), next_request=("Cache-Control: max-stale",)),
    Row("max-stale-too-little", "miss", ("Cache-Control: max-age=0",), after=2,
        next_request=("Cache-Control: max-stale=2",)),
    Row("max-stale-of-what-must-revalidate", "miss", ("Cache-Control: max-age=0, must-revalidate",),
        next_request=("Cache-Control: max-stale",)),
    Row("authorized", "miss", (MAX_AGE,), request=("Authorization: Basic eDp5",)),
    Row("authorized-public", "stripped", (MAX_AGE, "Cache-Control: public"),
        request=("Authorization: Basic eDp5",)),
    Row("authorization-of-B", "stripped", (MAX_AGE,), next_request=("Authorization: Basic eDp5",)),
    Row("ranges-of-A", "stripped", (MAX_AGE,), request=("Range: bytes=0-9,20-29",), next_request=()),
]  # fmt: skip

VARY = [
    Row("cookie-of-neither", "stripped", (MAX_AGE, "Vary: Cookie")),
    Row("cookie-of-A", "miss", (MAX_AGE, "Vary: Cookie"), request=("Cookie: a=b",)),
    Row("same", "stripped", (MAX_AGE, "Vary: X-A, accept"), request=("X-A: 1", "Accept: x")),
    Row(
        "case-differs",
        "miss",
        (MAX_AGE, "Vary: X-A"),
        request=("X-A: a",),
        next_request=("X-A: A",),
    ),
    Row("all", "miss", (MAX_AGE, "Vary: X-A, *")),
    Row("nothing", "miss", (MAX_AGE, "Vary: ,")),
    Row("host", "stripped", (MAX_AGE, "Vary: Host")),
    Row(
        "empty-known-field",
        "stripped",
        (MAX_AGE, "Vary: Referer"),
        request=("Referer: ",),
        next_request=(),
    ),
    Row("empty-list-field", "miss", (MAX_AGE, "Vary: X-A"), request=("X-A: ",), next_request=()),
    Row(
        "empty-first-line",
        "stripped",
        (MAX_AGE, "Vary: X-A"),
        request=("X-A: ", "X-A: 1"),
        next_request=("X-A: 1",),
    ),
    Row(
        "two-lines",
        "stripped",
        (MAX_AGE, "Vary: X-A"),
        request=("X-A: 1", "X-A: 2"),
        next_request=("X-A: 1, 2",),
    ),
    Row(
        "several-ranges",
        "miss",
        (MAX_AGE, "Vary: X-A"),
        request=("Range: bytes=0-9,20-29",),
        next_request=(),
    ),
    Row(
        "ranges-out-of-order",
        "stripped",
        (MAX_AGE, "Vary: X-A"),
        request=("Range: bytes=0-9,9-5",),
        next_request=(),
    ),
    Row(
        "endless-range",
        "stripped",
        (MAX_AGE, "Vary: X-A"),
        request=("Range: bytes=0-9,20-" + "9" * 30,),
        next_request=(),
    ),
    Row(
        "no-ranges",
        "stripped",
        (MAX_AGE, "Vary: X-A"),
        request=("Range: bytes=0-9,x",),
        next_request=(),
    ),
]

NO_CACHE = "Cache-Control: no-cache"
STALE = "Cache-Control: max-age=0"
TAG = 'ETag: "a"'

VALIDATION = [
    Row("304", "stripped", (NO_CACHE, MODIFIED), validation=()),
    Row("304-with-cookie", "stripped", (NO_CACHE, MODIFIED), validation=("Set-Cookie: sid=2",)),
    Row("etag", "stripped", (NO_CACHE, TAG), validation=()),
    Row("weak-etag-is-not-sent", "miss", (NO_CACHE, 'ETag: W/"a"'), validation=()),
    Row("cookie2-of-A", "swap", (NO_CACHE, MODIFIED), cookie=COOKIE2, validation=()),
    Row("cookie2-of-B", "fresh", (NO_CACHE, MODIFIED), cookie=COOKIE2, validation=COOKIE2),
    Row("cookie2-of-A-fresh-now", "swap", (STALE, MODIFIED), cookie=COOKIE2,
        validation=(*COOKIE2, MAX_AGE)),
    Row("no-cache-stays", "swap", (NO_CACHE, MODIFIED), cookie=COOKIE2, validation=(MAX_AGE,)),
    Row("vary-stays", "stripped", (STALE, MODIFIED, "Vary: X-A"), validation=("Vary: Cookie", MAX_AGE),
        next_request=("Cookie: a=b",)),
    Row("surrogate-forgotten", "stripped", ("Surrogate-Control: max-age=0", MAX_AGE, MODIFIED), validation=()),
    Row("304-to-B", "miss", (NO_CACHE, MODIFIED), validation=(), next_request=("If-Modified-Since: {date}",)),
    Row("200-to-B", "stripped", (NO_CACHE, MODIFIED), validation=(),
        next_request=("If-Modified-Since: {date-900000}",)),
    Row("tag-of-B-fails", "miss", (NO_CACHE, TAG), validation=(), next_request=('If-None-Match: "x"',)),
    Row("tag-of-B-holds", "stripped", (NO_CACHE, TAG), validation=(), next_request=('If-None-Match: "a"',)),
    Row("head-of-B", "miss", (NO_CACHE, TAG), validation=(), next_method="HEAD",
        next_request=('If-None-Match: "a"',)),
    Row("older-answer-keeps-cookie", "swap", (NO_CACHE, TAG, MODIFIED), date="{date-20}",
        validation=("Date: {date}",), next_request=('If-None-Match: "x"',)),
    Row("older-answer", "reused", (NO_CACHE, TAG, MODIFIED), date="{date-20}", cookie=(),
        validation=("Date: {date}",), next_request=('If-None-Match: "x"',)),
]  # fmt: skip

CONDITIONS = [
    Row(
        "tag", "stripped", (MAX_AGE, TAG), cookie=BOTH, next_request=('If-None-Match: "x", W/"a"',)
    ),
    Row("any-tag", "stripped", (MAX_AGE,), cookie=BOTH, next_request=("If-None-Match: *",)),
    Row("other-tag", "swap", (MAX_AGE, TAG), cookie=BOTH, next_request=('If-None-Match: "x"',)),
    Row("since", "stripped", (MAX_AGE,), cookie=BOTH, next_request=("If-Modified-Since: {date}",)),
    Row(
        "since-before",
        "swap",
        (MAX_AGE,),
        cookie=BOTH,
        next_request=("If-Modified-Since: {date-9}",),
    ),
    Row("not-of-301", "miss", (MAX_AGE, TAG), status=301, next_request=('If-None-Match: "x"',)),
    Row(
        "malformed-of-301",
        "stripped",
        (MAX_AGE,),
        status=301,
        next_request=("If-Modified-Since: x",),
    ),
]

TABLES = {
    "directives": DIRECTIVES,
    "surrogate": SURROGATE,
    "lifetimes": LIFETIMES,
    "statuses": STATUSES,
    "requests": REQUESTS,
    "vary": VARY,
    "validation": VALIDATION,
    "conditions": CONDITIONS,
}
ROWS = [pytest.param(row, id=f"{name}-{row.id}") for name, rows in TABLES.items() for row in rows]
(SQUID,) = PROFILES


@pytest.mark.parametrize("row", ROWS)
def test_as_measured(row):
    assert row.predicted(SQUID) == row.outcome


def test_rules_say_what_and_whence():
    rules = (*SQUID.storage, *SQUID.lookup)
    assert len({rule.id for rule in rules}) == len(rules)
    assert all(rule.unmet and rule.source.url for rule in rules)


def test_shares_what_is_still_arriving():
    assert SQUID.collapses
