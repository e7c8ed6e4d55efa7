import itertools
from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from session_tracking.shadow.alerts import (
    AlertRule,
    Alerts,
    AlertState,
    Condition,
    parse_condition,
)
from session_tracking.shadow.counters import UNSAFE, Counters

WHEN = Condition("unsafe_current", ">", 0)
RULE = AlertRule("leak", WHEN, min_interval=60)


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("unsafe_current > 0", WHEN),
        ("  unsafe_current>0 ", WHEN),
        ("hits >= -5", Condition("hits", ">=", -5)),
        ("hits == 5", Condition("hits", "==", 5)),
        ("hits => 5", None),
        ("unknown > 0", None),
        ("hits > 1.5", None),
        ("hits >", None),
        ("hits > 0 > 1", None),
        ("hits > " + "9" * 30, None),
        ("", None),
    ],
)
def test_conditions(text, condition):
    assert parse_condition(text) == condition
    if condition is not None:
        assert parse_condition(str(condition)) == condition


@pytest.mark.parametrize(
    ("comparison", "holding"),
    [(">", [2]), (">=", [1, 2]), ("<", [0]), ("<=", [0, 1]), ("==", [1]), ("!=", [0, 2])],
)
def test_operators(comparison, holding):
    condition = Condition("hits", comparison, 1)
    assert [value for value in (0, 1, 2) if condition.holds(value)] == holding
    assert not condition.holds(None)


class Site:
    """Counters that a test sets."""

    def __init__(self):
        self.counters = Counters(0.0)
        self.alerts = Alerts()

    def set(self, count, site="a.test"):
        self.counters.open(site, UNSAFE)
        before = self.counters.value("unsafe_current", site)
        self.counters.add(site, "unsafe_current", count - before)

    def told(self, now, *rules):
        notices = self.alerts.evaluate(rules or [RULE], self.counters, now)
        return [(notice.rule.name, notice.state, notice.value) for notice in notices]


def test_told_once_and_resolved_when_it_ends():
    site = Site()
    assert site.told(0) == []  # absent
    site.set(0)
    assert site.told(1) == []
    site.set(2)
    assert site.told(2) == [("leak", AlertState.FIRING, 2)]
    site.set(3)
    assert site.told(3) == []
    site.set(0)
    assert site.told(4) == [("leak", AlertState.RESOLVED, 0)]
    assert site.told(5) == []


def test_not_told_again_within_the_interval():
    site = Site()
    site.set(1)
    assert site.told(0)
    site.set(0)
    assert site.told(1)
    site.set(1)
    assert site.told(59) == []
    site.set(0)
    assert site.told(59.5) == []  # its beginning was never told
    site.set(1)
    assert site.told(60) == [("leak", AlertState.FIRING, 1)]


def test_one_site_or_all_of_them():
    site = Site()
    for number in range(7):
        site.set(number, f"{number}.test")
    one = replace(RULE, name="one", site="0.test")
    assert site.told(0, one) == []
    (notice,) = site.alerts.evaluate([RULE], site.counters, 0)
    assert notice.value == 21
    assert notice.sites == ("6.test", "5.test", "4.test", "3.test", "2.test")


def test_a_rule_that_changed_begins_anew():
    site = Site()
    site.set(1)
    assert site.told(0)
    assert site.told(1, replace(RULE, min_interval=5)) == [("leak", AlertState.FIRING, 1)]
    assert site.told(2, replace(RULE, name="other")) == [("other", AlertState.FIRING, 1)]


@given(st.lists(st.tuples(st.integers(0, 2), st.floats(0, 40)), max_size=40))
def test_beginnings_and_ends_take_turns_and_keep_the_interval(steps):
    site, now, notices = Site(), 0.0, []
    for count, pause in steps:
        now += pause
        site.set(count)
        notices += site.alerts.evaluate([RULE], site.counters, now)
    states = [notice.state for notice in notices]
    assert states[::2] == [AlertState.FIRING] * len(states[::2])
    assert states[1::2] == [AlertState.RESOLVED] * len(states[1::2])
    begun = [notice.time for notice in notices[::2]]
    assert all(b - a >= 60 for a, b in itertools.pairwise(begun))
