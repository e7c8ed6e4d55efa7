"""The detector within the engine: who asks, by the tracker's own id first."""

from session_tracking.config.loading import load
from session_tracking.engine import Circumstances, Engine
from session_tracking.http.exchange import ClientId, Exchange, RequestFacts, ResponseFacts
from session_tracking.http.fields import FieldSection
from session_tracking.swaps.events import EventKind
from session_tracking.tracking.policy import Decision, Rule, State

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
