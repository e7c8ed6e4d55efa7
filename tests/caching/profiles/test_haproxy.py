"""What HAProxy 2.6.12 did in the reference run: every row was measured on Debian's package."""

from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from session_tracking.caching.profiles.haproxy import PROFILES
from session_tracking.caching.profiles.haproxy_parse import leading_number, members, parse_date
from session_tracking.caching.profiles.simulate import simulate
from session_tracking.http.dates import format_http_date
from session_tracking.http.fields import FieldSection
from tests.caching.profiles.runs import Row

HAPROXY, VARYING = PROFILES

MAX_AGE = "Cache-Control: max-age=60"
TAG = 'ETag: "a"'
MODIFIED = "Last-Modified: {date-864000}"

DIRECTIVES = [
    Row("max-age", "swap", (MAX_AGE,)),
    Row("without-cookie", "reused", (MAX_AGE,), cookie=()),
    Row("nothing", "miss"),
    Row("public-alone", "miss", ("Cache-Control: public",)),
    Row("private", "miss", ("Cache-Control: max-age=60, Private",)),
    Row("no-cache", "miss", ("Cache-Control: no-cache, max-age=60",)),
    Row("no-store", "miss", (MAX_AGE, "Cache-Control: no-store")),
    Row("public-later", "swap", ("Cache-Control: private, no-store, public, max-age=60",)),
    Row("public-earlier", "miss", ("Cache-Control: public, max-age=60, private",)),
    Row("no-cache-set-cookie", "miss", ('Cache-Control: max-age=60, no-cache="set-cookie"',)),
    Row("no-cache-set-cookie-first", "miss", ('Cache-Control: max-age=60, No-Cache="Set-Cookie, X"',)),
    Row("no-cache-set-cookie-second", "swap", ('Cache-Control: max-age=60, no-cache="X, Set-Cookie"',)),
    Row("no-cache-set-cookie-unquoted", "swap", ("Cache-Control: max-age=60, no-cache=set-cookie",)),
    Row("private-set-cookie", "swap", ('Cache-Control: max-age=60, private="set-cookie"',)),
    Row("hidden-in-quotes", "swap", ('Cache-Control: x="a, no-store", max-age=60',)),
    Row("escaped-quote", "swap", ('Cache-Control: x="\\", no-store", max-age=60',)),
    Row("pragma", "miss", (MAX_AGE, "Pragma: No-Cache")),
    Row("pragma-second-member", "swap", (MAX_AGE, "Pragma: x, no-cache")),
    Row("pragma-second-line", "swap", (MAX_AGE, "Pragma: x", "Pragma: no-cache")),
    Row("set-cookie2", "swap", (MAX_AGE,), cookie=("Set-Cookie2: sid=1",)),
]  # fmt: skip

