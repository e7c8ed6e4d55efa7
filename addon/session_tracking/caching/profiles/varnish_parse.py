"""How Varnish reads fields; every function names the C function that it follows."""

import re
from calendar import timegm
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from session_tracking.http.dates import fixdate

NO_TIME = 0.0
"""What an unreadable date counts as; the first second of 1970 looks the same."""

MAX_NAME = 127
"""The longest field name, in octets, that Vary may list."""

LARGEST = 2**32 - 1
"""What a larger number counts as (UINT_MAX)."""

_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_DAY, _MONTH = rf"(?P<weekday>{'|'.join(_WEEKDAYS)})", rf"(?P<month>{'|'.join(_MONTHS)})"
_CLOCK = r"(?P<hour>\d\d):(?P<minute>\d\d):(?P<second>\d\d)"
_REST = {"Tue": "sday", "Wed": "nesday", "Thu": "rsday", "Sat": "urday"}
_FORMS = tuple(
    re.compile(rf" *{form} *", re.ASCII)
    for form in (
        rf"{_DAY}, (?P<day>\d\d) {_MONTH} (?P<year>\d{{4}}) {_CLOCK} GMT",
        rf"{_DAY} {_MONTH} (?P<day>[ \d]\d) {_CLOCK} (?P<year>\d{{4}})",
        rf"{_DAY}(?P<rest>[a-z]+), (?P<day>\d\d)-{_MONTH}-(?P<year>\d\d) {_CLOCK} GMT",
        rf"(?P<year>\d{{4}})-(?P<month>\d\d)-(?P<day>\d\d)T{_CLOCK}",
    )
)
_TOKEN = "!#$%&'*+.^_`|~0-9a-z-"  # noqa: S105 - the characters of a token
_NUMBER = re.compile(r"[ \t\n\v\f\r]*\+?(\d+)[ \t\r\n]*(?P<end>[,.]|\Z)?", re.ASCII)


@lru_cache(maxsize=1024)
def parse_time(text: str) -> float:
    """Unix seconds of a date of which nothing is missing and the weekday is right; else NO_TIME.

    Besides the three forms of HTTP it may be `1994-11-06T08:49:37`.

    Source: VTIM_parse (lib/libvarnish/vtim.c).
    """
    seconds = fixdate(text)
    return _parse_time(text) if seconds is None else float(seconds)


def _parse_time(text: str) -> float:
    match = next((m for form in _FORMS if (m := form.fullmatch(text))), None)
    if match is None:
        return NO_TIME
    parts = match.groupdict()
    year = int(parts["year"])
    if "rest" in parts:
        if parts["rest"] != _REST.get(parts["weekday"], "day"):
            return NO_TIME
        year += 2000 if year < 69 else 1900
    month = int(parts["month"]) if parts["month"].isdigit() else _MONTHS.index(parts["month"]) + 1
    hour, minute, second = (int(parts[unit]) for unit in ("hour", "minute", "second"))
    if year < 1899 or hour > 23 or minute > 59 or second > 60:
        return NO_TIME
    try:
        day = date(year, month, int(parts["day"]))
    except ValueError:
        return NO_TIME
    if "weekday" in parts and _WEEKDAYS[day.weekday()] != parts["weekday"]:
        return NO_TIME
    return float(timegm((year, month, day.day, hour, minute, min(second, 59))))


@lru_cache(maxsize=1024)
def parse_seconds(text: str) -> int:
    """Whole seconds at the start of `text`; 0 for what is no number or ends in other characters.

    A comma or a full stop may follow. LARGEST for a larger number, whatever follows.

    Source: rfc2616_time (bin/varnishd/cache/cache_rfc2616.c).
    """
    match = _NUMBER.match(text)
    if match is None:
        return 0
    digits = match[1].lstrip("0")
    if len(digits) > 10 or int(digits or 0) > LARGEST:
        return LARGEST
    return 0 if match["end"] is None else int(digits or 0)


@dataclass(frozen=True, slots=True)
class CacheControl:
    """What Varnish itself reads in Cache-Control: whole seconds, None for what it does not find."""

    lifetime: int | None
    stale_while_revalidate: int | None


@lru_cache(maxsize=4096)
def parse_cache_control(text: str) -> CacheControl:
    """Read all lines of Cache-Control, joined by commas.

    `s-maxage` hides `max-age` even if it has no argument. Names may be quoted, commas in quoted
    strings separate, and the first directive of a name counts.

    Source: RFC2616_Ttl (cache_rfc2616.c), http_GetHdrField, http_GetHdrToken (cache_http.c).
    """
    shared = _S_MAXAGE.search(text)
    lifetime = shared or _MAX_AGE.search(text)
    return CacheControl(_seconds(text, lifetime), _seconds(text, _STALE.search(text)))


def _directive(name: str) -> re.Pattern[str]:
    return re.compile(
        rf'(?:^|,)[ \t,]*(?:"{name}"|(?i:{name}(?![{_TOKEN}])))[ \t]*(?P<equals>=?)[ \t]*',
        re.ASCII,
    )


_S_MAXAGE = _directive("s-maxage")
_MAX_AGE = _directive("max-age")
_STALE = _directive("stale-while-revalidate")


def _seconds(text: str, match: re.Match[str] | None) -> int | None:
    if match is None or not match["equals"]:
        return None
    return parse_seconds(text[match.end() :])


@lru_cache(maxsize=1024)
def parse_vary(text: str) -> tuple[str, ...] | None:
    """The field names, in lower case, that all lines of Vary list; None if it is malformed.

    `*` is a name like any other. An empty member matches no field.

    Source: VRY_Create (bin/varnishd/cache/cache_vary.c).
    """
    names = tuple(member.strip(" \t").lower() for member in text.split(","))
    if any(len(name) > MAX_NAME or " " in name or "\t" in name for name in names):
        return None
    return names
