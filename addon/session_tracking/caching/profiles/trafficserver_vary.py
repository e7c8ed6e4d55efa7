"""Which stored response Traffic Server 9.2 takes for a request: Vary, and Accept with its kin.

Without Vary any stored response serves. With it, the values of the fields that the first line of
Vary names must be equal but for case, and the stored content must suit the Accept fields.

Source: HttpTransactCache.cc, calculate_quality_of_match and CalcVariability.
"""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from operator import methodcaller

from session_tracking.caching.profiles.model import Stored
from session_tracking.caching.profiles.trafficserver_fields import (
    CONDITIONS,
    cache_control,
    date,
    equal_lists,
    likely_cacheable,
    pragma_no_cache,
)
from session_tracking.caching.profiles.trafficserver_parse import WS
from session_tracking.http.exchange import RequestFacts, ResponseFacts

_NOT_SENT_ON = frozenset(
    {
        "connection",
        "keep-alive",
        "proxy-authenticate",
        "proxy-authorization",
        "proxy-connection",
        "range",
        "te",
        "transfer-encoding",
        "upgrade",
        "via",
        "x-id",
    }
)
"""Fields that the stored request never has: hop-by-hop ones, Range and Via."""

_Q = re.compile(r"q[ \t]*=[ \t]*([^\x00]{0,7})", re.IGNORECASE)
_FLOAT = re.compile(r"\s*([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+))")
_GZIP = frozenset({"gzip", "x-gzip"})


def selects(stored: Stored, request: RequestFacts) -> bool:
    """Whether the stored response may serve the request at all."""
    fields = stored.response.fields
    if "vary" not in fields:
        return True
    names = [name.lower() for name in _split(fields.values("vary")[0], ",")]
    if stored.first is not None and any(_added(stored.first, name) for name in names):
        return False
    return _suits(stored, request) and all(_equal(stored.request, request, n) for n in names)


def _added(first: ResponseFacts, name: str) -> bool:
    """Whether the request that validated, which is now the stored one, had this condition."""
    if name == "if-modified-since":
        return date(first.fields, "last-modified") > 0
    return name == "if-none-match" and "etag" in first.fields


def _equal(first: RequestFacts, request: RequestFacts, name: str) -> bool:
    """CalcVariability with HttpCompat::do_vary_header_values_match for one member of Vary."""
    if name in {"", "accept-encoding", "host"}:
        # ignore_accept_encoding_mismatch is 2 as shipped, which this function takes for true; Host
        # is that of the remap rule in both requests.
        return True
    if name in {"*", "x-forwarded-for"}:
        # The request as stored has X-Forwarded-For with the client's address, the new one not yet.
        return False
    kept = first.fields.values(name)
    if name == "cache-control" and pragma_no_cache(first.fields):
        # convert_to_1_1_request_header repeats Pragma in Cache-Control for the origin.
        kept = kept if "no-cache" in cache_control(first.fields) else [*kept, "no-cache"]
    if name in _NOT_SENT_ON or (name in CONDITIONS and likely_cacheable(first)):
        kept = []
    asked = request.fields.values(name)
    if not kept or not asked:
        # Client-ip, like X-Forwarded-For, is added if the client sent none.
        return not kept and not asked and name != "client-ip"
    return equal_lists(kept, asked)


_STRIP = methodcaller("strip", WS)


def _split(text: str, separator: str) -> Iterator[str]:
    """The members of one value, empty ones too, unquoted (HttpCompat::parse_tok_list)."""
    if '"' not in text:
        yield from map(_STRIP, text.split(separator))
        return
    start, quoted = 0, False
    for position, char in enumerate(text + separator):
        if char == '"':
            quoted = not quoted
        elif char == separator and (not quoted or position == len(text)):
            yield text[start:position].strip(WS).removeprefix('"').removesuffix('"')
            start, quoted = position + 1, False


def _ranges(values: Sequence[str]) -> Sequence[tuple[str, float]]:
    """The members of an Accept field, in lower case, each with its weight, 1 by default."""
    return _ranges_at_hand(values[0]) if len(values[0]) <= _CACHED_LENGTH else _read(values[0])


