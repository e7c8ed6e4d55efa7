"""What Apache httpd 2.4.71 did in the reference run: every row was measured on Debian's package."""

from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from session_tracking.caching.profiles.httpd import PROFILES
from session_tracking.caching.profiles.httpd_parse import control_of, parse_date, tokens
from session_tracking.caching.profiles.simulate import simulate
from session_tracking.http.dates import format_http_date
from session_tracking.http.exchange import ResponseFacts
from session_tracking.http.fields import FieldSection
from tests.caching.profiles.runs import Row

HTTPD, IGNORING = PROFILES
MAX_AGE = "Cache-Control: max-age=60"
MODIFIED = "Last-Modified: {date-864000}"
TAG = 'ETag: "a"'
COOKIE = "Set-Cookie: sid=2"

STORING = [
    Row("max-age", "swap", (MAX_AGE,)),
    Row("without-cookie", "reused", (MAX_AGE,), cookie=()),
    Row("nothing", "miss"),
    Row("tag-is-enough-for-an-hour", "swap", (TAG,)),
    Row("modified", "swap", (MODIFIED,)),
    Row("modified-malformed", "miss", ("Last-Modified: yesterday",)),
    Row("public-alone", "miss", ("Cache-Control: public",)),
    Row("no-store", "miss", (MAX_AGE, "Cache-Control: no-store")),
    Row("private", "miss", (MAX_AGE, "Cache-Control: Private")),
    Row("private-with-argument", "swap", (MAX_AGE, "Cache-Control: private=x")),
    Row("no-store-with-argument", "swap", (MAX_AGE, "Cache-Control: no-store=x")),
    Row("hidden-in-quotes", "swap", ('Cache-Control: x="no-store, private", max-age=60',)),
    Row("escaped-quote", "swap", ('Cache-Control: x="\\"", max-age=60, y="z',)),
    Row("quote-over-two-lines", "miss", ('Cache-Control: x="', "Cache-Control: max-age=60")),
    Row("status-203", "swap", status=203),
    Row("status-404", "miss", (TAG,), status=404),
    Row("status-404-with-anything", "swap", (TAG, "Cache-Control: x"), status=404),
    Row("status-404-expires", "swap", ("Expires: {date+60}",), status=404),
    Row("status-206", "miss", (MAX_AGE,), status=206),
    Row("empty", "miss", (MAX_AGE,), body_length=0),
    Row("too-large", "miss", (MAX_AGE,), body_length=1_000_001),
    Row("status-204", "miss", (MAX_AGE,), status=204, body_length=0),
    Row("query", "miss", (MODIFIED,), query="a=1"),
    Row("query-max-age", "swap", (MAX_AGE,), query="a=1"),
    Row("query-expires", "swap", ("Expires: {date+60}",), query="a=1"),
    Row("expires", "swap", ("Expires: {date+60}",)),
    Row("expires-now", "miss", ("Expires: {date}", MODIFIED)),
    Row("expires-malformed", "miss", ("Expires: 0", MODIFIED)),
    Row("expires-malformed-with-max-age", "swap", ("Expires: 0", MAX_AGE)),
    Row("must-revalidate-without-validator", "miss",
        ("Cache-Control: must-revalidate, max-age=0", "Expires: {date+60}")),
    Row("must-revalidate-with-lifetime", "swap", ("Cache-Control: must-revalidate, max-age=60",)),
    Row("proxy-revalidate-s-maxage", "swap", ("Cache-Control: proxy-revalidate, s-maxage=60",)),
    Row("must-revalidate-s-maxage-0", "miss",
        ("Cache-Control: must-revalidate, s-maxage=0, max-age=60",)),
    Row("connection-hides-cache-control", "miss", (MAX_AGE, "Connection: close, Cache-Control")),
    Row("connection-takes-the-cookie", "stripped", (MAX_AGE, "Connection: Set-Cookie")),
    Row("head", "miss", (MAX_AGE,), method="HEAD"),
    Row("post", "miss", (MAX_AGE,), method="POST"),
    Row("authorization", "miss", ("Cache-Control: public, max-age=60",),
        request=("Authorization: Basic eDp5",)),
]  # fmt: skip

