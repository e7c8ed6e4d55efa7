"""The cache profiles for people and programs."""

import textwrap
from collections.abc import Iterable, Iterator, Sequence

from session_tracking.caching.profiles.model import CacheProfile, LookupRule, Source, StoreRule
from session_tracking.escape import visible

__all__ = ["profile_facts", "profile_lines", "profile_table"]

DOCUMENTED = "documented"
_NARROWEST = 24
"""Characters that a column of prose keeps on the narrowest terminal."""


def profile_facts(profile: CacheProfile) -> dict[str, object]:
    """One profile as plain values; `version` is null where nobody measured it."""
    return {
        "name": profile.name,
        "product": profile.product,
        "version": profile.version or None,
        "configuration": profile.configuration,
        "switch": profile.switch,
        "collapses": profile.collapses,
        "invalidation": _invalidation_facts(profile),
        "lookup": [_rule_facts(rule) for rule in profile.lookup],
        "storage": [_rule_facts(rule) for rule in profile.storage],
        "sources": [_source_facts(source) for source in profile.sources],
        "differs": list(_differences(profile)),
    }


def _rule_facts(rule: LookupRule | StoreRule) -> dict[str, object]:
    return {"id": rule.id, "unmet": rule.unmet, "source": _source_facts(rule.source)}


def _invalidation_facts(profile: CacheProfile) -> dict[str, object] | None:
    rule = profile.invalidation
    if rule is None:
        return None
    return {
        "after": rule.after or None,
        "fields": list(rule.fields),
        "source": _source_facts(rule.source),
    }


def _source_facts(source: Source) -> dict[str, str]:
    return {"text": source.text, "url": source.url}


def profile_table(profiles: Iterable[CacheProfile], width: int) -> Iterator[str]:
    """One profile a row, `width` characters wide as far as that is possible."""
    rows = [("NAME", "PRODUCT", "VERSION", "CONFIGURATION", "SWITCH")]
    rows += [
        (
            visible(p.name),
            p.product,
            p.version.split(" ")[0] or DOCUMENTED,
            p.configuration,
            p.switch,
        )
        for p in profiles
    ]
    fixed = [max(len(row[column]) for row in rows) for column in range(3)]
    prose = max(_NARROWEST, (width - sum(fixed) - 8) // 2)
    for row in rows:
        yield from _wrapped(row, [*fixed, prose, prose])


def _wrapped(row: Sequence[str], widths: Sequence[int]) -> Iterator[str]:
    """A row as lines, each cell within its width."""
    cells = [
        textwrap.wrap(text, width, break_on_hyphens=False)
        for text, width in zip(row, widths, strict=True)
    ]
    for line in range(max(map(len, cells))):
        parts = (
            (cell[line] if line < len(cell) else "").ljust(width)
            for cell, width in zip(cells, widths, strict=True)
        )
        yield "  ".join(parts).rstrip()


def profile_lines(profile: CacheProfile) -> Iterator[str]:
    """Everything about one profile: its rules in words, each with its source."""
    version = f"{profile.version}, measured" if profile.version else DOCUMENTED
    yield f"{visible(profile.name)}: {profile.product} ({version})"
    yield f"  configuration: {profile.configuration}"
    for difference in _differences(profile):
        yield f"  differs: {difference}"
    if profile.switch:
        yield f"  switch: {profile.switch}"
    shares = "may share one response" if profile.collapses else "are not known to share a response"
    yield f"  collapsing: clients that ask at once for what is not stored {shares}"
    yield f"  invalidation: {_invalidation(profile)}"
    if profile.unknown:
        yield "  outcomes: unknown, the documentation leaves them open"
    yield from _rules("not answered from what is stored, nor stored, if", profile.lookup)
    yield from _rules("not stored if", profile.storage)
    yield "  sources:"
    for source in profile.sources:
        yield f"    {_cited(source)}"


def _invalidation(profile: CacheProfile) -> str:
    """What makes the cache give up what it holds of a URL."""
    rule = profile.invalidation
    if rule is None:
        return "not documented"
    after = f"after {rule.after}" if rule.after else "never"
    further = f", {' and '.join(rule.fields)} of the same host as well" if rule.fields else ""
    return f"{after}{further} [{_cited(rule.source)}]"


def _rules(title: str, rules: Sequence[LookupRule | StoreRule]) -> Iterator[str]:
    if rules:
        yield f"  {title}:"
    width = max((len(rule.id) for rule in rules), default=0)
    for rule in rules:
        yield f"    {rule.id:{width}}  {rule.unmet or 'the condition does not hold'}"
        yield f"    {'':{width}}  [{_cited(rule.source)}]"


def _cited(source: Source) -> str:
    return f"{source.text} <{source.url}>" if source.url else source.text


def _differences(profile: CacheProfile) -> Iterator[str]:
    """How a user's own cache differs from the one that it is based on."""
    own = profile.deviations
    if own is None:
        return
    if own.ignores:
        yield f"ignores {visible(', '.join(sorted(own.ignores)))}"
    if own.refuses_set_cookie:
        yield "never stores a response that sets a cookie"
    if own.strips_set_cookie:
        yield "takes the cookie fields out of what it reuses"
    if own.passes_cookie:
        yield "answers no request that has a Cookie field from what it stored"
