import pytest
from hypothesis import given, strategies as st

from session_tracking.caching.profiles.varnish_parse import (
    LARGEST,
    NO_TIME,
    CacheControl,
    parse_cache_control,
    parse_seconds,
    parse_time,
    parse_vary,
)
from session_tracking.http.dates import format_http_date

LATIN_1 = st.text(st.characters(max_codepoint=255))

TIMES = [
    ("imf-fixdate", "Sun, 06 Nov 1994 08:49:37 GMT", 784111777),
    ("rfc850", "Sunday, 06-Nov-94 08:49:37 GMT", 784111777),
    ("rfc850-longer-day", "Tuesday, 01-Jan-69 00:00:00 GMT", NO_TIME),
    ("rfc850-of-1969", "Wednesday, 01-Jan-69 00:00:00 GMT", -31536000),
    ("rfc850-of-2068", "Sunday, 01-Jan-68 00:00:00 GMT", 3092601600),
    ("rfc850-wrong-day-name", "Sunsday, 06-Nov-94 08:49:37 GMT", NO_TIME),
    ("asctime", "Sun Nov  6 08:49:37 1994", 784111777),
    ("iso-8601", "1994-11-06T08:49:37", 784111777),
    ("spaces-around", "  Sun, 06 Nov 1994 08:49:37 GMT  ", 784111777),
    ("leap-second", "Sun, 06 Nov 1994 08:49:60 GMT", 784111799),
    ("wrong-weekday", "Mon, 06 Nov 1994 08:49:37 GMT", NO_TIME),
    ("other-zone", "Sun, 06 Nov 1994 08:49:37 UTC", NO_TIME),
    ("trailing", "Sun, 06 Nov 1994 08:49:37 GMT x", NO_TIME),
    ("lower-case", "sun, 06 nov 1994 08:49:37 gmt", NO_TIME),
    ("day-32", "1994-11-32T08:49:37", NO_TIME),
    ("day-0", "1994-11-00T08:49:37", NO_TIME),
    ("month-13", "1994-13-06T08:49:37", NO_TIME),
    ("hour-24", "1994-11-06T24:49:37", NO_TIME),
    ("minute-60", "1994-11-06T08:60:37", NO_TIME),
    ("second-61", "1994-11-06T08:49:61", NO_TIME),
    ("year-1898", "1898-11-06T08:49:37", NO_TIME),
    ("epoch", "Thu, 01 Jan 1970 00:00:00 GMT", NO_TIME),
    ("before-1970", "Wed, 31 Dec 1969 23:59:58 GMT", -2),
    ("zero", "0", NO_TIME),
    ("empty", "", NO_TIME),
]


@pytest.mark.parametrize(("text", "seconds"), [pytest.param(*r, id=i) for i, *r in TIMES])
def test_parse_time(text, seconds):
    assert parse_time(text) == seconds


@given(st.integers(0, 253402300799))
def test_every_fixdate_is_read(seconds):
    assert parse_time(format_http_date(seconds)) == seconds


SECONDS = [
    ("digits", "60", 60),
    ("comma", "60, x", 60),
    ("fraction", "60.9", 60),
    ("spaces", " 60 ", 60),
    ("plus", "+60", 60),
    ("leading-zeros", "0" * 30 + "60", 60),
    ("minus", "-60", 0),
    ("plus-space", "+ 60", 0),
    ("semicolon", "60;", 0),
    ("letter", "60s", 0),
    ("exponent", "1e3", 0),
    ("quoted", '"60"', 0),
    ("empty", "", 0),
    ("largest", str(LARGEST), LARGEST),
    ("too-large", str(LARGEST + 1), LARGEST),
    ("too-large-with-letters", "9" * 5000 + "x", LARGEST),
]


@pytest.mark.parametrize(("text", "seconds"), [pytest.param(*r, id=i) for i, *r in SECONDS])
def test_parse_seconds(text, seconds):
    assert parse_seconds(text) == seconds


CONTROL = [
    ("max-age", "max-age=60", 60, None),
    ("s-maxage-first", "max-age=60, s-maxage=5", 5, None),
    ("s-maxage-hides", "max-age=60, s-maxage", None, None),
    ("first-counts", "max-age=1, max-age=2", 1, None),
    ("any-case", "MAX-AGE=60", 60, None),
    ("quoted-name", '"max-age"=60', 60, None),
    ("quoted-name-in-capitals", '"MAX-AGE"=60', None, None),
    ("spaces", ", max-age = 60", 60, None),
    ("longer-name", "max-age-x=60, x-max-age=60", None, None),
    ("comma-in-quotes", 'x="a, max-age=60"', 0, None),
    ("other-argument", "max-age:60", None, None),
    ("no-argument", "max-age=, x", 0, None),
    ("stale-while-revalidate", "stale-while-revalidate=30, max-age=60", 60, 30),
    ("after-semicolon", "x; max-age=60", None, None),
]


@pytest.mark.parametrize(
    ("text", "lifetime", "stale"), [pytest.param(*r, id=i) for i, *r in CONTROL]
)
def test_parse_cache_control(text, lifetime, stale):
    assert parse_cache_control(text) == CacheControl(lifetime, stale)


VARY = [
    ("one", "X-Foo", ("x-foo",)),
    ("two", " X-Foo ,\tAccept", ("x-foo", "accept")),
    ("star", "*", ("*",)),
    ("empty-members", ",a,,b,", ("", "a", "", "b", "")),
    ("space-within", "a b", None),
    ("tab-within", "a\tb", None),
    ("longest", "N" * 127, ("n" * 127,)),
    ("too-long", "N" * 128, None),
]


@pytest.mark.parametrize(("text", "names"), [pytest.param(*r, id=i) for i, *r in VARY])
def test_parse_vary(text, names):
    assert parse_vary(text) == names


@given(LATIN_1)
def test_nothing_makes_the_parsers_raise(text):
    assert isinstance(parse_time(text), float)
    assert 0 <= parse_seconds(text) <= LARGEST
    assert parse_cache_control(text).lifetime in {None, *range(10)}
    assert parse_vary(text) is None or len(parse_vary(text)) == text.count(",") + 1
