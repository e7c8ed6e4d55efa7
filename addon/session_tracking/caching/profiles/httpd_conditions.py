"""Which conditions of a request httpd's mod_cache finds fulfilled by a stored response."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from session_tracking.caching.profiles.httpd_parse import parse_date
from session_tracking.http.fields import FieldSection, split_members


def conditions_fail(sent: FieldSection, stored: FieldSection, now: float) -> bool:
    """Whether a stored response is inconsistent with the conditions of a request.

    Source: cache_select (cache_storage.c) with ap_condition_if_match and its four sisters
    (modules/http/http_protocol.c).
    """
    if not sent.has_any(CONDITIONS.keys()):
        return False
    facts = _Facts(
        stored.first("etag"),
        parse_date(stored.first("last-modified") or "") or int(now),
        parse_date(stored.first("date") or "") or int(now),
        "range" in sent,
    )
    return any(
        not holds(", ".join(sent.values(name)), facts)
        for name, holds in CONDITIONS.items()
        if name in sent
    )


@dataclass(frozen=True, slots=True)
class _Facts:
    """What conditions are compared with."""

    etag: str | None
    modified: int
    """Last-Modified, else the time, in Unix seconds."""
    date: int
    """Date, else the time, in Unix seconds."""
    range: bool
    """Whether the request has Range, for which a weak date is not enough."""

    @property
    def weak(self) -> bool:
        """Whether Last-Modified lies less than a minute before Date."""
        return self.date < self.modified + 60


def _if_match(value: str, facts: _Facts) -> bool:
    return _matches(value, facts.etag, weak=False)


def _if_none_match(value: str, facts: _Facts) -> bool:
    return _matches(value, facts.etag, weak=not facts.range)


def _if_unmodified_since(value: str, facts: _Facts) -> bool:
    limit = parse_date(value)
    return limit is not None and facts.modified > limit and not (facts.weak and facts.range)


def _if_modified_since(value: str, facts: _Facts) -> bool:
    within = facts.modified <= (parse_date(value) or 0) <= facts.date
    return within and not (facts.weak and facts.range)


def _if_range(value: str, facts: _Facts) -> bool:
    if not facts.range:
        return True
    if value.startswith('"'):
        return value == facts.etag
    return parse_date(value) == facts.modified and not facts.weak


CONDITIONS: Mapping[str, Callable[[str, _Facts], bool]] = {
    "if-match": _if_match,
    "if-unmodified-since": _if_unmodified_since,
    "if-none-match": _if_none_match,
    "if-modified-since": _if_modified_since,
    "if-range": _if_range,
}
"""Conditional request fields in lower case, and whether what is stored fulfils them."""


def _matches(tags: str, etag: str | None, *, weak: bool) -> bool:
    """Source: find_list_item (server/util.c)."""
    if tags.startswith("*"):
        return True
    own = (etag or "").removeprefix("W/") if weak else etag or ""
    if not own.startswith('"'):
        return False
    for tag in split_members(tags):
        opaque = tag.removeprefix("W/") if weak else tag
        if not opaque.startswith('"'):
            return False
        if opaque == own:
            return True
    return False