LIFETIMES = [
    Row("max-age-0", "miss", ("Cache-Control: max-age=0", TAG)),
    Row("max-age-0-is-no-lifetime", "miss", ("Cache-Control: max-age=0, public",)),
    Row("max-age-0-with-tag-and-public", "swap", ("Cache-Control: max-age=0, public", TAG)),
    Row("max-age-00", "swap", ("Cache-Control: max-age=00",)),
    Row("max-age-quoted-0", "swap", ('Cache-Control: max-age="0"',)),
    Row("max-age-quoted", "swap", ('Cache-Control: max-age="60"',)),
    Row("max-age-empty", "swap", ("Cache-Control: max-age=",)),
    Row("max-age-bare", "swap", ("Cache-Control: max-age",)),
    Row("max-age-word", "miss", ("Cache-Control: max-age=x",)),
    Row("max-age-negative", "miss", ("Cache-Control: max-age=-1",)),
    Row("max-age-leading-number", "swap", ("Cache-Control: max-age= 60x",)),
    Row("max-age-huge", "swap", ("Cache-Control: max-age=99999999999999999999",)),
    Row("max-age-of-65-digits", "swap", (f"Cache-Control: max-age={'9' * 65}",)),
    Row("max-age-negative-of-65-digits", "miss", (f"Cache-Control: max-age=-{'9' * 65}",)),
    Row("s-maxage", "swap", ("Cache-Control: s-maxage=60",)),
    Row("s-maxage-0", "miss", ("Cache-Control: s-maxage=0, max-age=60",)),
    Row("s-maxage-00-leaves-it-to-max-age", "swap", ("Cache-Control: s-maxage=00, max-age=60",)),
    Row("expires", "swap", ("Expires: {date+60}",)),
    Row("expires-now", "miss", ("Expires: {date}",)),
    Row("expires-malformed", "miss", ("Expires: 0", TAG)),
    Row("expires-beside-max-age", "swap", ("Expires: 0", MAX_AGE)),
    Row("expires-1950", "swap", ("Expires: Sat, 21 Nov 1950 10:00:00 GMT",)),
    Row("expires-1998", "miss", ("Expires: Saturday, 21-Nov-98 10:00:00 GMT",)),
    Row("expires-rfc850", "swap", ("Expires: Saturday, 21-Nov-37 10:00:00 GMT",)),
    Row("expires-rfc850-four-digits", "swap", ("Expires: Saturday, 21-Nov-2037 10:00:00 GMT",)),
    Row("expires-asctime", "swap", ("Expires: Sat Nov  7 10:00:00 2037",)),
    Row("expires-9999", "swap", ("Expires: Fri, 31 Dec 9999 23:59:59 GMT",)),
    Row("expires-other-zone", "miss", ("Expires: Sat, 21 Nov 2037 10:00:00 +0100",)),
    Row("expires-day-99", "swap", ("Expires: Sat, 99 Nov 2037 10:00:00 GMT",)),
    Row("modified", "swap", (MODIFIED,)),
    Row("modified-malformed", "swap", ("Last-Modified: x",)),
    Row("tag", "swap", (TAG,)),
    Row("age", "swap", (MAX_AGE, "Age: 60")),
    Row("age-above", "miss", (MAX_AGE, "Age: 61")),
    Row("age-0", "miss", (MAX_AGE, "Age: 0")),
    Row("age-malformed", "miss", (MAX_AGE, "Age: x")),
    Row("age-first-member", "swap", (MAX_AGE, "Age: 5, x")),
    Row("age-without-lifetime", "miss", (TAG, "Age: 5")),
    Row("age-below-the-limit-of-s-maxage", "swap", ("Cache-Control: s-maxage=600", "Age: 500")),
    Row("age-with-lifetime-of-32-bits", "swap", ("Cache-Control: max-age=2147483648", "Age: 9999999999")),
    Row("age-of-65-digits", "miss", (MAX_AGE, f"Age: {'9' * 65}")),
    Row("old-date", "swap", (MAX_AGE,), date="{date-9999}"),
    Row("ends", "miss", ("Cache-Control: max-age=1",), after=1.5),
]  # fmt: skip

RESPONSES = [
    Row("status-404", "miss", (MAX_AGE,), status=404),
    Row("status-206", "miss", (MAX_AGE,), status=206),
    Row("empty", "swap", (MAX_AGE,), body_length=0),
    Row("large", "swap", (MAX_AGE,), body_length=200_000),
    Row("too-large", "miss", (MAX_AGE,), body_length=262_144),
    Row("vary", "miss", (MAX_AGE, "Vary: Accept-Encoding")),
    Row("vary-empty", "miss", (MAX_AGE, "Vary:")),
    Row("connection-is-not-looked-at", "swap", (MAX_AGE, "Connection: Set-Cookie")),
]

