"""Traffic Server's own reading of lists, numbers, dates and directives, after its sources."""

import pytest
from hypothesis import given

from session_tracking.caching.profiles.trafficserver_parse import (
    INT_MAX,
    CacheControl,
    list_members,
    parse_cache_control,
    parse_date,
    serves_ranges,
    to_int,
    to_int64,
)
from tests.strategies import octets

NEW_YEAR = 1_861_920_000  # Mon, 01 Jan 2029 00:00:00 GMT

LISTS = [
    ("find_csv", ["a, ,b ", "c"], ["a", "b", "c"]),
    ("find_csv-quotes", ['"a", x="b, c"'], ["a", 'x="b, c']),
    ("find_csv-escape", [r'x="\", b", c'], [r'x="\", b', "c"]),
    ("find_csv-open-quote", ['a, "b, c', "d"], ["a", "b, c", "d"]),
    ("find_csv-quotes-alone", ['"", "'], []),
]

DIRECTIVES = [
    ("name-in-any-case", ["Public"], {"public"}, {}),
    ("argument-of-a-flag", ['no-cache="x"'], {"no-cache"}, {}),
    ("quoted-directive", ['"no-store"'], {"no-store"}, {}),
    ("number", ["max-age=60"], {"max-age"}, {"max-age": 60}),
    ("quoted-number", ['max-age="60"'], {"max-age"}, {"max-age": 60}),
    ("number-after-anything", ["max-age = x60"], {"max-age"}, {"max-age": 60}),
    ("negative", ["max-age=-5"], {"max-age"}, {"max-age": -5}),
    ("minus-alone", ["max-age=--5"], {"max-age"}, {"max-age": 0}),
    ("no-number", ["s-maxage=x"], {"s-maxage"}, {"s-maxage": 0}),
    ("no-number-keeps-the-last", ["max-age=5", "max-age"], {"max-age"}, {"max-age": 5}),
    ("last-counts", ["max-age=5, max-age=6"], {"max-age"}, {"max-age": 6}),
    ("max-stale-of-any-age", ["max-stale"], {"max-stale"}, {"max-stale": INT_MAX}),
    ("overflow", ["max-age=" + "9" * 30], {"max-age"}, {"max-age": INT_MAX}),
    ("no-token", ["=5"], {""}, {}),
]

INTEGERS = [
    ("mime_parse_int64", "60x", 60),
    ("mime_parse_int64-negative", " -5", -5),
    ("mime_parse_int64-nothing", "x", 0),
    ("mime_parse_int64-plus", "+5", 0),
    ("mime_parse_int64-wraps", str(2**64 + 7), 7),
    ("mime_parse_int64-of-any-length", "0" * 5000 + "7", 7),
]

DATES = [
    ("IMF-fixdate", "Mon, 01 Jan 2029 00:00:00 GMT", NEW_YEAR),
    ("IMF-fixdate-any-zone", "Mon, 01 Jan 2029 00:00:00 XXX", NEW_YEAR),
    ("IMF-fixdate-lower-case-month", "Mon, 01 jan 2029 00:00:00 GMT", 0),
    ("IMF-fixdate-unknown-month", "Mon, 01 Foo 2029 00:00:00 GMT", 0),
    ("IMF-fixdate-unknown-day", "Xxx, 01 Jan 2029 00:00:00 GMT", 0),
    ("IMF-fixdate-no-colon", "Mon, 01 Jan 2029 00.00.00 GMT", 0),
    ("short", "Mon, 1 Jan 2029 0:0:0", NEW_YEAR),
    ("RFC850", "Monday, 01-Jan-29 00:00:00 GMT", NEW_YEAR),
    ("asctime", "Mon Jan  1 00:00:00 2029", NEW_YEAR),
    ("NNTP", " 1 January 2029 00:00:00", NEW_YEAR),
    ("two-digits-of-last-century", "Sunday, 06-Nov-94 08:49:37 GMT", 784111777),
    ("day-0", "Mon, 00 Jan 2029 00:00:00 GMT", NEW_YEAR - 86400),
    ("march", "1 Mar 2028 00:00:00", 1_835_481_600),
    ("after-2037", "Fri, 01 Jan 2038 00:00:00 GMT", INT_MAX),
    ("before-1970", "Wed, 01 Jan 1969 00:00:00 GMT", 0),
    ("unknown-day", "Xxx Jan 1 00:00:00 2029", 0),
    ("no-month", "2029-01-01", 0),
    ("no-year", "Mon, 01 Jan", 0),
    ("no-time", "Mon, 01 Jan 2029", 0),
    ("minus-in-the-time", "1 Jan 2029 00:00:-5", NEW_YEAR - 5),
    ("nothing", "", 0),
    ("zero", "0", 0),
    ("minus-one", "-1", 0),
]

RANGES = [
    ("one", "bytes=0-9", True),
    ("spaces", "bytes= 0 - 9 ", True),
    ("open", "bytes=10-", True),
    ("suffix", "bytes=-5", True),
    ("suffix-longer-than-the-content", "bytes=-100", True),
    ("suffix-of-nothing", "bytes=-0", False),
    ("beyond", "bytes=60-", True),
    ("beyond-and-reversed", "bytes=70-60", False),
    ("beyond-then-one", "bytes=100-200,0-9", True),
    ("several", "bytes=0-9,10-19", True),
    ("overlapping", "bytes=0-9,9-19", False),
    ("reversed", "bytes=5-1", False),
    ("no-dash", "bytes=5", False),
    ("too-long", "bytes=0-" + "9" * 5000, False),
    ("superscript", "bytes=0-\xb2", False),
    ("no-numbers", "bytes=-", False),
    ("letters", "bytes=a-b", False),
    ("no-ranges", "bytes=", False),
    ("upper-case", "Bytes=0-9", False),
    ("other-unit", "items=0-9", False),
    ("nothing", "", False),
]


def ids(table):
    return [pytest.param(*row, id=name) for name, *row in table]


@pytest.mark.parametrize(("values", "members"), ids(LISTS))
def test_list_members(values, members):
    assert list(list_members(values)) == members


@pytest.mark.parametrize(("values", "names", "seconds"), ids(DIRECTIVES))
def test_parse_cache_control(values, names, seconds):
    assert parse_cache_control(tuple(values)) == CacheControl(frozenset(names), seconds)


@pytest.mark.parametrize(("text", "number"), ids(INTEGERS))
def test_to_int64(text, number):
    assert to_int64(text) == number


@pytest.mark.parametrize(("text", "seconds"), ids(DATES))
def test_parse_date(text, seconds):
    assert parse_date(text) == seconds


@pytest.mark.parametrize(("value", "served"), ids(RANGES))
def test_serves_ranges(value, served):
    assert serves_ranges([value], 60) is served


def test_empty_content_has_no_ranges():
    assert not serves_ranges(["bytes=0-9"], 0)


def test_to_int_of_no_digits():
    assert to_int("") == 0


@given(octets)
def test_any_octets_are_read(text):
    assert isinstance(parse_date(text), int)
    assert isinstance(parse_cache_control((text,)), CacheControl)
    assert serves_ranges([text], 60) in {True, False}
    assert all(list_members([text]))
