from dataclasses import replace

from hypothesis import HealthCheck, given, settings, strategies as st

from session_tracking.caching.profiles.catalogue import PROFILES
from session_tracking.cookies.digest import Digester
from session_tracking.shadow.counters import Counters
from session_tracking.shadow.facts import CookieNaming, held_cookies
from session_tracking.shadow.shadow import SHADOW_COUNTERS, Shadow, ShadowSettings
from tests.shadow.test_shadow_cache import FRESH, A, B, sid, steps
from tests.strategies import NOW, exchange

SETTINGS = ShadowSettings(enabled=True)


class Seen:
    """A shadow, and its counters."""

    def __init__(self):
        self.counters = Counters(NOW)
        self.shadow = Shadow(self.counters, Digester(b"key"))

    def see(self, given_exchange, client=A, site="shop.test", given_settings=SETTINGS, ignore=()):
        name = self.counters.open(site, SHADOW_COUNTERS)
        naming = CookieNaming(ignore=ignore)
        cookies = held_cookies(given_exchange, self.shadow.digester, naming)
        return self.shadow.observe(given_settings, given_exchange, client, name, cookies)

    @property
    def counts(self):
        return {name: count for name, count in self.counters.sites()["shop.test"].items() if count}


def test_a_would_be_swap_is_counted_and_told():
    seen = Seen()
    assert seen.see(exchange(FRESH)) == ()
    later = exchange(FRESH)
    later = replace(later, request_time=NOW + 5, response_time=NOW + 5)
    (event,) = seen.see(later, B)
    assert (event.profile, event.cookie.name, event.age) == ("rfc9111", "sid", 5.0)
    assert seen.counts == {
        "current": 1,
        "total": 1,
        "hits": 1,
        "misses": 1,
        "unsafe_current": 1,
        "unsafe_total": 1,
        "unsafe_hits": 1,
        "unsafe_misses": 1,
        "would_be_swaps": 1,
    }


def test_what_sets_no_cookie_is_counted_but_not_as_unsafe():
    seen = Seen()
    for _ in range(2):
        seen.see(exchange(FRESH, cookie=None))
    assert seen.counts == {"current": 1, "total": 1, "hits": 1, "misses": 1}


def test_ignored_cookies_are_not_spoken_of():
    seen = Seen()
    seen.see(exchange(FRESH), ignore=("s*",))
    assert seen.see(exchange(FRESH), B, ignore=("s*",)) == ()
    assert "unsafe_total" not in seen.counts


def test_sweeping_and_flushing_lower_the_gauge_only():
    seen = Seen()
    seen.see(sid(FRESH))
    seen.see(sid(FRESH, url="https://shop.test/b"))
    seen.shadow.sweep(NOW + 100)
    seen.shadow.sweep(NOW + 100)
    assert "current" not in seen.counts
    told = {name: seen.counts[name] for name in ("total", "flushes", "flushed", "unsafe_flushed")}
    assert told == {"total": 2, "flushes": 1, "flushed": 2, "unsafe_flushed": 2}
    seen.see(sid(FRESH))
    seen.shadow.flush()
    assert (seen.counts["total"], seen.counts["flushed"]) == (3, 3)


def test_an_unknown_outcome_counts_nothing():
    seen = Seen()
    unknown = ShadowSettings(enabled=True, profile=replace(PROFILES["nginx"], unknown=True))
    assert seen.see(exchange(FRESH), given_settings=unknown) == ()
    assert seen.counts == {}


def test_a_configuration_read_again_keeps_what_is_held_by_an_equal_cache():
    seen = Seen()
    seen.see(exchange(FRESH))
    equal = ShadowSettings(enabled=True, profile=replace(SETTINGS.profile))
    assert seen.see(exchange(FRESH), B, given_settings=equal)
    other = ShadowSettings(enabled=True, profile=replace(SETTINGS.profile, collapses=True))
    assert seen.see(exchange(FRESH), B, given_settings=other) == ()
    assert (seen.counts["current"], seen.counts["flushed"]) == (1, 1)


def test_a_site_of_another_size_has_its_own_cache():
    seen = Seen()
    seen.see(exchange(FRESH))
    assert seen.see(exchange(FRESH), B, given_settings=replace(SETTINGS, max_entries=5)) == ()
    assert seen.counts["current"] == 2


@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(steps, max_size=20), st.integers(1, 4))
def test_what_is_held_is_what_was_stored_less_what_was_flushed(given_steps, size):
    seen = Seen()
    for each, client, path, after in given_steps:
        url = f"https://shop.test/{path}"
        moved = replace(each, request=replace(each.request, url=url), response_time=NOW + after)
        seen.see(moved, client, given_settings=replace(SETTINGS, max_entries=size))
        counts = seen.counters.sites()["shop.test"]
        for prefix in ("", "unsafe_"):
            held = counts[f"{prefix}total"] - counts[f"{prefix}flushed"]
            assert 0 <= counts[f"{prefix}current"] == held
            assert counts[f"{prefix}flushes"] <= counts[f"{prefix}flushed"]
            assert counts[f"unsafe_{'hits'}"] <= counts["hits"]
        assert counts["current"] <= size
        assert counts["hits"] + counts["misses"] > 0


def test_what_a_change_invalidates_is_counted_even_where_the_outcome_is_unknown():
    seen = Seen()
    seen.see(exchange(FRESH))
    seen.see(exchange(method="POST"), B)
    assert (seen.counts["flushes"], seen.counts["flushed"]) == (1, 1)
    assert "current" not in seen.counts


# -------------------------------------------------------------------------------- serving

SERVING = ShadowSettings(enabled=True, serve=True, max_bytes=10)


def store(seen, given_exchange, body=b"body"):
    name = seen.counters.open("shop.test", SHADOW_COUNTERS)
    cookies = held_cookies(given_exchange, seen.shadow.digester, CookieNaming())
    answer = seen.shadow.follow(SERVING, given_exchange, A, name, cookies)
    if answer.added is not None:
        seen.shadow.keep(SERVING, given_exchange, answer.added, body)


def test_an_answer_counts_as_a_hit_and_a_swap():
    seen = Seen()
    store(seen, sid(FRESH))
    request = sid().request
    found = seen.shadow.look_up(SERVING, request, B, "shop.test", NOW + 1)
    assert found.answer.entry.body == b"body"
    told = {name: seen.counts[name] for name in ("hits", "unsafe_hits", "misses", "current")}
    assert told == {"hits": 1, "unsafe_hits": 1, "misses": 1, "current": 1}
    assert seen.counts["would_be_swaps"] == 1
    other = replace(request, url="https://shop.test/none")
    assert seen.shadow.look_up(SERVING, other, B, "shop.test", NOW + 1).answer is None
    assert seen.counts["misses"] == 1  # counted once upstream has answered


def test_what_does_not_fit_is_counted_as_flushed():
    seen = Seen()
    for name in "abc":
        store(seen, sid(FRESH, url=f"https://shop.test/{name}"))
    store(seen, sid(FRESH, url="https://shop.test/d"), None)
    assert (seen.counts["total"], seen.counts["flushed"], seen.counts["current"]) == (4, 2, 2)


def test_a_cache_that_serves_is_another_one_than_one_that_does_not():
    seen = Seen()
    seen.see(exchange(FRESH))
    assert seen.shadow.look_up(SERVING, exchange().request, B, "shop.test", NOW).answer is None
    store(seen, sid(FRESH))
    assert seen.counts["current"] == 2
