from dataclasses import replace

import pytest

from session_tracking.caching.outcomes import (
    newcomer,
    outcome_of,
    outcomes,
    outcomes_of_each,
    reference_run,
)
from session_tracking.caching.profiles.model import Deviations
from session_tracking.caching.profiles.rfc9111 import RFC9111
from session_tracking.http.exchange import RequestFacts
from session_tracking.http.fields import FieldSection
from tests.strategies import exchange

MAX_AGE = ("Cache-Control", "max-age=600")
LASTING = reference_run(exchange(MAX_AGE))
PLAIN = reference_run(exchange(MAX_AGE, cookie=None))
VARYING = reference_run(exchange(MAX_AGE, ("Vary", "*")))
REFUSED = reference_run(exchange(("Cache-Control", "no-store")))
KNOWN = reference_run(
    exchange(MAX_AGE),
    RequestFacts("GET", "https://shop.test/a", FieldSection([("Cookie", "a=b")])),
)
BLIND = frozenset({"set-cookie"})

DEVIATIONS = [
    ("shipped", None, LASTING, "swap"),
    ("nothing-differs", Deviations(), LASTING, "swap"),
    ("nothing-differs-refused", Deviations(), REFUSED, "miss"),
    ("refuses-cookie", Deviations(refuses_set_cookie=True), LASTING, "miss"),
    ("refuses-without-cookie", Deviations(refuses_set_cookie=True), PLAIN, "reused"),
    ("passes-cookie", Deviations(passes_cookie=True), KNOWN, "miss"),
    ("passes-without-cookie", Deviations(passes_cookie=True), LASTING, "swap"),
    ("strips", Deviations(strips_set_cookie=True), LASTING, "stripped"),
    ("strips-without-cookie", Deviations(strips_set_cookie=True), PLAIN, "reused"),
    ("vary-counts", Deviations(), VARYING, "miss"),
    ("vary-ignored", Deviations(ignores=frozenset({"vary"})), VARYING, "swap"),
    ("ignored-cookie-is-stored-all-the-same", Deviations(ignores=BLIND), LASTING, "swap"),
    ("ignored-and-stripped", Deviations(BLIND, strips_set_cookie=True), LASTING, "stripped"),
]


@pytest.mark.parametrize(
    ("deviations", "run", "outcome"),
    [row[1:] for row in DEVIATIONS],
    ids=[row[0] for row in DEVIATIONS],
)
def test_own_deviations(deviations, run, outcome):
    assert outcome_of(replace(RFC9111, deviations=deviations), run) == outcome


def test_many_runs_are_judged_as_each_is():
    caches = (RFC9111, replace(RFC9111, name="own", deviations=Deviations(refuses_set_cookie=True)))
    runs = (LASTING, PLAIN, REFUSED)
    assert outcomes_of_each(caches, runs) == [outcomes(caches, run) for run in runs]
    assert outcomes(caches, LASTING) == {"rfc9111": "swap", "own": "miss"}


def test_the_next_visitor_is_known_to_nobody():
    personal = (("Cookie", "a=b"), ("Authorization", "Basic eDp5"), ("Accept", "*/*"))
    request = reference_run(exchange(request=personal)).next_request
    assert request.fields.lines == (("Accept", "*/*"),)
    assert newcomer(request) is request
