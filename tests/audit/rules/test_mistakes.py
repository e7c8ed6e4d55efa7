"""Rows that fire and rows that do not, for every mistake."""

import pytest
from hypothesis import given, strategies as st

from session_tracking.audit.catalogue import RULES
from session_tracking.caching.profiles.catalogue import PROFILES
from session_tracking.caching.verdict import judge
from session_tracking.http.exchange import Exchange, RequestFacts, ResponseFacts
from session_tracking.http.fields import FieldSection
from tests.strategies import DATE, EARLIER, exchange, exchanges, findings_of

MISTAKES = [rule_id for rule_id in RULES if rule_id.startswith("ST22")]


def mistakes(given, **settings):
    return [f for f in findings_of(given, **settings) if f.rule.id in MISTAKES]


def cc(value, *more):
    return (("Cache-Control", value), *more)


PRAGMA = ("Pragma", "no-cache")
VARY = ("Vary", "Cookie")
CDN = ("CDN-Cache-Control", "max-age=60")

ROWS = [
    ("rfc9111-5.2.2.4-no-cache", cc("no-cache"), ["ST220"]),
    ("rfc9111-5.2.2.4-with-weaker-words", cc("no-cache, max-age=0, must-revalidate", PRAGMA), ["ST220"]),
    ("no-cache-for-browsers-only", cc("no-cache", CDN), ["ST220"]),
    ("no-cache-with-private", cc("no-cache, private"), []),
    ("no-cache-with-no-store", cc("no-cache, no-store"), []),
    ("private-for-browsers-only", cc("no-cache, private", CDN), []),
    ("rfc9111-5.2.2.1-max-age-zero", cc("max-age=0"), ["ST221"]),
    ("rfc9111-5.2.2.1-with-must-revalidate", cc("public, max-age=0, must-revalidate"), ["ST221"]),
    ("max-age-overridden", cc("max-age=0, s-maxage=60"), []),
    ("max-age-positive", cc("max-age=60"), []),
    ("max-age-zero-private", cc("private, max-age=0"), []),
    ("rfc9111-5.4-pragma", (PRAGMA,), ["ST222"]),
    ("rfc9111-5.4-beside-a-lifetime", cc("max-age=60", PRAGMA), ["ST222"]),
    ("rfc9111-5.4-case", (("Pragma", "foo, No-Cache"),), ["ST222"]),
    ("pragma-other", (("Pragma", "foo"),), []),
    ("pragma-beside-no-store", cc("no-store", PRAGMA), []),
    ("rfc9111-5.2.2.7-qualified-private", cc('private="Set-Cookie", max-age=60'), ["ST223"]),
    ("rfc9111-5.2.2.4-qualified-no-cache", cc('no-cache="Set-Cookie"'), ["ST223"]),
    ("qualified-and-unqualified", cc('private="Set-Cookie", private'), []),
    ("rfc9111-4.1-vary", cc("max-age=60", VARY), ["ST224"]),
    ("rfc9111-4.1-vary-alone", (("Vary", "Accept, COOKIE"),), ["ST224"]),
    ("vary-other", cc("max-age=60", ("Vary", "Accept")), []),
    ("vary-and-private", cc("private", VARY), []),
    ("vary-and-no-cache", cc("no-cache", VARY), ["ST220"]),
    ("rfc9111-5.2.2.9-private-and-public", cc("private, public, max-age=60"), ["ST225"]),
    ("rfc9111-5.2.2.9-no-store-and-public", cc("public, no-store"), ["ST225"]),
    ("public-alone", cc("public, max-age=60"), []),
    ("public-and-a-list", cc('public, private="X-A"'), ["ST223"]),
    ("squid-no-store", cc("NO-STORE"), ["ST226"]),
    ("squid-private", cc("Private, max-age=60"), ["ST226"]),
    ("squid-no-cache", cc("No-Cache"), ["ST220", "ST226"]),
    ("squid-knows-the-other-one", cc("No-Store, private"), []),
    ("squid-second-line", (*cc("max-age=60"), *cc("Private = x, No-Store")), ["ST226"]),
    ("squid-other-capitals", cc("Max-Age=60, private"), []),
    ("rfc9110-5.6.4-whole-value", cc('"private, no-store"'), ["ST227"]),
    ("rfc9110-5.6.4-never-closed", cc('max-age=60, x="a, no-store'), ["ST227"]),
    ("rfc9110-5.6.4-escaped", cc(r'x="a\", NO-CACHE"'), ["ST227"]),
    ("rfc9110-5.6.4-second-string", cc('x="a", y="private"'), ["ST227"]),
    ("quoted-and-plain", cc('x="no-store", private'), []),
    ("quoted-other-words", cc('x="not-private, no-store-remote", max-age=60'), []),
    ("rfc9111-5.2.2.10-s-maxage-zero", cc("s-maxage=0"), ["ST228"]),
    ("rfc9111-5.2.2.10-with-max-age", cc("s-maxage=0, max-age=60"), ["ST228"]),
    ("s-maxage-positive", cc("s-maxage=60"), []),
    ("s-maxage-zero-and-no-cache", cc("s-maxage=0, no-cache"), ["ST220"]),
    ("s-maxage-zero-and-no-store", cc("s-maxage=0, no-store"), []),
    ("rfc9111-5.2.2.2-must-revalidate", cc("must-revalidate, max-age=60"), ["ST229"]),
    ("rfc9111-5.2.2.8-proxy-revalidate", cc("proxy-revalidate"), ["ST229"]),
    ("must-revalidate-private", cc("must-revalidate, private"), []),
    ("several-at-once", cc("must-revalidate", PRAGMA, VARY), ["ST222", "ST224", "ST229"]),
    ("rfc9111-5.2.2.5-nothing-to-mend", cc("private, no-store"), []),
    ("nothing-believed", cc("public, max-age=60"), []),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "expected"), [pytest.param(*r, id=i) for i, *r in ROWS])
