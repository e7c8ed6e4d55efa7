"""What is shown of an exchange: nothing that is secret, wherever it stands."""

import pytest
from hypothesis import given

from session_tracking.reports.example import ELIDED, MAX_LINES, example_of
from tests.strategies import exchange, exchanges

SECRET = "3f2a9c81d0e7b6453f2a9c81d0e7b645"

REQUESTS = [
    ("cookie", "Cookie", f"sid={SECRET}; a=1; {SECRET}", "sid=…; a=…; …"),
    ("authorization", "Authorization", f"Bearer {SECRET}", ELIDED),
    ("own field", "X-Session", SECRET, ELIDED),
    (
        "referer",
        "Referer",
        f"https://me:{SECRET}@shop.test/a?sid={SECRET}#x",
        "https://shop.test/a?sid=…",
    ),
    ("referer that is none", "Referer", f"about:{SECRET}", ELIDED),
    ("plain", "Accept", "text/html", "text/html"),
    ("plain with the secret", "Accept-Language", f"en;q={SECRET}", "en;q=…"),
]
RESPONSES = [
    ("set-cookie", "Set-Cookie", f"sid={SECRET}; Path=/; HttpOnly; X={SECRET}; {SECRET}", "sid=…; Path=/; HttpOnly; X=…; …"),
    ("without a name", "Set-Cookie", SECRET, ELIDED),
    ("secret path", "Set-Cookie", f"a=b; Path=/u/{SECRET}", "a=…; Path=/u/…"),
    ("empty", "Set-Cookie", "", ELIDED),
    ("several in one", "Set-Cookie2", f'a="{SECRET}"; Version="1", b="{SECRET}"; Path="/"', 'a=…; Version=…; Path="/"'),
    ("quoted", "Set-Cookie2", f'a="x;{SECRET}"; Path="/"', 'a=…; Path="/"'),
    ("location", "Location", f"/next;jsessionid={SECRET}?token={SECRET}", "/next;…?token=…"),
    ("location that is none", "Location", f"{SECRET}@[", ELIDED),
    ("etag", "ETag", f'"{SECRET}"', ELIDED),
    ("caching", "Cache-Control", "public, max-age=60", "public, max-age=60"),
    ("targeted", "CDN-Cache-Control", "max-age=60", "max-age=60"),
    ("control characters", "Vary", "Cookie\x1b[31m", "Cookie\\x1b[31m"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "value", "shown"), [row[1:] for row in REQUESTS], ids=[row[0] for row in REQUESTS]
)
def test_a_request(name, value, shown):
    given_ = exchange(request=((name, value), ("Cookie", f"sid={SECRET}")))
    assert example_of(given_).request_fields[0] == (name, shown)


@pytest.mark.parametrize(
    ("name", "value", "shown"), [row[1:] for row in RESPONSES], ids=[row[0] for row in RESPONSES]
)
def test_a_response(name, value, shown):
    given_ = exchange((name, value), cookie=f"sid={SECRET}")
    assert example_of(given_).response_fields[1] == (name, shown)


def test_the_rest_of_it():
    example = example_of(exchange(url=f"https://shop.test/a?k={SECRET}", status=203))
    assert example.request == "GET https://shop.test/a?k=…"
    assert (example.status, example.cut) == (203, False)


def test_it_is_bounded():
    many = [("Accept", "x" * 10_000)] * 100
    example = example_of(exchange(*many, request=tuple(many)))
    assert example.cut
    assert len(example.request_fields) == len(example.response_fields) == MAX_LINES
    assert max(len(value) for _, value in example.request_fields) < 400


@given(exchanges(hostile=True))
def test_hostile_fields_are_fit_to_be_shown(given_):
    example = example_of(given_)
    for name, value in example.request_fields + example.response_fields:
        assert (name + value).isprintable()
