"""What Traffic Server 9.2.9 did in the reference run: every row was measured on Debian's package."""

import pytest

from session_tracking.caching.profiles.trafficserver import PROFILES
from tests.caching.profiles.runs import Row

MAX_AGE = "Cache-Control: max-age=600"
STALE = "Cache-Control: max-age=0"
NO_CACHE = "Cache-Control: max-age=600, no-cache"
MODIFIED = "Last-Modified: {date-864000}"
TAG = 'ETag: "a"'
COOKIE2 = ("Set-Cookie2: sid=1",)
BOTH = ("Set-Cookie: sid=1", "Set-Cookie2: sid=1")
AUTHORIZATION = ("Authorization: Basic eDp5",)

DIRECTIVES = [
    Row("max-age", "stripped", (MAX_AGE,)),
    Row("without-cookie", "reused", (MAX_AGE,), cookie=()),
    Row("set-cookie2-stays", "swap", (MAX_AGE,), cookie=COOKIE2),
    Row("no-store", "miss", (MAX_AGE, "Cache-Control: NO-STORE")),
    Row("no-store-in-quotes", "miss", ('Cache-Control: max-age=600, "no-store"',)),
    Row("no-store-in-an-argument", "stripped", ('Cache-Control: x="a, no-store", max-age=600',)),
    Row("private-qualified", "miss", ('Cache-Control: max-age=600, private="x"',)),
    Row("no-cache", "miss", (NO_CACHE,)),
    Row("no-cache-qualified", "miss", ('Cache-Control: max-age=600, no-cache="set-cookie"',)),
    Row("pragma", "miss", (MAX_AGE, "Pragma: x, no-cache=y")),
    Row("public-alone", "miss", ("Cache-Control: public",)),
    Row("need-revalidate-once", "miss", (MAX_AGE, "Cache-Control: need-revalidate-once")),
    Row("www-authenticate", "miss", (MAX_AGE, "WWW-Authenticate: Basic")),
    Row("surrogate-control-is-unknown", "stripped", (MAX_AGE, "Surrogate-Control: no-store")),
]

LIFETIMES = [
    Row("last-modified-alone", "miss", (MODIFIED,)),
    Row("expires", "stripped", ("Expires: {date+600}",)),
    Row("expires-malformed", "miss", ("Expires: 0",)),
    Row("expires-without-date", "stripped", ("Expires: {date+600}",), date=""),
    Row("max-age-without-date", "stripped", (MAX_AGE,), date=""),
    Row("max-age-negative", "miss", ("Cache-Control: max-age=-5",)),
    Row("max-age-malformed-is-0", "miss", ("Cache-Control: max-age=x",)),
    Row("max-age-after-letters", "stripped", ("Cache-Control: max-age=abc60",)),
    Row("last-counts", "miss", ("Cache-Control: max-age=600, max-age=0",)),
    Row("s-maxage-first", "miss", ("Cache-Control: s-maxage=0, max-age=600",)),
    Row("age", "miss", (MAX_AGE, "Age: 601")),
    Row("age-not-above", "stripped", (MAX_AGE, "Age: 600")),
    Row("old-date", "miss", (MAX_AGE,), date="{date-601}"),
    Row("at-the-second", "stripped", ("Cache-Control: max-age=1",), after=1),
    Row("ends", "miss", ("Cache-Control: max-age=1",), after=2),
    Row("heuristic-hour", "stripped", ("Cache-Control: public", "Age: 3600"), status=301),
    Row("heuristic-hour-over", "miss", ("Cache-Control: public", "Age: 3601"), status=301),
    Row("heuristic-tenth", "stripped", (MODIFIED, "Age: 86400"), status=301),
    Row("heuristic-day-over", "miss", ("Last-Modified: {date-8640000}", "Age: 86401"), status=301),
]

STATUSES = [
    Row("404", "stripped", (MAX_AGE,), status=404),
    Row("404-silent", "miss", status=404),
    Row("500-expires", "stripped", ("Expires: {date+600}",), status=500),
    Row("203-silent", "stripped", status=203),
    Row("302-silent", "miss", status=302),
    Row("302", "stripped", (MAX_AGE,), status=302),
    Row("206", "miss", (MAX_AGE,), status=206),
    Row("304", "miss", (MAX_AGE,), status=304),
    Row("204", "stripped", (MAX_AGE,), status=204),
]

