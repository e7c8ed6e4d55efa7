"""How HAProxy's cache reads fields; every function names the C function that it follows."""

import re
from calendar import timegm
from functools import lru_cache

from session_tracking.http.dates import fixdate
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


_DAY = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)"
_LONG_DAY = "(?:Monday|Tuesday|Wednesday|Thursday|Friday|Saturday|Sunday)"
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MONTH = f"(?P<m>{'|'.join(_MONTHS)})"
_TIME = r"(?P<H>\d\d):(?P<M>\d\d):(?P<S>\d\d)"
_DATE_FORMS = tuple(
    re.compile(form, re.ASCII)
    for form in (
        rf"{_DAY}, (?P<d>\d\d) {_MONTH} (?P<y>\d{{4}}) {_TIME} GMT",
        rf"{_LONG_DAY}, (?P<d>\d\d)-{_MONTH}-(?P<y>\d\d(?:\d\d)?) {_TIME} GMT",
        rf"{_DAY} {_MONTH} (?P<d> \d|\d\d) {_TIME} (?P<y>\d{{4}})",
    )
)


@lru_cache(maxsize=1024)
def parse_date(text: str) -> int | None:
    """Unix seconds; None for what is no date. What follows the date is not looked at.

    Days, hours, minutes and seconds may be out of range: they carry over. The days of a year
    before 1970 are a negative number in 32 unsigned bits, which puts them into the far future.

    Source: parse_http_date, my_timegm (src/tools.c).
    """
    if (seconds := fixdate(text)) is not None:
        return seconds
    for form in _DATE_FORMS:
        if (match := form.match(text)) is not None:
            year = int(match["y"])
            if len(match["y"]) == 2:
                year += 2000 if year <= 60 else 1900
            month = _MONTHS.index(match["m"])
            clock = [int(match[unit]) for unit in "HMS"]
            return _my_timegm(year, month, int(match["d"]), clock)
    return None


def _my_timegm(year: int, month: int, day: int, clock: list[int]) -> int:
    before = timegm((max(year, 1), month + 1, 1, 0, 0, 0))
    if year < 1970:
        before += 2**32 * 86400
    hour, minute, second = clock
    return before + (day - 1) * 86400 + hour * 3600 + minute * 60 + second


def lifetime(fields: FieldSection, time: float, limit: int) -> tuple[int, int]:
    """Seconds for which the response is kept, at most `limit`, and those that it promised.

    Negative for a lifetime that is malformed. Without any lifetime it is kept for `limit`.

    Source: http_calc_maxage (src/cache.c).
    """
    shared, own, valid = _ages(members(fields, "cache-control"))
    if not valid:
        return -1, 0
    if shared is None and own is None and "expires" in fields:
        expiry = parse_date(fields.values("expires")[0])
        left = 0 if expiry is None else _int(max(0, expiry - int(time)))
        if left >= 0:
            return min(left, limit), left
    for age in (shared, own):
        if age:
            return min(age, limit), _int(age)
    return limit, 0


@lru_cache(maxsize=4096)
def _ages(said: tuple[str, ...]) -> tuple[int | None, int | None, bool]:
    """s-maxage, max-age, and whether each one given is a number that is not negative."""
    ages: dict[str, int] = {}
    for directive in said:
        name, equals, argument = directive.partition("=")
        name = name.lower()
        if equals and argument and name in {"s-maxage", "max-age"}:
            number = leading_number(argument)
            if number is None or number < 0:
                return None, None, False
            ages[name] = number
    return ages.get("s-maxage"), ages.get("max-age"), True


def _int(number: int) -> int:
    """The number as a C int of 32 bits holds it."""
    return (number + 2**31) % 2**32 - 2**31
