"""cookie-date: the forgiving date syntax of the Expires attribute (RFC 6265bis §5.1.1)."""

import re
from calendar import monthrange, timegm
from functools import lru_cache

_DELIMITERS = re.compile(r"[\x09\x20-\x2f\x3b-\x40\x5b-\x60\x7b-\x7e]+")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_PRODUCTIONS = tuple(
    (name, re.compile(pattern, re.ASCII | re.DOTALL | re.IGNORECASE))
    for name, pattern in (
        ("time", r"(\d{1,2}):(\d{1,2}):(\d{1,2})(?:\D.*)?"),
        ("day", r"(\d{1,2})(?:\D.*)?"),
        ("month", rf"({'|'.join(_MONTHS)}).*"),
        ("year", r"(\d{2,4})(?:\D.*)?"),
    )
)


@lru_cache(maxsize=1024)
def parse_cookie_date(value: str) -> int | None:
    """Unix seconds of a cookie-date, read as the standard's algorithm does; None if it fails.

    Source: RFC 6265bis §5.1.1.
    """
    found: dict[str, tuple[int, ...]] = {}
    for token in _DELIMITERS.split(value):
        # Each production is taken by the first token that matches it, in this order.
        for production, pattern in _PRODUCTIONS:
            if production not in found and (match := pattern.fullmatch(token)):
                found[production] = tuple(
                    _MONTHS.index(part.lower()) + 1 if part.isalpha() else int(part)
                    for part in match.groups()
                )
                break
    if len(found) < len(_PRODUCTIONS):
        return None
    (year,), (month,), (day,) = found["year"], found["month"], found["day"]
    if year < 100:
        year += 2000 if year < 70 else 1900
    hour, minute, second = found["time"]
    if year < 1601 or hour > 23 or minute > 59 or second > 59:
        return None
    if not 1 <= day <= monthrange(year, month)[1]:
        return None
    return timegm((year, month, day, hour, minute, second))
