"""The courier between a proxy and a real Redis, whatever befalls the latter."""

import threading
import time

import pytest

from session_tracking.swaps import courier as courier_module
from session_tracking.swaps.courier import INTERVAL, Courier, Greeting, Refused, StoreError
from session_tracking.swaps.redis_ledger import FleetSettings, RedisLedger
from tests.redis_server import RedisServer
from tests.swaps.test_redis_ledger import KEY, A, B, ledger, sight, told
from tests.waiting import PATIENCE, wait_until


@pytest.fixture
def start(monkeypatch):
    """Couriers to a server, stopped in the end."""
    monkeypatch.setattr(courier_module, "GREETING", 0.2)
    monkeypatch.setattr("session_tracking.swaps.redis_ledger.TIMEOUT", 1.0)
    started = []

    def begun(url, limit=1000, **settings):
        courier = Courier(RedisLedger(FleetSettings(url, KEY, **settings), lambda: 3600), limit)
        courier.counters = told(time.time())
        courier.start()
        started.append(courier)
        return courier

    yield begun
    for each in started:
        each.stop(0)


def offer(courier, numbers, client=A, first=1000.0):
    for number in numbers:
        courier.offer(sight(number, client, first))


def balanced(courier):
    books = courier.books
    assert books.sent == books.stored + books.gap + books.waiting
    return books


def test_what_is_offered_is_stored_and_answers_come_later(server, start):
    one, two = start(server.url), start(server.url)
    offer(one, range(700))
    wait_until(lambda: one.books.stored == 700)
    offer(two, range(699, 702), B, 1001.0)
    wait_until(lambda: two.books.stored == 3)
    [(asked, answer)] = two.answers()
    assert (asked.client, answer.record.entry.owner) == (B, A)
    assert two.answers() == one.answers() == one.notices() == []
    assert server.values() == 702
    wait_until(lambda: len(one.fleet) == 2)


def test_the_end_waits_for_what_is_left(server, start):
    courier = start(server.url)
    offer(courier, range(900))
    courier.stop(PATIENCE)
    assert balanced(courier).stored == server.values() == 900
    offer(courier, [1])
    assert (balanced(courier).gap, courier.books.sent) == (1, 901)


def test_an_offer_never_waits_for_a_paused_server(start):
    with RedisServer() as server:
        courier = start(server.url, limit=50)
        wait_until(lambda: courier.fleet)
        server.pause()
        offer(courier, range(120))
        books = balanced(courier)
        assert (books.gap, books.waiting) == (70, 50)
        wait_until(lambda: courier.books.outages)
        server.resume()
        wait_until(lambda: courier.books.stored == 50)
        assert balanced(courier).gap == 70
        wait_until(lambda: server.values() == 50)
    told = " / ".join(courier.notices())
    assert "cannot be used" in told
    assert "can be used again" in told
    assert "70 sights did not get" in told
    assert courier.lossy


def test_a_killed_server_that_comes_back(start):
    with RedisServer() as server:
        courier = start(server.url)
        offer(courier, range(10))
        wait_until(lambda: courier.books.stored == 10 and courier.fleet)
        assert not courier.lossy
        server.kill()
        offer(courier, range(10, 20))
        wait_until(lambda: courier.books.outages)
        assert balanced(courier).waiting == 10
        server.start()
        wait_until(lambda: courier.books.stored == 20)
        assert balanced(courier).gap == 0
        # It kept nothing: whoever knows is asked to tell it again.
        wait_until(lambda: courier.lossy)
        assert server.values() == 10
    assert "started anew" in " ".join(courier.notices())


def test_a_server_is_known_before_it_is_told_anything():
    """One that is lost right after the first sights is recognised as another when it is back."""
    with RedisServer() as server:
        store = RedisLedger(FleetSettings(server.url, KEY), lambda: 3600)
        told_at_greeting = []
        greet = store.greet
        store.greet = lambda counters: told_at_greeting.append(server.values()) or greet(counters)
        courier = Courier(store, 10)
        offer(courier, [1])
        courier.start()
        wait_until(lambda: courier.books.stored == 1)
        courier.stop(PATIENCE)
    assert told_at_greeting[0] == 0


def test_a_server_that_is_not_there_yet(start):
    server = RedisServer()
    courier = start(server.url)
    offer(courier, range(10))
    wait_until(lambda: courier.books.outages)
    with server:
        wait_until(lambda: courier.books.stored == 10)
        assert not courier.lossy
    assert balanced(courier).gap == 0


def test_a_full_server(start):
    with RedisServer() as server, server.client() as client:
        courier = start(server.url)
        client.config_set("maxmemory", "1")
        offer(courier, range(10))
        wait_until(lambda: courier.books.outages)
        assert balanced(courier).waiting == 10
        client.config_set("maxmemory", "0")
        wait_until(lambda: courier.books.stored == 10)
    assert "memory" in courier.notices()[0]


def test_a_batch_that_fails_half_way(server, start):
    """Some of it is stored, some is refused for now, and some for good."""
    with server.client() as client:
        client.set(f"session-tracker:value:{1:032x}", b"something else")
        client.acl_setuser(
            "half", enabled=True, nopass=True, categories=["+@all"],
            keys=["session-tracker:secret", "session-tracker:counters"]
            + [f"session-tracker:value:{number:032x}" for number in range(5)],
        )  # fmt: skip
        courier = start(server.url, username="half", password="any")
        offer(courier, range(10))
        wait_until(lambda: courier.books.stored == 4)
        books = balanced(courier)
        assert (books.gap, books.waiting, books.outages) == (1, 5, 1)
        client.acl_setuser("half", keys=["session-tracker:*"])
        wait_until(lambda: courier.books.stored == 9)
        assert balanced(courier).waiting == 0
        client.acl_deluser("half")


