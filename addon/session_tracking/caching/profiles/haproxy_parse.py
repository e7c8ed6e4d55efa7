"""How HAProxy's cache reads fields; every function names the C function that it follows."""

import re
from calendar import timegm
from functools import lru_cache

from session_tracking.http.fields import FieldSection

LWS = " \t\r\n"
"""HTTP_IS_LWS (include/haproxy/http-hdr.h)."""


def members(fields: FieldSection, name: str) -> tuple[str, ...]:
    """The members of a field over all its lines, empty ones included.

    Source: http_find_header with full=0 (src/http_htx.c), http_find_hdr_value_end (src/http.c).
    """
    values = fields.values(name)
    return _members(tuple(values)) if values else ()


@lru_cache(maxsize=4096)
def _members(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(part.strip(LWS) for value in values for part in _split(value))


def _split(value: str) -> list[str]:
    if '"' not in value:
        return value.split(",")
    parts, start, quoted, escaped = [], 0, False, False
    for position, char in enumerate(value):
        if escaped:
            escaped = False
        elif quoted and char == "\\":
            escaped = True
        elif char == '"':
            quoted = not quoted
        elif char == "," and not quoted:
            parts.append(value[start:position])
            start = position + 1
    return [*parts, value[start:]]


_NUMBER = re.compile(r"[ \t\n\v\f\r]*[+-]?[0-9]+")


def leading_number(text: str) -> int | None:
    """The whole number that the text starts with, within 64 bits; None if there is none.

    A quotation mark before it is skipped.

    Source: http_calc_maxage (src/cache.c), strtol.
    """
    match = _NUMBER.match(text.removeprefix('"'))
    if match is None:
        return None
    digits = match[0].strip()
    number = int(digits) if len(digits) < 64 else (-(2**63) if digits[0] == "-" else 2**63)
    return max(-(2**63), min(number, 2**63 - 1))


_DAYS = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_LONG_DAYS = "(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)"
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"
_DATE_FORMS = tuple(
    re.compile(form.format(month=f"(?P<m>{_MONTHS.replace(' ', '|')})", clock=_clock), re.ASCII)
    for _clock in (r"(?P<H>\d\d):(?P<M>\d\d):(?P<S>\d\d)",)
    for form in (
        _DAYS + r", (?P<d>\d\d) {month} (?P<y>\d{{4}}) {clock} GMT",
        _LONG_DAYS + r", (?P<d>\d\d)-{month}-(?P<y>\d\d(?:\d\d)?) {clock} GMT",
        _DAYS + r" {month} (?P<d> \d|\d\d) {clock} (?P<y>\d{{4}})",
    )
)


@lru_cache(maxsize=1024)
def parse_date(text: str) -> int | None:
    """Unix seconds; None for what is no date. What follows the date is not looked at.

    Days, hours, minutes and seconds may be out of range: they carry over. The days of a year
    before 1970 are a negative number in 32 unsigned bits, which puts them into the far future.

    Source: parse_http_date, my_timegm (src/tools.c).
    """
    for form in _DATE_FORMS:
        if (match := form.match(text)) is not None:
            year = int(match["y"])
            if len(match["y"]) == 2:
                year += 2000 if year <= 60 else 1900
            month = _MONTHS.split().index(match["m"])
            clock = [int(match[unit]) for unit in "HMS"]
            return _my_timegm(year, month, int(match["d"]), clock)
    return None


def _my_timegm(year: int, month: int, day: int, clock: list[int]) -> int:
    before = timegm((max(year, 1), month + 1, 1, 0, 0, 0))
    if year < 1970:
        before += 2**32 * 86400
    hour, minute, second = clock
    return before + (day - 1) * 86400 + hour * 3600 + minute * 60 + second
