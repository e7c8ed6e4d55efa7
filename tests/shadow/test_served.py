from dataclasses import replace

import http_sf
import pytest
from hypothesis import given, strategies as st

from session_tracking.caching.evidence import hit_evidence
from session_tracking.caching.profiles.model import Outcome
from session_tracking.http.fields import FieldSection
from session_tracking.shadow.served import SIMULATION, served_fields, simulation_value
from tests.shadow.test_serving_cache import DATED, FRESH, cache, sid, store
from tests.strategies import NOW, exchange

HIT = simulation_value("rfc9111", "hit")


def answered(*lines, outcome=Outcome.SWAP, after=0.0, given_exchange=None):
    """The lines with which an exchange with these response lines is answered."""
    serving = cache()
    store(serving, given_exchange or sid(FRESH, *lines))
    (entry,) = serving
    return served_fields(entry, entry.stored, outcome, NOW + after, HIT)


def test_the_stored_fields_are_sent_with_an_age_and_a_warning():
    fields = answered(("X-Own", "1"), ("Location", "/b"), after=7.9)
    names = ["set-cookie", "date", "cache-control", "x-own", "location", "age", SIMULATION.lower()]
    assert list(fields.names()) == names
    assert fields.first("age") == "7"
    assert fields.first(SIMULATION.lower()) == HIT


@pytest.mark.parametrize(("outcome", "there"), [(Outcome.SWAP, True), (Outcome.STRIPPED, False)])
def test_the_cookie_goes_out_as_the_profile_has_it(outcome, there):
    fields = answered(("Set-Cookie2", "b=c"), outcome=outcome)
    assert ("set-cookie" in fields, "set-cookie2" in fields) == (there, there)


AGES = [
    ("rfc9111-4.2.3-age-on-arrival", ("Age", "20"), 30),
    ("rfc9111-4.2.3-apparent-age", ("Date", "Sat, 21 Nov 2026 09:29:40 GMT"), 30),
    ("malformed", ("Age", "x"), 10),
]


@pytest.mark.parametrize(("line", "age"), [pytest.param(*r, id=i) for i, *r in AGES])
def test_age(line, age):
    dated = () if line[0] == "Date" else (DATED,)
    found = answered(given_exchange=exchange(*dated, FRESH, line), after=10)
    assert found.values("age") == [str(age)]


def test_fields_of_one_connection_stay_behind():
    fields = answered(
        *(("Connection", "X-Hop, close"), ("X-Hop", "1"), ("Keep-Alive", "timeout=5")),
        *(("Transfer-Encoding", "chunked"), ("Content-Length", "9"), ("Upgrade", "h2c")),
        (SIMULATION, '"another"; hit'),
    )
    gone = {"connection", "x-hop", "keep-alive", "transfer-encoding", "content-length", "upgrade"}
    assert gone.isdisjoint(fields.names())
    assert fields.values(SIMULATION.lower()) == [HIT]


def test_lines_that_the_cache_does_not_look_at_are_sent():
    serving = cache()
    store(serving, sid(FRESH))
    (entry,) = serving
    entry.aside = (("Set-Cookie", "a=b"),)
    entry.stored = replace(entry.stored, response=exchange(FRESH, cookie=None).response)
    assert served_fields(entry, entry.stored, Outcome.SWAP, NOW, HIT).first("set-cookie") == "a=b"


@given(st.text(max_size=30), st.sampled_from(["hit", "fwd=miss", "fwd=miss; stored"]))
def test_the_value_is_a_structured_field_that_tells_a_hit(profile, what):
    value = simulation_value(profile, what)
    ((_, parameters),) = http_sf.parse(value.encode(), tltype="list")
    assert "simulated cache" in str(parameters["detail"])
    signs = [sign.field for sign in hit_evidence(FieldSection([(SIMULATION, value)]))]
    assert signs == ([SIMULATION] if what == "hit" else [])
