import pytest

from session_tracking.caching.profiles.varnish_fields import (
    connection_options,
    faulty,
    joined,
    same_variant,
)
from session_tracking.http.exchange import RequestFacts, ResponseFacts
from tests.caching.profiles.runs import fields

URL = "http://lab.test/"

VARIANTS = [
    ("no-vary", (), ("X-Foo: 1",), (), True),
    ("malformed", ("Vary: a b",), (), (), True),
    ("same", ("Vary: x-foo",), ("X-Foo: 1",), ("X-Foo: 1",), True),
    ("other", ("Vary: X-Foo",), ("X-Foo: 1",), ("X-Foo: 2",), False),
    ("second-line", ("Vary: Accept", "Vary: X-Foo"), ("X-Foo: 1",), ("X-Foo: 2",), False),
    ("absent-is-not-empty", ("Vary: X-Foo",), ("X-Foo:",), (), False),
    ("first-line-of-a-field", ("Vary: X-Foo",), ("X-Foo: 1", "X-Foo: 2"), ("X-Foo: 1",), True),
    ("star-is-a-name", ("Vary: *",), (), (), True),
    ("empty-member", ("Vary: ,",), (), (), True),
    ("encoding", ("Vary: Accept-Encoding",), ("Accept-Encoding: gzip",), (), True),
    ("host", ("Vary: Host",), ("Host: lab.test",), (), True),
    ("not-sent-on", ("Vary: Range",), ("Range: bytes=0-1",), ("Range: bytes=0-1",), False),
    ("not-sent-on-and-absent", ("Vary: Range",), ("Range: bytes=0-1",), (), True),
    ("taken-away", ("Vary: X-Foo",), ("Connection: X-Foo", "X-Foo: 1"), (), True),
    ("forwarded-for", ("Vary: X-Forwarded-For",), (), (), False),
    ("number-of-the-fetch", ("Vary: X-Varnish",), (), (), False),
    ("own-number", ("Vary: X-Varnish",), ("X-Varnish: 1",), ("X-Varnish: 1",), True),
]


@pytest.mark.parametrize(
    ("sent", "before", "now", "same"), [pytest.param(*r, id=i) for i, *r in VARIANTS]
)
def test_same_variant(sent, before, now, same):
    response = ResponseFacts(200, fields(*sent))
    stored, request = (RequestFacts("GET", URL, fields(*lines)) for lines in (before, now))
    assert same_variant(stored, response, request) is same


def test_connection_options_end_at_a_well_known_field():
    assert connection_options(fields("Connection: close, X-A", "Connection: Cookie, X-B")) == (
        "close",
        "x-a",
    )


FAULTS = [
    ("sound", ("Host: a", "Connection: close, X-A", "X-A: \xe9\t\x85"), False),
    ("host-twice", ("Host: a", "Host: a"), True),
    ("content-length-twice", ("Content-Length: 0", "Content-Length: 0"), True),
    ("connection-lists-cookie", ("Connection: Cookie",), True),
    ("connection-lists-hop-by-hop", ("Connection: TE, Upgrade",), False),
    ("control-character", ("X-A: \x01",), True),
]


@pytest.mark.parametrize(("lines", "fault"), [pytest.param(*r, id=i) for i, *r in FAULTS])
def test_faulty(lines, fault):
    assert faulty(fields(*lines)) is fault


def test_joined():
    assert joined(fields("Vary: a", "X: y", "vary: b"), "vary") == "a, b"
    assert joined(fields("X: y"), "vary") == ""
