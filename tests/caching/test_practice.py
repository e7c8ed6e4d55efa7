"""The levels against the profiles that were proven on real caches, over the lab's whole corpus."""

import pytest

from scripts.lab.cases import Case, to_verdict_input
from scripts.lab.corpus import corpus
from scripts.lab.predict import request, response
from session_tracking.caching.levels import Level
from session_tracking.caching.profiles.model import Outcome
from session_tracking.caching.verdict import judge
from session_tracking.http.exchange import Exchange
from tests.strategies import NOW

DEFAULTS = ("nginx", "varnish", "squid", "trafficserver", "httpd", "haproxy", "haproxy-vary")
"""Configurations in which a cache was not told to ignore anything."""


def judged(case: Case):
    data = to_verdict_input(case, NOW)
    url = data["request"]["url"]
    following, validation = data.get("next_request"), data.get("validation_response")
    return judge(
        Exchange(
            request(data["request"], url),
            response(data["response"]),
            request_time=NOW,
            response_time=NOW,
        ),
        next_request=following and request(following, url),
        validation_response=validation and response(validation),
        after=following["after"] if following else 0.0,
        caches=DEFAULTS,
    )


@pytest.fixture(scope="module")
def verdicts():
    found = [(case, judged(case)) for case in corpus()]
    return [(case, safety) for case, safety in found if safety.level is not None]


def test_no_default_cache_swaps_what_we_call_safe(verdicts):
    missed = [
        (case.id, str(safety.level), [n for n, o in safety.caches.items() if o is Outcome.SWAP])
        for case, safety in verdicts
        if Outcome.SWAP in safety.caches.values() and safety.level.rank < Level.FRAGILE.rank
    ]
    assert missed == []


def test_every_level_of_danger_has_a_cache_that_swaps(verdicts):
    swapped = {s.level for _, s in verdicts if Outcome.SWAP in s.caches.values()}
    assert swapped == {Level.FRAGILE, Level.UNSAFE}