def test_a_wrong_password(start):
    with RedisServer("--requirepass", "sesame") as server:
        courier = start(server.url, password="wrong")
        offer(courier, range(3))
        wait_until(lambda: courier.books.outages)
        courier.stop(0.2)
    assert balanced(courier).gap == 3
    assert "password" in courier.notices()[0]


def test_the_end_does_not_wait_for_ever(start):
    with RedisServer() as server:
        courier = start(server.url)
        wait_until(lambda: courier.fleet)
        server.pause()
        offer(courier, range(3))
        begun = time.monotonic()
        courier.stop(0.1)
        assert time.monotonic() - begun < PATIENCE
        assert balanced(courier).gap == 3


def test_another_secret_is_told_once(server, start):
    ledger(server.url).greet(told(time.time()))
    other = Courier(RedisLedger(FleetSettings(server.url, b"another" * 8), lambda: 60), 10)
    other.start()
    wait_until(lambda: other.problem)
    other.stop(PATIENCE)  # it greets again in the end
    assert other.notices() == [other.problem]


def test_whether_it_is_down_can_be_asked(start, server):
    assert not start(server.url).down
    gone = start("redis://127.0.0.1:1/0")
    wait_until(lambda: gone.down)
    assert gone.notices()[0].startswith("the fleet's ledger cannot be used: ")


class Slow:
    """A store that is in the middle of its work when the run ends."""

    def __init__(self):
        self.asked, self.go = threading.Event(), threading.Event()

    def share(self, sights):
        self.asked.set()
        self.go.wait(PATIENCE)
        return [None for _ in sights]

    def greet(self, _counters):
        return Greeting()

    def close(self):
        pass


def test_an_offer_does_not_wait_for_the_store_that_is_at_work():
    store = Slow()
    courier = Courier(store, 10)
    courier.start()
    offer(courier, [1])
    assert store.asked.wait(PATIENCE)
    offer(courier, [2])
    assert (balanced(courier).waiting, store.go.is_set()) == (2, False)
    store.go.set()
    courier.stop(PATIENCE)
    assert balanced(courier).stored == 2


def test_books_that_are_closed_stay_closed():
    store = Slow()
    courier = Courier(store, 10)
    courier.start()
    offer(courier, range(2))
    assert store.asked.wait(PATIENCE)
    courier.stop(0)
    assert balanced(courier).gap == 2
    store.go.set()
    courier._thread.join(PATIENCE)
    assert (balanced(courier).gap, courier.books.stored) == (2, 0)


class Scripted:
    """A store that does what its script says, one line a call: raise, or answer for each sight."""

    def __init__(self, *script):
        self.script, self.greeting, self.closed = list(script), Greeting(), False

    def share(self, sights):
        answer = self.script.pop(0) if self.script else None
        if isinstance(answer, StoreError):
            raise answer
        return [answer for _ in sights]

    def greet(self, _counters):
        return self.greeting

    def close(self):
        self.closed = True


GONE, FULL = StoreError("gone"), Refused("full", again=True)


def ending(store, *, within):
    """A courier without a thread that has reached the end with one sight still waiting."""
    courier = Courier(store, 10)
    offer(courier, [1])
    courier._deadline = time.monotonic() + within
    courier._ending.set()
    courier._work()
    assert store.closed
    return courier


def test_what_waits_at_the_end_is_tried_until_it_is_stored():
    courier = ending(Scripted(GONE, FULL), within=PATIENCE)
    assert (balanced(courier).stored, courier.books.outages) == (1, 1)


def test_at_the_end_of_the_time_it_is_left():
    assert balanced(ending(Scripted(), within=-1)).waiting == 1


def test_an_outage_is_told_once_and_its_pauses_become_longer():
    courier = Courier(Scripted(GONE, GONE, GONE), 1)
    offer(courier, range(3))
    pauses = [INTERVAL]
    for _ in range(5):
        pauses.append(courier._turn(pauses[-1]))
    assert pauses == [INTERVAL, 0.2, 0.4, 0.8, INTERVAL, INTERVAL]
    assert balanced(courier).outages == 1
    cannot, can, gap = courier.notices()
    assert cannot.startswith("the fleet's ledger cannot be used: gone.")
    assert can == "the fleet's ledger can be used again"
    assert gap.startswith("2 sights did not get into")
    assert courier.lossy


def test_sights_that_are_refused_for_good_are_a_gap():
    courier = Courier(Scripted(Refused("something else", again=False)), 10)
    offer(courier, [1])
    assert courier._turn(INTERVAL) == INTERVAL
    assert (balanced(courier).gap, courier.books.outages) == (1, 0)


def test_another_server_and_another_secret_are_told_once_each():
    courier = Courier(Scripted(), 10)
    for identity in ("a", "a", "b"):
        courier._store.greeting = Greeting(frozenset([identity]), (b"{}",), "another secret")
        courier._greet()
    assert courier.fleet == (b"{}",)
    secret, anew = courier.notices()
    assert (secret, courier.problem) == ("another secret", "another secret")
    assert "started anew" in anew
    assert courier.lossy


def test_without_a_start_there_is_nothing_to_end(server):
    courier = Courier(ledger(server.url), 10)
    offer(courier, range(3))
    assert courier.room == 2
    courier.stop(0)
    assert balanced(courier).gap == 3
    assert Greeting() == Greeting(frozenset(), (), "")
    assert Refused("full", again=True).again