REQUESTS = [
    Row("head", "miss", (MAX_AGE,), method="HEAD"),
    Row("head-from-get", "stripped", (MAX_AGE,), next_method="HEAD"),
    Row("post", "miss", (MAX_AGE,), method="POST"),
    Row("no-cache-of-B", "stripped", (MAX_AGE,), next_request=("Cache-Control: no-cache",)),
    Row("no-store-of-A", "stripped", (MAX_AGE,), request=("Cache-Control: no-store",)),
    Row("max-age-of-B", "stripped", (MAX_AGE,), next_request=("Cache-Control: max-age=0",)),
    Row("only-if-cached-of-A", "miss", (MAX_AGE,), request=("Cache-Control: only-if-cached",),
        next_request=()),
    Row("max-stale", "stripped", (STALE,), next_request=("Cache-Control: max-stale",)),
    Row("max-stale-enough", "stripped", ("Cache-Control: max-age=1",), after=3,
        next_request=("Cache-Control: max-stale=2",)),
    Row("max-stale-must-revalidate", "miss", (STALE, "Cache-Control: must-revalidate"),
        next_request=("Cache-Control: max-stale",)),
    Row("min-fresh", "miss", (MAX_AGE,), next_request=("Cache-Control: min-fresh=600",)),
    Row("min-fresh-less", "stripped", (MAX_AGE,), next_request=("Cache-Control: min-fresh=5",)),
    Row("authorization-of-A", "stripped", (MAX_AGE,), request=AUTHORIZATION),
    Row("authorization-of-B", "miss", (MAX_AGE,), next_request=AUTHORIZATION),
    Row("authorization-public", "stripped", (MAX_AGE, "Cache-Control: public"),
        next_request=AUTHORIZATION),
    Row("authorization-must-revalidate", "miss", (MAX_AGE, "Cache-Control: must-revalidate"),
        next_request=AUTHORIZATION),
    Row("authorization-validated", "stripped", (MAX_AGE, "Cache-Control: must-revalidate", TAG),
        next_request=AUTHORIZATION, validation=()),
]  # fmt: skip

RANGES = [
    Row("of-A", "miss", (MAX_AGE,), request=("Range: bytes=0-9",), next_request=()),
    Row("one", "stripped", (MAX_AGE,), next_request=("Range: bytes=0-9",)),
    Row("two", "stripped", (MAX_AGE,), next_request=("Range: bytes=0-9, 20-",)),
    Row("last", "stripped", (MAX_AGE,), next_request=("Range: bytes=-5",)),
    Row("out-of-order", "miss", (MAX_AGE,), next_request=("Range: bytes=20-29,0-9",)),
    Row("none", "miss", (MAX_AGE,), next_request=("Range: x",)),
    Row("of-nothing", "miss", (MAX_AGE,), body_length=0, next_request=("Range: bytes=0-9",)),
    Row("not-of-301", "stripped", (MAX_AGE,), status=301, next_request=("Range: x",)),
    Row("head", "stripped", (MAX_AGE,), next_method="HEAD", next_request=("Range: x",)),
    Row("condition-first", "stripped", (MAX_AGE, TAG),
        next_request=("Range: x", 'If-None-Match: "a"')),
    Row("if-range-tag", "miss", (MAX_AGE, TAG), next_request=("Range: x", 'If-Range: "a"')),
    Row("if-range-other-tag", "stripped", (MAX_AGE, TAG),
        next_request=("Range: x", 'If-Range: "b"')),
    Row("if-range-date", "miss", (MAX_AGE, MODIFIED),
        next_request=("Range: x", "If-Range: {date-864000}")),
    Row("if-range-other-date", "stripped", (MAX_AGE, MODIFIED),
        next_request=("Range: x", "If-Range: {date}")),
]  # fmt: skip

