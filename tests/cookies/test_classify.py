import pytest
from hypothesis import given

from session_tracking.cookies.classify import (
    KNOWN_SESSION_NAMES,
    CookieClass,
    CookieNames,
    class_of_name,
    classify,
    entropy_bits,
)
from session_tracking.cookies.set_cookie import parse_set_cookie
from tests.strategies import NOW, octets

RANDOM = "3f2a9c81d0e7b6453f2a9c81d0e7b645"

CLASSES = [
    ("PHPSESSID=1", CookieClass.SESSION),
    ("JSESSIONID=1", CookieClass.SESSION),
    ("ASP.NET_SessionId=1", CookieClass.SESSION),
    ("ASPSESSIONIDQQABC=1", CookieClass.SESSION),
    (".AspNetCore.Cookies=1", CookieClass.SESSION),
    (".ASPXAUTH=1", CookieClass.SESSION),
    ("connect.sid=1", CookieClass.SESSION),
    ("XSRF-TOKEN=1", CookieClass.SESSION),
    ("my_login=1", CookieClass.SESSION),
    ("__Host-session=1", CookieClass.SESSION),
    ("app_token=1", CookieClass.SESSION),
    ("broken=1", CookieClass.PREFERENCE),
    ("inside=1", CookieClass.PREFERENCE),
    ("x=eyJhbGciOi.eyJzdWIiOi.c2ln", CookieClass.SESSION),
    (f"x={RANDOM}", CookieClass.UNKNOWN),
    (f"x={RANDOM}; HttpOnly", CookieClass.SESSION),
    (f"__Secure-x={RANDOM}", CookieClass.SESSION),
    ("x=1; HttpOnly", CookieClass.PREFERENCE),
    ("AWSALB=1", CookieClass.AFFINITY),
    ("ARRAffinitySameSite=1", CookieClass.AFFINITY),
    ("BIGipServerpool=1", CookieClass.AFFINITY),
    ("SERVERID=a", CookieClass.AFFINITY),
    ("lang=en", CookieClass.PREFERENCE),
    ("cookie_consent=yes", CookieClass.PREFERENCE),
    (f"theme={RANDOM}", CookieClass.PREFERENCE),
    ("_ga=GA1.2.1", CookieClass.TRACKING),
    ("sid=1; Max-Age=0", CookieClass.DELETION),
    ("sid=", CookieClass.DELETION),
    (f"ours={RANDOM}", CookieClass.TRACKING),
    (f"mine={RANDOM}", CookieClass.SESSION),
    (f"route_x={RANDOM}", CookieClass.AFFINITY),
    ("session_color=blue", CookieClass.PREFERENCE),
]
NAMES = CookieNames(session=("mine",), affinity=("route_*",), preference=("session_color",))


@pytest.mark.parametrize(("line", "expected"), CLASSES)
def test_class(line, expected):
    assert classify(parse_set_cookie(line), NOW, own_name="ours", names=NAMES) is expected


def test_without_configuration():
    assert classify(parse_set_cookie("lang=en"), NOW) is CookieClass.PREFERENCE


def test_our_own_cookie_is_tracking_by_identity_even_with_a_session_like_name():
    cookie = parse_set_cookie(f"my_session={RANDOM}")
    assert classify(cookie, NOW) is CookieClass.SESSION
    assert classify(cookie, NOW, own_name="my_session") is CookieClass.TRACKING


@pytest.mark.parametrize("name", sorted(KNOWN_SESSION_NAMES))
def test_known_names_are_sessions_whatever_their_case(name):
    assert class_of_name(name.upper()) is CookieClass.SESSION


ENTROPIES = [
    ("", 0, 0),
    ("en", 0, 3),
    ("welcome-back", 0, 16),
    ("aaaaaaaaaaaaaaaaaaaa1", 0, 25),
    ("1795253400", 0, 9),
    ("1795253400123", 0, 9),
    (RANDOM, 90, 140),
    ("dGhpcyBpcyBhIHRlc3Q", 48, 120),
    ("550e8400-e29b-41d4-a716-446655440000", 48, 140),
]


@pytest.mark.parametrize(("value", "least", "most"), ENTROPIES)
def test_entropy(value, least, most):
    assert least <= entropy_bits(value) <= most


@given(octets)
def test_never_raises(value):
    assert classify(parse_set_cookie(value), NOW) in CookieClass