REQUESTS = [
    Row("head", "miss", (MAX_AGE,), method="HEAD"),
    Row("head-after-get", "swap", (MAX_AGE,), next_method="HEAD"),
    Row("post-after-get", "miss", (MAX_AGE,), next_method="POST"),
    Row("authorization", "miss", (MAX_AGE,), request=("Authorization: Basic eDp5",)),
    Row("authorization-and-public", "swap", ("Cache-Control: public, max-age=60",),
        request=("Authorization: Basic eDp5",)),
    Row("authorization-of-the-next", "miss", (MAX_AGE,), next_request=("Authorization: Basic eDp5",)),
    Row("asked-no-store-before", "miss", (MAX_AGE,), request=("Cache-Control: no-store",), next_request=()),
    Row("asked-no-cache-before", "swap", (MAX_AGE,), request=("Cache-Control: no-cache",), next_request=()),
    Row("no-store", "swap", (MAX_AGE,), next_request=("Cache-Control: no-store",)),
    Row("no-cache", "miss", (MAX_AGE,), next_request=("Cache-Control: no-cache",)),
    Row("max-age", "miss", (MAX_AGE,), next_request=("Cache-Control: max-age=600",)),
    Row("max-stale", "miss", (MAX_AGE,), next_request=("Cache-Control: max-stale",)),
    Row("min-fresh", "miss", (MAX_AGE,), next_request=("Cache-Control: x, min-fresh=5",)),
    Row("other", "swap", (MAX_AGE,), next_request=("Cache-Control: only-if-cached",)),
    Row("pragma", "miss", (MAX_AGE,), next_request=("Pragma: no-cache",)),
    Row("pragma-beside-cache-control", "swap", (MAX_AGE,), next_request=("Pragma: no-cache", "Cache-Control: x")),
    Row("another-host", "miss", (MAX_AGE,), next_request=("Host: LAB.test",)),
    Row("condition", "swap", (MAX_AGE, TAG), next_request=('If-None-Match: "a"',)),
    Row("query", "swap", (MAX_AGE,), query="a=1"),
    Row("own-condition-before", "miss", (MAX_AGE, TAG), request=('If-None-Match: "a"',),
        next_request=(), validation=(TAG, MAX_AGE)),
]  # fmt: skip

TABLES = {
    "directives": DIRECTIVES,
    "lifetimes": LIFETIMES,
    "responses": RESPONSES,
    "requests": REQUESTS,
}
ROWS = [pytest.param(row, id=f"{name}-{row.id}") for name, rows in TABLES.items() for row in rows]

AE = "Vary: Accept-Encoding"
GZIP = "Content-Encoding: gzip"
TAKES_GZIP = ("Accept-Encoding: gzip",)

