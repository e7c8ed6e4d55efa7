"""Swaps between two proxies, through a real Redis: detector, sights, and the answers to them."""

import pytest

from session_tracking.cookies.classify import CookieClass
from session_tracking.cookies.digest import Digester
from session_tracking.swaps.events import EventKind
from session_tracking.swaps.late import judge
from session_tracking.swaps.redis_ledger import FleetSettings, RedisLedger
from session_tracking.swaps.settings import SwapSettings
from session_tracking.swaps.sharing import Answer
from tests.swaps.sites import HIT, World, value

KEY = b"k" * 32
A, B, C = "192.0.2.1", "192.0.2.2", "192.0.2.3"
SID = f"sid={value(1)}"


class Proxy(World):
    """A world that shares what it sees with others."""

    def __init__(self, server, settings=None):
        super().__init__(settings)
        self.detector.share(Digester(KEY))
        self.store = RedisLedger(FleetSettings(server.url, KEY), lambda: 3600)

    def share(self):
        """What the fleet's ledger tells of all that was seen since the last time."""
        sights = list(self.detector.sights)
        self.detector.sights.clear()
        answers = self.store.share(sights)
        pairs = [
            (sight, answer)
            for sight, answer in zip(sights, answers, strict=True)
            if isinstance(answer, Answer)
        ]
        events = [judge(self.detector, *pair) for pair in pairs]
        return [event for event in events if event is not None]

    def local(self, events):
        """Nothing may be told by one proxy alone."""
        assert events == []
        return self


@pytest.fixture
def fleet(server):
    return Proxy(server), Proxy(server), Proxy(server)


def test_a_swap_between_two_proxies(fleet):
    one, two, _ = fleet
    assert one.local(one.hand(A, SID, path="/cart")).share() == []
    two.now = one.now + 5
    [event] = two.local(two.hand(B, SID, path="/cart", fields=[HIT])).share()
    assert event.kind is EventKind.CONFIRMED
    assert (event.cookie_name, event.cookie_class) == ("sid", CookieClass.SESSION)
    assert (event.first.client, event.first.url, event.first.time) == (
        A, "http://shop.test/cart", one.now,
    )  # fmt: skip
    assert (event.other.client, event.other.time) == (B, two.now)
    assert event.digest == str(Digester(KEY).digest("shop.test", "sid", value(1)))
    # The same once more is no news, in this proxy or for the one that was first.
    assert two.hand(B, SID, path="/cart", fields=[HIT]) + two.share() == []
    assert one.hand(A, SID, path="/cart", sent=SID) + one.share() == []


def test_without_evidence_it_is_suspected_until_a_third_client_has_it(fleet):
    one, two, three = fleet
    one.local(one.hand(A, SID)).share()
    [event] = two.local(two.hand(B, SID)).share()
    assert event.kind is EventKind.SUSPECTED
    [event] = three.local(three.hand(C, SID)).share()
    assert event.kind is EventKind.CONFIRMED
    assert "third client" in " ".join(event.signals)


def test_a_third_client_of_the_same_proxy_is_compared_with_the_first_owner(fleet):
    one, two, _ = fleet
    one.local(one.hand(A, SID)).share()
    two.local(two.hand(B, SID)).share()
    [event] = two.hand(C, SID)
    assert (event.kind, event.first.client) == (EventKind.CONFIRMED, A)
    assert two.share() == []


def test_the_earlier_one_is_the_owner_whoever_came_first_to_the_ledger(fleet):
    one, two, _ = fleet
    one.hand(A, SID, path="/cart")
    two.now += 60
    assert two.local(two.hand(B, SID, path="/cart", fields=[HIT])).share() == []
    [event] = one.share()
    assert event.kind is EventKind.CONFIRMED
    assert (event.first.client, event.other.client) == (A, B)
    assert event.other.time == two.now
    assert "one of the two responses came out of a cache" in event.signals