VARY = [
    Row("cookie-of-neither", "stripped", (MAX_AGE, "Vary: Cookie")),
    Row("cookie-of-A", "miss", (MAX_AGE, "Vary: Cookie"), request=("Cookie: a=b",)),
    Row("case-of-the-value", "stripped", (MAX_AGE, "Vary: X-A"), request=("X-A: a",),
        next_request=("X-A: A",)),
    Row("lists", "stripped", (MAX_AGE, "Vary: X-A"), request=("X-A: 1", "X-A: 2"),
        next_request=("X-A: 1,2",)),
    Row("differs", "miss", (MAX_AGE, "Vary: X-A"), request=("X-A: 1",), next_request=("X-A: 2",)),
    Row("empty-is-not-absent", "miss", (MAX_AGE, "Vary: X-A"), request=("X-A: ",),
        next_request=()),
    Row("all", "miss", (MAX_AGE, "Vary: *")),
    Row("nothing", "stripped", (MAX_AGE, "Vary: ")),
    Row("quoted", "miss", (MAX_AGE, 'Vary: "X-A"'), request=("X-A: 1",), next_request=()),
    Row("quoted-comma", "stripped", (MAX_AGE, 'Vary: "X-A, X-B"'), request=("X-A: 1",),
        next_request=()),
    Row("second-line-is-not-read", "stripped", (MAX_AGE, "Vary: X-A", "Vary: *")),
    Row("host", "stripped", (MAX_AGE, "Vary: Host")),
    Row("client-ip", "miss", (MAX_AGE, "Vary: Client-ip")),
    Row("client-ip-said", "stripped", (MAX_AGE, "Vary: Client-ip"), request=("Client-ip: 1",)),
    Row("x-forwarded-for", "miss", (MAX_AGE, "Vary: X-Forwarded-For")),
    Row("te", "miss", (MAX_AGE, "Vary: TE"), request=("TE: trailers",)),
    Row("pragma-becomes-cache-control", "miss", (MAX_AGE, "Vary: Cache-Control"),
        request=("Pragma: no-cache",)),
    Row("both-no-cache", "stripped", (MAX_AGE, "Vary: Cache-Control"),
        request=("Pragma: no-cache", "Cache-Control: no-cache")),
    Row("if-none-match", "miss", (NO_CACHE, TAG, "Vary: If-None-Match"), validation=()),
    Row("if-modified-since", "miss", (NO_CACHE, MODIFIED, "Vary: If-Modified-Since"),
        validation=()),
    Row("other-condition", "stripped", (NO_CACHE, MODIFIED, "Vary: If-None-Match"),
        validation=()),
    Row("condition-of-A-is-dropped", "stripped", (MAX_AGE, "Vary: If-None-Match"),
        request=('If-None-Match: "x"',), next_request=()),
    Row("condition-of-A-is-sent", "miss", (MAX_AGE, "Vary: If-None-Match"),
        request=('If-None-Match: "x"', *AUTHORIZATION), next_request=()),
]  # fmt: skip

GZIP = ("Accept-Encoding: gzip",)
CODED = "Content-Encoding: gzip"
ANY = "Vary: X-A"

ACCEPT = [
    Row("without-vary-anything", "stripped", (MAX_AGE, CODED), request=GZIP, next_request=()),
    Row("gzip-for-both", "stripped", (MAX_AGE, ANY), request=GZIP,
        next_request=("Accept-Encoding: br, GZIP;q=0.5",)),
    Row("gzip-of-A", "stripped", (MAX_AGE, "Vary: Accept-Encoding"), request=GZIP,
        next_request=("Accept-Encoding: br",)),
    Row("gzip-of-B", "miss", (MAX_AGE, "Vary: Accept-Encoding"), next_request=GZIP),
    Row("gzip-of-B-served", "stripped", (MAX_AGE, ANY, CODED), next_request=GZIP),
    Row("gzip-not-for-B", "miss", (MAX_AGE, ANY, CODED), request=GZIP, next_request=()),
    Row("gzip-refused-by-B", "miss", (MAX_AGE, ANY, CODED), request=GZIP,
        next_request=("Accept-Encoding: gzip;q=0",)),
    Row("identity-for-B", "stripped", (MAX_AGE, ANY, "Content-Encoding: br, identity"),
        request=GZIP, next_request=()),
    Row("no-coding", "stripped", (MAX_AGE, ANY, "Content-Encoding: "), request=GZIP,
        next_request=()),
    Row("coded-for-neither", "stripped", (MAX_AGE, ANY, CODED), next_request=()),
    Row("type", "stripped", (MAX_AGE, ANY, "Content-Type: text/html; charset=x"),
        next_request=("Accept: text/html",)),
    Row("other-type", "miss", (MAX_AGE, ANY, "Content-Type: text/html"),
        next_request=("Accept: image/png, text/plain",)),
    Row("any-subtype", "stripped", (MAX_AGE, ANY, "Content-Type: text/html"),
        next_request=("Accept: text/*",)),
    Row("any-type", "stripped", (MAX_AGE, ANY, "Content-Type: text/html"),
        next_request=("Accept: image/png, */*;q=0.1",)),
    Row("refused-type", "miss", (MAX_AGE, ANY, "Content-Type: text/html"),
        next_request=("Accept: text/html;q=0, */*",)),
    Row("weight-malformed", "stripped", (MAX_AGE, ANY, "Content-Type: text/html"),
        next_request=("Accept: text/html; x=1; q=x",)),
    Row("webp-by-name-only", "miss", (MAX_AGE, ANY, "Content-Type: image/webp"),
        next_request=("Accept: */*, image/*",)),
    Row("empty-type", "miss", (MAX_AGE, ANY, "Content-Type: "),
        next_request=("Accept: image/png",)),
    Row("charset", "stripped", (MAX_AGE, ANY, "Content-Type: text/html; Charset=x"),
        next_request=("Accept-Charset: X",)),
    Row("other-charset", "miss", (MAX_AGE, ANY, "Content-Type: text/html; charset=x"),
        next_request=("Accept-Charset: y",)),
    Row("any-charset", "stripped", (MAX_AGE, ANY, "Content-Type: text/html; charset=x"),
        next_request=("Accept-Charset: y, *",)),
    Row("utf-8-always", "stripped", (MAX_AGE, ANY, "Content-Type: text/html"),
        next_request=("Accept-Charset: y",)),
    Row("same-charset-wish", "stripped", (MAX_AGE, ANY, "Content-Type: text/html; charset=x"),
        request=("Accept-Charset: y",)),
    Row("language", "stripped", (MAX_AGE, ANY, "Content-Language: en-GB, en"),
        next_request=("Accept-Language: de, en",)),
    Row("other-language", "miss", (MAX_AGE, ANY, "Content-Language: en"),
        next_request=("Accept-Language: de",)),
    Row("refused-language", "miss", (MAX_AGE, ANY, "Content-Language: en"),
        next_request=("Accept-Language: *;q=0",)),
    Row("same-language-wish", "stripped", (MAX_AGE, ANY, "Content-Language: en"),
        request=("Accept-Language: de",)),
    Row("no-language", "stripped", (MAX_AGE, ANY), next_request=("Accept-Language: de",)),
    Row("no-language-and-none-wanted", "miss", (MAX_AGE, ANY),
        next_request=("Accept-Language: *;q=0",)),
]  # fmt: skip

