import pytest
from hypothesis import given, strategies as st

from session_tracking.caching.profiles.nginx_parse import (
    INVALID_TIME,
    AccelExpires,
    accel_expires,
    cache_control_seconds,
    parse_time,
    signed,
    variant,
)
from session_tracking.http.dates import format_http_date
from session_tracking.http.exchange import RequestFacts
from tests.caching.profiles.runs import fields

LATIN_1 = st.text(st.characters(max_codepoint=255))

TIMES = [
    ("imf-fixdate", "Sun, 06 Nov 1994 08:49:37 GMT", 784111777),
    ("rfc850", "Sunday, 06-Nov-94 08:49:37 GMT", 784111777),
    ("rfc850-this-century", "Sunday, 06-Nov-69 08:49:37 GMT", 3150953377),
    ("asctime", "Sun Nov  6 08:49:37 1994", 784111777),
    ("asctime-two-digits", "Wed Nov 16 08:49:37 1994", 784975777),
    ("wrong-weekday", "Xyz, 06 Nov 1994 08:49:37 GMT", 784111777),
    ("other-zone", "Sun, 06 Nov 1994 08:49:37 +0100", 784111777),
    ("no-zone", "Sun, 06 Nov 1994 08:49:37", 784111777),
    ("no-space-after-comma", "Sun,06 Nov 1994 08:49:37 GMT", 784111777),
    ("leap-day-asctime", "Tue Feb 29 00:00:00 2000", 951782400),
    ("letters-of-a-month", "Sun, 06 Nxx 1994 08:49:37 GMT", 784111777),
    ("january", "Sat, 01 Jan 2000 00:00:00 GMT", 946684800),
    ("february", "Tue, 29 Feb 2000 00:00:00 GMT", 951782400),
    ("march", "Wed, 01 Mar 2000 00:00:00 GMT", 951868800),
    ("april", "Sat, 01 Apr 2000 00:00:00 GMT", 954547200),
    ("may", "Mon, 01 May 2000 00:00:00 GMT", 957139200),
    ("june", "Thu, 01 Jun 2000 00:00:00 GMT", 959817600),
    ("july", "Sat, 01 Jul 2000 00:00:00 GMT", 962409600),
    ("august", "Tue, 01 Aug 2000 00:00:00 GMT", 965088000),
    ("day-00", "Tue, 00 Feb 2000 00:00:00 GMT", 949276800),
    ("year-0", "Sat, 01 Jan 0000 00:00:00 GMT", -62167208832),
    ("before-1970", "Wed, 31 Dec 1969 23:59:58 GMT", -2),
    ("day-32", "Sun, 32 Jan 2000 00:00:00 GMT", INVALID_TIME),
    ("leap-day-of-1900", "Thu, 29 Feb 1900 00:00:00 GMT", INVALID_TIME),
    ("leap-day-of-2001", "Thu, 29 Feb 2001 00:00:00 GMT", INVALID_TIME),
    ("hour-24", "Sun, 06 Nov 1994 24:00:00 GMT", INVALID_TIME),
    ("minute-60", "Sun, 06 Nov 1994 08:60:00 GMT", INVALID_TIME),
    ("leap-second", "Sun, 06 Nov 1994 08:49:60 GMT", INVALID_TIME),
    ("lower-case", "sun, 06 nov 1994 08:49:37 gmt", INVALID_TIME),
    ("asctime-cut-off", "Sun Nov 6", INVALID_TIME),
    ("cut-off", "Sun, 06 Nov 1994", INVALID_TIME),
    ("zero", "0", INVALID_TIME),
    ("empty", "", INVALID_TIME),
]


@pytest.mark.parametrize(("text", "seconds"), [pytest.param(*r, id=i) for i, *r in TIMES])
def test_parse_time(text, seconds):
    assert parse_time(text) == seconds


@given(st.integers(0, 253402300799))
def test_every_fixdate_is_read(seconds):
    assert parse_time(format_http_date(seconds)) == seconds


