"""HTTP-date: the three forms that a recipient must accept (RFC 9110 §5.6.7).

No library fits: `email.utils` takes other zones, other forms and any capitals for dates, too, which
to a cache are none, and has another rule for years of two digits.
"""

import re
from calendar import monthrange, timegm
from functools import lru_cache
from time import gmtime

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_NAME = "|".join(_DAYS)
_LONG = "Mon|Tues|Wednes|Thurs|Fri|Satur|Sun"
_MONTH = "|".join(_MONTHS)
_TIME = r"(?P<hour>[01]\d|2[0-3]):(?P<minute>[0-5]\d):(?P<second>[0-5]\d|60)"
_FORMS = tuple(
    re.compile(form, re.ASCII)
    for form in (
        rf"(?:{_NAME}), (?P<day>\d\d) (?P<month>{_MONTH}) (?P<year>\d{{4}}) {_TIME} GMT",
        rf"(?:{_LONG})day, (?P<day>\d\d)-(?P<month>{_MONTH})-(?P<year>\d\d) {_TIME} GMT",
        rf"(?:{_NAME}) (?P<month>{_MONTH}) (?P<day>[ \d]\d) {_TIME} (?P<year>\d{{4}})",
    )
)
"""IMF-fixdate, the form of RFC 850, and that of asctime."""


@lru_cache(maxsize=2048)
def fixdate(value: str) -> int | None:
    """Unix seconds of an IMF-fixdate from 1971 to 2037 with its right weekday; None for all else.

    That is the form that servers send, and the one that all caches read alike, whatever they make
    of others: their own ways of reading begin with it, since it is many times faster.

    Source: RFC 9110 §5.6.7.
    """
    midnight, clock = _midnight_of(value[:16]), _CLOCK.fullmatch(value, 16)
    if midnight is None or clock is None:
        return None
    hour, minute, second = clock.groups()
    return midnight + 3600 * int(hour) + 60 * int(minute) + int(second)


_CLOCK = re.compile(r" ([01]\d|2[0-3]):([0-5]\d):([0-5]\d) GMT", re.ASCII)
_FIRST, _LAST = 31_536_000, 2_145_916_800
"""The years 1971 to 2037: no cache's seconds are negative or too large for 32 bits."""


@lru_cache(maxsize=512)
def _midnight_of(day: str) -> int | None:
    """Unix seconds of `Sun, 06 Nov 1994`; None if that is no such day."""
    seconds = _parse(f"{day} 00:00:00 GMT")
    if seconds is None or not _FIRST <= seconds < _LAST or format_http_date(seconds)[:16] != day:
        return None
    return seconds


@lru_cache(maxsize=1024)
def parse_http_date(value: str) -> int | None:
    """Unix seconds of an HTTP-date; None for anything else, such as `0` or `-1`.

    Case-sensitive and in GMT only; the name of the day is not compared with the date. A two-digit
    year that lies more than 50 years ahead is of the last century.

    Source: RFC 9110 §5.6.7.
    """
    seconds = fixdate(value)
    return _parse(value) if seconds is None else seconds


def _parse(value: str) -> int | None:
    found = next((match for form in _FORMS if (match := form.fullmatch(value))), None)
    if found is None:
        return None
    year, month, day = int(found["year"]), _MONTHS.index(found["month"]) + 1, int(found["day"])
    if len(found["year"]) == 2:
        this_year = gmtime().tm_year
        year += this_year - this_year % 100
        if year > this_year + 50:
            year -= 100
    if year < 1 or not 1 <= day <= monthrange(year, month)[1]:
        return None
    return timegm(
        (year, month, day, int(found["hour"]), int(found["minute"]), int(found["second"]))
    )


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
