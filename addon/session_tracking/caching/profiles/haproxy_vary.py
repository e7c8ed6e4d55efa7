"""HAProxy's `process-vary on`: Accept-Encoding and Referer as parts of a secondary key."""

from functools import lru_cache

from session_tracking.caching.profiles.haproxy_parse import members
from session_tracking.caching.profiles.model import Stored
from session_tracking.http.exchange import RequestFacts, ResponseFacts

SUPPORTED = frozenset({"accept-encoding", "referer"})
MAX_ENCODINGS = 16
"""ACCEPT_ENCODING_MAX_ENTRIES: as many members are too many."""

_ENCODINGS = {
    "aes128gcm": "aes128gcm",
    "br": "br",
    "compress": "compress",
    "deflate": "deflate",
    "exi": "exi",
    "gzip": "gzip",
    "identity": "identity",
    "pack200-gzip": "pack200-gzip",
    "x-gzip": "gzip",
    "x-compress": "compress",
    "zstd": "zstd",
    "*": "*",
}
_INITIALS = frozenset(name[0] for name in _ENCODINGS)
_ALL = frozenset(_ENCODINGS.values()) | {"other"}


def vary_supported(names: tuple[str, ...]) -> bool:
    """Whether Vary names nothing else (http_check_vary_header, src/cache.c)."""
    return all(name.lower() in SUPPORTED for name in names)


def _parse_encoding(text: str) -> tuple[str | None, bool] | None:
    """A known encoding and whether its weight is q=0; None for an error.

    An encoding of None is unknown but starts like a known one, which is no error.

    Source: parse_encoding_value (src/cache.c).
    """
    if not text or text[0] not in _INITIALS:
        return None
    name = next((name for name in _ENCODINGS if text.startswith(name)), None)
    if name is None:
        return None, False
    rest = text[len(name) :].lstrip(" \t")
    if rest and rest[0] != ";":
        return None
    return _ENCODINGS[name], rest[1:].lstrip(" \t") == "q=0"


@lru_cache(maxsize=1024)
def _accepted(said: tuple[str, ...]) -> frozenset[str] | None:
    """The encodings that Accept-Encoding allows; None for too many members.

    Source: accept_encoding_normalizer (src/cache.c).
    """
    if not said:
        return _ALL
    if len(said) >= MAX_ENCODINGS:
        return None
    accepted, rejected = {"identity"}, set[str]()
    for member in said:
        if not member:
            continue
        parsed = _parse_encoding(member.lower())
        if parsed is None:
            accepted.add("other")
        elif (encoding := parsed[0]) is not None:
            (rejected if parsed[1] else accepted).add(encoding)
    return (_ALL if "*" in accepted else frozenset(accepted)) - rejected


def has_secondary_key(request: RequestFacts) -> bool:
    """Whether a key can be made of the request."""
    return _accepted(members(request.fields, "accept-encoding")) is not None


def _encodings(response: ResponseFacts) -> frozenset[str] | None:
    """The codings of the content, `identity` if none; None for one that is not known.

    Source: set_secondary_key_encoding (src/cache.c).
    """
    found = [_parse_encoding(value) for value in members(response.fields, "content-encoding")]
    if None in found:
        return None
    return frozenset(p[0] for p in found if p and p[0]) or frozenset({"identity"})


def encoding_known(response: ResponseFacts) -> bool:
    """Whether all codings of the content are known."""
    return _encodings(response) is not None


def secondary_key_matches(stored: Stored, request: RequestFacts) -> bool:
    """Whether the request may have the stored variant (secondary_key_cmp, src/cache.c)."""
    varies = {name.lower() for name in members(stored.response.fields, "vary")}
    if not varies:
        return True
    # The response's coding is part of the key whatever Vary names; what the request accepts is
    # part of it only if Vary names Accept-Encoding. So nothing matches where it does not.
    if "accept-encoding" not in varies:
        return False
    accepted = _accepted(members(request.fields, "accept-encoding")) or frozenset()
    if not (_encodings(stored.response) or frozenset()) <= accepted:
        return False
    return "referer" not in varies or _referer(stored.request) == _referer(request)


def _referer(request: RequestFacts) -> str:
    return request.fields.first("referer") or ""
