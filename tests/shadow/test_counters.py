import pytest
from hypothesis import given, strategies as st

from session_tracking.shadow.counters import (
    CACHE,
    COUNTERS,
    FAILURES,
    MAX_SITES,
    OTHER_SITES,
    SWAPS,
    TRACKER,
    UNSAFE,
    Counters,
    Kind,
)


def test_the_names_that_administrators_know():
    words = [counter.title.partition(":")[0] for counter in CACHE]
    assert words == [
        "Current URIs cached",
        "Total URIs cached",
        "URI cache hits",
        "URI cache misses",
        "URI cache flushes",
        "Total flushed URIs",
    ]
    assert [counter.name for counter in UNSAFE] == [f"unsafe_{each.name}" for each in CACHE]
    gauges = [name for name, counter in COUNTERS.items() if counter.kind is Kind.GAUGE]
    assert gauges == ["current", "unsafe_current", "fleet_waiting"]


def test_absent_is_not_0():
    counters = Counters(1.0)
    assert counters.value("issued") is None
    counters.open("a.test", TRACKER)
    assert counters.value("issued") == 0
    assert counters.value("current") is None
    assert counters.value("issued", "b.test") is None
    assert counters.sites() == {"a.test": {"issued": 0, "confirmed": 0, "forged": 0}}


def test_sites_are_summed_up():
    counters = Counters(1.0)
    for site, count in (("b.test", 2), ("a.test", 3)):
        counters.open(site, SWAPS)
        counters.add(site, "swaps_confirmed", count)
    counters.open("c.test", TRACKER)
    assert counters.value("swaps_confirmed") == 5
    assert counters.value("swaps_confirmed", "a.test") == 3
    assert counters.by_site("swaps_confirmed") == {"b.test": 2, "a.test": 3}
    assert list(counters.sites()) == ["a.test", "b.test", "c.test"]


def test_a_reset_begins_an_epoch():
    counters = Counters(1.0)
    counters.open("a.test", (FAILURES,))
    counters.add("a.test", "failures")
    before = counters.epoch
    counters.reset(9.0)
    assert counters.sites() == {"a.test": {"failures": 0}}
    assert (before.started, counters.epoch.started) == (1.0, 9.0)
    assert before.id != counters.epoch.id


def test_hostile_hosts_do_not_push_out_the_sites_of_the_configuration():
    counters = Counters(1.0)
    names = {counters.open(f"{n}.test", (FAILURES,)) for n in range(MAX_SITES + 50)}
    assert len(names) == MAX_SITES + 1
    assert OTHER_SITES in names
    assert counters.open("1.test", ()) == "1.test"
    assert counters.open("shop.test", (FAILURES,), listed=True) == "shop.test"
    assert len(counters.sites()) == MAX_SITES + 2


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 9))))
def test_the_whole_is_the_sum_of_the_sites(added):
    counters = Counters(0.0)
    for site, count in added:
        counters.add(counters.open(site, (FAILURES,)), "failures", count)
    parts = [counts["failures"] for counts in counters.sites().values()]
    assert counters.value("failures") == (sum(parts) if parts else None)
    assert sum(parts) == sum(count for _, count in added)


@pytest.mark.parametrize("name", COUNTERS)
def test_a_counter_tells_what_it_counts(name):
    assert COUNTERS[name].name == name
    assert COUNTERS[name].title