SECONDS = [
    ("max-age", "max-age=60", 60),
    ("s-maxage-first", "max-age=60, s-maxage=5", 5),
    ("any-case", "MAX-AGE=60", 60),
    ("within-a-word", "x-max-age=60", 60),
    ("no-lifetime", "public", 0),
    ("no-argument", "max-age", 0),
    ("space-before-equals", "max-age =60", 0),
    ("ends-at-semicolon", "max-age=60; x", 60),
    ("ends-at-space", "max-age=60 x", 60),
    ("zero", "max-age=0", None),
    ("empty", "max-age=", None),
    ("quoted", 'max-age="60"', None),
    ("negative", "max-age=-1", None),
    ("fraction", "max-age=1.5", None),
    ("other-digits", "max-age=\xb2", None),
    ("stale-while-revalidate", "max-age=60, stale-while-revalidate=x", None),
    ("stale-while-revalidate-empty", "max-age=60, stale-while-revalidate=", 60),
    ("stale-if-error", "stale-if-error=1y", None),
    ("no-cache", "max-age=60, no-cache", None),
    ("no-store", "x-no-store-y", None),
    ("private", 'x="PRIVATE"', None),
    ("wraps-to-negative", f"max-age={2**63}", -(2**63)),
    ("wraps-to-zero", f"max-age={2**64}", None),
    ("longer-than-python-reads", f"max-age={'9' * 5000}", signed(10**5000 - 1)),
]


@pytest.mark.parametrize(("text", "seconds"), [pytest.param(*r, id=i) for i, *r in SECONDS])
def test_cache_control_seconds(text, seconds):
    assert cache_control_seconds(text) == seconds


@given(LATIN_1)
def test_nothing_makes_the_parsers_raise(text):
    assert -(2**63) <= parse_time(text) < 2**63
    assert isinstance(cache_control_seconds(text), int | None)
    assert accel_expires(text) is None or text.lstrip("@").isdigit()
    assert variant(text, RequestFacts("GET", "http://lab.test/")).count("\r\n") <= len(text)


ACCEL = [
    ("seconds", "60", AccelExpires(60)),
    ("zero", "0", AccelExpires(0)),
    ("leading-zeros", "0" * 30 + "60", AccelExpires(60)),
    ("time", "@1795253400", AccelExpires(1795253400, absolute=True)),
    ("largest", str(2**63 - 1), AccelExpires(2**63 - 1)),
    ("too-large", str(2**63), None),
    ("far-too-large", "9" * 20, None),
    ("negative", "-1", None),
    ("word", "off", None),
    ("tab", "60\t", None),
    ("at-alone", "@", None),
    ("empty", "", None),
]


@pytest.mark.parametrize(("text", "expires"), [pytest.param(*r, id=i) for i, *r in ACCEL])
def test_accel_expires(text, expires):
    assert accel_expires(text) == expires


VARIANTS = [
    ("same", "X-Foo", ("X-Foo: 1",), ("x-foo: 1",), True),
    ("other", "X-Foo", ("X-Foo: 1",), ("X-Foo: 2",), False),
    ("absent-is-empty", "X-Foo", ("X-Foo:",), (), True),
    ("lines-are-joined", "X-Foo", ("X-Foo: 1", "X-Foo: 2"), ("X-Foo: 1,2",), True),
    ("spaces-count", "Accept", ("Accept: a, b",), ("Accept: a,b",), False),
    ("spaces-of-encodings", "accept-encoding", ("Accept-Encoding: a,  b",), ("Accept-Encoding: a,b",), True),
    ("spaces-separate-names", "X-Foo Accept", ("Accept: a",), ("Accept: b",), False),
    ("tabs-do-not", "X-Foo\tAccept", ("Accept: a",), ("Accept: b",), True),
    ("underscore-is-not-seen", "X_Foo", ("X_Foo: 1",), ("X_Foo: 2",), True),
    ("host", "Host", ("Host: lab.test",), (), True),
    ("other-host", "Host", ("Host: lab.test",), ("Host: other.test",), False),
]  # fmt: skip


@pytest.mark.parametrize(
    ("vary", "before", "now", "same"), [pytest.param(*r, id=i) for i, *r in VARIANTS]
)
def test_variant(vary, before, now, same):
    one, other = (
        variant(vary, RequestFacts("GET", "http://lab.test/", fields(*lines)))
        for lines in (before, now)
    )
    assert (one == other) is same