VALIDATION = [
    Row("etag", "stripped", (NO_CACHE, TAG), validation=(TAG,)),
    Row("etag-is-forgotten", "miss", (NO_CACHE, TAG), validation=()),
    Row("weak-etag", "stripped", (NO_CACHE, 'ETag: W/"a"'), validation=(TAG,)),
    Row("last-modified", "stripped", (NO_CACHE, MODIFIED), validation=(MODIFIED,)),
    Row("last-modified-malformed", "miss", (NO_CACHE, "Last-Modified: x"), validation=()),
    Row("not-of-301", "miss", (NO_CACHE, TAG), status=301, validation=()),
    Row("cookie2-of-A", "swap", (NO_CACHE, TAG), cookie=COOKIE2, validation=(TAG,)),
    Row("cookie2-of-B", "fresh", (NO_CACHE, TAG), cookie=COOKIE2, validation=(TAG, *COOKIE2)),
    Row("cookie2-of-A-fresh-now", "swap", (STALE, TAG), cookie=COOKIE2,
        validation=(TAG, MAX_AGE, *COOKIE2)),
    Row("date-of-the-304", "swap", ("Cache-Control: max-age=2", TAG), date="{date-5}",
        cookie=COOKIE2, validation=("Date: {date}", TAG, *COOKIE2)),
    Row("old-date-of-the-304", "fresh", ("Cache-Control: max-age=2", TAG), date="{date-5}",
        cookie=COOKIE2, validation=("Date: {date-5}", TAG, *COOKIE2)),
    Row("date-now-without-one", "swap", ("Cache-Control: max-age=2", TAG), date="{date-5}",
        cookie=COOKIE2, validation=("Date: x", TAG, *COOKIE2)),
    Row("age-of-the-304", "fresh", ("Cache-Control: max-age=2", TAG), date="{date-5}",
        cookie=COOKIE2, validation=("Date: {date}", "Age: 9", TAG, *COOKIE2)),
    Row("unusable-304-serves", "stripped", (NO_CACHE, TAG), validation=("Cache-Control: no-store",)),
    Row("unusable-304-deletes", "miss", ("Cache-Control: max-age=0, public", TAG),
        request=('If-None-Match: "a"',), next_request=("Cache-Control: max-stale",),
        validation=("Cache-Control: no-store",)),
    Row("unusable-304-for-412", "miss", (NO_CACHE, TAG), next_request=('If-Match: "x"',),
        validation=("Cache-Control: no-store",)),
    Row("if-range-of-B", "stripped", (NO_CACHE, TAG), validation=(TAG,),
        next_request=('If-Range: "a"',)),
    Row("other-status-to-B", "miss", ("Expires: {date}", MODIFIED), status=404, after=1,
        next_method="HEAD", next_request=("If-Modified-Since: x",),
        validation=("Cache-Control: no-store",)),
    Row("empty-does-not-last", "miss", (NO_CACHE, TAG), body_length=0, validation=(TAG,)),
    Row("empty-is-not-replaced", "miss", (MAX_AGE, "Cache-Control: must-revalidate"),
        body_length=0, request=AUTHORIZATION),
    Row("304-to-B", "miss", (NO_CACHE, TAG), validation=(TAG,),
        next_request=('If-None-Match: "x", W/"a"',)),
    Row("200-to-B", "stripped", (NO_CACHE, TAG), validation=(TAG,),
        next_request=('If-None-Match: "x"',)),
    Row("since-of-B", "miss", (NO_CACHE, MODIFIED), validation=(MODIFIED,),
        next_request=("If-Modified-Since: {date}",)),
    Row("since-by-date", "miss", (NO_CACHE, TAG), validation=(TAG,),
        next_request=("If-Modified-Since: {date}",)),
    Row("since-by-arrival", "stripped", (NO_CACHE, TAG), date="", validation=(TAG,),
        next_request=("If-Modified-Since: {date-9}",)),
    Row("head-of-B", "miss", (NO_CACHE, TAG), validation=(TAG,), next_method="HEAD",
        next_request=('If-None-Match: "x", "a"',)),
    Row("unmodified-since-of-B", "stripped", (NO_CACHE, MODIFIED), validation=(MODIFIED,),
        next_request=("If-Unmodified-Since: {date}",)),
    Row("if-match-without-etag", "stripped", (NO_CACHE, MODIFIED), validation=(MODIFIED,),
        next_request=('If-Match: "x"',)),
]  # fmt: skip

