import json
from io import BytesIO

import pytest

from session_tracking.errors import InputError
from session_tracking.records.har import read_har
from session_tracking.records.questions import Question, Unreadable
from tests.strategies import NOW

COOKIE = {"name": "Set-Cookie", "value": "sid=1"}
START = "2026-11-21T09:30:00Z"


def entry(request=(), response=(), **others):
    asked = {"method": "GET", "url": "https://shop.test/a", "headers": []}
    answered = {"status": 200, "headers": [COOKIE]}
    return {"request": asked | dict(request), "response": answered | dict(response), **others}


def read(*entries):
    return list(read_har(BytesIO(json.dumps({"log": {"entries": entries}}).encode()), NOW))


def read_one(given):
    (asked,) = read(given)
    assert isinstance(asked, Question)
    return asked


def test_an_entry_is_an_exchange():
    asked = read_one(entry(startedDateTime=START, time=1500))
    found = asked.exchange
    assert (asked.id, found.id) == (1, "1")
    assert (found.request.method, found.request.url) == ("GET", "https://shop.test/a")
    assert (found.response.status, found.response.body_length) == (200, None)
    assert found.response.fields.lines == (("Set-Cookie", "sid=1"),)


TIMES = [
    ("none", {}, (NOW, NOW)),
    ("without-duration", {"startedDateTime": START}, (NOW, NOW)),
    ("milliseconds", {"startedDateTime": START, "time": 1500}, (NOW, NOW + 1.5)),
    ("unknown-duration", {"startedDateTime": START, "time": -1}, (NOW, NOW)),
    ("offset", {"startedDateTime": "2026-11-21T10:30:00.000+01:00"}, (NOW, NOW)),
]


@pytest.mark.parametrize(("said", "times"), [pytest.param(*r, id=i) for i, *r in TIMES])
def test_times(said, times):
    found = read_one(entry(**said)).exchange
    assert (found.request_time, found.response_time) == times


FIELDS = [
    ("pseudo-header", ":status", "200", ()),
    (
        "joined-by-line-feeds",
        "Set-Cookie",
        "a=1\nb=2",
        (("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")),
    ),
    ("latin-1", "X", "\xfc", (("X", "\xfc"),)),
    ("read-as-utf-8", "X", "\u20ac", (("X", "\xe2\x82\xac"),)),
    ("lone-surrogate", "X", "\ud800", (("X", "\xed\xa0\x80"),)),
]


@pytest.mark.parametrize(("name", "value", "lines"), [pytest.param(*r, id=i) for i, *r in FIELDS])
def test_field_lines(name, value, lines):
    found = read_one(entry(response={"headers": [{"name": name, "value": value}]})).exchange
    assert found.response.fields.lines == lines


VERSIONS = [
    ({}, "HTTP/1.1"),
    ({"httpVersion": ""}, "HTTP/1.1"),
    ({"httpVersion": "http/1.0"}, "HTTP/1.0"),
    ({"httpVersion": "h2"}, "HTTP/2"),
    ({"httpVersion": "h3"}, "HTTP/3"),
    ({"httpVersion": "unknown"}, "UNKNOWN"),
]


@pytest.mark.parametrize(("said", "version"), VERSIONS)
def test_versions(said, version):
    found = read_one(entry(request=said, response=said)).exchange
    assert (found.request.http_version, found.response.http_version) == (version, version)


SAID = {"headers": [{"name": "Content-Length", "value": "7"}]}
LENGTHS = [
    ("as-sent", "GET", SAID | {"bodySize": 5, "content": {"size": 9}}, 5),
    ("unknown-then-content-length", "GET", SAID | {"bodySize": -1, "content": {"size": 9}}, 7),
    ("from-the-browsers-cache", "GET", {"bodySize": 0, "content": {"size": 9}}, 9),
    ("decoded-is-unknown", "GET", {"bodySize": -1, "content": {"size": -1}}, None),
    ("no-content-told", "GET", {"content": None}, None),
    ("rfc9110-9.3.2-head", "HEAD", SAID, 0),
    ("rfc9110-15.4.5-not-modified", "GET", SAID | {"status": 304}, 0),
]


@pytest.mark.parametrize(
    ("method", "response", "length"), [pytest.param(*r, id=i) for i, *r in LENGTHS]
)
def test_octets_of_content(method, response, length):
    found = read_one(entry(request={"method": method}, response=response)).exchange
    assert found.response.body_length == length


NO_ENTRIES = [
    ("null", None, "'NoneType' object"),
    ("no-response", {}, "KeyError 'response'"),
    ("no-request", {"response": {"status": 200}}, "KeyError 'request'"),
    ("status-is-no-number", entry(response={"status": "OK"}), "invalid literal"),
    ("time-is-none", entry(startedDateTime="noon"), "Invalid isoformat string: 'noon'"),
    ("name-is-no-text", entry(response={"headers": [{"name": 1, "value": ""}]}), "'int' object"),
]


@pytest.mark.parametrize(("given", "problem"), [pytest.param(*r[:2], id=i) for i, *r in NO_ENTRIES])
def test_what_is_no_entry_does_not_stop_the_next(given, problem):
    unreadable, asked = read(given, entry())
    assert isinstance(unreadable, Unreadable)
    assert (unreadable.number, unreadable.id) == (1, 1)
    assert unreadable.problem.startswith("is no HAR entry: ")
    assert problem in unreadable.problem
    assert asked.id == 2


def test_failed_requests_keep_their_number_and_are_left_out():
    assert [asked.id for asked in read(entry(response={"status": 0}), entry())] == [2]


NO_HARS = [
    ("no-json", b"{"),
    ("no-utf-8", b"\xff\xfe\xfd"),
    ("a-list", b"[]"),
    ("no-log", b"{}"),
    ("entries-is-a-number", b'{"log": {"entries": 1}}'),
    ("too-deep", b"[" * 200_000),
]


@pytest.mark.parametrize("octets", [pytest.param(r, id=i) for i, r in NO_HARS])
def test_what_is_no_har(octets):
    with pytest.raises(InputError, match=r"no list log\.entries"):
        list(read_har(BytesIO(octets), NOW))
