import json

import pytest

from session_tracking.records.har_recording import HarRecording
from session_tracking.records.recorded import Broken
from tests.strategies import NOW

COOKIE = {"name": "Set-Cookie", "value": "sid=1"}
START = "2026-11-21T09:30:00Z"


def entry(request=(), response=(), **others):
    asked = {"method": "GET", "url": "https://shop.test/a", "headers": []}
    answered = {"status": 200, "headers": [COOKIE]}
    return {"request": asked | dict(request), "response": answered | dict(response), **others}


def har(*entries, **log):
    return json.dumps({"log": {"version": "1.2", **log, "entries": entries}}).encode()


def reading(text):
    recording = HarRecording(memoryview(text), NOW)
    return [found for _, found in recording.read()], recording


def read(text):
    return reading(text)[0]


def read_one(given):
    (found,) = read(har(given))
    assert not isinstance(found, Broken), found
    return found


def test_an_entry_is_an_exchange():
    found = read_one(
        entry({"headers": [{"name": "Cookie", "value": "a=1"}]}, startedDateTime=START, time=99)
    )
    exchange = found.exchange()
    assert (found.id, found.method, found.url) == ("1", "GET", "https://shop.test/a")
    assert (found.status, found.sets_cookie, found.time) == (200, True, NOW)
    assert exchange.request.fields.lines == (("Cookie", "a=1"),)
    assert exchange.response.fields.lines == (("Set-Cookie", "sid=1"),)
    assert (exchange.client.address, exchange.response_time) == ("", NOW)


TARGETS = [
    ("https://Shop.test", "https://shop.test/", "shop.test", "/"),
    ("http://shop.test:80/a?b=c", "http://shop.test/a?b=c", "shop.test", "/a?b=c"),
    ("http://shop.test:8080/a;p#f", "http://shop.test:8080/a;p#f", "shop.test:8080", "/a;p#f"),
    ("http://u:p@[::1]:81/", "http://[::1]:81/", "[::1]:81", "/"),
]


@pytest.mark.parametrize(("url", "target", "authority", "path"), TARGETS)
def test_targets(url, target, authority, path):
    found = read_one(entry({"url": url}))
    assert (found.url, found.authority, found.path) == (target, authority, path)


LINES = [
    ("pseudo-header", [[":status", "200"]], ()),
    ("joined-by-line-feeds", [["A", "1\n2"]], (("A", "1"), ("A", "2"))),
    ("not-ascii", [["A", "ü"]], (("A", "\xc3\xbc"),)),
    ("lone-surrogate", [["A", "\ud800"]], (("A", "?"),)),
]


@pytest.mark.parametrize(("headers", "lines"), [pytest.param(*r, id=i) for i, *r in LINES])
@pytest.mark.parametrize("pairs", [True, False])
def test_field_lines(headers, lines, pairs):
    if not pairs:
        headers = [{"name": name, "value": value} for name, value in headers]
    found = read_one(entry(response={"headers": headers}))
    assert found.exchange().response.fields.lines == lines


TEXT = {"size": 9, "text": "decoded!!"}
LENGTH = [["Content-Length", "4"], ["Content-Encoding", "gzip"]]
CONTENTS = [
    ("decoded", LENGTH, TEXT, (("Content-Length", "9"),)),
    ("no-length-told", [["A", "1"]], TEXT, (("A", "1"), ("Content-Length", "9"))),
    ("chunked", [["Transfer-Encoding", "chunked"]], TEXT, (("Transfer-Encoding", "chunked"),)),
    ("no-text", LENGTH, {"size": 9, "text": ""}, tuple(map(tuple, LENGTH))),
    ("none", LENGTH, None, tuple(map(tuple, LENGTH))),
]


@pytest.mark.parametrize(
    ("headers", "content", "lines"), [pytest.param(*r, id=i) for i, *r in CONTENTS]
)
def test_content(headers, content, lines):
    found = read_one(entry(response={"headers": headers, "content": content}))
    assert found.exchange().response.fields.lines == lines


@pytest.mark.parametrize(
    ("said", "version"), [("h2", "HTTP/1.1"), ("http/2.0", "HTTP/2"), ("HTTP/3", "HTTP/3")]
)
def test_versions_are_those_of_mitmproxy(said, version):
    found = read_one(entry({"httpVersion": said}, {"httpVersion": said}))
    assert found.http_version == found.exchange().response.http_version == version


def test_a_failed_request_keeps_its_number():
    failed, found = read(har(entry(response={"status": 0}), entry()))
    assert (failed.id, failed.status, found.id) == ("1", 0, "2")


NO_ENTRIES = [
    ("null", None, "not subscriptable"),
    ("no-response", {}, "'request'"),
    ("no-host", entry({"url": "about:blank"}), "its URL names no host"),
    ("half-an-address", entry({"url": "http://[::1/"}), "Invalid IPv6 URL"),
    ("time-is-none", entry(startedDateTime="noon"), "Invalid isoformat string"),
    ("headers-are-none", entry({"headers": 1}), "not iterable"),
    ("short-pair", entry({"headers": [["A"]]}), "list index out of range"),
]


@pytest.mark.parametrize(("given", "problem"), [pytest.param(*r, id=i) for i, *r in NO_ENTRIES])
def test_what_is_no_entry_does_not_stop_the_next(given, problem):
    broken, found = read(har(given, entry()))
    assert isinstance(broken, Broken)
    assert broken.problem.startswith("entry 1 is no HAR entry: ")
    assert problem in broken.problem
    assert broken.offset == har(given).index(b"[") + 1
    assert found.id == "2"


def test_a_mark_of_the_octet_order_is_skipped():
    assert len(read(b"\xef\xbb\xbf" + har(entry()))) == 1


NO_HARS = [
    ("no-json", b"{", 1),
    ("a-list", b"[]", 0),
    ("no-log", b"{}", 0),
    ("something-else", b'{"logs": {"entries": []}}', 0),
    ("no-entries", b'{"log": {}}', 0),
    ("entries-is-a-number", b'{"log": {"entries": 1}}', 20),
]


@pytest.mark.parametrize(("text", "offset"), [pytest.param(*r, id=i) for i, *r in NO_HARS])
def test_what_is_no_har(text, offset):
    (broken,) = read(text)
    assert isinstance(broken, Broken)
    assert broken.offset == offset


@pytest.mark.parametrize("less", [1, 2, 20, 60])
def test_a_har_that_is_cut_off_yields_what_is_whole(less):
    text = har(entry(), entry(), entry())[:-less]
    *found, broken = read(text)
    assert len(found) == (3 if less < 4 else 2)
    assert broken == Broken(len(text), "it ends too early")


@pytest.mark.parametrize(
    ("creator", "told"), [({"name": "WebInspector"}, True), ({"name": 1}, False), ({}, False)]
)
def test_cookies_that_were_left_out(creator, told):
    _, recording = reading(har(entry(response={"headers": []}), creator=creator))
    assert ("leaves them out" in recording.left_out()) is told


def test_cookies_that_are_listed_alone():
    listed = entry(response={"headers": [], "cookies": [{"name": "sid", "value": ""}]})
    _, recording = reading(har(listed, entry()))
    assert "lists cookies of 1 messages" in recording.left_out()
