"""How httpd's mod_cache reads fields; every function names the C function that it follows."""

import re
from calendar import timegm
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from session_tracking.http.dates import fixdate
from session_tracking.http.fields import FieldSection

_CLOCK = r"(?P<{0}H>\d\d):(?P<{0}M>\d\d):(?P<{0}S>\d\d)"
_DATE = re.compile(
    r"\s*[^ ]* (?:"
    rf"(?P<ad>\d\d?) (?P<am>[A-Z][a-z]{{2}}) (?P<ay>\d{{4}}) {_CLOCK.format('a')} "
    rf"|(?P<bd>\d\d)-(?P<bm>[A-Z][a-z]{{2}})-(?P<by>\d\d) {_CLOCK.format('b')} "
    rf"|(?P<cm>[A-Z][a-z]{{2}}) (?P<cd>[ \d]\d) {_CLOCK.format('c')} (?P<cy>\d{{4}})"
    ")",
    re.ASCII,
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LENGTHS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


@lru_cache(maxsize=1024)
def parse_date(text: str) -> int | None:
    """Unix seconds; None for what is no date, and for the epoch and all before it.

    The weekday may be anything and what follows the time is not looked at.

    Source: apr_date_parse_http (apr-util misc/apr_date.c).
    """
    if (seconds := fixdate(text)) is not None:
        return seconds
    match = _DATE.match(text)
    if match is None:
        return None
    form = "a" if match["ad"] else "b" if match["bd"] else "c"
    day, year = int(match[f"{form}d"]), int(match[f"{form}y"])
    hour, minute, second = (int(match[f"{form}{unit}"]) for unit in "HMS")
    if form == "b":
        year += 2000 if year < 70 else 1900
    if match[f"{form}m"] not in _MONTHS or year < 1900 or hour > 23 or minute > 59 or second > 61:
        return None
    month = _MONTHS.index(match[f"{form}m"])
    leap = year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)
    if not 1 <= day <= _LENGTHS[month] or (month == 1 and day == 29 and not leap):
        return None
    seconds = timegm((year, month + 1, day, hour, minute, second))
    return seconds if seconds > 0 else None


@lru_cache(maxsize=1024)
def parse_offset(text: str) -> int | None:
    """A whole number of 64 bits with an optional sign; None for anything else.

    Source: apr_strtoff, which is strtol, as ap_cache_control calls it (cache_util.c).
    """
    if re.fullmatch(r"[\s]*[+-]?\d+", text, re.ASCII) is None:
        return None
    number = int(text) if len(text) < 64 else 2**63
    return number if -(2**63) <= number < 2**63 else None


def int64(number: int) -> int:
    """The number in 64 bits: httpd adds and multiplies seconds without looking for overflow."""
    return (number + 2**63) % 2**64 - 2**63


def tokens(text: str, separators: str = ", \t") -> Iterator[str]:
    """The tokens of a field value; separators inside quoted strings do not count.

    Source: cache_strqtok (cache_util.c).
    """
    if '"' not in text:
        for separator in separators[1:]:
            text = text.replace(separator, separators[0])
        yield from filter(None, text.split(separators[0]))
        return
    start, position, end = None, 0, len(text)
    while position < end:
        char = text[position]
        if char in separators:
            if start is not None:
                yield text[start:position]
                start = None
            position += 1
            continue
        if start is None:
            start = position
        position += 1
        if char == '"':
            while position < end and text[position] != '"':
                position += 2 if text[position] == "\\" else 1
            position += 1
    if start is not None:
        yield text[start:]


@dataclass(frozen=True, slots=True)
class Control:
    """Cache-Control and Pragma of one message, as mod_cache understands them."""

    names: frozenset[str] = frozenset()
    """Directives without an argument that it knows, in lower case."""
    max_age: int | None = None
    s_maxage: int | None = None
    min_fresh: int = 0
    max_stale: int = 0
    listed: frozenset[str] = frozenset()
    """Field names, in lower case, that no-cache= and private= list."""

    def __contains__(self, name: object) -> bool:
        return name in self.names

    @property
    def explicit(self) -> bool:
        """Whether a lifetime is given that could be read."""
        return self.max_age is not None or self.s_maxage is not None

    @property
    def must_revalidate(self) -> bool:
        """Whether must-revalidate or proxy-revalidate is given."""
        return "must-revalidate" in self.names or "proxy-revalidate" in self.names


NO_CONTROL = Control()
YEAR = 365 * 86400
"""What max-stale without an argument stands for, in seconds (cache_check_freshness)."""

_KNOWN = frozenset(
    {
        "no-cache",
        "no-store",
        "must-revalidate",
        "only-if-cached",
        "public",
        "private",
        "proxy-revalidate",
    }
)
_NUMBERS = frozenset({"max-age", "s-maxage", "min-fresh", "max-stale"})


def control_of(fields: FieldSection) -> Control:
    """What Cache-Control and Pragma of a message say.

    Source: ap_cache_control, cache_control_remove, cache_table_getm (cache_util.c).
    """
    said, pragma = fields.values("cache-control"), fields.values("pragma")
    if pragma:
        return _control(",".join(said), ",".join(pragma))
    if not said:
        return NO_CONTROL
    return _control(said[0] if len(said) == 1 else ",".join(said))


@lru_cache(maxsize=4096)
def _control(said: str, pragma: str = "") -> Control:
    names = {"no-cache" for token in tokens(pragma) if token.lower() == "no-cache"}
    numbers: dict[str, int] = {}
    listed: set[str] = set()
    for token in tokens(said):
        name, equals, argument = token.partition("=")
        name = name.lower()
        if not equals and name == "max-stale":
            numbers[name] = -1
        elif not equals:
            names.update({name} & _KNOWN)
        elif name in _NUMBERS:
            number = parse_offset(argument)
            if number is not None:
                numbers[name] = number
        elif name in {"no-cache", "private"}:
            listed.update(field.lower() for field in re.split(r'[, \t"]+', argument))
    max_stale = numbers.get("max-stale", 0)
    return Control(
        frozenset(names),
        numbers.get("max-age"),
        numbers.get("s-maxage"),
        numbers.get("min-fresh", 0),
        YEAR if max_stale == -1 else max_stale,
        frozenset(listed),
    )


def passed_on(fields: FieldSection) -> FieldSection:
    """The fields that the proxy hands on: without those that Connection lists.

    Source: ap_proxy_clear_connection (proxy_util.c), find_conn_headers.
    """
    if "connection" not in fields:
        return fields
    return fields.without(_listed(tuple(fields.values("connection"))))


@lru_cache(maxsize=256)
def _listed(values: tuple[str, ...]) -> frozenset[str]:
    return frozenset(name.lower() for value in values for name in re.split(r"[\s;,]+", value))


def without(fields: FieldSection, names: Iterable[str]) -> FieldSection:
    """`fields` less those called any of `names` (lower case)."""
    return fields.without(frozenset(names))