def test_a_cache_that_filled_before_our_time(fleet):
    one, two, _ = fleet
    one.local(one.hand(A, SID, fields=[HIT])).share()
    [event] = two.local(two.hand(B, SID)).share()
    assert event.kind is EventKind.CONFIRMED
    assert "one of the two responses came out of a cache" in event.signals


def test_a_session_that_was_only_sent_before(fleet):
    one, two, _ = fleet
    one.local(one.send(A, SID)).share()
    [event] = two.local(two.hand(B, SID, fields=[HIT])).share()
    assert event.kind is EventKind.CONFIRMED
    assert "was sent by another client" in event.signals[0]


def test_a_session_that_was_sent_here_and_given_there(fleet):
    one, two, _ = fleet
    one.send(A, SID)
    two.now += 60
    two.local(two.hand(B, SID, fields=[HIT])).share()
    [event] = one.share()
    assert (event.kind, event.first.client, event.other.client) == (EventKind.CONFIRMED, A, B)


@pytest.mark.parametrize("late", [False, True])
def test_two_clients_with_one_session(fleet, late):
    one, two, _ = fleet
    first, other = one.client(A, "Laptop"), two.client(B, "Phone")
    one.send(first, SID, path="/a")
    if not late:
        one.share()
    two.now += 60
    two.send(other, SID, path="/b")
    [event] = two.share() + one.share()
    assert event.kind is EventKind.TWO_CLIENTS
    assert (event.first.client, event.first.url) == (A, "http://shop.test/a")
    assert (event.other.client, event.other.url, event.other.time) == (
        B, "http://shop.test/b", two.now,
    )  # fmt: skip
    # Once is enough.
    two.send(other, SID)
    assert two.share() + one.share() == []


def test_a_session_of_one_client_at_two_proxies(fleet):
    one, two, _ = fleet
    one.hand(A, SID)
    one.share()
    two.send(A, SID)
    two.hand(A, SID, sent=SID)
    assert two.share() == []


@pytest.mark.parametrize("late", [False, True])
def test_what_is_brought_is_a_renewal(fleet, late):
    """At another address: the network may change, and here it did."""
    one, two, _ = fleet
    one.hand(A, SID)
    if not late:
        one.share()
    two.now += 60
    two.hand(B, SID, sent=SID)
    assert two.share() + one.share() == []


@pytest.mark.parametrize("late", [False, True])
def test_the_same_client_is_no_other_one(fleet, late):
    one, two, _ = fleet
    one.hand(one.client(A, own="x" * 22), SID)
    if not late:
        one.share()
    two.now += 60
    two.hand(two.client(B, own="x" * 22), SID)
    assert two.share() + one.share() == []


@pytest.mark.parametrize("late", [False, True])
def test_clients_that_cannot_be_told_apart(fleet, late):
    one, two, _ = fleet
    one.hand(A, SID)
    if not late:
        one.share()
    two.now += 60
    two.hand(A, SID)
    [event] = two.share() + one.share()
    assert event.kind is EventKind.NOT_ASSESSABLE


@pytest.mark.parametrize("late", [False, True])
def test_another_value_of_the_owner_proves_who_it_is(fleet, late):
    """The second value went through another proxy still, and the network has changed since."""
    one, two, three = fleet
    basket = f"basket={value(2)}"
    three.hand(A, f"{basket}; Domain=shop.test", host="www.shop.test")
    three.share()
    for client, number in ((A, 3), (C, 4)):  # each has its own
        two.hand(client, f"basket={value(number)}")
    one.hand(A, SID)
    if not late:
        one.share()
    two.now += 60
    two.hand(B, SID, sent=basket)
    # To the one that was late the other's delivery is all there is.
    found = two.share() + one.share()
    assert [event.kind for event in found] == ([EventKind.SUSPECTED] if late else [])


def test_what_everybody_may_have_proves_nothing(fleet):
    one, two, _ = fleet
    build = f"build={value(7)}"
    one.hand(A, SID, build)
    one.share()
    [event] = two.local(two.hand(B, SID, sent=build, fields=[HIT])).share()
    assert event.kind is EventKind.CONFIRMED