VARY = [
    Row("none", "swap", (MAX_AGE,)),
    Row("accept-encoding", "swap", (MAX_AGE, AE)),
    Row("other-field", "miss", (MAX_AGE, "Vary: Cookie")),
    Row("star", "miss", (MAX_AGE, "Vary: *")),
    Row("empty-member", "miss", (MAX_AGE, "Vary: Accept-Encoding,")),
    Row("coding-that-the-next-takes", "swap", (MAX_AGE, AE, GZIP), request=TAKES_GZIP,
        next_request=("Accept-Encoding: br, GZIP;q=0.5",)),
    Row("coding-that-the-next-does-not-take", "miss", (MAX_AGE, AE, GZIP), request=TAKES_GZIP,
        next_request=("Accept-Encoding: br",)),
    Row("next-says-nothing", "swap", (MAX_AGE, AE, GZIP), request=TAKES_GZIP, next_request=()),
    Row("next-takes-all", "swap", (MAX_AGE, AE, GZIP), request=TAKES_GZIP,
        next_request=("Accept-Encoding: *",)),
    Row("next-takes-all-but", "miss", (MAX_AGE, AE, GZIP), request=TAKES_GZIP,
        next_request=("Accept-Encoding: *, gzip;q=0",)),
    Row("next-says-none", "miss", (MAX_AGE, AE, GZIP), request=TAKES_GZIP,
        next_request=("Accept-Encoding:",)),
    Row("identity-refused", "miss", (MAX_AGE, AE), next_request=("Accept-Encoding: identity;q=0",)),
    Row("unknown-coding-of-the-next", "swap", (MAX_AGE, AE), next_request=("Accept-Encoding: foo",)),
    Row("malformed-coding-of-the-next", "swap", (MAX_AGE, AE), next_request=("Accept-Encoding: gzip q=1",)),
    Row("coding-of-the-next-almost-known", "swap", (MAX_AGE, AE), next_request=("Accept-Encoding: gz",)),
    Row("coding-almost-known", "swap", (MAX_AGE, AE, "Content-Encoding: gz"), request=TAKES_GZIP),
    Row("coding-unknown", "miss", (MAX_AGE, AE, "Content-Encoding: foo")),
    Row("coding-in-capitals", "miss", (MAX_AGE, AE, "Content-Encoding: GZIP")),
    Row("x-gzip", "swap", (MAX_AGE, AE, "Content-Encoding: x-gzip"), request=TAKES_GZIP),
    Row("sixteen-codings", "miss", (MAX_AGE, AE), request=(f"Accept-Encoding: {', '.join('gzip' for _ in range(16))}",)),
    Row("sixteen-codings-of-the-next", "miss", (MAX_AGE, AE),
        next_request=(f"Accept-Encoding: {', '.join('gzip' for _ in range(16))}",)),
    Row("asked-no-cache-before", "miss", (MAX_AGE, AE), request=("Cache-Control: no-cache",), next_request=()),
    Row("referer-alone-never-matches", "miss", (MAX_AGE, "Vary: Referer")),
    Row("referer", "swap", (MAX_AGE, "Vary: Accept-Encoding, Referer"), request=("Referer: http://a/",)),
    Row("another-referer", "miss", (MAX_AGE, "Vary: Referer, Accept-Encoding"),
        request=("Referer: http://a/",), next_request=("Referer: http://b/",)),
    Row("no-referer", "miss", (MAX_AGE, "Vary: Referer, Accept-Encoding"),
        request=("Referer: http://a/",), next_request=()),
]  # fmt: skip


@pytest.mark.parametrize("row", ROWS)
def test_as_measured(row):
    assert row.predicted(HAPROXY) == row.outcome


@pytest.mark.parametrize("row", [pytest.param(row, id=row.id) for row in VARY])
def test_as_measured_with_process_vary(row):
    assert row.predicted(VARYING) == row.outcome


def test_process_vary_changes_nothing_else():
    rows = [row for rows in TABLES.values() for row in rows if not row.id.startswith("vary")]
    assert [row.predicted(VARYING) for row in rows] == [row.outcome for row in rows]


def test_asks_no_cache_on_behalf_of_http_1_0():
    run = Row("http-1.0", "miss", (MAX_AGE,)).run
    old = replace(run.next_request, http_version="HTTP/1.0")
    assert simulate(HAPROXY, replace(run, next_request=old)) == "miss"


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
def test_rules_say_what_and_whence(profile):
    assert len({rule.id for rule in profile.storage}) == len(profile.storage)
    assert all(rule.unmet and rule.source.text for rule in (*profile.storage, *profile.lookup))
    assert profile.switch


@given(st.lists(st.text(alphabet='ab ,\t"\\=', max_size=30), min_size=1, max_size=3))
def test_members_lose_nothing_but_commas_and_spaces(values):
    found = members(FieldSection(("Vary", value) for value in values), "vary")
    kept = "".join(found).replace(",", "").replace(" ", "").replace("\t", "")
    assert kept == "".join(values).replace(",", "").replace(" ", "").replace("\t", "")


@given(st.integers(-(2**70), 2**70), st.text(alphabet="x .", max_size=3))
def test_a_leading_number_is_cut_to_64_bits(number, tail):
    assert leading_number(f"{number}{tail}") == max(-(2**63), min(number, 2**63 - 1))


@given(st.integers(0, 4_000_000_000))
def test_dates_are_read_as_they_are_written(seconds):
    assert parse_date(format_http_date(seconds)) == seconds
