"""How fast a host may be asked."""

from hypothesis import given, strategies as st

from session_tracking.swaps.probe.pace import Pace


def test_whoever_comes_next_waits_for_all():
    pace = Pace(4)
    assert pace.gap == 0.25
    assert pace.reserve("a", 5, 100.0) == 100.0
    assert pace.reserve("a", 2, 100.1) == 101.25
    assert pace.reserve("b", 1, 100.1) == 100.1
    assert pace.reserve("a", 1, 200.0) == 200.0


@given(
    st.floats(0.1, 100),
    st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 6), st.floats(0, 3)), max_size=30),
)
def test_no_host_is_asked_faster_than_the_rate(rate, reservations):
    pace, now, ended = Pace(rate), 0.0, {}
    for host, count, passed in reservations:
        now += passed
        start = pace.reserve(host, count, now)
        assert start >= max(now, ended.get(host, 0.0))
        ended[host] = start + (count - 0.001) * pace.gap