QUALIFIED = [
    Row("no-cache", "stripped", ('Cache-Control: max-age=60, no-cache="Set-Cookie"',)),
    Row("private", "stripped", ('Cache-Control: max-age=60, private="X, set-cookie"',)),
    Row("unquoted", "stripped", ("Cache-Control: max-age=60, no-cache=Set-Cookie",)),
    Row("other", "swap", ('Cache-Control: max-age=60, no-cache="X"',)),
    Row("one-of-two", "swap", ('Cache-Control: max-age=60, no-cache="Set-Cookie2"',),
        cookie=("Set-Cookie: sid=1", "Set-Cookie2: sid=1")),
]  # fmt: skip

LIFETIMES = [
    Row("s-maxage-0", "miss", ("Cache-Control: s-maxage=0, max-age=60",)),
    Row("last-counts", "swap", ("Cache-Control: max-age=0, max-age=60",)),
    Row("negative", "miss", ("Cache-Control: max-age=-5",)),
    Row("minus-one-is-zero", "miss", ("Cache-Control: max-age=-1",)),
    Row("minus-one-is-not-given", "swap", ("Cache-Control: s-maxage=-1, max-age=60",)),
    Row("plus", "swap", ("Cache-Control: max-age=+60",)),
    Row("quoted-is-none", "miss", ('Cache-Control: max-age="60"',)),
    Row("decimal-is-none", "miss", ("Cache-Control: max-age=6.0",)),
    Row("huge", "swap", ("Cache-Control: max-age=9223372036854775807",)),
    Row("too-huge-is-none", "miss", ("Cache-Control: max-age=9223372036854775808",)),
    Row("spaces", "miss", ("Cache-Control: max-age = 60",)),
    Row("no-cache", "miss", ("Cache-Control: no-cache, max-age=60",)),
    Row("pragma", "miss", (MAX_AGE, "Pragma: x, No-Cache")),
    Row("pragma-other", "swap", (MAX_AGE, "Pragma: x")),
    Row("age", "miss", (MAX_AGE, "Age: 60")),
    Row("age-below", "swap", (MAX_AGE, "Age: 30")),
    Row("age-malformed", "swap", (MAX_AGE, "Age: x")),
    Row("age-overflows", "swap", (MAX_AGE, "Age: 9999999999999")),
    Row("old-date", "miss", (MAX_AGE,), date="{date-70}"),
    Row("future-date", "swap", (MAX_AGE,), date="{date+70}"),
    Row("malformed-date", "swap", (MAX_AGE,), date="never"),
    Row("without-date", "swap", (MODIFIED,), date=""),
    Row("tenth-of-ten", "swap", ("Last-Modified: {date-12}",)),
    Row("tenth-of-five", "miss", ("Last-Modified: {date-5}",)),
    Row("modified-in-the-future", "swap", ("Last-Modified: {date+60}",)),
    Row("ends", "miss", ("Cache-Control: max-age=1",), after=1.5),
    Row("date-rfc850", "swap", ("Expires: Saturday, 21-Nov-37 10:00:00 GMT",)),
    Row("date-rfc850-of-1998", "miss", ("Expires: Saturday, 21-Nov-98 10:00:00 GMT",)),
    Row("date-asctime", "swap", ("Expires: Sat Nov  7 10:00:00 2037",)),
    Row("date-any-zone", "swap", ("Expires: Sat, 7 Nov 2037 10:00:00 +0100",)),
    Row("date-without-zone", "miss", ("Expires: Sat, 07 Nov 2037 10:00:00",)),
    Row("date-small-letters", "miss", ("Expires: Sat, 07 nov 2037 10:00:00 GMT",)),
    Row("date-unknown-month", "miss", ("Expires: Sat, 07 Nof 2037 10:00:00 GMT",)),
    Row("date-30-february", "miss", ("Expires: Sat, 30 Feb 2037 10:00:00 GMT",)),
    Row("date-29-february", "miss", ("Expires: Sun, 29 Feb 2037 10:00:00 GMT",)),
    Row("date-25-hours", "miss", ("Expires: Sat, 07 Nov 2037 25:00:00 GMT",)),
    Row("date-1960", "miss", ("Expires: Sat, 07 Nov 1960 10:00:00 GMT",)),
]

