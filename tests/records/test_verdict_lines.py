import json
from io import BufferedReader, BytesIO

import pytest
from hypothesis import given, strategies as st

from session_tracking.records.questions import Question, Unreadable
from session_tracking.records.verdict_lines import MAX_LINE, read_line, read_lines
from tests.strategies import NOW, octets

COOKIE = [["Set-Cookie", "sid=1"]]
REQUEST = {"method": "GET", "url": "https://shop.test/a", "headers": [["Cookie", "a=b"], ["Accept", "*/*"]]}  # fmt: skip
LINE = {"request": REQUEST, "response": {"status": 200, "headers": COOKIE}}


def read(**others):
    return read_line(json.dumps(LINE | others).encode(), 1, NOW)


def response(**others):
    return LINE["response"] | others


def test_a_line_is_an_exchange():
    asked = read(id="x1", time=5)
    found = asked.exchange
    assert (asked.id, found.id, found.request_time, found.response_time) == ("x1", "x1", 5, 5)
    assert (found.request.method, found.request.url) == ("GET", "https://shop.test/a")
    assert (found.response.status, found.response.http_version) == (200, "HTTP/1.1")
    assert found.response.fields.lines == (("Set-Cookie", "sid=1"),)
    assert (asked.next_request, asked.validation_response, asked.after) == (None, None, 0.0)
    assert read().exchange.request_time == NOW


URLS = [
    ("https://shop.test/a%20b?c", "https://shop.test/a%20b?c"),
    ("https://shop.test/\xfc b", "https://shop.test/%C3%BC%20b"),
]


@pytest.mark.parametrize(("said", "url"), URLS)
def test_urls_are_percent_encoded_rfc3986_2_1(said, url):
    assert read(request=REQUEST | {"url": said}).exchange.request.url == url


LENGTHS = [
    ("as-said", "GET", response(body_length=5, headers=[["Content-Length", "7"]]), 5),
    ("rfc9110-8.6-content-length", "GET", response(headers=[["Content-Length", "7"]]), 7),
    ("not-known", "GET", response(), None),
    ("rfc9110-9.3.2-head", "HEAD", response(headers=[["Content-Length", "7"]]), 0),
]


@pytest.mark.parametrize(
    ("method", "answer", "length"), [pytest.param(*r, id=i) for i, *r in LENGTHS]
)
def test_octets_of_content(method, answer, length):
    asked = read(request=REQUEST | {"method": method}, response=answer)
    assert asked.exchange.response.body_length == length


ACCEPT = (("Accept", "*/*"),)
FOLLOWING = [
    ("as-the-first-but-nobody", {}, ("GET", "https://shop.test/a", ACCEPT, "HTTP/1.1"), 0),
    ("later", {"after": 60}, ("GET", "https://shop.test/a", ACCEPT, "HTTP/1.1"), 60),
    ("all-told", {"method": "HEAD", "url": "https://b.test/", "headers": [["X", "1"]], "http_version": "HTTP/2"}, ("HEAD", "https://b.test/", (("X", "1"),), "HTTP/2"), 0),
    ("no-headers", {"headers": []}, ("GET", "https://shop.test/a", (), "HTTP/1.1"), 0),
]  # fmt: skip


@pytest.mark.parametrize(
    ("told", "facts", "after"), [pytest.param(*r, id=i) for i, *r in FOLLOWING]
)
def test_the_next_request(told, facts, after):
    asked = read(next_request=told)
    found = asked.next_request
    assert (found.method, found.url, found.fields.lines, found.http_version) == facts
    assert asked.after == after


VALIDATIONS = [({}, True), ({"status": 304}, True), ({"status": 200}, False)]


@pytest.mark.parametrize(("said", "validates"), VALIDATIONS)
def test_only_304_validates(said, validates):
    found = read(validation_response={"headers": COOKIE} | said).validation_response
    assert (found is not None) == validates
    if validates:
        assert (found.status, found.body_length) == (304, 0)
        assert found.fields.lines == (("Set-Cookie", "sid=1"),)


