import pytest
from hypothesis import given

from session_tracking.caching.levels import Level
from session_tracking.caching.safe_fields import protects
from session_tracking.caching.safety import assess
from session_tracking.http.exchange import Exchange, ResponseFacts
from session_tracking.http.fields import FieldSection
from session_tracking.tracking.attach import attach
from tests.strategies_tracking import all_settings, make_exchange, make_settings, response_lines

COOKIE = (("Set-Cookie", "N=V"),)
EXPIRES = ("Expires", "Thu, 01 Jan 1970 00:00:00 GMT")


def added(settings, *lines):
    return attach(settings, FieldSection(lines), COOKIE).add


def edited(edit, fields):
    """The field section after the edit, as the adapter makes it."""
    kept = [line for line in fields.lines if line[0].lower() not in edit.remove]
    return FieldSection([*kept, *edit.add])


def test_the_edit():
    edit = attach(make_settings(), FieldSection(), COOKIE)

    assert edit.add == (("Cache-Control", "private, no-store"), EXPIRES, *COOKIE)
    assert edit.reason == "tracker"
    assert {
        "age",
        "cache-control",
        "cdn-cache-control",
        "cloudflare-cdn-cache-control",
        "edge-control",
        "expires",
        "pragma",
        "surrogate-control",
        "x-accel-expires",
    } <= edit.remove
    assert not {"set-cookie", "set-cookie2", "vary", "etag"} & edit.remove


def test_configured_fields_go_too():
    edit = attach(make_settings(targeted_fields=frozenset({"x-ttl"})), FieldSection(), COOKIE)

    assert "x-ttl" in edit.remove


STRICTER = [
    ("nothing-to-keep", "private, no-store", [], "private, no-store"),
    ("never-relaxed", "private", ["no-store"], "private, no-store"),
    ("private-kept", "no-store", ["Private"], "no-store, private"),
    ("no-transform-kept", "private, no-store", ["no-transform"], "private, no-store, no-transform"),
    ("not-twice", "private, no-store", ["no-store, private"], "private, no-store"),
    (
        "over-several-lines",
        "private",
        ["no-cache", "must-revalidate", "proxy-revalidate"],
        "private, no-cache, must-revalidate, proxy-revalidate",
    ),
    ("qualified-is-not-kept", "no-store", ['private="x", no-cache="y"'], "no-store"),
    ("loose-ones-go", "no-store", ["public, max-age=9, s-maxage=9, must-understand"], "no-store"),
]


@pytest.mark.parametrize(
    ("configured", "origin", "sent"), [pytest.param(*row, id=i) for i, *row in STRICTER]
)
def test_stricter_directives_of_the_origin_are_kept(configured, origin, sent):
    lines = [("cache-control", value) for value in origin]

    assert added(make_settings(cache_control=configured), *lines)[0] == ("Cache-Control", sent)


@pytest.mark.parametrize(
    ("vary", "sent"),
    [([], True), (["Accept"], True), (["Accept, cookie"], False), (["*"], False)],
)
def test_vary_cookie(vary, sent):
    lines = [("Vary", value) for value in vary]

    assert (("Vary", "Cookie") in added(make_settings(vary_cookie=True), *lines)) is sent
    assert ("Vary", "Cookie") not in added(make_settings(), *lines)


PROTECTS = [
    ("private, no-store", True),
    ("No-Store", True),
    ("private", True),
    ("private, max-age=60", True),
    ("", False),
    ("no-cache", False),
    ('private="set-cookie"', False),
    ("no-store=x", False),
    ("max-age=0", False),
    ("private, public", False),
    ("no-store, must-understand", False),
]


@pytest.mark.parametrize(("value", "safe"), PROTECTS)
def test_protects(value, safe):
    assert protects(value) is safe


def test_a_cookie_is_never_sent_unprotected():
    with pytest.raises(ValueError, match=r"headers\.cache_control"):
        attach(make_settings(cache_control="public"), FieldSection(), COOKIE)


CARRIERS = {
    "cdn-cache-control",
    "cloudflare-cdn-cache-control",
    "akamai-cache-control",
    "netlify-cdn-cache-control",
    "vercel-cdn-cache-control",
    "surrogate-control",
    "x-accel-expires",
    "x-litespeed-cache-control",
    "edge-control",
    "pragma",
    "age",
}


@given(all_settings, response_lines)
def test_after_the_edit_no_cache_may_store_the_response(settings, lines):
    before = FieldSection(lines)
    after = edited(attach(settings, before, COOKIE), before)

    assert not CARRIERS & set(after.names())
    assert after.values("expires") == [EXPIRES[1]]
    (control,) = after.values("cache-control")
    directives = {directive.strip().lower() for directive in control.split(",")}
    assert directives & {"private", "no-store"}
    assert not {"public", "must-understand"} & directives
    assert after.lines[-1] == COOKIE[0]
    # Cookies of the origin stay where and as they were.
    cookies = [line for line in after.lines if line[0].lower().startswith("set-cookie")]
    assert cookies == [
        *(line for line in lines if line[0].lower().startswith("set-cookie")),
        *COOKIE,
    ]


@given(all_settings, response_lines)
def test_after_the_edit_the_verdict_is_safe(settings, lines):
    exchange = make_exchange(*lines)
    fields = exchange.response.fields
    after = Exchange(
        exchange.request,
        ResponseFacts(200, edited(attach(settings, fields, COOKIE), fields)),
        response_time=exchange.response_time,
    )

    assert assess(after).level is Level.SAFE
