"""How Squid 5.7 reads lists, numbers, dates, Cache-Control and Surrogate-Control.

The functions follow Squid's C++ where it deviates from the grammars; each names its source file.
"""

import re
from calendar import timegm
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from session_tracking.http.dates import fixdate

SPACE = " \t\n\v\f\r"
MAX_STALE_ANY = 2**31 - 1
"""What max-stale without a number means (HttpHdrCc.h)."""

_SKIPPED = " ,\t\r\n"
_INTEGER = re.compile(r"[ \t\n\v\f\r]*([+-]?)0*([0-9]*)")
_TEXT_IN_QUOTES = re.compile(r"[^\\\"\x00-\x1f\x7f]*")
_FLAGS = frozenset(
    {
        "public",
        "no-store",
        "no-transform",
        "must-revalidate",
        "proxy-revalidate",
        "only-if-cached",
        "immutable",
    }
)
_NUMBERS = frozenset({"max-age", "s-maxage", "max-stale", "min-fresh", "stale-if-error"})
_MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_GREGORIAN_CYCLE = 146097 * 86400
"""Seconds in 400 years."""


@dataclass(frozen=True, slots=True)
class CacheControl:
    """The directives that Squid recognised; names are case-sensitive, the first valid one counts.

    Source: HttpHdrCc.cc, HttpHdrCc::parse; base/LookupTable.h (names compare by case).
    """

    names: frozenset[str] = frozenset()
    seconds: Mapping[str, int] = field(default_factory=dict)
    """The numbers of max-age, s-maxage, max-stale, min-fresh and stale-if-error."""
    no_cache_lists_fields: bool = False
    """True for no-cache="…" with something between the quotation marks."""

    def __contains__(self, name: object) -> bool:
        return name in self.names


@dataclass(frozen=True, slots=True)
class Surrogate:
    """What Surrogate-Control tells this surrogate (HttpHdrSc::getMergedTarget)."""

    no_store: bool = False
    lifetime: int | None = None
    """Seconds after Date; None if there is no usable max-age."""


def list_items(text: str) -> Iterator[tuple[int, int]]:
    """Start and end of each list member; commas in quoted strings do not separate.

    Source: StrList.cc, strListGetItem.
    """
    position, length = 0, len(text)
    while True:
        while position < length and text[position] in _SKIPPED:
            position += 1
        start, quoted = position, False
        while position < length:
            char = text[position]
            if char == '"':
                quoted = not quoted
            elif quoted and char == "\\":
                position += 1
            elif char == "," and not quoted:
                break
            position += 1
        position = min(position, length)
        end = position
        while end > start and text[end - 1] in SPACE:
            end -= 1
        if end == start:
            return
        yield start, end


@lru_cache(maxsize=2048)
def to_int(text: str, start: int = 0) -> int:
    """C's atoi on a machine with 64-bit long: saturates at 64 bits, then keeps the low 32.

    0 where there is no number, as for the age of a malformed Age field.
    """
    match = _INTEGER.match(text, start)
    sign, digits = match.groups() if match else ("", "")
    # Twenty digits decide: a longer text is not worth reading, nor would int() read any length.
    number = int(digits[:20] or "0")
    number = max(-(2**63), -number) if sign == "-" else min(number, 2**63 - 1)
    return (number + 2**31) % 2**32 - 2**31


def parse_int(text: str, start: int = 0) -> int | None:
    """A number; a zero must begin with a digit at once (HttpHeaderTools.cc, httpHeaderParseInt)."""
    number = to_int(text, start)
    if number == 0 and not ("0" <= text[start : start + 1] <= "9"):
        return None
    return number


def quoted_string(text: str) -> str | None:
    """The content of a quoted-string at the start of `text`; None if it is malformed.

    An escaped quotation mark ends the string all the same; a tab makes it malformed.

    Source: HttpHeaderTools.cc, httpHeaderParseQuotedString.
    """
    if not text.startswith('"'):
        return None
    content, position, length = "", 1, len(text)
    while position < length and text[position] != '"':
        if text[position] == "\\":
            position += 1
        match = _TEXT_IN_QUOTES.match(text, position)
        end = length if match is None else match.end()
        if end >= length or text[end] not in '\\"':
            return None
        content += text[position:end]
        position = end
    return content if position < length else None


def join(values: Iterable[str]) -> str:
    """All lines of a list field; Squid trims vertical tabs and form feeds as well."""
    return ", ".join(value.strip(SPACE) for value in values)


