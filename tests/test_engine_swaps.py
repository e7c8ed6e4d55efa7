"""The detector within the engine: who asks, by the tracker's own id first."""

from session_tracking.config.loading import load
from session_tracking.cookies.digest import Digester
from session_tracking.engine import Circumstances, Engine
from session_tracking.http.exchange import ClientId, Exchange, RequestFacts, ResponseFacts
from session_tracking.http.fields import FieldSection
from session_tracking.swaps.courier import Courier
from session_tracking.swaps.events import EventKind
from session_tracking.swaps.redis_ledger import FleetSettings, RedisLedger
from session_tracking.tracking.policy import Decision, Rule, State
from tests.redis_server import RedisServer
from tests.waiting import PATIENCE

SID = "sid=3f2a9c81d0e7b6453f2a9c81d0e7b645"
OWN, OTHER = "SessionTracking=AAECAwQFBgcICQoLDA0ODw", "SessionTracking=EAECAwQFBgcICQoLDA0ODw"
HIT = ("Age", "5")


def told(first, other, **settings):
    """The kinds of events when a value goes to one request and then to another."""
    engine = Engine()
    chosen = load(None).for_url("shop.test", "/")
    seen = []
    for address, cookie, decision in (first, other):
        request = RequestFacts(
            "GET", "http://shop.test/", FieldSection([("Cookie", cookie)] if cookie else [])
        )
        response = ResponseFacts(200, FieldSection([("Set-Cookie", SID), HIT]))
        exchange = Exchange(request, response, client=ClientId(address), response_time=1.8e9)
        outcome = engine.on_response(
            chosen, exchange, decision, Circumstances(https=False, **settings)
        )
        seen += [event.kind for event in outcome.events]
    return seen


def test_an_own_id_tells_visitors_behind_one_address_apart():
    assert told(("192.0.2.1", OWN, None), ("192.0.2.1", OTHER, None)) == [EventKind.CONFIRMED]


def test_an_own_id_bridges_a_change_of_the_network():
    assert told(("192.0.2.1", OWN, None), ("192.0.2.2", OWN, None)) == []


def test_an_invalid_own_id_says_nothing():
    assert told(("192.0.2.1", "SessionTracking=x", None), ("192.0.2.2", "", None)) == [
        EventKind.CONFIRMED
    ]


def test_an_id_that_upstream_did_not_see_counts_too():
    seen = Decision(State.SEEN, Rule.SEEN, presented=OWN.partition("=")[2])
    assert told(("192.0.2.1", "", seen), ("192.0.2.2", OWN, None)) == []


def test_what_is_replayed_is_not_watched():
    assert told(("192.0.2.1", "", None), ("192.0.2.2", "", None), watch=False) == []


def test_a_rule_that_is_off_is_not_told(tmp_path):
    (tmp_path / "c.toml").write_text('[rules]\nST301 = "off"\nST201 = "note"\n')
    request = RequestFacts("GET", "http://shop.test/")
    fields = FieldSection([("Set-Cookie", SID), HIT, ("Cache-Control", "max-age=60")])
    exchange = Exchange(request, ResponseFacts(200, fields), response_time=1.8e9)
    for file, told in (
        (None, {"ST201": "error", "ST301": "error"}),
        (tmp_path / "c.toml", {"ST201": "note"}),
    ):
        settings = load(file).for_url("shop.test", "/")
        outcome = Engine().on_response(settings, exchange, None, Circumstances(https=False))
        assert {found.rule.id: found.severity for found in outcome.findings} == told


def test_two_engines_with_one_ledger():
    """Also where one of them has seen a request only: the finding tells of both."""
    key = b"k" * 32
    engines = []
    with RedisServer() as server:
        for _ in range(2):
            engine = Engine()
            store = RedisLedger(FleetSettings(server.url, key), lambda: 3600)
            engine.join(Courier(store, 100), Digester(key))
            engines.append(engine)
        one, two = engines
        chosen = load(None).for_url("shop.test", "/")
        asked = RequestFacts("GET", "http://shop.test/a", FieldSection([("Cookie", SID)]))
        one.watch_request(chosen, asked, ClientId("192.0.2.1", "1"), 1.8e9)
        request = RequestFacts("GET", "http://shop.test/b", FieldSection([]))
        response = ResponseFacts(200, FieldSection([("Set-Cookie", SID), HIT]))
        exchange = Exchange(
            request, response, client=ClientId("192.0.2.2"), response_time=1.8e9 + 60
        )
        two.on_response(chosen, exchange, None, Circumstances(https=False))
        # The second is faster, so it is the first that gets an answer.
        for engine in (two, one):
            engine.courier.start()
            engine.courier.stop(PATIENCE)
        assert two.late() == []
        [(_, event, [finding])] = one.late()
    assert event.kind is EventKind.CONFIRMED
    assert (finding.rule.id, finding.swap) == ("ST401", event)
    assert "192.0.2.1" in event.first.client
    assert "192.0.2.2" in event.other.client
    assert "Send Cache-Control: private, no-store" in finding.remedy
    counters = one.counters.sites()
    assert counters["shop.test"]["swaps_confirmed"] == 1
    assert counters["(fleet)"] == {
        "fleet_sent": 1, "fleet_stored": 1, "fleet_gap": 0, "fleet_waiting": 0,
    }  # fmt: skip


def test_one_client_at_two_engines_and_a_ledger_that_lost_what_it_knew():
    chosen = load(None).for_url("shop.test", "/")
    asked = RequestFacts("GET", "http://shop.test/a", FieldSection([("Cookie", SID)]))
    engines = []
    with RedisServer() as server:
        for seconds in (0, 60):
            engine = Engine()
            store = RedisLedger(FleetSettings(server.url, b"k" * 32), lambda: 3600)
            engine.join(Courier(store, 100), Digester(b"k" * 32))
            engine.watch_request(chosen, asked, ClientId("192.0.2.1", "1"), 1.8e9 + seconds)
            engines.append(engine)
        courier = engines[1].courier
        courier.lossy = True
        for _ in range(2):  # once is enough
            engines[1].retell(courier, 1.8e9)
        for engine in engines:
            engine.courier.start()
            engine.courier.stop(PATIENCE)
            assert engine.late() == []
    assert (courier.books.sent, courier.books.stored, courier.books.restored) == (2, 2, 1)
    assert not courier.lossy


def test_without_a_fleet_there_is_nothing_late():
    assert Engine().late() == []