def test_rows(lines, expected):
    found = mistakes(exchange(*lines))
    assert [f.rule.id for f in found] == expected
    for finding in found:
        assert finding.severity == "note"
        assert [reason.text for reason in finding.reasons] == [finding.rule.title]
        assert finding.rule.help.endswith(finding.remedy)
        assert "private, no-store" in finding.remedy


@pytest.mark.parametrize("rule_id", MISTAKES)
def test_every_rule_has_both_kinds_of_row(rule_id):
    assert {rule_id in expected for _, _, expected in ROWS} == {True, False}


def test_there_is_one_note_a_response_on_its_gravest_cookie():
    lines = [("Set-Cookie", c) for c in ("lang=en", "SERVERID=a", "sid=1", "csrftoken=2")]
    given = Exchange(
        RequestFacts("GET", "https://shop.test/"),
        ResponseFacts(200, FieldSection([*lines, *cc("no-cache")])),
    )
    (one,) = mistakes(given)
    assert (one.cookie_name, one.cookie_class) == ("sid", "session")


SILENT = [
    ("without-a-cookie", exchange(*cc("no-cache"), cookie=None), {}),
    ("cookies-that-are-ignored", exchange(*cc("no-cache")), {"ignore": ("s*",)}),
    ("a-setting-that-is-validated", exchange(*cc("no-cache"), cookie="lang=en"), {}),
    ("a-setting-that-is-not-storable", exchange(PRAGMA, status=302, cookie="lang=en"), {}),
    ("caches-that-refuse", exchange(*cc("no-cache")), {"caches": (PROFILES["nginx"],)}),
    ("switched-off", exchange(*cc("no-cache")), {"enabled": False}),
]


@pytest.mark.parametrize(("given", "settings"), [pytest.param(*r, id=i) for i, *r in SILENT])
def test_silent(given, settings):
    assert mistakes(given, **settings) == []


def test_a_session_is_noted_although_the_status_protects_it():
    assert [f.rule.id for f in mistakes(exchange(PRAGMA, status=302))] == ["ST222"]


CAPITALS = [
    ("NO-STORE", "stripped"),
    ("Private", "stripped"),
    ("no-store", "miss"),
    ("private", "miss"),
]


@pytest.mark.parametrize(("value", "outcome"), CAPITALS)
def test_what_squid_makes_of_capitals(value, outcome):
    """Measured on Squid 5.7: recorded cases spelling/NO-STORE and spelling/Private of the lab."""
    modified = ("Last-Modified", EARLIER)
    given = exchange(*cc(value), ("Date", DATE), modified)
    assert judge(given, caches=["squid"]).caches["squid"] == outcome
    squid = {"caches": (PROFILES["squid"],)}
    noted = [f.rule.id for f in mistakes(given, **squid)]
    assert noted == (["ST226"] if outcome == "stripped" else [])


@given(exchanges(hostile=True), st.booleans())
def test_whatever_comes(given, squid):
    found = mistakes(given, caches=(PROFILES["squid"],) if squid else ())
    assert len({f.rule.id for f in found}) == len(found)
    assert len({f.cookie_name for f in found}) <= 1
