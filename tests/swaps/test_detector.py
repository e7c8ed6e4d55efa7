import pytest
from hypothesis import given, strategies as st

from session_tracking.swaps.detector import MAX_COOKIES
from session_tracking.swaps.events import EventKind
from session_tracking.swaps.settings import SwapSettings
from tests.swaps.sites import HIT, World, value

A, B, C, D = (f"192.0.2.{number}" for number in range(1, 5))
SID, OTHER = f"sid={value(1)}", f"sid={value(2)}"
CONFIRMED, SUSPECTED = EventKind.CONFIRMED, EventKind.SUSPECTED
BLURRED, TWO, CONSTANT = EventKind.NOT_ASSESSABLE, EventKind.TWO_CLIENTS, EventKind.CONSTANT


@pytest.fixture
def world():
    return World()


def kinds(events):
    return [event.kind for event in events]


# ------------------------------------------------------------------------------------- swaps


def test_s1_a_session_out_of_a_cache_is_confirmed_with_all_that_is_known(world):
    assert world.hand(A, SID, path="/basket") == []
    [event] = world.hand(B, SID, path="/basket", fields=[HIT])
    assert event.kind is CONFIRMED
    assert event.cookie_name == "sid"
    assert (event.first.client, event.other.client) == (A, B)
    assert (event.first.url, event.other.url) == ("http://shop.test/basket",) * 2
    assert event.other.time - event.first.time == 1
    assert [sign.field for sign in event.evidence] == ["Age"]
    assert len(event.digest) == 8
    assert value(1) not in repr(event)
    assert event.score >= 10


def test_s2_a_cache_without_signs_is_suspected_and_a_third_client_makes_it_sure(world):
    world.hand(A, SID)
    assert kinds(world.hand(B, SID)) == [SUSPECTED]
    assert kinds(world.hand(B, SID)) == []
    [event] = world.hand(C, SID)
    assert event.kind is CONFIRMED
    assert "third client" in " ".join(event.signals)
    assert kinds(world.hand(D, SID, fields=[HIT])) == []


def test_two_visitors_behind_one_address_are_told_apart_by_our_ids(world):
    world.hand(world.client(A, own=value(8)), SID)
    [event] = world.hand(world.client(A, own=value(9)), SID, fields=[HIT])
    assert event.kind is CONFIRMED
    assert event.first.client != event.other.client
    assert world.detector.tells_apart


def test_two_visitors_behind_one_address_are_told_apart_by_their_user_agents(world):
    told = "the two have one address and different User-Agents"
    world.hand(world.client(A, "laptop"), SID)
    [event] = world.hand(world.client(A, "phone"), SID)
    assert (event.first.client, event.other.client) == (A, A)
    assert told in event.signals
    [event] = world.hand(world.client(B, "tablet"), SID)
    assert told not in event.signals


def test_s3_clients_that_cannot_be_told_apart_are_not_assessable(world):
    world.hand(A, SID)
    [event] = world.hand(A, SID)
    assert event.kind is BLURRED
    assert "cannot be told apart" in event.reason
    assert kinds(world.hand(A, SID, fields=[HIT])) == [SUSPECTED]
    assert kinds(world.hand(A, SID, fields=[HIT])) == []
    assert not world.detector.tells_apart


def test_s4_a_value_of_another_replaces_ones_own(world):
    world.hand(A, SID)
    world.hand(B, OTHER)
    [event] = world.hand(B, SID, sent=OTHER, fields=[HIT])
    assert event.kind is CONFIRMED
    assert "it replaces another value that the request brought" in event.signals


def test_s5_one_session_in_two_quite_different_hands_is_told_once(world):
    laptop, phone = world.client(A, "laptop"), world.client(B, "phone")
    world.hand(laptop, SID)
    assert world.send(laptop, SID) == []
    assert world.send(world.client(B, "laptop"), SID) == []
    assert world.send(world.client(A, "phone"), SID) == []
    [event] = world.send(phone, SID)
    assert (event.kind, event.carrier, event.score) == (TWO, "cookie", 2)
    assert event.first.url == event.other.url == "http://shop.test/"
    assert world.send(phone, SID) == []


def test_s5_nothing_is_told_of_a_session_whose_swap_was_reported(world):
    world.hand(A, SID)
    phone = world.client(B, "phone")
    assert kinds(world.hand(phone, SID, fields=[HIT])) == [CONFIRMED]
    assert world.send(phone, SID) == []


def test_s5_an_id_of_ours_bridges(world):
    own = value(9)
    world.hand(world.client(A, "laptop", own=own, presented=False), SID)
    assert world.send(world.client(B, "changed", own=own), SID) == []


def test_s7_the_same_date_and_etag_later_is_the_same_response(world):
    fields = [("Date", "Sat, 21 Nov 2026 12:00:00 GMT"), ("ETag", '"1"')]
    world.hand(A, SID, fields=fields)
    [event] = world.hand(B, SID, fields=fields, after=5)
    assert event.kind is CONFIRMED
    assert "Date and ETag are those of the first delivery" in event.signals


