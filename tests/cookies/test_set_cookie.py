import pytest
from hypothesis import given

from session_tracking.cookies.set_cookie import (
    SetCookie,
    parse_set_cookie,
    parse_set_cookie2,
    response_cookies,
)
from session_tracking.http.fields import FieldSection
from tests.strategies import NOW, octets, tokens

PAIRS = [
    ("rfc6265bis-5.6-plain", "sid=abc", "sid", "abc", ""),
    ("rfc6265bis-5.6-white-space", " sid \t= abc ; Path=/", "sid", "abc", ""),
    ("rfc6265bis-5.6-no-equals", "abc", "", "abc", ""),
    ("rfc6265bis-5.6-empty-name", "=abc", "", "abc", ""),
    ("rfc6265bis-5.6-equals-in-value", "a=b=c", "a", "b=c", ""),
    ("rfc6265bis-5.6-comma-in-value", "a=b,c; Path=/", "a", "b,c", ""),
    ("rfc6265bis-5.6-quotes-stay", 'a="b;c"', "a", '"b', ""),
    ("rfc6265bis-5.6-json", 'a={"k":"v,w"}', "a", '{"k":"v,w"}', ""),
    ("rfc6265bis-5.6-both-empty", "=; Path=/", "", "", "no name and no value"),
    ("rfc6265bis-5.6-control", "a=b\x00c", "a", "b\x00c", "control characters"),
    ("rfc6265bis-5.6-tab-is-allowed", "a=b\tc", "a", "b\tc", ""),
    ("rfc6265bis-5.6-4096", "a=" + "b" * 4095, "a", "b" * 4095, ""),
    ("rfc6265bis-5.6-4097", "a=" + "b" * 4096, "a", "b" * 4096, "name and value over 4096 octets"),
]


@pytest.mark.parametrize(
    ("line", "name", "value", "ignored"), [pytest.param(*r, id=i) for i, *r in PAIRS]
)
def test_pair(line, name, value, ignored):
    cookie = parse_set_cookie(line)
    assert (cookie.name, cookie.value, cookie.ignored) == (name, value, ignored)


def test_attributes():
    cookie = parse_set_cookie("a=b; PATH=/x; Secure; ; HttpOnly ; Path=/y; =z; SameSite = Lax")
    assert cookie.attribute("path") == "/y"
    assert cookie.attribute("samesite") == "Lax"
    assert cookie.attribute("domain") is None
    assert cookie.has("secure")
    assert cookie.has("httponly")
    assert not cookie.has("partitioned")


def test_an_attribute_value_over_1024_octets_is_ignored():
    cookie = parse_set_cookie("a=b; Path=/x; Path=/" + "y" * 1024)
    assert cookie.attribute("path") == "/x"


LIFETIMES = [
    ("rfc6265bis-5.6.2-positive", "Max-Age=60", 60, False),
    ("rfc6265bis-5.6.2-zero", "Max-Age=0", 0, True),
    ("rfc6265bis-5.6.2-negative", "Max-Age=-5", -5, True),
    ("rfc6265bis-5.6.2-not-a-number", "Max-Age=6x", None, False),
    ("rfc6265bis-5.6.2-plus", "Max-Age=+6", None, False),
    ("rfc6265bis-5.6.2-empty", "Max-Age=", None, False),
    ("rfc6265bis-5.6.2-last-valid-wins", "Max-Age=60; Max-Age=0; Max-Age=x", 0, True),
    ("rfc6265bis-5.6.2-huge", "Max-Age=" + "9" * 400, 9999999999999999, False),
    ("rfc6265bis-5.6.1-past", "Expires=Thu, 01 Jan 1970 00:00:00 GMT", None, True),
    ("rfc6265bis-5.6.1-future", "Expires=Fri, 01 Jan 2100 00:00:00 GMT", None, False),
    ("rfc6265bis-5.6.1-malformed", "Expires=0", None, False),
    ("max-age-wins", "Expires=Thu, 01 Jan 1970 00:00:00 GMT; Max-Age=60", 60, False),
]


@pytest.mark.parametrize(
    ("attributes", "max_age", "deletes"), [pytest.param(*r, id=i) for i, *r in LIFETIMES]
)
def test_lifetime(attributes, max_age, deletes):
    cookie = parse_set_cookie(f"a=b; {attributes}")
    assert cookie.max_age == max_age
    assert cookie.deletes(NOW) is deletes


def test_an_emptied_cookie_is_deleted():
    assert parse_set_cookie("a=; Path=/").deletes(NOW)


def test_set_cookie2_lists_cookies():
    first, second = parse_set_cookie2('a="1,2;3"; Version="1"; Path="/x;y", b=2; Discard')
    assert (first.name, first.value, first.attribute("path")) == ("a", "1,2;3", "/x;y")
    assert (second.name, second.value, second.has("discard")) == ("b", "2", True)
    assert {first.field, second.field} == {"set-cookie2"}
    assert list(parse_set_cookie2(" , ")) == []
    assert len(list(parse_set_cookie2('";'))) == 1


def test_both_fields_of_a_response():
    fields = FieldSection(
        [("Set-Cookie2", "b=2"), ("Set-Cookie", "a=1"), ("set-cookie", "c=3, d=4")]
    )
    assert [cookie.name for cookie in response_cookies(fields)] == ["a", "c", "b"]


def test_a_representation_shows_no_value():
    assert "secret" not in repr(SetCookie("a", "secret"))


@given(octets)
def test_never_raises(value):
    for cookie in (parse_set_cookie(value), *parse_set_cookie2(value)):
        cookie.deletes(NOW)
        assert isinstance(cookie.name, str)


@given(tokens, tokens)
def test_what_is_sent_is_read(name, value):
    cookie = parse_set_cookie(f"{name}={value}; Path=/; Max-Age=60")
    assert (cookie.name, cookie.value, cookie.max_age) == (name, value, 60)