def _read(value: str) -> tuple[tuple[str, float], ...]:
    ranges = []
    for member in _split(value, ","):
        name, *parameters = _split(member, ";")
        weight = 1.0
        for parameter in parameters:
            match = _Q.match(parameter)
            if match is not None:
                number = _FLOAT.match(match[1])
                weight = 1.0 if number is None else min(max(float(number[1]), 0.0), 1.0)
                break
        ranges.append((name.lower(), weight))
    return tuple(ranges)


_CACHED_LENGTH = 512
_ranges_at_hand = lru_cache(maxsize=512)(_read)


def _suits(stored: Stored, request: RequestFacts) -> bool:
    """Whether no quality is zero or below."""
    return (
        _type_suits(stored, request)
        and _charset_suits(stored, request)
        and _coding_suits(stored, request)
        and _language_suits(stored, request)
    )


def _type_suits(stored: Stored, request: RequestFacts) -> bool:
    accept, kind = request.fields.values("accept"), stored.response.fields.first("content-type")
    if not accept or kind is None:
        return True
    media = next(_split(kind, ";")).lower()
    exact, subtypes, everything = -1.0, None, None
    for name, weight in _ranges(accept):
        if name.startswith("*") and media != "image/webp":
            everything = weight
        elif name.endswith("/*") and name[:-1] == f"{media.partition('/')[0]}/":
            subtypes = weight if media != "image/webp" else subtypes
        elif name == media:
            exact = max(exact, weight)
    return next((q for q in (exact, subtypes, everything) if q is not None and q != -1), -1.0) > 0


def _unchanged(stored: Stored, request: RequestFacts, name: str) -> bool:
    asked = request.fields.first(name)
    return asked is not None and asked == stored.request.fields.first(name)


def _charset_suits(stored: Stored, request: RequestFacts) -> bool:
    accept = request.fields.values("accept-charset")
    kind = stored.response.fields.first("content-type")
    if not accept or kind is None or _unchanged(stored, request, "accept-charset"):
        return True
    parameters = (text.partition("=") for text in _split(kind, ";"))
    charset = next((v.strip() for n, _, v in parameters if n.strip().lower() == "charset"), "utf-8")
    exact, everything = -1.0, None
    for name, weight in _ranges(accept):
        if name == "*":
            everything = weight
        elif name in {"", charset.lower()}:
            exact = max(exact, weight)
    if exact == -1.0 and everything is not None:
        exact = everything
    return exact > 0 or (exact == -1.0 and charset.lower() == "utf-8")


def accepts_gzip(request: RequestFacts) -> bool:
    """What is left of Accept-Encoding after normalize_ae = 1: gzip, or nothing."""
    values = request.fields.values("accept-encoding")
    return bool(values) and any(
        weight != 0 and (name in _GZIP or name.startswith("*")) for name, weight in _ranges(values)
    )


def _coding_suits(stored: Stored, request: RequestFacts) -> bool:
    now, then = accepts_gzip(request), accepts_gzip(stored.request)
    codings = stored.response.fields.values("content-encoding")
    if now == then and now:
        return True
    if now:
        return bool(codings) and all(m.lower() in _GZIP for m in _split(codings[0], ","))
    if not codings or not codings[0]:
        return True
    if not then and "accept-encoding" not in stored.response.fields:
        return True
    return any(m.lower().startswith("identity") for m in _split(codings[0], ","))


def _language_suits(stored: Stored, request: RequestFacts) -> bool:
    accept = request.fields.values("accept-language")
    if not accept or _unchanged(stored, request, "accept-language"):
        return True
    languages = stored.response.fields.values("content-language")
    ranges = _ranges(accept)
    if not languages:
        # A lone wildcard counts, since content without a language is looked up as "identity".
        found = _language_weight("identity", ranges)
        return found is None or found > 0
    weights = [_language_weight(tag, ranges) for tag in _split(languages[0], ",")]
    known = [weight for weight in weights if weight is not None]
    return bool(known) and min(known) > 0


def _language_weight(tag: str, ranges: Sequence[tuple[str, float]]) -> float | None:
    """The weight of the first range that fits; None if none does."""
    lowered = tag.lower()
    for name, weight in ranges:
        if name.startswith("*") or lowered == name or lowered.startswith(f"{name}-"):
            return weight
    return None
