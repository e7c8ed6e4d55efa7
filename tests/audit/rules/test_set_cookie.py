"""One row that fires and one that does not, for every rule and every cell of the severity table."""

import pytest

from session_tracking.audit.auditor import audit
from session_tracking.audit.catalogue import RULES
from session_tracking.audit.rules.set_cookie import SEVERITIES
from session_tracking.audit.settings import AuditSettings
from session_tracking.caching.levels import Level
from session_tracking.cookies.classify import CookieClass
from tests.strategies import exchange

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


@pytest.mark.parametrize("level", Level)
@pytest.mark.parametrize("cookie_class", CookieClass)
def test_cell(cookie_class, level):
    rule_id, cache_control, status = RESPONSES[level]
    given = exchange(("Cache-Control", cache_control), status=status, cookie=COOKIES[cookie_class])
    found = audit(given, AuditSettings(), site="shop.test")
    expected = CELLS.get((cookie_class, level))
    assert [(f.rule.id, f.severity, f.cookie_class, f.level) for f in found] == (
        [] if expected is None else [(rule_id, expected, cookie_class, level)]
    )


def test_no_rule_gives_more_than_its_declared_severity():
    for cookie_class, row in SEVERITIES.items():
        for level, severity in row.items():
            assert severity.rank <= RULES[RESPONSES[level][0]].severity.rank, cookie_class


def test_every_rule_has_a_row_that_fires():
    assert {RESPONSES[level][0] for _, level in CELLS} <= set(RULES)
