import pytest
from hypothesis import given

from session_tracking.cookies.cookie_date import parse_cookie_date
from tests.strategies import octets

DATES = [
    ("imf-fixdate", "Sat, 21 Nov 2026 09:30:00 GMT", 1795253400),
    ("netscape", "Sat, 21-Nov-2026 09:30:00 GMT", 1795253400),
    ("two-digit-year", "Saturday, 21-Nov-26 09:30:00 GMT", 1795253400),
    ("two-digit-last-century", "Sun, 06-Nov-94 08:49:37 GMT", 784111777),
    ("asctime", "Sat Nov 21 09:30:00 2026", 1795253400),
    ("any-order", "2026 9:30:00 november 21", 1795253400),
    ("any-zone", "Sat, 21 Nov 2026 09:30:00 +0900", 1795253400),
    ("trailing-garbage", "21x Novx 2026x 09:30:00x", 1795253400),
    ("no-time", "21 Nov 2026", None),
    ("no-year", "21 Nov 09:30:00", None),
    ("hour-24", "21 Nov 2026 24:00:00", None),
    ("minute-60", "21 Nov 2026 23:60:00", None),
    ("second-60", "21 Nov 2026 23:59:60", None),
    ("day-0", "00 Nov 2026 09:30:00", None),
    ("day-31-of-november", "31 Nov 2026 09:30:00", None),
    ("year-1600", "21 Nov 1600 09:30:00", None),
    ("zero", "0", None),
    ("empty", "", None),
]


@pytest.mark.parametrize(("value", "seconds"), [pytest.param(*r, id=i) for i, *r in DATES])
def test_rfc6265bis_5_6_1(value, seconds):
    assert parse_cookie_date(value) == seconds


@given(octets)
def test_never_raises(value):
    parse_cookie_date(value)