REQUESTS = [
    Row("no-cache", "miss", (MAX_AGE,), next_request=("Cache-Control: no-cache",)),
    Row("no-store", "miss", (MAX_AGE,), next_request=("Cache-Control: no-store",)),
    Row("pragma", "miss", (MAX_AGE,), next_request=("Pragma: no-cache",)),
    Row("authorization", "miss", (MAX_AGE,), next_request=("Authorization: Basic eDp5",)),
    Row("max-age-0", "miss", (MAX_AGE,), next_request=("Cache-Control: max-age=0",)),
    Row("max-age-minus-one", "swap", (MAX_AGE,), next_request=("Cache-Control: max-age=-1",)),
    Row("min-fresh", "miss", (MAX_AGE,), next_request=("Cache-Control: min-fresh=70",)),
    Row("min-fresh-overflows", "miss", ("Cache-Control: max-age=9223372036854775807",),
        next_request=("Cache-Control: min-fresh=-10",)),
    Row("max-stale", "swap", ("Cache-Control: max-age=0",), next_request=("Cache-Control: max-stale",)),
    Row("max-stale-seconds", "swap", ("Cache-Control: max-age=60", "Age: 70"),
        next_request=("Cache-Control: max-stale=20",)),
    Row("max-stale-forbidden", "miss", ("Cache-Control: s-maxage=60", "Age: 70"),
        next_request=("Cache-Control: max-stale",)),
    Row("only-if-cached", "swap", (MAX_AGE,), next_request=("Cache-Control: only-if-cached",)),
    Row("asked-no-cache-before", "swap", (MAX_AGE,), request=("Cache-Control: no-cache",),
        next_request=()),
    Row("asked-no-cache-for-another-key", "miss", (MAX_AGE,), request=("Cache-Control: no-cache",),
        next_request=(), path="/%41"),
    Row("another-key", "swap", (MAX_AGE,), path="/%41"),
    Row("asked-only-if-cached-before", "miss", (MAX_AGE,),
        request=("Cache-Control: only-if-cached",), next_request=()),
    Row("asked-no-store-before", "miss", (MAX_AGE,), request=("Cache-Control: no-store",),
        next_request=()),
    Row("head-after-get", "swap", (MAX_AGE,), next_method="HEAD"),
    Row("post-after-get", "miss", (MAX_AGE,), next_method="POST"),
]  # fmt: skip

VARY = [
    Row("star", "miss", (MAX_AGE, "Vary: *")),
    Row("star-in-quotes", "miss", (MAX_AGE, 'Vary: "*"')),
    Row("star-in-the-second-line", "miss", (MAX_AGE, "Vary: Accept", "Vary: *")),
    Row("quoted-star-in-the-second-line", "swap", (MAX_AGE, "Vary: Accept", 'Vary: "*"')),
    Row("cookie-that-nobody-sends", "swap", (MAX_AGE, "Vary: Cookie")),
    Row("cookie", "miss", (MAX_AGE, "Vary: Cookie"), request=("Cookie: a=1",)),
    Row("empty-is-not-absent", "miss", (MAX_AGE, "Vary: X"), request=("X:",), next_request=()),
    Row("lines-are-joined", "swap", (MAX_AGE, "Vary: X"), request=("X: 1", "X: 2"),
        next_request=("X: 1, 2",)),
    Row("never-stored", "miss", (MAX_AGE, "Vary: TE"), request=("TE: trailers",)),
    Row("another-host", "miss", (MAX_AGE,), next_request=("Host: other.test",)),
    Row("same-host", "swap", (MAX_AGE,), next_request=("Host: LAB.test:80",)),
]  # fmt: skip

