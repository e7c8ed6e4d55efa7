"""One row that fires and one that does not, for every rule and every cell of the severity table."""

import pytest

from session_tracking.audit.catalogue import RULES
from session_tracking.audit.rules.set_cookie import SEVERITIES
from session_tracking.caching.levels import Level
from session_tracking.caching.profiles.model import CacheProfile, Reuse
from session_tracking.cookies.classify import CookieClass
from tests.strategies import exchange, findings_of

RANDOM = "3f2a9c81d0e7b6453f2a9c81d0e7b645"

COOKIES = {
    CookieClass.SESSION: f"PHPSESSID={RANDOM}",
    CookieClass.UNKNOWN: f"x={RANDOM}",
    CookieClass.TRACKING: f"_ga={RANDOM}",
    CookieClass.AFFINITY: "SERVERID=a",
    CookieClass.PREFERENCE: "lang=en",
    CookieClass.DELETION: "sid=; Max-Age=0",
}

RESPONSES = {
    Level.UNSAFE: ("ST201", "public, max-age=600", 200),
    Level.FRAGILE: ("ST202", "max-age=0", 200),
    Level.REVALIDATE: ("ST203", "no-cache", 200),
    Level.SAFE_IMPLICIT: ("ST204", "", 302),
    Level.SAFE: ("", "private", 200),
}

CELLS = {
    (CookieClass.SESSION, Level.UNSAFE): "error",
    (CookieClass.SESSION, Level.FRAGILE): "error",
    (CookieClass.SESSION, Level.REVALIDATE): "warning",
    (CookieClass.SESSION, Level.SAFE_IMPLICIT): "note",
    (CookieClass.UNKNOWN, Level.UNSAFE): "error",
    (CookieClass.UNKNOWN, Level.FRAGILE): "warning",
    (CookieClass.UNKNOWN, Level.REVALIDATE): "note",
    (CookieClass.TRACKING, Level.UNSAFE): "error",
    (CookieClass.TRACKING, Level.FRAGILE): "warning",
    (CookieClass.TRACKING, Level.REVALIDATE): "note",
    (CookieClass.AFFINITY, Level.UNSAFE): "warning",
    (CookieClass.AFFINITY, Level.FRAGILE): "note",
    (CookieClass.PREFERENCE, Level.UNSAFE): "warning",
    (CookieClass.PREFERENCE, Level.FRAGILE): "note",
    (CookieClass.DELETION, Level.UNSAFE): "warning",
    (CookieClass.DELETION, Level.FRAGILE): "note",
}
"""Severity = level × class; a cell that is not here is no finding."""


def by_level(given, **settings):
    """The findings of this topic: other rules may have a word beside them."""
    return [f for f in findings_of(given, **settings) if f.rule.id.startswith("ST20")]


@pytest.mark.parametrize("level", Level)
@pytest.mark.parametrize("cookie_class", CookieClass)
def test_cell(cookie_class, level):
    rule_id, cache_control, status = RESPONSES[level]
    given = exchange(("Cache-Control", cache_control), status=status, cookie=COOKIES[cookie_class])
    found = by_level(given)
    expected = CELLS.get((cookie_class, level))
    assert [(f.rule.id, f.severity, f.cookie_class, f.level) for f in found] == (
        [] if expected is None else [(rule_id, expected, cookie_class, level)]
    )


def test_no_rule_gives_more_than_its_declared_severity():
    for cookie_class, row in SEVERITIES.items():
        for level, severity in row.items():
            assert severity.rank <= RULES[RESPONSES[level][0]].severity.rank, cookie_class


OWN_CACHES = [
    ("swap", ("swap",), "PHPSESSID", "public, max-age=600", [("ST205", "error")]),
    ("swap-although-private", ("swap",), "PHPSESSID", "private", [("ST205", "error")]),
    ("swap-of-a-setting", ("swap",), "lang", "public, max-age=600", [("ST205", "warning")]),
    ("worst-counts", ("stripped", "miss", "swap"), "PHPSESSID", "no-cache", [("ST205", "error")]),
    ("stripped", ("stripped", "miss"), "PHPSESSID", "max-age=600", [("ST206", "warning")]),
    ("stripped-setting", ("stripped",), "lang", "max-age=600", [("ST206", "note")]),
    ("miss", ("miss", "fresh"), "PHPSESSID", "public, max-age=600", []),
    ("unknown-is-the-level", ("miss", "unknown"), "PHPSESSID", "max-age=600", [("ST201", "error")]),
    ("unknown-and-safe", ("unknown",), "PHPSESSID", "private", []),
    ("unknown-beside-swap", ("unknown", "swap"), "PHPSESSID", "no-cache", [("ST205", "error")]),
]


def a_cache(number, outcome):
    """A cache that makes this of everything: real ones are in tests/caching/profiles."""
    return CacheProfile(
        name=f"cache-{number}",
        configuration="",
        product="",
        version="",
        sources=(),
        reuse=lambda *_: Reuse.MISS if outcome == "miss" else Reuse.HIT,
        strips=lambda *_: outcome == "stripped",
        validated=None,
        unknown=outcome == "unknown",
    )


@pytest.mark.parametrize(
    ("outcomes", "name", "cache_control", "expected"),
    [pytest.param(*r, id=i) for i, *r in OWN_CACHES],
)
def test_the_users_own_caches_decide(outcomes, name, cache_control, expected):
    caches = tuple(a_cache(n, o) for n, o in enumerate(outcomes) if o != "fresh")
    given = exchange(("Cache-Control", cache_control), cookie=f"{name}={RANDOM}")
    found = by_level(given, caches=caches)
    assert [(f.rule.id, f.severity) for f in found] == expected
    for finding in found:
        assert set(finding.caches) == {cache.name for cache in caches}


def test_every_rule_has_a_row_that_fires():
    fired = {RESPONSES[level][0] for _, level in CELLS}
    fired |= {rule_id for *_, expected in OWN_CACHES for rule_id, _ in expected}
    assert fired == {rule_id for rule_id in RULES if rule_id.startswith("ST20")}
