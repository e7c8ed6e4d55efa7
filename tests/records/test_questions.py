import pytest

from session_tracking.caching.profiles.catalogue import PROFILES
from session_tracking.caching.verdict import judge
from session_tracking.http.exchange import RequestFacts, ResponseFacts
from session_tracking.records.questions import Question, content_length, judge_each
from tests.strategies import exchange

LENGTHS = [
    ("rfc9110-9.3.2-head", "HEAD", 200, 7, 0),
    ("rfc9110-15.2-interim", "GET", 103, 7, 0),
    ("rfc9110-15.3.5-no-content", "GET", 204, 7, 0),
    ("rfc9110-15.4.5-not-modified", "GET", 304, 7, 0),
    ("rfc9110-8.6-as-said", "GET", 200, 7, 7),
    ("not-known", "GET", 200, None, None),
]


@pytest.mark.parametrize(
    ("method", "status", "said", "length"), [pytest.param(*r, id=i) for i, *r in LENGTHS]
)
def test_content_length(method, status, said, length):
    assert content_length(method, status, said) == length


FRESH = ("Cache-Control", "max-age=60")
QUESTIONS = [
    Question(1, exchange(("Cache-Control", "no-store"))),
    Question(2, exchange(FRESH), RequestFacts("GET", "https://shop.test/b")),
    Question(3, exchange(FRESH, ("ETag", '"v1"')), None, ResponseFacts(304), 600.0),
]


@pytest.mark.parametrize("caches", [(), tuple(PROFILES.values())], ids=["none", "all"])
@pytest.mark.parametrize("count", range(len(QUESTIONS) + 1))
def test_many_are_judged_as_each_alone(count, caches):
    asked = QUESTIONS[:count]
    assert judge_each(asked, caches) == [
        judge(
            of.exchange,
            next_request=of.next_request,
            validation_response=of.validation_response,
            after=of.after,
            caches=caches,
        )
        for of in asked
    ]