VALIDATION = [
    Row("cookie-of-the-304", "fresh", ("Cache-Control: no-cache", TAG), validation=(TAG, COOKIE)),
    Row("no-cookie-in-the-304", "swap", ("Cache-Control: no-cache", TAG), validation=(TAG,)),
    Row("without-cookie", "reused", ("Cache-Control: no-cache", TAG), validation=(TAG,), cookie=()),
    Row("first-visitor-validated", "swap", ("Cache-Control: max-age=0", TAG),
        validation=(TAG, COOKIE, MAX_AGE)),
    Row("expires-of-the-304-alone", "swap", ("Cache-Control: max-age=0", TAG),
        validation=(TAG, "Cache-Control: x")),
    Row("listed-in-the-304", "stripped", ("Cache-Control: max-age=0", TAG),
        validation=(TAG, 'Cache-Control: max-age=60, no-cache="Set-Cookie"')),
    Row("validated-again-is-whole", "fresh", ("Cache-Control: max-age=0", TAG),
        validation=(TAG, COOKIE, 'Cache-Control: max-age=0, no-cache="Set-Cookie"')),
    Row("validated-again-is-bare", "stripped", ("Cache-Control: max-age=0", TAG),
        validation=(TAG, 'Cache-Control: max-age=0, no-cache="Set-Cookie"')),
    Row("another-tag", "miss", ("Cache-Control: no-cache", TAG), validation=('ETag: "b"', COOKIE)),
    Row("another-date", "miss", ("Cache-Control: no-cache", MODIFIED),
        validation=("Last-Modified: {date-5}",)),
    Row("same-date-written-otherwise", "swap",
        ("Cache-Control: no-cache", "Last-Modified: Sat, 06 Nov 2010 10:00:00 GMT"),
        validation=("Last-Modified: Saturday, 06-Nov-10 10:00:00 GMT",)),
    Row("304-forbids", "miss", ("Cache-Control: no-cache", TAG), validation=("Cache-Control: private",)),
    Row("304-expired", "miss", ("Cache-Control: no-cache", TAG), validation=("Expires: 0",)),
    Row("304-without-validator", "miss", ("Cache-Control: no-cache", TAG),
        validation=("Cache-Control: must-revalidate, max-age=0",)),
    Row("304-varies-on-all", "miss", ("Cache-Control: no-cache", TAG), validation=("Vary: *",)),
    Row("304-older", "miss", ("Cache-Control: no-cache", TAG), validation=("Date: {date-9}",)),
    Row("304-with-query", "miss", ("Cache-Control: no-cache, max-age=1", TAG), query="a",
        validation=("Cache-Control: no-cache",)),
    Row("304-varies-anew", "miss", ("Cache-Control: max-age=0", TAG),
        validation=(MAX_AGE, "Vary: X")),
    Row("modified-is-brought-forward", "miss",
        ("Cache-Control: no-cache", "Last-Modified: {date+9000}"),
        validation=("Last-Modified: {date+9000}",)),
    Row("error-answered-with-what-is-stale", "swap", ("Cache-Control: no-cache", TAG), status=500),
    Row("error-must-be-revalidated", "miss", ("Cache-Control: no-cache, must-revalidate", TAG),
        status=500),
]  # fmt: skip

CONDITIONS = [
    Row("holds", "swap", (MAX_AGE, TAG), next_request=('If-None-Match: "a"',)),
    Row("star", "swap", (MAX_AGE, TAG), next_request=("If-None-Match: *",)),
    Row("weak", "swap", (MAX_AGE, TAG), next_request=('If-None-Match: "b", W/"a"',)),
    Row("weak-with-range", "miss", (MAX_AGE, TAG),
        next_request=('If-None-Match: W/"a"', "Range: bytes=0-9")),
    Row("fails", "miss", (MAX_AGE, TAG), next_request=('If-None-Match: "b"',)),
    Row("fails-without-tag", "miss", (MAX_AGE,), next_request=('If-None-Match: "b"',)),
    Row("modified-since", "swap", (MAX_AGE, MODIFIED), next_request=("If-Modified-Since: {date-9}",)),
    Row("modified-since-before", "miss", (MAX_AGE, MODIFIED),
        next_request=("If-Modified-Since: {date-999999}",)),
    Row("modified-since-malformed", "miss", (MAX_AGE, MODIFIED), next_request=("If-Modified-Since: x",)),
    Row("match", "swap", (MAX_AGE, TAG), next_request=('If-Match: "a"',)),
    Row("match-fails", "miss", (MAX_AGE, TAG), next_request=('If-Match: "b"',)),
    Row("unmodified-since", "miss", (MAX_AGE, MODIFIED), next_request=("If-Unmodified-Since: {date}",)),
    Row("if-range-tag", "swap", (MAX_AGE, TAG), next_request=("Range: bytes=0-59", 'If-Range: "a"')),
    Row("if-range-date", "miss", (MAX_AGE, MODIFIED),
        next_request=("Range: bytes=0-59", "If-Range: {date-9}")),
    Row("if-range-without-range", "swap", (MAX_AGE, TAG), next_request=('If-Range: "b"',)),
    Row("own-condition-answered-by-304", "miss", ("Cache-Control: no-cache", TAG),
        next_request=('If-None-Match: "a"',), validation=(TAG, COOKIE)),
    Row("own-condition-and-a-stored-cookie", "swap", ("Cache-Control: no-cache", TAG),
        next_request=('If-None-Match: "a"',), validation=(TAG,)),
    Row("own-condition-of-head", "miss", ("Cache-Control: no-cache", TAG), next_method="HEAD",
        next_request=('If-None-Match: "a"',), validation=(TAG, COOKIE)),
    Row("own-condition-that-fails-but-is-passed-on", "fresh", (MAX_AGE, MODIFIED),
        next_request=("If-Modified-Since: {date-999999}",), validation=(MODIFIED, COOKIE)),
]  # fmt: skip