def test_what_was_swapped_once_proves_nothing(fleet):
    one, two, three = fleet
    basket = f"basket={value(2)}"
    one.hand(A, SID)
    one.hand(A, basket)
    one.share()
    [event] = two.local(two.hand(B, SID)).share()
    assert event.kind is EventKind.SUSPECTED
    # B now brings A's session, which does not make it A.
    [event] = three.local(three.hand(B, basket, sent=SID, fields=[HIT])).share()
    assert (event.cookie_name, event.kind) == ("basket", EventKind.SUSPECTED)


def test_a_domain_cookie_is_known_by_its_host_too(fleet):
    one, two, three = fleet
    one.send(A, SID, host="www.shop.test")
    one.share()
    [event] = two.local(
        two.hand(B, f"{SID}; Domain=shop.test", host="www.shop.test", fields=[HIT])
    ).share()
    assert event.first.client == A
    three.send(C, SID, host="pay.shop.test")
    [other] = three.detector.sights
    assert len(other.aliases) == 1
    assert three.share() == []


def test_a_host_cookie_whose_domain_came_later(fleet):
    one, two, _ = fleet
    two.send(A, SID, host="www.shop.test")
    two.share()
    one.hand(A, f"{SID}; Domain=shop.test", host="www.shop.test")
    one.share()
    two.hand(A, f"{SID}; Domain=shop.test", host="www.shop.test", sent=SID)
    [sight] = two.detector.sights
    assert len(sight.aliases) == 1
    assert two.share() == []


def test_what_another_issued_is_no_fresh_issue(fleet):
    one, two, _ = fleet
    for number in range(6):
        one.hand(f"192.0.2.{number}", f"arm={value(number)}")
    one.share()
    for number in range(6):
        two.hand(f"198.51.100.{number}", f"arm={value(number)}", path="/other")
        assert two.share() == []
    assert two.detector._names.of("shop.test", "arm").fresh == 0


def test_a_cookie_that_is_constant_here_is_not_looked_at(fleet):
    one, two, _ = fleet
    one.hand(A, f"arm={value(1)}")
    one.share()
    for number in range(30):
        two.hand(f"198.51.100.{number}", f"arm={value(1)}", path=f"/{number}")
    assert two.detector._names.of("shop.test", "arm").constant
    assert two.share() == []


def test_a_third_proxy_has_nothing_to_compare_with_before_its_time(fleet):
    """What is known here is told to a ledger that has lost it, and is found again."""
    one, two, _ = fleet
    one.hand(A, SID, path="/cart")
    one.share()
    with_nothing = one.store._connected()
    with_nothing.flushall()
    [sight] = one.detector.remembered(0, 10, one.now)
    one.detector.sights.append(sight)
    assert one.share() == []
    [event] = two.local(two.hand(B, SID, fields=[HIT])).share()
    assert (event.first.client, event.first.url) == (A, "http://shop.test/cart")
    assert one.detector.remembered(0, 10, one.now + 10**6) == []


def test_a_url_that_is_no_longer_known(fleet):
    one, two, _ = fleet
    one.hand(A, SID)
    one.detector.sights[0].record.url = ""
    one.share()
    [event] = two.local(two.hand(B, SID, path="/cart")).share()
    assert event.first.url == ""


@pytest.mark.parametrize("late", [False, True])
def test_what_is_told_again_raises_no_event(fleet, late):
    one, two, _ = fleet
    one.hand(A, SID)
    two.now += 60 if late else -60
    two.hand(B, SID, fields=[HIT])
    two.detector.sights.clear()
    one.share()
    two.detector.sights.extend(two.detector.remembered(0, 10, two.now))
    assert two.share() == []


def test_nothing_is_noted_where_there_is_no_fleet():
    world = World(SwapSettings())
    world.hand(A, SID)
    world.send(A, SID)
    assert world.detector.sights is None
