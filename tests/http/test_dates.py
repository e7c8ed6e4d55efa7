from datetime import UTC, datetime

import pytest
from hypothesis import given, strategies as st

from session_tracking.http.dates import format_http_date, format_netscape_date, parse_http_date
from tests.strategies import octets

PARSED = [
    ("rfc9110-5.6.7-imf-fixdate", "Sun, 06 Nov 1994 08:49:37 GMT", 784111777),
    ("rfc9110-5.6.7-rfc850", "Sunday, 06-Nov-94 08:49:37 GMT", 784111777),
    ("rfc9110-5.6.7-asctime", "Sun Nov  6 08:49:37 1994", 784111777),
    ("rfc850-near-future", "Monday, 01-Jan-35 00:00:00 GMT", 2051222400),
    ("leap-second", "Sun, 06 Nov 1994 08:49:60 GMT", 784111800),
    ("zero", "0", None),
    ("minus-one", "-1", None),
    ("other-zone", "Sun, 06 Nov 1994 08:49:37 UTC", None),
    ("numeric-zone", "Sun, 06 Nov 1994 08:49:37 +0000", None),
    ("lower-case", "sun, 06 nov 1994 08:49:37 gmt", None),
    ("one-digit-day", "Sun, 6 Nov 1994 08:49:37 GMT", None),
    ("hour-24", "Sun, 06 Nov 1994 24:00:00 GMT", None),
    ("day-0", "Sun, 00 Nov 1994 08:49:37 GMT", None),
    ("day-99", "Sun, 99 Nov 1994 08:49:37 GMT", None),
    ("year-0", "Sun, 06 Nov 0000 08:49:37 GMT", None),
    ("trailing", "Sun, 06 Nov 1994 08:49:37 GMT;", None),
    ("empty", "", None),
]


@pytest.mark.parametrize(("value", "seconds"), [pytest.param(*r, id=i) for i, *r in PARSED])
def test_parse(value, seconds):
    assert parse_http_date(value) == seconds


seconds_until_9999 = st.integers(min_value=0, max_value=253402300799)


@given(seconds_until_9999)
def test_what_is_formatted_is_read_back(seconds):
    text = format_http_date(seconds)
    assert parse_http_date(text) == seconds
    assert text == datetime.fromtimestamp(seconds, UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")


@given(octets)
def test_never_raises(value):
    assert parse_http_date(value) is None or parse_http_date(value) >= -62135596800


def test_netscape_form():
    assert format_netscape_date(784111777.9) == "Sun, 06-Nov-1994 08:49:37 GMT"
