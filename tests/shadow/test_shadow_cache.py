import string
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, assume, given, settings, strategies as st

from session_tracking.caching.outcomes import outcome_of, reference_run
from session_tracking.caching.profiles.catalogue import PROFILES
from session_tracking.caching.profiles.model import Deviations, Outcome
from session_tracking.caching.profiles.simulate import BETWEEN
from session_tracking.cookies.classify import CookieClass
from session_tracking.cookies.digest import Digester
from session_tracking.http.exchange import ClientId
from session_tracking.http.fields import FieldSection
from session_tracking.shadow.cache_model import IDLE_SECONDS
from session_tracking.shadow.facts import CookieNaming, held_cookies
from session_tracking.shadow.shadow_cache import (
    MAX_OCTETS,
    MAX_VARIANTS,
    ShadowCache,
)
from session_tracking.swaps.clients import Client, Likeness, Sender, compare, identify
from session_tracking.swaps.settings import SwapSettings
from tests.strategies import DATE, EARLIER, NOW, exchange, exchanges

DIGESTER = Digester(b"key")
SITE = "shop.test"


def client(address, agent="test", connection="", own="", *, presented=False):
    sender = Sender(ClientId(address, connection), agent, (), ())
    return identify(sender, SwapSettings(), own=own, presented=presented)


A, B = client("127.0.0.2"), client("127.0.0.3")
SECRET = "3f2a9c81d0e7b6453f2a9c81d0e7b645"
FRESH = ("Cache-Control", "public, max-age=60")
DATED = ("Date", DATE)


def cache(profile="rfc9111", size=100, **changes):
    return ShadowCache(replace(PROFILES[profile], **changes), size, DIGESTER)


def see(shadow, given, visitor=A, after=0.0):
    """Let the shadow see an exchange, `after` seconds later than it says."""
    moved = replace(
        given, request_time=given.request_time + after, response_time=given.response_time + after
    )
    cookies = held_cookies(given, DIGESTER, CookieNaming())
    return shadow.observe(moved, visitor, SITE, cookies)


def sid(*lines, cookie=f"sid={SECRET}", **more):
    return exchange(DATED, *lines, cookie=cookie, **more)


# ------------------------------------------------------------------------ would-be swaps


def test_the_next_visitor_would_have_been_given_the_session():
    shadow = cache()
    first = see(shadow, sid(FRESH))
    assert (first.outcome, first.hit, len(shadow)) == (Outcome.MISS, False, 1)
    second = see(shadow, sid(FRESH, cookie="sid=another"), B, 1)
    assert second.outcome is Outcome.SWAP
    assert second.entry is first.added
    (swapped,) = second.swapped
    assert (swapped.name, swapped.cookie_class) == ("sid", CookieClass.SESSION)
    assert len(shadow) == 1


def test_nothing_secret_is_kept():
    shadow = cache()
    see(
        shadow,
        sid(
            FRESH,
            ("Vary", "Cookie, Authorization"),
            ("Location", f"/{SECRET}"),
            request=(("Cookie", f"a={SECRET}"), ("Authorization", SECRET), ("X-Key", SECRET)),
            url=f"https://shop.test/a?token={SECRET}",
        ),
    )
    (entry,) = shadow
    kept = [entry.stored.request, entry.stored.response, entry.held]
    text = "".join(n + v for facts in kept for n, v in facts.fields.lines)
    assert SECRET not in text + entry.stored.request.url + repr(entry)
    assert entry.stored.request.url == "https://shop.test/a?"
    assert "x-key" not in entry.stored.request.fields


OWNERS = [
    ("same-address-and-agent", client("127.0.0.2"), ()),
    ("same-connection", client("127.0.0.9", "other", "c1"), ()),
    ("same-id-of-ours", client("127.0.0.9", "other", own="a", presented=True), ()),
    ("unknown-address", client("", "other"), ()),
    ("presents-the-cookie", B, (("Cookie", f"x=y; sid={SECRET}"),)),
]


@pytest.mark.parametrize(("visitor", "lines"), [pytest.param(*r, id=i) for i, *r in OWNERS])
def test_nobody_is_swapped_who_may_be_the_owner(visitor, lines):
    shadow = cache()
    see(shadow, sid(FRESH), client("127.0.0.2", connection="c1", own="a"))
    answer = see(shadow, sid(FRESH, request=lines), visitor, 1)
    assert answer.outcome is Outcome.SWAP
    assert answer.swapped == ()