def test_s7_the_same_second_proves_nothing(world):
    fields = [("Date", "Sat, 21 Nov 2026 12:00:00 GMT")]
    world.hand(A, SID, fields=fields)
    assert kinds(world.hand(B, SID, fields=fields)) == [SUSPECTED]


def test_a_session_from_before_our_time_is_known_by_who_sends_it(world):
    assert world.send(A, SID) == []
    [event] = world.hand(B, SID, fields=[HIT])
    assert event.kind is CONFIRMED
    assert event.first.client == A
    assert "was sent by another client before" in event.signals[0]


def test_a_renewal_from_before_our_time_is_no_fresh_issue(world):
    world.hand(A, f"uid={value(1)}", sent=f"uid={value(1)}")
    world.hand(B, f"uid={value(2)}")
    assert kinds(world.hand(C, f"uid={value(1)}", fields=[HIT])) == [SUSPECTED]
    world.hand(D, f"uid={value(3)}")
    assert kinds(world.hand(D, f"uid={value(2)}", fields=[HIT])) == [CONFIRMED]


def test_names_that_do_not_say_session_need_to_have_varied(world):
    """One value handed out twice by a cache may be a constant of the site."""
    world.hand(A, f"build={value(1)}; HttpOnly")
    assert kinds(world.hand(B, f"build={value(1)}; HttpOnly", fields=[HIT])) == [SUSPECTED]
    named = World(SwapSettings(session_names=("bui*",)))
    named.hand(A, f"build={value(1)}; HttpOnly")
    assert kinds(named.hand(B, f"build={value(1)}; HttpOnly", fields=[HIT])) == [CONFIRMED]


def test_without_signs_such_a_name_needs_many_values(world):
    for number in range(5):
        world.hand(f"198.51.100.{number}", f"uid={value(number + 1)}")
    assert kinds(world.hand(B, f"uid={value(1)}")) == [SUSPECTED]


def test_swaps_between_hosts_that_share_a_cookie(world):
    world.hand(A, f"{SID}; Domain=.shop.test", host="www.shop.test")
    shared = f"{SID}; Domain=shop.test"
    assert kinds(world.hand(B, shared, host="pay.shop.test", fields=[HIT])) == [CONFIRMED]


def test_a_session_sent_before_it_was_set_for_a_domain(world):
    world.send(A, SID, host="www.shop.test")
    shared = f"{SID}; Domain=shop.test"
    assert kinds(world.hand(B, shared, host="www.shop.test", fields=[HIT])) == [CONFIRMED]


def test_a_domain_that_does_not_cover_the_host_counts_for_nothing(world):
    world.hand(A, f"{SID}; Domain=other.test")
    assert kinds(world.hand(B, SID, fields=[HIT])) == [CONFIRMED]


# ------------------------------------------------------------------------------ no false alarm


def test_a_renewal_of_what_the_client_presents(world):
    world.hand(A, SID)
    for path in ("/", "/a", "/b"):
        assert world.hand(A, SID, sent=SID, path=path) == []
        assert world.hand(B, SID, sent=f"x=1; {SID}", path=path) == []


def test_one_connection_is_one_client(world):
    world.hand(world.client(A, connection="c"), SID)
    assert world.hand(world.client(A, connection="c"), SID) == []
    assert world.hand(world.client(A, connection="c"), SID, host="shop.test") == []


def test_another_value_of_the_owner_bridges_a_change_of_the_network(world):
    csrf = f"csrftoken={value(7)}"
    world.hand(world.client(A, connection="c"), SID, csrf)
    assert world.hand(B, csrf, sent=SID) == []
    assert kinds(world.hand(C, csrf, sent=OTHER)) == [SUSPECTED]


def test_what_everybody_may_have_proves_nobodys_identity(world):
    """B got the same value before our time, the owner of the session got it since."""
    build = f"build={value(7)}"
    world.hand(A, SID, build)
    assert kinds(world.hand(B, SID, sent=build, fields=[HIT])) == [CONFIRMED]


def test_a_value_of_a_release_proves_nobodys_identity(world):
    """Three builds, known to be a constant by now: who has one is any of their visitors."""
    builds = [f"build={value(number)}" for number in (71, 72, 73)]
    for number, build in enumerate(builds):
        world.hand(world.client(A if number == 2 else f"198.51.100.{number}"), build, path="/0")
    for number in range(30):
        world.hand(f"198.51.100.{10 + number}", builds[0], path=f"/{number}")
    world.hand(A, SID)
    world.hand(B, builds[2])
    assert kinds(world.hand(B, SID, sent=builds[2], fields=[HIT])) == [CONFIRMED]


