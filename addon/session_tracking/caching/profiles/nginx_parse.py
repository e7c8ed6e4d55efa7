"""How nginx reads fields; every function names the C function that it follows."""

import re
from dataclasses import dataclass
from functools import lru_cache

from session_tracking.caching.profiles.wire import host, raw_values
from session_tracking.http.dates import fixdate
from session_tracking.http.exchange import RequestFacts

FORBIDDING = ("no-cache", "no-store", "private")
"""What forbids storing wherever it stands in Cache-Control, quoted or within a longer word."""

INVALID_TIME = -1
"""What an unreadable date counts as (NGX_ERROR): a time that is past."""

_WORD = 2**64
_CLOCK = r"(\d\d):(\d\d):(\d\d)"
_RFC822 = re.compile(rf"(\d\d) (...) (\d{{4}}) {_CLOCK}", re.ASCII | re.DOTALL)
_RFC850 = re.compile(rf"(\d\d)-(...)-(\d\d) {_CLOCK}", re.ASCII | re.DOTALL)
_ASCTIME = re.compile(rf"(...). ?(\d\d?) {_CLOCK} (\d{{4}})", re.ASCII | re.DOTALL)
_MONTHS = {"F": 2, "S": 9, "O": 10, "N": 11, "D": 12}
_LENGTHS = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_NUMBER = re.compile(r"\d+", re.ASCII)


def signed(number: int) -> int:
    """`number` as it fits 64 bits with a sign, wrapped around."""
    return (number + _WORD // 2) % _WORD - _WORD // 2


@lru_cache(maxsize=1024)
def parse_time(text: str) -> int:
    """Unix seconds of a date; INVALID_TIME for what is none.

    Weekday, time zone and all that follows the time are not looked at, a month is known by some
    of its letters, and the last day of the month before may be called day 00.

    Source: ngx_parse_http_time (src/core/ngx_parse_time.c).
    """
    if (seconds := fixdate(text)) is not None:
        return seconds
    separator = re.search("[, ]", text)
    if separator is None:
        return INVALID_TIME
    rest = text[separator.end() :].lstrip(" ")
    if separator[0] == " ":
        match = _ASCTIME.match(rest)
        if match is None:
            return INVALID_TIME
        name, day, hour, minute, second, year = match.groups()
    else:
        match = _RFC822.match(rest) or _RFC850.match(rest)
        if match is None:
            return INVALID_TIME
        day, name, year, hour, minute, second = match.groups()
    full_year = int(year) if len(year) == 4 else int(year) + (2000 if int(year) < 70 else 1900)
    return _unix(full_year, _month(name), int(day), (int(hour), int(minute), int(second)))


def _month(name: str) -> int | None:
    """The month by the letters that nginx looks at; None if the first one starts no month."""
    match name[0]:
        case "J":
            return 1 if name[1] == "a" else 6 if name[2] == "n" else 7
        case "M":
            return 3 if name[2] == "r" else 5
        case "A":
            return 4 if name[1] == "p" else 8
        case first:
            return _MONTHS.get(first)


def _unix(year: int, month: int | None, day: int, clock: tuple[int, int, int]) -> int:
    """Unix seconds by the formula of Gauss, in unsigned 64 bits as nginx calculates."""
    hour, minute, second = clock
    if month is None or hour > 23 or minute > 59 or second > 59:
        return INVALID_TIME
    if (month, day) == (2, 29):
        if year % 4 or (year % 100 == 0 and year % 400):
            return INVALID_TIME
    elif day > _LENGTHS[month - 1]:
        return INVALID_TIME
    if month <= 2:
        month, year = month + 12, (year - 1) % _WORD
    days = 365 * year + year // 4 - year // 100 + year // 400
    days += 367 * (month - 2) // 12 - 30 + day - 1 - 719527 + 31 + 28
    return signed(days * 86400 + hour * 3600 + minute * 60 + second)


@lru_cache(maxsize=4096)
def cache_control_seconds(text: str) -> int | None:
    """Seconds of lifetime that one line of Cache-Control gives, 0 for none; None: do not store.

    Directives are looked for anywhere in the line, in any case, and `s-maxage=` goes before
    `max-age=`. A lifetime of 0, and anything but digits up to the next comma, semicolon or space,
    forbids storing; so does such an argument of `stale-while-revalidate=` or `stale-if-error=`.

    Source: ngx_http_upstream_process_cache_control (src/http/ngx_http_upstream.c).
    """
    text = text.lower()
    if any(word in text for word in FORBIDDING):
        return None
    lifetime = _S_MAXAGE.search(text) or _MAX_AGE.search(text)
    arguments = (lifetime, _STALE_WHILE_REVALIDATE.search(text), _STALE_IF_ERROR.search(text))
    if any(found is not None and found[2] not in _ENDS for found in arguments):
        return None
    if lifetime is None:
        return 0
    # A power of ten above 10**63 is a multiple of 2**64, so the last 64 digits decide.
    return signed(int(lifetime[1][-64:] or 0)) or None


def _directive(name: str) -> re.Pattern[str]:
    """The first place of `name` and `=`, the digits after it and what ends them."""
    return re.compile(rf"{name}=(\d*)(.?)", re.ASCII | re.DOTALL)


_S_MAXAGE = _directive("s-maxage")
_MAX_AGE = _directive("max-age")
_STALE_WHILE_REVALIDATE = _directive("stale-while-revalidate")
_STALE_IF_ERROR = _directive("stale-if-error")
_ENDS = frozenset({"", ",", ";", " "})


@dataclass(frozen=True, slots=True)
class AccelExpires:
    """What X-Accel-Expires says: seconds from now, or the time itself in Unix seconds."""

    seconds: int
    absolute: bool = False


@lru_cache(maxsize=256)
def accel_expires(text: str) -> AccelExpires | None:
    """The value of X-Accel-Expires; None for anything but digits after an optional `@`.

    Source: ngx_http_upstream_process_accel_expires (src/http/ngx_http_upstream.c), ngx_atoi
    (src/core/ngx_string.c): more than 63 bits are an error.
    """
    digits = text.removeprefix("@")
    if _NUMBER.fullmatch(digits) is None or len(digits.lstrip("0")) > 19:
        return None
    number = int(digits[-19:])
    return AccelExpires(number, absolute=text != digits) if number == signed(number) else None


def variant(vary: str, request: RequestFacts) -> str:
    """What a request is told apart by under a response with this Vary.

    Names are separated by commas and spaces. Several lines of a field are joined; in
    Accept-Charset, Accept-Encoding and Accept-Language spaces do not count. An absent field is
    like an empty one, and a field whose name has more than letters, digits and hyphens is not seen.

    Source: ngx_http_file_cache_vary, ngx_http_file_cache_vary_header
    (src/http/ngx_http_file_cache.c); ignore_invalid_headers.
    """
    parts = []
    for name in _SEPARATORS.split(vary.lower()):
        if not name:
            continue
        if name == "host":
            values = [host(request)]
        else:
            values = raw_values(request.fields, name) if _VALID_NAME.fullmatch(name) else []
        if name in _NORMALIZED:
            values = [word for value in values for word in _SEPARATORS.split(value) if word]
        parts.append(f"{name}:{','.join(values)}\r\n")
    return "".join(parts)


_SEPARATORS = re.compile("[, ]")
_VALID_NAME = re.compile("[-0-9a-z]+")
_NORMALIZED = frozenset({"accept-charset", "accept-encoding", "accept-language"})