TABLES = {
    "storing": STORING,
    "qualified": QUALIFIED,
    "lifetimes": LIFETIMES,
    "requests": REQUESTS,
    "vary": VARY,
    "validation": VALIDATION,
    "conditions": CONDITIONS,
}
ROWS = [pytest.param(row, id=f"{name}-{row.id}") for name, rows in TABLES.items() for row in rows]


@pytest.mark.parametrize("row", ROWS)
def test_as_measured(row):
    assert row.predicted(HTTPD) == row.outcome


BOTH = ("Set-Cookie: sid=1", "Set-Cookie2: sid=1")
IGNORE_SET_COOKIE = [
    Row("max-age", "stripped", (MAX_AGE,)),
    Row("without-cookie", "reused", (MAX_AGE,), cookie=()),
    Row("set-cookie2-stays", "swap", (MAX_AGE,), cookie=("Set-Cookie2: sid=1",)),
    Row("set-cookie2-stays-beside", "swap", (MAX_AGE,), cookie=BOTH),
    Row("cookie-of-the-304", "fresh", ("Cache-Control: no-cache", TAG), validation=(TAG, COOKIE)),
    Row("no-cookie-in-the-304", "stripped", ("Cache-Control: no-cache", TAG), validation=(TAG,)),
    Row("private", "miss", ("Cache-Control: private, max-age=60",)),
]


@pytest.mark.parametrize("row", [pytest.param(row, id=row.id) for row in IGNORE_SET_COOKIE])
def test_as_measured_with_cache_ignore_headers(row):
    assert row.predicted(IGNORING) == row.outcome


def test_a_504_of_the_cache_is_nobody_elses_cookie():
    row = Row(
        "only-if-cached",
        "miss",
        ("Cache-Control: no-cache", TAG),
        next_request=("Cache-Control: only-if-cached",),
        validation=(TAG,),
    )
    assert row.predicted(HTTPD) == "miss"


def test_a_length_that_is_not_told_is_not_held_against_the_response():
    run = Row("chunked", "swap", (MAX_AGE,)).run
    lines = [line for line in run.response.fields.lines if line[0] != "Content-Length"]
    for length, outcome in ((None, "swap"), (60, "swap"), (0, "miss"), (1_000_001, "miss")):
        response = ResponseFacts(200, FieldSection(lines), body_length=length)
        assert simulate(HTTPD, replace(run, response=response)) == outcome


@pytest.mark.parametrize("profile", PROFILES, ids=lambda profile: profile.name)
def test_rules_say_what_and_whence(profile):
    rules = (*profile.storage, *profile.lookup)
    assert len({rule.id for rule in rules}) == len(rules)
    assert all(rule.unmet and rule.source.text for rule in rules)
    assert profile.switch


TOKEN = st.text(alphabet='abc=, \t"\\-019', max_size=40)


@given(TOKEN)
def test_tokens_lose_nothing_but_separators(text):
    kept = "".join(char for token in tokens(text) for char in token)
    assert kept.replace(" ", "").replace("\t", "").replace(",", "") == text.replace(
        " ", ""
    ).replace("\t", "").replace(",", "")


@given(st.lists(TOKEN, max_size=3), st.lists(TOKEN, max_size=2))
def test_any_directives_are_read(said, pragma):
    lines = [("Cache-Control", value) for value in said] + [("Pragma", value) for value in pragma]
    control = control_of(FieldSection(lines))
    assert all(name == name.lower() for name in control.listed)


@given(st.integers(1, 4_000_000_000))
def test_dates_are_read_as_they_are_written(seconds):
    assert parse_date(format_http_date(seconds)) == seconds
