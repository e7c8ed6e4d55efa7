"""HTTP-date: the three forms that a recipient must accept (RFC 9110 §5.6.7)."""

import re
from calendar import timegm
from email.utils import parsedate_tz
from functools import lru_cache
from time import gmtime

_TIME = r"(?:[01]\d|2[0-3]):[0-5]\d:(?:[0-5]\d|60)"
_MONTH = "(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)"
_FORMS = re.compile(
    rf"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d {_MONTH} \d{{4}} {_TIME} GMT"  # IMF-fixdate
    r"|(?P<rfc850>(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day), "
    rf"\d\d-{_MONTH}-\d\d {_TIME} GMT"
    rf"|(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) {_MONTH} [ \d]\d {_TIME} \d{{4}}",  # asctime
    re.ASCII,
)
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@lru_cache(maxsize=1024)
def parse_http_date(value: str) -> int | None:
    """Unix seconds of an HTTP-date; None for anything else, such as `0` or `-1`.

    The grammar decides what is a date, case-sensitively and in GMT only; the library reads it. A
    two-digit year that lies more than 50 years ahead is of the last century.

    Source: RFC 9110 §5.6.7.
    """
    form = _FORMS.fullmatch(value)
    if form is None:
        return None
    parsed = parsedate_tz(value)
    if parsed is None:
        return None
    year, month, day = parsed[:3]
    if form["rfc850"]:
        this_year = gmtime().tm_year
        year = this_year - this_year % 100 + year % 100
        if year > this_year + 50:
            year -= 100
    if not 1 <= day <= 31 or year < 1:
        return None
    return timegm((year, month, day, *parsed[3:6]))


def format_http_date(seconds: float) -> str:
    """IMF-fixdate of a Unix time, with English names whatever the locale."""
    return _format(seconds, "{day}, {d:02} {month} {y:04} {clock} GMT")


def format_netscape_date(seconds: float) -> str:
    """`Wdy, DD-Mon-YYYY HH:MM:SS GMT`, the form of the Netscape cookie specification."""
    return _format(seconds, "{day}, {d:02}-{month}-{y:04} {clock} GMT")


def _format(seconds: float, form: str) -> str:
    t = gmtime(seconds)
    return form.format(
        day=_DAYS[t.tm_wday],
        d=t.tm_mday,
        month=_MONTHS[t.tm_mon - 1],
        y=t.tm_year,
        clock=f"{t.tm_hour:02}:{t.tm_min:02}:{t.tm_sec:02}",
    )
