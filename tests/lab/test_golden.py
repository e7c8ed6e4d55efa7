"""The recorded results: whole, current, and what the verdict predicts."""

import pytest

from scripts.lab import golden
from scripts.lab.caches import CACHES
from scripts.lab.cases import Case, Response
from scripts.lab.checking import against_golden
from scripts.lab.corpus import corpus

CASES = list(corpus())
RECORDED = golden.read(golden.GOLDEN.read_text(encoding="utf-8"))


def test_what_is_written_is_read():
    cases = [Case("a"), Case("b", response=Response(404))]
    runs = {
        "a": {"nginx": ["miss", "miss"], "squid": ["swap", "stripped"]},
        "b": {"nginx": ["stripped", "stripped"], "squid": ["error", "error"]},
    }
    read = golden.read(golden.write(9.5, {"nginx": "1"}, runs, cases))
    assert read.time == 9
    assert read.versions == {"nginx": "1"}
    assert read.outcomes == {"a": {"nginx": "miss"}, "b": {"nginx": "stripped"}}
    assert all(read.is_current(case) for case in cases)


def test_a_changed_case_is_not_current():
    read = golden.read(golden.write(0, {}, {"a": {"nginx": ["miss"]}}, [Case("a")]))
    assert not read.is_current(Case("a", response=Response(404)))
    assert not read.is_current(Case("b"))


def test_every_case_is_recorded_as_it_stands():
    assert [case.id for case in CASES if not RECORDED.is_current(case)] == []
    assert set(RECORDED.outcomes) == {case.id for case in CASES}


def test_every_product_has_a_version():
    assert set(RECORDED.versions) == {cache.product for cache in CACHES.values()}
    assert all(RECORDED.versions.values())


def test_few_cells_are_missing():
    measured = sum(len(cells) for cells in RECORDED.outcomes.values())
    assert measured > 0.99 * len(CASES) * len(CACHES)


@pytest.mark.parametrize("name", CACHES)
def test_the_verdict_predicts_what_was_measured(name):
    """Replays the recorded results; `scripts/cache_lab compare` asks the caches themselves."""
    tally = against_golden(RECORDED, CASES, [name])
    found = [(d.case.id, d.predicted, d.measured) for d in tally.disagreements]
    assert found == []
    assert tally.cells[name] > 0.98 * len(CASES)


def test_a_wrong_prediction_is_found(monkeypatch):
    monkeypatch.setattr(
        "scripts.lab.checking.predict", lambda case, names, now: dict.fromkeys(names, "swap")
    )
    recorded = golden.Golden(0, {}, {"a": {"nginx": "miss", "squid": "swap"}}, {})
    tally = against_golden(recorded, [Case("a")], ["nginx", "squid", "httpd"])
    assert [(d.cache, d.predicted, d.measured) for d in tally.disagreements] == [
        ("nginx", "swap", "miss")
    ]
