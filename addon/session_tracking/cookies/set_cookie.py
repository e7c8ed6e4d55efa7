"""Set-Cookie and Set-Cookie2 as a user agent reads them, sloppy input included."""

import re
from collections.abc import Iterable, Iterator
from functools import lru_cache
from typing import NamedTuple

from session_tracking.cookies.cookie_date import parse_cookie_date
from session_tracking.http.fields import FieldSection, split_members, split_parameters, unquote

MAX_PAIR = 4096
"""Octets of cookie-name and cookie-value together; a longer cookie is ignored (§5.6)."""
MAX_ATTRIBUTE = 1024
"""Octets of one attribute value; a longer one is ignored (§5.6)."""

_WSP = " \t"
_ENDS = frozenset({"max-age", "expires"})
_FORBIDDEN = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


class SetCookie(NamedTuple):
    """One cookie of one response. The value is a secret: it is never shown nor stored.

    A tuple, since many are made: a frozen dataclass takes three times as long.
    """

    name: str
    value: str
    attributes: tuple[tuple[str, str], ...] = ()
    """(lower-case name, value) of every attribute, in order; the last of a name counts."""
    field: str = "set-cookie"
    """The field that carried it, in lower case: `set-cookie` or `set-cookie2`."""
    ignored: str = ""
    """Why a user agent ignores this cookie (RFC 6265bis §5.6); empty if it takes it."""

    def attribute(self, name: str) -> str | None:
        """The last value of an attribute (lower-case name); None if absent."""
        for found, value in reversed(self.attributes):
            if found == name:
                return value
        return None

    def has(self, name: str) -> bool:
        """Whether the attribute is there, with or without a value."""
        return any(n == name for n, _ in self.attributes)

    @property
    def max_age(self) -> int | None:
        """Max-Age in seconds; None if absent or not a number (RFC 6265bis §5.6.2)."""
        for name, value in reversed(self.attributes):
            digits = value[1:] if value[:1] == "-" else value
            if name == "max-age" and digits.isascii() and digits.isdigit():
                # Far more digits than any lifetime needs would only cost time to convert.
                return int(value[:16])
        return None

    @property
    def expires(self) -> int | None:
        """Expires in Unix seconds; None if absent or no cookie-date (RFC 6265bis §5.6.1)."""
        for name, value in reversed(self.attributes):
            if name == "expires" and (seconds := parse_cookie_date(value)) is not None:
                return seconds
        return None

    def deletes(self, now: float) -> bool:
        """Whether this removes the cookie from the client: expired at `now`, or emptied."""
        for name, _ in self.attributes:
            if name in _ENDS:
                break
        else:
            return not self.value
        if (max_age := self.max_age) is not None:
            return max_age <= 0
        if (expires := self.expires) is not None:
            return expires <= now
        return not self.value

    def __repr__(self) -> str:
        return f"SetCookie(name={self.name!r}, field={self.field!r})"


def parse_set_cookie(value: str) -> SetCookie:
    """Read one Set-Cookie field value; never raises.

    A cookie that a user agent would ignore is returned too, with the reason: caches store it all
    the same, and other clients than browsers may take it.

    Source: RFC 6265bis §5.6.
    """
    pair, _, rest = value.partition(";")
    name, equals, content = pair.partition("=")
    if not equals:
        name, content = "", pair
    name, content = name.strip(_WSP), content.strip(_WSP)
    ignored = ""
    if not value.isprintable() and _FORBIDDEN.search(value):
        ignored = "control characters"
    elif len(name) + len(content) > MAX_PAIR:
        ignored = "name and value over 4096 octets"
    elif not name and not content:
        ignored = "no name and no value"
    read = _recent_attributes if len(rest) <= _WORTH_KEEPING else _attributes_of
    return SetCookie(name, content, read(rest) if rest else (), ignored=ignored)


def parse_set_cookie2(value: str) -> Iterator[SetCookie]:
    """Read one Set-Cookie2 field value, which may list several cookies; never raises.

    Source: RFC 2965 §3.2.2.
    """
    for member in split_members(value):
        pair, *rest = split_parameters(member) or [""]
        name, _, content = pair.partition("=")
        attributes = tuple((key, unquote(text)) for key, text in _attributes(rest))
        value = unquote(content.strip(_WSP))
        yield SetCookie(name.strip(_WSP), value, attributes, "set-cookie2")


def response_cookies(fields: FieldSection) -> Iterator[SetCookie]:
    """Every cookie that a response sets, Set-Cookie first, in the order of the field lines.

    They are read one by one, so whoever stops early is not kept busy by the rest.
    """
    yield from map(parse_set_cookie, fields.values("set-cookie"))
    for value in fields.values("set-cookie2"):
        yield from parse_set_cookie2(value)


def _attributes(parts: Iterable[str]) -> tuple[tuple[str, str], ...]:
    found = []
    for part in parts:
        name, _, value = part.partition("=")
        value = value.strip(_WSP)
        if (name := name.strip(_WSP).lower()) and len(value) <= MAX_ATTRIBUTE:
            found.append((name, value))
    return tuple(found)


def _attributes_of(text: str) -> tuple[tuple[str, str], ...]:
    return _attributes(text.split(";"))


_WORTH_KEEPING = 256
_recent_attributes = lru_cache(maxsize=512)(_attributes_of)
