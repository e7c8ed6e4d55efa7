"""Targets, and what is taken over from recordings."""

import pytest

from session_tracking.http.fields import FieldSection
from session_tracking.swaps.probe.facts import Kind, Manner, Target, TargetError, visitor_lines
from session_tracking.swaps.probe.plan import STEPS

REFUSED = [
    ("http://[::1", "no URL"),
    ("http://shop.test:x/", "no URL"),
    ("ftp://shop.test/", "does not begin with http"),
    ("shop.test", "does not begin with http"),
    ("http:///page", "names no host"),
    ("https://me:secret@shop.test/", "holds a password"),
    ("https://shop.test/a b", "has to encode"),
    ("https://shop.test/\x1b", "has to encode"),
    ("https://shop.test/ä", "has to encode"),
]


@pytest.mark.parametrize(("url", "problem"), REFUSED, ids=[url for url, _ in REFUSED])
def test_what_cannot_be_asked(url, problem):
    with pytest.raises(TargetError, match=problem):
        Target.of(url)


URLS = [
    # URL, Host field, with a query of ours, host, site, as visitors see it
    ("https://shop.test", (), "https://shop.test?session-tracker-probe=x", "shop.test", "shop.test", "https://shop.test"),
    ("http://Shop.test:81/a?b#c", (), "http://Shop.test:81/a?b&session-tracker-probe=x", "Shop.test:81", "shop.test", "http://Shop.test:81/a?b"),
    ("http://[::1]:81/", (("Host", "Pay.test:80"),), "http://[::1]:81/?session-tracker-probe=x", "Pay.test:80", "pay.test", "http://Pay.test:80/"),
]  # fmt: skip


@pytest.mark.parametrize(("url", "fields", "queried", "host", "site", "seen"), URLS)
def test_the_parts_of_a_target(url, fields, queried, host, site, seen):
    target = Target.of(url, (("Accept", "*/*"), *fields))
    assert target.with_query("x") == queried
    assert (target.host, target.site, target.seen_url) == (host, site, seen)


def test_what_is_taken_over_from_a_visitor():
    recorded = [("User-Agent", " x "), ("Cookie", "a=b"), ("accept", "a\x00b"), ("Range", "0-")]
    assert list(visitor_lines(FieldSection(recorded))) == [("User-Agent", "x")]


def test_every_kind_has_a_step_and_two_meet():
    assert set(STEPS) == set(Kind)
    together = [kind for kind in Kind if kind.manner is not Manner.IN_TURN]
    assert together == [Kind.AT_ONCE, Kind.OVERLAPPING]
    assert all(len(STEPS[kind].asks) == 2 for kind in together)
