import pytest

from session_tracking.audit import memory
from session_tracking.audit.memory import DECIDING as FIELDS, Memory, likeness
from session_tracking.caching.evidence import SIGN_FIELDS
from tests.strategies import DATE, LATER, exchange

DECIDING = [
    ("cache-control", ("Cache-Control", "max-age=1"), ("Cache-Control", "max-age=2")),
    ("vary", ("Vary", "*"), ("Vary", "Cookie")),
    ("targeted", ("CDN-Cache-Control", "no-store"), ("CDN-Cache-Control", "max-age=9")),
    ("evidence-nginx", ("X-Cache-Status", "HIT"), ("X-Cache-Status", "MISS")),
    ("evidence", ("X-Cache", "HIT"), ("X-Cache", "MISS")),
]


def test_every_sign_of_a_hit_decides():
    assert SIGN_FIELDS <= FIELDS


@pytest.mark.parametrize(("one", "other"), [pytest.param(*r, id=i) for i, *r in DECIDING])
def test_what_decides_tells_responses_apart(one, other):
    assert likeness(exchange(one)) == likeness(exchange(one, ("X-Other", "1")))
    assert likeness(exchange(one)) != likeness(exchange(other))


NOT_KEPT = [
    ("time-of-x-accel", (("X-Accel-Expires", "@9999999999"),)),
    ("no-date-for-expires", (("Expires", LATER),)),
    ("malformed-date-for-expires", (("Expires", LATER), ("Date", "x"))),
    ("huge", (("Cache-Control", "x" * 5000),)),
]


@pytest.mark.parametrize("lines", [pytest.param(lines, id=i) for i, lines in NOT_KEPT])
def test_what_depends_on_the_time_or_is_huge_is_not_kept(lines):
    assert likeness(exchange(*lines)) is None


def test_with_a_date_the_time_does_not_matter():
    assert likeness(exchange(("Expires", LATER), ("Date", DATE))) is not None


def test_answers_are_kept_by_key_and_forgotten_when_there_are_too_many(monkeypatch):
    monkeypatch.setattr(memory, "MAX_KEPT", 2)
    asked = []

    def ask(key):
        return kept.recall(key, lambda: asked.append(key) or str(key))

    kept: Memory[str] = Memory()
    for key in (1, 1, 2, 3, 1, None, None):
        assert ask(key) == str(key)
    assert asked == [1, 2, 3, 1, None, None]