def test_two_values_for_one_visitor_prove_nobodys_identity(world):
    builds = [f"build={value(number)}" for number in (71, 72)]
    world.hand(A, SID, builds[0])
    world.hand(A, builds[1], sent=SID)
    assert kinds(world.hand(B, SID, sent=builds[1], fields=[HIT])) == [CONFIRMED]


def test_a_name_that_shows_two_values_proves_who_it_is(world):
    basket = f"basket={value(7)}"
    world.hand(A, SID, f"{basket}; Domain=shop.test", host="www.shop.test")
    world.hand(C, f"basket={value(8)}; Domain=shop.test", host="www.shop.test")
    assert world.hand(B, SID, sent=basket, host="www.shop.test", fields=[HIT]) == []


def test_a_swapped_value_proves_nobodys_identity(world):
    csrf = f"csrftoken={value(7)}"
    world.hand(world.client(A, connection="c"), SID, csrf)
    world.hand(B, SID, fields=[HIT])
    assert kinds(world.hand(B, csrf, sent=SID, fields=[HIT])) == [CONFIRMED]


def test_our_id_bridges_also_where_it_came_with_a_later_request(world):
    own = value(9)
    world.hand(world.client(A, connection="c"), SID)
    world.hand(world.client(A, connection="c", own=own), SID, sent=SID)
    assert world.hand(world.client(B, own=own), SID) == []


QUIET = [
    "sid=; Max-Age=0",
    f"sid={value(1)}; Max-Age=0",
    "lang=de",
    f"consent={value(1)}",
    f"AWSALB={value(1)}",
    f"ab_test={value(1)}",
    "sid=42",
    "flag=abcdefghij",
]


@pytest.mark.parametrize("line", QUIET)
def test_what_is_nobodys_own_is_not_watched(world, line):
    for client in (A, B, C):
        assert world.hand(client, line, fields=[HIT]) == []
    assert world.detector.watched == 0


def test_ignored_names(world):
    world.settings = SwapSettings(ignore=("si?",))
    world.hand(A, SID)
    assert world.hand(B, SID, fields=[HIT]) == []
    assert world.send(A, SID) == world.send(world.client(B, "x"), SID) == []


def test_what_does_not_say_session_is_not_followed_in_requests(world):
    cookie = f"uid={value(1)}"
    assert world.send(A, cookie) == world.send(world.client(B, "x"), cookie) == []
    assert len(world.detector.ledger) == 0


def test_arms_of_a_test_are_constants_and_learned(world):
    seen = []
    for number in range(60):
        address = f"198.51.100.{number}"
        seen += world.hand(address, f"arm={value(number % 2 + 1)}", path=f"/{number % 7}")
    assert kinds(seen) == [CONSTANT]
    assert world.hand("203.0.113.1", f"arm={value(1)}", fields=[HIT]) == []


def test_hits_never_teach_constant_nor_does_one_url(world):
    for number in range(60):
        world.hand(f"198.51.100.{number}", f"arm={value(1)}", path=f"/{number}", fields=[HIT])
        world.hand(f"198.51.100.{number}", f"page={value(2)}", path=f"/p?{number}")
    for name in ("arm", "page"):
        for number in (5, 6):
            world.hand(A, f"{name}={value(number)}")
        events = world.hand(B, f"{name}={value(5)}", fields=[HIT])
        assert kinds(events) == [CONFIRMED], name


def test_a_name_that_says_session_is_never_constant(world):
    for number in range(60):
        events = world.hand(f"198.51.100.{number}", SID, path=f"/{number}")
        assert CONSTANT not in kinds(events)
    world.hand(A, OTHER)
    assert kinds(world.hand(B, OTHER, fields=[HIT])) == [CONFIRMED]


# ------------------------------------------------------------------------------------- bounds


def test_cookies_beyond_the_limit_are_not_looked_at(world):
    lines = [f"sid{number}={value(number + 1)}" for number in range(MAX_COOKIES + 5)]
    named = World(SwapSettings(session_names=("sid*",)))
    named.hand(A, *lines)
    assert len(named.detector.ledger) == MAX_COOKIES


def test_it_can_be_told_to_remember_more_or_less(world):
    world.hand(A, SID)
    same = world.detector.ledger
    world.detector.resize(same.capacity, same.lifetime)
    assert world.detector.ledger is same
    world.detector.resize(10, 60)
    assert world.detector.ledger.capacity == 10
    assert kinds(world.hand(B, SID, fields=[HIT], after=30)) == [CONFIRMED]
    world.hand(A, OTHER)
    assert world.hand(B, OTHER, fields=[HIT], after=61) == []


hostile = st.text(max_size=40)


@given(st.lists(st.tuples(hostile, hostile, hostile, hostile, st.booleans()), max_size=8))
def test_nothing_makes_it_raise(visits):
    world = World()
    for address, text, host, sent, hit in visits:
        line = f"{text}={value(1)}"
        world.hand(address, line, text, host=host, sent=sent, fields=[HIT] if hit else [])
        world.send(address, sent, host=host)
