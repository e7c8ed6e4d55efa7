import pytest
from hypothesis import given, strategies as st

from session_tracking.errors import InputError
from session_tracking.records.questions import Question
from session_tracking.records.raw_text import NOWHERE, read_raw
from tests.strategies import NOW, octets

OK = "HTTP/1.1 200 OK\r\n"
REDIRECT = "HTTP/1.1 302 Found\r\nLocation: /b\r\n\r\n"
GET = "GET /a HTTP/1.1\r\nHost: shop.test\r\n\r\n"


def seen(text):
    """(method, URL, status, octets of content) of each."""
    return [
        (of.request.method, of.request.url, of.response.status, of.response.body_length)
        for of in (asked.exchange for asked in read_raw(text, NOW))
    ]


SHOP = "http://shop.test/a"
TEXTS = [
    ("head-alone", OK, [("GET", NOWHERE, 200, None)]),
    ("empty-lines-before", "\r\n\n" + OK, [("GET", NOWHERE, 200, None)]),
    ("no-reason", "HTTP/2 204 \r\n\r\n", [("GET", NOWHERE, 204, 0)]),
    ("content-is-counted", f"{OK}\r\nabc\n", [("GET", NOWHERE, 200, 4)]),
    ("content-length", f"{OK}Content-Length: 7\r\n\r\nabc", [("GET", NOWHERE, 200, 7)]),
    ("request-shown", GET + OK, [("GET", SHOP, 200, None)]),
    ("request-with-content", f"POST /a HTTP/1.1\nHost: shop.test\n\na=1\nb=2\n{OK}", [("POST", SHOP, 200, None)]),
    ("rfc9110-9.3.2-head", f"HEAD /a HTTP/1.1\nHost: shop.test\n\n{OK}Content-Length: 7\n", [("HEAD", SHOP, 200, 0)]),
    ("rfc9112-3.2.2-absolute-form", f"GET https://a.test/ HTTP/1.1\n\n{OK}", [("GET", "https://a.test/", 200, None)]),
    ("no-host", f"GET /a HTTP/1.0\n\n{OK}", [("GET", "http://localhost/a", 200, None)]),
    ("curl-L", REDIRECT + OK, [("GET", NOWHERE, 302, len(OK)), ("GET", NOWHERE, 200, None)]),
    ("rfc9110-15.2-interim", f"HTTP/1.1 103 Early Hints\r\n\r\n{OK}", [("GET", NOWHERE, 200, None)]),
    ("tunnel-by-reason", f"HTTP/1.1 200 Connection established\r\n\r\n{OK}", [("GET", NOWHERE, 200, None)]),
    ("tunnel-by-request", f"> CONNECT a.test:443 HTTP/1.1\n>\n< {OK}<\n> {GET.replace('\r\n', '\n> ')}\n< {OK}", [("GET", SHOP, 200, None)]),
    ("curl-v", f"* Trying\n> GET /a HTTP/1.1\n> Host: shop.test\n>\n< {OK}< X: 1\n< \n<html>\n", [("GET", SHOP, 200, None)]),
    ("curl-v-tls", f"* SSL connection using TLSv1.3\n> GET /a HTTP/1.1\n> Host: shop.test\n>\n< {OK}", [("GET", "https://shop.test/a", 200, None)]),
    ("curl-v-alpn", f"* ALPN: server accepted h2\n> GET /a HTTP/2\n> Host: shop.test\n>\n< {OK}", [("GET", "https://shop.test/a", 200, None)]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "exchanges"), [pytest.param(*r, id=i) for i, *r in TEXTS])
def test_exchanges(text, exchanges):
    assert seen(text) == exchanges


def test_numbers_times_and_versions():
    first, second = read_raw(REDIRECT + "HTTP/2 200\r\n", NOW)
    assert (first.id, first.exchange.id, second.id, second.exchange.id) == (1, "1", 2, "2")
    assert (second.exchange.request_time, second.exchange.response_time) == (NOW, NOW)
    assert second.exchange.response.http_version == "HTTP/2"


FIELDS = [
    ("white-space-around", "X: \t1 \r\n", (("X", "1"),)),
    ("empty-value", "X:\n", (("X", ""),)),
    ("colon-in-the-value", "X: a:b\n", (("X", "a:b"),)),
    ("rfc9112-5.2-obs-fold", "X: a\r\n\t b \r\n c\r\n", (("X", "a b c"),)),
    ("several-cookies", "Set-Cookie: a=1\nSet-Cookie: b=2\n", (("Set-Cookie", "a=1"), ("Set-Cookie", "b=2"))),
]  # fmt: skip


@pytest.mark.parametrize(("text", "lines"), [pytest.param(*r, id=i) for i, *r in FIELDS])
def test_field_lines(text, lines):
    (asked,) = read_raw(OK + text, NOW)
    assert asked.exchange.response.fields.lines == lines


FAULTS = [
    ("empty", "", "shows no response"),
    ("talk", "hello\nworld\n", "shows no response"),
    ("request-alone", GET, "shows no response"),
    ("request-with-content-alone", f"{GET}a=1\n", "shows no response"),
    ("interim-alone", "HTTP/1.1 100 Continue\r\n\r\n", "shows no response"),
    ("no-colon", f"{OK}X: 1\nbroken\n", "line 3 is no field line"),
    ("no-name", f"{OK}: 1\n", "line 2 is no field line"),
    ("nothing-to-go-on-from", f"{OK} folded\n", "line 2 is no field line"),
    ("marked", f"* talk\n< {OK}< broken\n", "line 3 is no field line"),
]


@pytest.mark.parametrize(("text", "problem"), [pytest.param(*r, id=i) for i, *r in FAULTS])
def test_what_cannot_be_read(text, problem):
    with pytest.raises(InputError, match=problem):
        read_raw(text, NOW)


pieces = st.sampled_from(
    [OK, GET, REDIRECT, "\n", "\r\n", "\r", "> ", "< ", "* ALPN", "X: 1\n", " x\n", ":\n", "\x1c\n"]
)


@given(st.lists(pieces | octets).map("".join))
def test_any_text_gives_questions_or_is_refused(text):
    try:
        questions = read_raw(text, NOW)
    except InputError:
        return
    assert [asked.id for asked in questions] == list(range(1, len(questions) + 1))
    assert questions
    assert all(isinstance(asked, Question) for asked in questions)