def test_octets_may_be_spelled_and_a_byte_order_mark_is_skipped():
    line = LINE | {"response": response(headers=[["X", "\xfc"]])}
    for spelled in (
        json.dumps(line),
        json.dumps(line, ensure_ascii=False),
        "\ufeff" + json.dumps(line),
    ):
        asked = read_line(spelled.encode(), 1, NOW)
        assert asked.exchange.response.fields.lines == (("X", "\xfc"),)


BEYOND = [["A", "\xff"], ["X", "\u0100"]]
FAULTS = [
    ("no-json", b"{", None, "truncated"),
    ("curl-i", b"HTTP/1.1 200 OK\r", None, "--raw reads what `curl -i` prints"),
    ("no-object", b"[]", None, "Expected `object`"),
    ("too-deep", b'{"id": 7, "x": ' + b"[" * 100_000, None, "recursion"),
    ("no-response", json.dumps({"id": 7, "request": REQUEST}).encode(), 7, "missing required field `response`"),
    ("after-a-byte-order-mark", b'\xef\xbb\xbf{"id": "x"}', "x", "missing required field `request`"),
    ("id-is-a-list", b'{"id": []}', None, "Expected `int | float | str | null`, got `array`"),
    ("status", json.dumps(LINE | {"response": response(status=99)}).encode(), None, "$.response.status"),
    ("beyond-octets", json.dumps(LINE | {"id": "x", "response": response(headers=BEYOND)}).encode(), "x", "`$.response.headers[1]`"),
    ("beyond-octets-next", json.dumps(LINE | {"next_request": {"headers": BEYOND}}, ensure_ascii=False).encode(), None, "`$.next_request.headers[1]`"),
    ("too-long", b" " * (MAX_LINE + 1), None, "longer than 4194304 octets"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "told", "problem"), [pytest.param(*r, id=i) for i, *r in FAULTS])
def test_what_is_no_question(line, told, problem):
    found = read_line(line, 3, NOW)
    assert isinstance(found, Unreadable)
    assert (found.number, found.id) == (3, told)
    assert problem in found.problem


class Pieces(BytesIO):
    """Hands out a few octets at once."""

    def read1(self, size=-1):
        return super().read1(min(size, 100))


GOOD = json.dumps(LINE).encode()
STREAMS = [
    ("empty", b"", []),
    ("no-line-feed-at-the-end", GOOD, [Question]),
    ("empty-lines-are-counted", b"\n \r\n" + GOOD + b"\r\n\n{", [Question, 5]),
    ("faults-do-not-stop", b"{\n" + GOOD + b"\n", [1, Question]),
    ("too-long-goes-on", b"[" * (MAX_LINE + 70_000) + b"\n" + GOOD, [1, Question]),
]


@pytest.mark.parametrize(("octets_", "found"), [pytest.param(*r, id=i) for i, *r in STREAMS])
@pytest.mark.parametrize("stream", [BytesIO, lambda octets_: BufferedReader(BytesIO(octets_))])
def test_streams(stream, octets_, found):
    read_ = [one for some in read_lines(stream(octets_), NOW) for one in some]
    assert [one.number if isinstance(one, Unreadable) else Question for one in read_] == found


def test_lines_that_come_in_pieces():
    batches = list(read_lines(Pieces(b"\n".join([GOOD] * 3)), NOW))
    assert [len(some) for some in batches if some] == [1, 1, 1]


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9) | octets,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
headers = st.lists(st.tuples(octets, octets | st.text(max_size=9)), max_size=3)
messages = st.fixed_dictionaries(
    {"headers": headers},
    optional={
        "method": st.text(max_size=9),
        "url": st.text(max_size=20),
        "status": st.integers(90, 1010),
        "after": st.floats(),
        "body_length": values,
    },
)
lines = st.dictionaries(
    st.sampled_from(["id", "time", "request", "response", "next_request", "validation_response"]),
    messages | values,
)
complete = st.builds(
    lambda request, answer, others: {**others, "request": REQUEST | request, "response": {"status": 200, **answer}},
    messages, messages, lines,
)  # fmt: skip


@given((lines | complete | values).map(json.dumps).map(str.encode) | st.binary())
def test_any_line_is_a_question_or_unreadable(line):
    found = read_line(line, 3, NOW)
    assert isinstance(found, Question | Unreadable)
    if isinstance(found, Unreadable):
        assert found.number == 3
        assert found.problem.isprintable()
