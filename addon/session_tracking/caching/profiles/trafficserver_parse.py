"""How Traffic Server 9.2 reads lists, numbers, dates, entity tags and Cache-Control.

The functions follow its C++ where it deviates from the grammars; each names its source file.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from session_tracking.http.dates import fixdate

INT_MAX = 2**31 - 1
WS = " \t"

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]*")
_NUMBER = re.compile(r"[^0-9\-]*(?:([0-9]+)|-([0-9]*))")
_NUMBERS = frozenset({"max-age", "s-maxage", "max-stale", "min-fresh"})
_DAYS = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH_START = (305, 336, -1, 30, 60, 91, 121, 152, 183, 213, 244, 274)
"""Days since the first of March, less one."""
_WORD = re.compile(r"[^A-Za-z]*([A-Za-z]*)")
_INT64 = re.compile(r"[ \t\n\v\f\r]*(-?)([0-9]+)")
_LONGEST = 18
"""Digits that surely fit 64 bits; a range with more is refused as one that overflows."""
_YEAR = re.compile(r"[^0-9]*([0-9]+)")


@dataclass(frozen=True, slots=True)
class CacheControl:
    """The directives present, in lower case, whatever their arguments, and the last numbers."""

    names: frozenset[str] = frozenset()
    seconds: Mapping[str, int] = field(default_factory=dict)
    """0 for a directive that never has a number."""

    def __contains__(self, name: object) -> bool:
        return name in self.names


def list_members(values: Sequence[str]) -> Iterator[str]:
    """The non-empty members over all field lines, less a quotation mark at either end.

    Source: HdrUtils.cc, HdrCsvIter::find_csv.
    """
    for value in values:
        start, quoted = 0, False
        for position, char in enumerate(value + ","):
            if char == '"':
                if not (quoted and value[position - 1] == "\\"):
                    quoted = not quoted
            elif char == "," and (not quoted or position == len(value)):
                member = value[start:position].strip(WS)
                member = member.removeprefix('"').removesuffix('"')
                if member:
                    yield member
                start, quoted = position + 1, False


def to_int(digits: str) -> int:
    """A number that stops growing at the largest int (MIME.cc, mime_parse_integer)."""
    # Eleven digits decide: a longer text is not worth reading, nor would int() read any length.
    return min(int(digits.lstrip("0")[:11] or "0"), INT_MAX)


@lru_cache(maxsize=2048)
def parse_cache_control(values: tuple[str, ...]) -> CacheControl:
    """MIME.cc, MIMEHdrImpl::recompute_cooked_stuff."""
    names: set[str] = set()
    seconds: dict[str, int] = {}
    for member in list_members(values):
        token = _TOKEN.match(member)
        end = token.end() if token else 0
        name = member[:end].lower()
        names.add(name)
        if name in _NUMBERS:
            number = _NUMBER.match(member, end)
            if number is not None:
                seconds[name] = -to_int(number[2]) if number[1] is None else to_int(number[1])
            elif name == "max-stale":
                seconds[name] = INT_MAX
            else:
                seconds.setdefault(name, 0)
    return CacheControl(frozenset(names), seconds)


def to_int64(text: str) -> int:
    """The leading integer of a field value, 0 without one (MIME.cc, mime_parse_int64)."""
    match = _INT64.match(text)
    if match is None:
        return 0
    number = 0
    for digit in match[2]:  # It wraps as 64-bit arithmetic does.
        number = (number * 10 + int(digit)) % 2**64
    return ((-number if match[1] else number) + 2**63) % 2**64 - 2**63


@lru_cache(maxsize=2048)
def parse_date(value: str) -> int:
    """Unix seconds; 0 for what Traffic Server does not take for a date (mime_parse_date)."""
    if (seconds := fixdate(value)) is not None:
        return seconds
    text = value.lstrip(WS)
    parsed: tuple[int, ...] | None
    if text[:1].isdecimal():
        parsed = _in_order(text, "dmyt")
    elif len(text) >= 29 and text[3] == ",":
        parsed = _fixed_columns(text)
    else:
        word = _WORD.match(text)
        if word is None or _index(word[1], _DAYS) is None:
            return 0
        text = text[word.end() :].lstrip(WS)
        parsed = _in_order(text, "dmyt" if text[:1] == "," or text[:1].isdecimal() else "mdty")
    if parsed is None:
        return 0
    day, month, year, hour, minute, second = parsed
    if year > 137:
        return INT_MAX
    if year < 70:
        return 0
    day += _MONTH_START[month]
    if month < 2:
        year -= 1
    day += year * 365 + year // 4 - year // 100 + (year // 100 + 3) // 4 - 25508
    return ((day * 24 + hour) * 60 + minute) * 60 + second


def _index(word: str, names: tuple[str, ...]) -> int | None:
    """The position of the name that `word` begins with, whatever its case."""
    start = word[:3].lower()
    return names.index(start) if start in names else None


def _fixed_columns(text: str) -> tuple[int, ...] | None:
    """mime_parse_rfc822_date_fastcase: nothing but the names and the colons is checked."""

    def number(start: int, end: int) -> int:
        value = 0
        for char in text[start:end]:
            value = value * 10 + ord(char) - 48
        return value

    month = text[8:11].lower()
    if _index(text, _DAYS) is None or text[19] != ":" or text[22] != ":":
        return None
    if text[8:11].capitalize() != text[8:11] or month not in _MONTHS:
        # Then the whole value is searched, from its start, where the name of the day stands.
        return None
    year = number(12, 16) - 1900
    return (number(5, 7), _MONTHS.index(month), year, *(number(i, i + 2) for i in (17, 20, 23)))


def _in_order(text: str, order: str) -> tuple[int, ...] | None:
    """Day of month, month, year and time in this order, with anything in between."""
    found: dict[str, int] = {}
    position = 0
    for part in order.replace("t", "HMS"):
        if part == "m":
            word = _WORD.match(text, position)
            month = _index(word[1], _MONTHS) if word else None
            if word is None or month is None:
                return None
            found[part], position = month, word.end()
        elif part == "y":
            year = _YEAR.match(text, position)
            if year is None:
                return None
            value = to_int(year[1])
            found[part] = value - 1900 if value >= 1900 else value + (100 if value < 70 else 0)
            position = year.end()
        else:
            number = _NUMBER.match(text, position)
            if number is None:
                return None
            found[part] = -to_int(number[2]) if number[1] is None else to_int(number[1])
            position = number.end()
    return tuple(found[part] for part in "dmyHMS")


def serves_ranges(values: Sequence[str], length: int) -> bool:
    """Whether these byte ranges of content of `length` octets are served or refused from the cache.

    False for what is no range, for ranges that are out of order and for empty content: those go to
    the origin.

    Source: HttpSM.cc, HttpSM::parse_range_and_compare.
    """
    members = list(list_members(values))
    if length <= 0 or not members or not members[0].startswith("bytes="):
        return False
    members[0] = members[0][6:]
    last = -1
    for member in members:
        bounds = _bounds(member, length)
        if bounds is None:
            return False
        first, end = bounds
        if first >= length:
            continue
        if first > end or first <= last:
            return False
        last = end
    return True


def _bounds(member: str, length: int) -> tuple[int, int] | None:
    """First and last octet; a first one beyond the content stands for what cannot be satisfied."""
    start, dash, end = (part.strip(WS) for part in member.partition("-"))
    given = [text for text in (start, end) if text]
    if not dash or not given or not all(text.isdecimal() for text in given):
        return None
    if max(map(len, given)) > _LONGEST:
        return None
    if not start:
        if int(end) == 0:
            return None
        return length - min(int(end), length), length - 1
    first = int(start)
    last = int(end) if end else max(first, length - 1)
    if first >= length:
        return None if first > last else (first, last)
    return first, min(last, length - 1)
