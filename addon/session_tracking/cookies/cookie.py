"""The Cookie field of a request: reading its pairs, and taking our own out of it."""

import re
from collections.abc import Iterable, Iterator, Sequence

from session_tracking.http.fields import OWS, unquote

__all__ = ["cookie_values", "has_cookie", "parse_cookie", "without_cookie"]

_ATTRIBUTES = frozenset({"$version", "$path", "$domain", "$port"})
"""What user agents of RFC 2109 and RFC 2965 send beside the pairs, in lower case."""

_VERSIONED = re.compile(r"[ \t]*\$version[ \t]*=", re.IGNORECASE)
_SEPARATOR = re.compile(r'[;,]|"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)', re.DOTALL)
"""A separator, or a quoted string (an unterminated one extends to the end), in linear time."""

_PLAIN_START = re.compile(rb"[^$;= \t]")


def parse_cookie(values: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """The (cookie-name, cookie-value) pairs of all Cookie field values, in order; never raises.

    A pair without `=` has an empty name. A line that begins with `$Version` is of RFC 2965: there a
    comma separates too, values may be quoted, and `$Path` and the like are left out everywhere.

    Source: RFC 6265bis §4.2, §5.8.3; RFC 2965 §3.3.4.
    """
    pairs: list[tuple[str, str]] = []
    for value in values:
        if "$" in value:
            pairs += _pairs(value)
            continue
        # The same for the most frequent form, in few steps.
        for segment in value.split(";"):
            name, equals, content = segment.partition("=")
            if not equals:
                name, content = "", name
            name, content = name.strip(OWS), content.strip(OWS)
            if name or content:
                pairs.append((name, content))
    return tuple(pairs)


def cookie_values(values: Iterable[str], name: str) -> tuple[str, ...]:
    """The values of every pair called `name` (case-sensitive), without quotes, in order."""
    return tuple(
        unquote(content)
        for value in values
        if name in value
        for found, content in _pairs(value)
        if found == name
    )


def has_cookie(values: Iterable[bytes]) -> bool:
    """Whether any pair is in these Cookie field values; the same as asking `parse_cookie`."""
    for value in values:
        if _PLAIN_START.match(value) or (value and parse_cookie((value.decode("latin-1"),))):
            return True
    return False


def without_cookie(lines: Sequence[str], name: str) -> tuple[str, ...]:
    """The Cookie field values without the pairs called `name`; the rest keeps every octet.

    A line that holds nothing else goes. Attributes of RFC 2965 go with the pair they follow.
    """
    kept = []
    for line in lines:
        rest = _without(line, name) if name in line else line
        if rest is not None:
            kept.append(rest)
    return tuple(kept)


def _without(line: str, name: str) -> str | None:
    """The line without the pairs; None if no pair remains of a line that had one of them."""
    kept: list[str] = []
    own = found = others = False
    for separator, segment in _segments(line):
        pair = _pair(segment)
        if pair is not None and pair[0].lower() not in _ATTRIBUTES:
            own = pair[0] == name
            found |= own
            others |= not own
        if not own:
            # What stood before a first pair that goes has nothing to separate any more.
            kept.append(separator + segment if kept or not found else segment.lstrip(OWS))
    if not found:
        return line
    return "".join(kept) if others else None


def _pairs(value: str) -> Iterator[tuple[str, str]]:
    versioned = _VERSIONED.match(value) is not None
    for segment in [text for _, text in _segments(value)] if versioned else value.split(";"):
        pair = _pair(segment)
        if pair is None or (pair[0][:1] == "$" and pair[0].lower() in _ATTRIBUTES):
            continue
        yield (pair[0], unquote(pair[1])) if versioned else pair


def _pair(segment: str) -> tuple[str, str] | None:
    """Name and value of one segment; None if both are empty."""
    name, equals, content = segment.partition("=")
    if not equals:
        name, content = "", name
    name, content = name.strip(OWS), content.strip(OWS)
    return (name, content) if name or content else None


def _segments(line: str) -> Iterator[tuple[str, str]]:
    """(separator before it, text) of each part; joined they give the line again."""
    if not _VERSIONED.match(line):
        first, *rest = line.split(";")
        yield "", first
        for segment in rest:
            yield ";", segment
        return
    start, separator = 0, ""
    for match in _SEPARATOR.finditer(line):
        if match[0] in {";", ","}:
            yield separator, line[start : match.start()]
            start, separator = match.end(), match[0]
    yield separator, line[start:]
