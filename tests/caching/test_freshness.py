import pytest

from session_tracking.caching.directives import MAX_SECONDS, NONE, parse_directives
from session_tracking.caching.freshness import DIFFERS, IS_NO_DATE, IS_NO_NUMBER, Basis, freshness
from session_tracking.caching.storage import Policy
from session_tracking.http.exchange import Exchange
from tests.strategies import DATE, EARLIER, LATER, NOW, exchange

LIFETIMES = [
    ("rfc9111-4.2.1-s-maxage-first", exchange(), "max-age=9, s-maxage=5", 5, Basis.S_MAXAGE, ""),
    ("rfc9111-4.2.1-max-age", exchange(("Expires", LATER)), "max-age=9", 9, Basis.MAX_AGE, ""),
    ("rfc9111-1.2.2-overflow", exchange(), "max-age=" + "9" * 40, MAX_SECONDS, Basis.MAX_AGE, ""),
    ("rfc9111-4.2.1-non-integer", exchange(), "max-age=1.5", 0, Basis.MAX_AGE, IS_NO_NUMBER),
    ("rfc9111-4.2.1-negative", exchange(), "max-age=-1", 0, Basis.MAX_AGE, IS_NO_NUMBER),
    ("rfc9111-4.2.1-no-argument", exchange(), "max-age", 0, Basis.MAX_AGE, IS_NO_NUMBER),
    ("rfc9111-4.2.1-conflict", exchange(), "max-age=9, max-age=0", 9, Basis.MAX_AGE, DIFFERS),
    ("rfc9111-4.2.1-invalid-s-maxage-wins", exchange(), "s-maxage=x, max-age=9", 0, Basis.S_MAXAGE, IS_NO_NUMBER),
    ("rfc9111-5.3", exchange(("Date", DATE), ("Expires", LATER)), "", 3600, Basis.EXPIRES, ""),
    ("rfc9111-5.3-without-date", exchange(("Expires", LATER)), "", 3600, Basis.EXPIRES, ""),
    ("rfc9111-5.3-past", exchange(("Expires", EARLIER)), "", 0, Basis.EXPIRES, ""),
    ("rfc9111-5.3-equal-to-date", exchange(("Date", DATE), ("Expires", DATE)), "", 0, Basis.EXPIRES, ""),
    ("rfc9111-5.3-zero", exchange(("Expires", "0")), "", 0, Basis.EXPIRES, IS_NO_DATE),
    ("rfc9111-5.3-zero-and-a-date", exchange(("Expires", "0"), ("Expires", LATER)), "", 0, Basis.EXPIRES, IS_NO_DATE),
    ("rfc9111-4.2.1-no-numbers", exchange(), "max-age=x, max-age=0", 0, Basis.MAX_AGE, IS_NO_NUMBER),
    ("rfc9111-5.3-two", exchange(("Expires", LATER), ("Expires", EARLIER)), "", 3600, Basis.EXPIRES, DIFFERS),
    ("rfc9111-4.2.2", exchange(("Last-Modified", EARLIER)), "", 8640, Basis.HEURISTIC, ""),
    ("rfc9111-4.2.2-future", exchange(("Last-Modified", LATER)), "", 0, Basis.NONE, ""),
    ("rfc9111-4.2.2-malformed", exchange(("Last-Modified", "x")), "", 0, Basis.NONE, ""),
    ("rfc9111-4.2.2-status", exchange(("Last-Modified", EARLIER), status=302), "", 0, Basis.NONE, ""),
    ("rfc9111-4.2.2-public", exchange(("Last-Modified", EARLIER), status=302), "public", 8640, Basis.HEURISTIC, ""),
    ("nothing", exchange(), "", 0, Basis.NONE, ""),
]  # fmt: skip


@pytest.mark.parametrize(
    ("given", "cache_control", "lifetime", "basis", "flaw"),
    [pytest.param(*r, id=i) for i, *r in LIFETIMES],
)
def test_lifetime(given, cache_control, lifetime, basis, flaw):
    life = freshness(given, Policy("Cache-Control", parse_directives([cache_control])))
    assert (life.lifetime, life.basis, life.flaw) == (lifetime, basis, flaw)
    assert life.fresh is (lifetime > 0)
    assert life.explicit is (basis not in {Basis.NONE, Basis.HEURISTIC})


def test_expires_is_ignored_beside_a_targeted_field_rfc9213_2_2():
    policy = Policy("CDN-Cache-Control", parse_directives([]), targeted=True)
    assert freshness(exchange(("Expires", LATER)), policy).basis is Basis.NONE


AGES = [
    ("none", (), 0.0, 0),
    ("rfc9111-4.2.3-age", (("Age", "30"),), 0.0, 30),
    ("rfc9111-5.1-list-first", (("Age", "30, 60"),), 0.0, 30),
    ("rfc9111-5.1-malformed", (("Age", "-30"),), 0.0, 0),
    ("rfc9111-4.2.3-apparent", (("Date", EARLIER),), 0.0, 86400),
    ("rfc9111-4.2.3-date-ahead", (("Date", LATER),), 0.0, 0),
    ("rfc9111-4.2.3-delay", (("Age", "30"),), 2.0, 32),
]


@pytest.mark.parametrize(("lines", "delay", "age"), [pytest.param(*r, id=i) for i, *r in AGES])
def test_age(lines, delay, age):
    given = exchange(*lines)
    given = Exchange(given.request, given.response, request_time=NOW - delay, response_time=NOW)
    assert freshness(given, Policy("Cache-Control", NONE)).age == age


def test_older_than_its_lifetime_is_stale():
    policy = Policy("Cache-Control", parse_directives(["max-age=30"]))
    assert not freshness(exchange(("Age", "30")), policy).fresh