def test_a_shared_preference_does_not_tell_the_owner_but_is_not_swapped_either():
    shadow = cache()
    both = exchange(DATED, FRESH, ("Set-Cookie", "lang=en"), cookie=f"sid={SECRET}")
    see(shadow, both)
    asked = replace(both.request, fields=FieldSection([("Cookie", "lang=en")]))
    answer = see(shadow, replace(both, request=asked), B, 1)
    assert [cookie.name for cookie in answer.swapped] == ["sid"]


@pytest.mark.parametrize("lines", [(), (("Cache-Control", "private, max-age=60"),)])
def test_what_is_not_stored_swaps_nobody(lines):
    shadow = cache()
    see(shadow, sid(*lines))
    assert see(shadow, sid(*lines), B, 1).outcome is Outcome.MISS
    assert len(shadow) == 0


# ------------------------------------------------------------------- agreement, bounds


@settings(max_examples=200, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(exchanges(), st.sampled_from(sorted(PROFILES)), st.sampled_from([None, "ignore", "strip"]))
def test_it_agrees_with_the_reference_run(given_exchange, name, own):
    assume(given_exchange.response.status != 304)
    profile = PROFILES[name]
    if own is not None:
        deviations = Deviations(
            frozenset({"set-cookie", "cache-control"} if own == "ignore" else ()),
            strips_set_cookie=own == "strip",
        )
        profile = replace(profile, deviations=deviations)
    shadow = ShadowCache(profile, 10, DIGESTER)
    run = reference_run(given_exchange)
    see(shadow, given_exchange)
    see(shadow, given_exchange, A, BETWEEN)
    answer = see(shadow, replace(given_exchange, request=run.next_request), B, BETWEEN)
    told = {answer.outcome, outcome_of(profile, run)}
    # What a vendor does not tell of one of the requests it may tell of the other.
    assert len(told) == 1 or told == {Outcome.UNKNOWN, Outcome.MISS}


steps = st.tuples(
    exchanges(hostile=True),
    st.sampled_from([A, B, Client(), client("127.0.0.4", "x", "c", "own", presented=True)]),
    st.sampled_from(string.ascii_lowercase),
    st.floats(0, 100),
)


@settings(max_examples=80, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(steps, max_size=25), st.integers(1, 5), st.sampled_from(sorted(PROFILES)))
def test_bounded_balanced_and_never_the_owner(given_steps, size, name):
    shadow = cache(name, size)
    added = removed = 0
    for each, visitor, path, after in given_steps:
        request = replace(each.request, url=f"https://shop.test/{path}")
        answer = see(shadow, replace(each, request=request), visitor, after)
        added += answer.added is not None
        removed += len(answer.removed)
        assert len(shadow) == len(list(shadow)) == added - removed <= size
        if answer.swapped:
            assert answer.outcome is Outcome.SWAP
            assert compare(visitor, answer.entry.owner) is Likeness.DIFFERENT
            assert set(answer.swapped) <= set(answer.entry.cookies)
        removed += len(shadow.sweep(NOW + after, 3))
    removed += len(shadow.flush())
    assert added == removed
    assert len(shadow) == 0


@settings(max_examples=40, suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.lists(steps, max_size=15), st.sampled_from(sorted(PROFILES)))
def test_a_visitor_alone_is_never_swapped(given_steps, name):
    shadow = cache(name)
    assert all(not see(shadow, each, A, after).swapped for each, _, _, after in given_steps)


# ------------------------------------------------------------------------------- holding


def test_vary_keeps_entries_apart_up_to_a_bound():
    shadow = cache()
    for number in range(MAX_VARIANTS + 2):
        given_exchange = sid(FRESH, ("Vary", "Accept"), request=(("Accept", f"a/{number}"),))
        answer = see(shadow, given_exchange)
    assert len(shadow) == MAX_VARIANTS
    assert [entry.stored.request.fields.first("accept") for entry in answer.removed] == ["a/1"]
    again = see(shadow, sid(FRESH, ("Vary", "Accept"), request=(("Accept", "a/9"),)), B, 1)
    assert again.hit


def test_vary_on_secrets_compares_digests():
    shadow = cache()
    lines = (("Cookie", "a=1"), ("Cookie", ""))
    see(shadow, sid(FRESH, ("Vary", "Cookie"), request=lines))
    assert see(shadow, sid(FRESH, request=(("Cookie", "a=2"),)), B, 1).outcome is Outcome.MISS
    assert see(shadow, sid(FRESH, ("Vary", "Cookie"), request=lines), B, 1).hit


def test_the_longest_unused_goes_first():
    shadow = cache(size=2)
    urls = [f"https://shop.test/{name}" for name in "abc"]
    for url in (urls[0], urls[1], urls[0], urls[2]):
        answer = see(shadow, sid(FRESH, url=url))
    assert [entry.stored.request.url for entry in answer.removed] == [urls[1]]
    assert [entry.stored.request.url for entry in shadow] == [urls[0], urls[2]]


def test_room_is_made_within_a_url_too():
    shadow = cache(size=2)
    for number in range(3):
        see(shadow, sid(FRESH, ("Vary", "Accept"), request=(("Accept", f"a/{number}"),)))
    assert len(shadow) == 2


def test_a_response_with_a_huge_head_is_not_kept():
    shadow = cache()
    see(shadow, sid(FRESH, ("X-Long", "x" * MAX_OCTETS)))
    assert len(shadow) == 0


def test_a_new_response_takes_the_place_of_a_stale_one():
    shadow = cache()
    see(shadow, exchange(FRESH))
    answer = see(shadow, exchange(FRESH), B, 100)
    assert (answer.outcome, len(answer.removed), len(shadow)) == (Outcome.MISS, 1, 1)
    assert next(iter(shadow)).owner is B
    answer = see(shadow, sid(("Cache-Control", "no-store")), A, 200)
    assert (answer.added, len(answer.removed), len(shadow)) == (None, 1, 0)


def test_sweeping_lets_go_of_what_is_stale():
    shadow = cache()
    see(shadow, sid(FRESH))
    see(shadow, sid(FRESH, ("ETag", '"1"'), url="https://shop.test/b"))
    shadow.sweep(NOW)
    assert shadow.sweep(NOW + 59) == ()
    shadow.sweep(NOW + 61)
    assert [entry.stored.request.url[-1] for entry in shadow] == ["b"]
    assert len(shadow.sweep(NOW + IDLE_SECONDS + 1)) == 1
    assert len(shadow) == 0


def test_sweeping_looks_at_few_urls_at_a_time():
    shadow = cache()
    for number in range(5):
        see(shadow, sid(FRESH, url=f"https://shop.test/{number}"))
    assert [len(shadow.sweep(NOW + 100, 2)) for _ in range(4)] == [0, 2, 2, 1]


def test_sweeping_keeps_another_variant_and_skips_what_has_gone():
    shadow = cache()
    for number, age in enumerate(("60", "600")):
        shadow_line = ("Cache-Control", f"max-age={age}")
        lines = (shadow_line, ("Vary", "Accept"))
        see(shadow, sid(*lines, request=(("Accept", f"a/{number}"),)))
    shadow.sweep(NOW)
    assert len(shadow.sweep(NOW + 100)) == 1
    shadow.sweep(NOW)
    shadow.flush()
    assert shadow.sweep(NOW) == ()


def test_what_an_error_would_be_answered_with_is_held_without_a_validator():
    shadow = cache("httpd")
    failing = exchange(DATED, ("Cache-Control", ""), status=500)
    see(shadow, failing)
    assert see(shadow, failing, B, BETWEEN).outcome is Outcome.SWAP


# -------------------------------------------------------------------------- invalidation


def post(**more):
    return exchange(DATED, method="POST", cookie=None, **more)


def test_a_change_of_the_resource_lets_go_of_every_variant_and_of_nothing_else():
    shadow = cache()
    for number in range(2):
        see(shadow, sid(FRESH, ("Vary", "Accept"), request=(("Accept", f"a/{number}"),)))
    see(shadow, sid(FRESH, url="https://shop.test/b"))
    assert see(shadow, post(status=404), B, 1).removed == ()
    answer = see(shadow, post(), B, 1)
    assert (answer.outcome, len(answer.removed)) == (Outcome.MISS, 2)
    assert [entry.stored.request.url for entry in shadow] == ["https://shop.test/b"]
    assert len(shadow) == 1


@pytest.mark.parametrize(("name", "held"), [("varnish-deliver", 1), ("httpd", 0), ("haproxy", 0)])
def test_each_cache_has_its_own_ways_to_be_told(name, held):
    shadow = cache(name)
    see(shadow, sid(FRESH))
    see(shadow, post(), B, 1)
    assert len(shadow) == held


# ---------------------------------------------------------------------------- validation


VALIDATED = (("Cache-Control", "no-cache"), ("ETag", '"1"'), ("Last-Modified", EARLIER))
CONDITION = (("If-None-Match", '"1"'),)


def not_modified(*lines, etag='"1"', cookie=None):
    return exchange(DATED, ("ETag", etag), *lines, status=304, request=CONDITION, cookie=cookie)


def test_a_304_lets_the_stored_cookie_out():
    shadow = cache()
    see(shadow, sid(*VALIDATED))
    answer = see(shadow, not_modified(), B, 5)
    assert answer.outcome is Outcome.SWAP
    assert [cookie.name for cookie in answer.swapped] == ["sid"]
    assert len(shadow) == 1
    assert next(iter(shadow)).owner is A


def test_a_cookie_of_the_304_belongs_to_whoever_asked():
    shadow = cache()
    see(shadow, sid(*VALIDATED))
    answer = see(shadow, not_modified(cookie="sid=new"), B, 5)
    assert (answer.outcome, answer.swapped) == (Outcome.FRESH, ())
    (entry,) = shadow
    assert entry.owner is B
    assert entry.cookies[0].digest == DIGESTER.digest("", "sid", "new")
    assert see(shadow, not_modified(), A, 6).swapped


@pytest.mark.parametrize("name", ["rfc9111", "nginx"])
def test_a_304_for_another_representation_leaves_nothing(name):
    shadow = cache(name)
    see(shadow, sid(FRESH, *VALIDATED[1:], cookie=None))
    assert len(shadow) == 1
    answer = see(shadow, not_modified(etag='"2"'), B, 100)
    assert (answer.outcome, answer.swapped, len(shadow)) == (Outcome.MISS, (), 0)


def test_a_304_that_would_have_been_a_full_response_leaves_nothing():
    # The cache has no validator to ask with, the client had one.
    shadow = cache()
    see(shadow, sid(FRESH))
    assert see(shadow, not_modified(), B, 100).outcome is Outcome.MISS
    assert len(shadow) == 0


def test_a_304_is_not_stored_itself():
    shadow = cache(storage=())
    assert see(shadow, not_modified(FRESH)).added is None


# -------------------------------------------------------------------- profiles of one's own


def test_what_the_vendor_does_not_tell_is_unknown():
    shadow = cache(unknown=True)
    assert see(shadow, sid(FRESH)).outcome is Outcome.UNKNOWN
    assert len(shadow) == 0


OWN = [
    ("plain", Deviations(), (), Outcome.SWAP),
    ("refuses", Deviations(refuses_set_cookie=True), (), Outcome.MISS),
    ("strips", Deviations(strips_set_cookie=True), (), Outcome.STRIPPED),
    ("passes", Deviations(passes_cookie=True), (("Cookie", "a=b"),), Outcome.MISS),
    ("ignores", Deviations(frozenset({"set-cookie"})), (), Outcome.SWAP),
]


@pytest.mark.parametrize(("own", "lines", "outcome"), [pytest.param(*r, id=i) for i, *r in OWN])
def test_own_ways(own, lines, outcome):
    shadow = cache(deviations=own)
    see(shadow, sid(FRESH))
    assert see(shadow, sid(FRESH, request=lines), B, 1).outcome is outcome


def test_a_response_without_cookies_is_reused():
    shadow = cache(deviations=Deviations())
    see(shadow, exchange(DATED, FRESH, cookie=None))
    answer = see(shadow, exchange(DATED, FRESH, cookie=None), B, 1)
    assert (answer.outcome, answer.swapped) == (Outcome.REUSED, ())


def test_a_stored_head_gives_way_to_a_get():
    shadow = cache()
    see(shadow, sid(FRESH, method="HEAD"))
    answer = see(shadow, sid(FRESH), B, 1)
    assert (answer.outcome, len(shadow)) == (Outcome.MISS, 1)
    assert next(iter(shadow)).stored.request.method == "GET"


def test_an_error_answered_with_the_stale_response():
    shadow = cache("rfc9111", stale_if_error=lambda _s, _r, response: response.status == 503)
    see(shadow, sid(FRESH))
    answer = see(shadow, exchange(DATED, status=503, cookie=None), B, 100)
    assert answer.outcome is Outcome.SWAP
    assert answer.swapped