@lru_cache(maxsize=2048)
def parse_cache_control(values: tuple[str, ...]) -> CacheControl:
    """Read the field lines of Cache-Control."""
    text = join(values)
    names: set[str] = set()
    seconds: dict[str, int] = {}
    lists_fields = False
    for start, end in list_items(text):
        name, equals, argument = text[start:end].partition("=")
        if name in names:
            continue
        if name in _FLAGS or name == "private":
            names.add(name)
        elif name in _NUMBERS:
            number = parse_int(argument) if equals else None
            if number is not None and number >= 0:
                names.add(name)
                seconds[name] = number
            elif name == "max-stale":
                names.add(name)
                seconds[name] = MAX_STALE_ANY
        elif name == "no-cache":
            listed = quoted_string(argument) if equals else ""
            if listed is not None:
                names.add(name)
                lists_fields = bool(listed)
    return CacheControl(frozenset(names), seconds, lists_fields)


@lru_cache(maxsize=512)
def parse_surrogate_control(values: tuple[str, ...], surrogate_id: str) -> Surrogate | None:
    """What is addressed to everyone or to `surrogate_id`; None if nothing is.

    Of max-age=N+M the lesser number counts, so that max-age=N alone means at once stale.

    Source: HttpHdrSc.cc, HttpHdrSc::parse; http.cc, HttpStateData::processSurrogateControl.
    """
    text = join(values)
    targets: dict[str, dict[str, int]] = {}
    for start, end in list_items(text):
        item = text[start:end]
        cut = item.find("=") if "=" in item else item.find(";")
        name = item if cut < 0 else item[:cut]
        tail = item[item.rfind(";") :] if ";" in item else ""
        target = "" if '"' in tail else tail[1:]
        said = targets.setdefault(target, {})
        if name == "no-store":
            said[name] = 1
        elif name == "max-age" and name not in said:
            lifetime = None if cut < 0 else parse_int(text, start + cut + 1)
            if lifetime is not None:
                if lifetime >= 0:
                    said[name] = lifetime
                plus = text.find("+", start + cut + 1)
                said["max-stale"] = (parse_int(text, plus + 1) or 0) if plus >= 0 else 0
    usable = [targets[name] for name in ("", surrogate_id) if name in targets]
    if not usable:
        return None
    timed = next((said for said in usable if "max-age" in said), None)
    return Surrogate(
        no_store=any("no-store" in said for said in usable),
        lifetime=None if timed is None else min(timed["max-age"], timed["max-stale"]),
    )


@lru_cache(maxsize=2048)
def parse_date(value: str) -> int:
    """Unix seconds; -1 for what Squid does not take for a date (lib/rfc1123.c, parse_rfc1123)."""
    if (seconds := fixdate(value)) is not None:
        return seconds
    words: dict[str, str] = {}
    for token in value[:63].replace(",", " ").split(" "):
        if not token:
            continue
        if "0" <= token[0] <= "9":
            if "day" not in words:
                if "-" in token:
                    parts = token.split("-", 2)
                    if len(parts) < 3:
                        return -1
                    words["day"], words["month"], words["year"] = parts
                else:
                    words["day"] = token
                continue
            role = "time" if ":" in token else "year"
            if role == "year" and role in words:
                return -1
        else:
            role = next((r for r in ("weekday", "month", "zone") if r not in words), "")
            if not role:
                return -1
        words[role] = token
    return _date_of(words)


def _date_of(words: Mapping[str, str]) -> int:
    clock = words.get("time", "")
    if not words.keys() >= {"day", "month", "year"} or words.get("zone", "GMT") != "GMT":
        return -1
    name = words["month"][:3].capitalize()
    parts = clock.split(":", 2)
    if name not in _MONTHS or len(parts) < 2:
        return -1
    year, day = to_int(words["year"]), to_int(words["day"])
    if len(words["year"]) == 4:
        year -= 1900
    elif year < 70:
        year += 100
    elif year > 19000:
        year -= 19000
    # Exactly two characters make the hour: "8:49" gives 90 and is refused.
    hour = 10 * (ord(clock[0]) - 48) + ord(clock[1]) - 48
    minute, second = to_int(parts[1]), to_int(parts[2]) if len(parts) > 2 else 0
    if not (0 <= hour <= 23 and 0 <= minute <= 59 and 0 <= second <= 59 and 1 <= day <= 31):
        return -1
    cycles, within = divmod(year + 1900, 400)
    in_cycle = timegm((2000 + within, _MONTHS.index(name) + 1, day, hour, minute, second))
    return in_cycle + (cycles - 5) * _GREGORIAN_CYCLE
