"""Cases: their JSON, their dates, their controls, and the form that the verdict command reads."""

import json

import pytest

from scripts.lab.cases import (
    Case,
    NextRequest,
    Request,
    Response,
    fill_dates,
    from_json,
    request_fields,
    to_json,
    to_verdict_input,
)
from scripts.lab.corpus import corpus

NOON = 784111777.0  # Sun, 06 Nov 1994 08:49:37 GMT, the example of RFC 9110 §5.6.7

FULL = Case(
    "full",
    Request("HEAD", "/a", "b=1", (("Cookie", "seen=1"), ("Accept", "*/*"))),
    Response(404, (("Date", "{date}"), ("Set-Cookie", "sid={n}"), ("set-cookie2", "x")), 5),
    NextRequest("GET", (("Pragma", "no-cache"),), 2.5),
    Response(304, (("ETag", '"v1"'), ("Set-Cookie", "sid={n}"))),
    ("tag",),
)


def test_json_round_trip():
    assert from_json(json.loads(json.dumps(to_json(FULL)))) == FULL


def test_the_whole_corpus_survives_json():
    cases = list(corpus())
    assert [from_json(json.loads(json.dumps(to_json(case)))) for case in cases] == cases


def test_absent_keys_take_defaults():
    assert from_json({"id": "x"}) == Case("x")


def test_a_misspelt_key_is_refused():
    with pytest.raises(TypeError):
        from_json({"id": "x", "response": {"state": 200}})


@pytest.mark.parametrize(
    ("value", "filled"),
    [
        ("{date}", "Sun, 06 Nov 1994 08:49:37 GMT"),
        ("{date+3600}", "Sun, 06 Nov 1994 09:49:37 GMT"),
        ("{date-60} x", "Sun, 06 Nov 1994 08:48:37 GMT x"),
        ("{n} date", "{n} date"),
    ],
)
def test_dates_are_filled_in(value, filled):
    assert fill_dates(value, NOON) == filled


def test_control_has_neither_cookie_field_anywhere():
    control = FULL.control()
    assert control.id == "full~control"
    assert not control.sets_cookie
    assert control.response.headers == (("Date", "{date}"),)
    assert control.validation == Response(304, (("ETag", '"v1"'),))


def test_by_default_b_asks_as_a_did_without_credentials():
    asked = Request("HEAD", headers=(("cookie", "a"), ("AUTHORIZATION", "b"), ("Accept", "*/*")))
    assert Case("x", asked).second_visitor == NextRequest("HEAD", (("Accept", "*/*"),))


@pytest.mark.parametrize(
    ("method", "given", "names"),
    [
        ("GET", (), ["Host", "User-Agent"]),
        ("POST", (), ["Host", "User-Agent", "Content-Length"]),
        ("GET", (("user-agent", "x"),), ["Host", "user-agent"]),
    ],
)
def test_what_a_visitor_adds(method, given, names):
    assert [name for name, _ in request_fields(method, given)] == names


def test_verdict_input_is_what_a_cache_sees():
    assert to_verdict_input(FULL, NOON) == {
        "id": "full",
        "time": NOON,
        "request": {
            "method": "HEAD",
            "url": "http://lab.test/a?b=1",
            "headers": [
                ["Host", "lab.test"],
                ["User-Agent", "cache-lab"],
                ["Cookie", "seen=1"],
                ["Accept", "*/*"],
            ],
        },
        "response": {
            "status": 404,
            "headers": [
                ["Date", "Sun, 06 Nov 1994 08:49:37 GMT"],
                ["Set-Cookie", "sid=r00000001"],
                ["set-cookie2", "x"],
                ["Content-Length", "5"],
            ],
            "body_length": 5,
        },
        "next_request": {
            "method": "GET",
            "headers": [
                ["Host", "lab.test"],
                ["User-Agent", "cache-lab"],
                ["Pragma", "no-cache"],
            ],
            "after": 2.5,
        },
        "validation_response": {
            "status": 304,
            "headers": [["ETag", '"v1"'], ["Set-Cookie", "sid=r00000002"]],
        },
    }