CONDITIONS = [
    Row("tag", "stripped", (MAX_AGE, TAG), cookie=BOTH, next_request=("If-None-Match: *",)),
    Row("other-tag", "swap", (MAX_AGE, TAG), cookie=BOTH, next_request=('If-None-Match: "x"',)),
    Row(
        "since-by-arrival",
        "swap",
        (MAX_AGE,),
        date="",
        cookie=BOTH,
        next_request=("If-Modified-Since: {date-9}",),
    ),
    Row("tag-without-etag", "swap", (MAX_AGE,), cookie=BOTH, next_request=("If-None-Match: *",)),
]

TABLES = {
    "directives": DIRECTIVES,
    "lifetimes": LIFETIMES,
    "statuses": STATUSES,
    "requests": REQUESTS,
    "ranges": RANGES,
    "vary": VARY,
    "accept": ACCEPT,
    "validation": VALIDATION,
    "conditions": CONDITIONS,
}

NO_COOKIES = {
    "cookies": [
        Row("set-cookie", "miss", (MAX_AGE,)),
        Row("set-cookie2", "swap", (MAX_AGE,), cookie=COOKIE2),
        Row("cookie-of-A", "miss", (MAX_AGE,), cookie=(), request=("Cookie: a=b",)),
        Row("cookie-of-neither", "reused", (MAX_AGE,), cookie=()),
        Row("cookie-of-B", "miss", (MAX_AGE,), cookie=(), next_request=("Cookie: a=b",)),
        Row("cookie-of-B-validated", "reused", (MAX_AGE, TAG), cookie=(), validation=(TAG,),
            next_request=("Cookie: a=b",)),
        Row("cookie-of-B-stale", "miss", (STALE,), cookie=(), next_request=("Cookie: a=b",)),
        Row("304-for-cookie-is-unusable", "swap", (NO_CACHE, TAG), cookie=COOKIE2,
            validation=(TAG, *COOKIE2), next_request=("Cookie: a=b",)),
        Row("304-without-cookie", "fresh", (NO_CACHE, TAG), cookie=COOKIE2,
            validation=(TAG, *COOKIE2)),
        Row("304-with-cookie-is-unusable", "swap", (NO_CACHE, TAG), cookie=COOKIE2,
            validation=(TAG, *BOTH)),
    ]
}  # fmt: skip

DEFAULT, WITHOUT_COOKIES = PROFILES


def params(tables):
    return [
        pytest.param(row, id=f"{name}-{row.id}") for name, rows in tables.items() for row in rows
    ]


@pytest.mark.parametrize("row", params(TABLES))
def test_as_measured(row):
    assert row.predicted(DEFAULT) == row.outcome


@pytest.mark.parametrize("row", params(NO_COOKIES))
def test_without_cookies_as_measured(row):
    assert row.predicted(WITHOUT_COOKIES) == row.outcome


def test_rules_say_what_and_whence():
    rules = (*WITHOUT_COOKIES.storage, *WITHOUT_COOKIES.lookup)
    assert all(rule.unmet and rule.source.url for rule in rules)


def test_gives_one_cookie_to_one_client():
    assert not any(profile.collapses for profile in PROFILES)
