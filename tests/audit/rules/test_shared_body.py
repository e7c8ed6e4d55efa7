"""Bodies made for a request with a session cookie."""

import pytest

from session_tracking.audit.auditor import MAX_COOKIES
from session_tracking.caching.levels import Level
from session_tracking.caching.profiles.catalogue import PROFILES
from session_tracking.cookies.classify import CookieNames
from session_tracking.http.exchange import Exchange, ResponseFacts
from session_tracking.reports.json import finding_facts
from session_tracking.reports.text import finding_line
from tests.strategies import DATE, EARLIER, LATER, exchange, findings_of

SECRET = "3f2a9c81d0e7b6453f2a9c81d0e7b645"
SESSION = ("Cookie", f"lang=en; PHPSESSID={SECRET}")
HTML = ("Content-Type", "text/html; charset=utf-8")
FRESH = ("Cache-Control", "max-age=60")


def bodies(given, **settings):
    return findings_of(given, shared_bodies=True, **settings)


def page(*lines, request=(SESSION,), cookie=None, **more):
    return exchange(*lines, request=request, cookie=cookie, **more)


ROWS = [
    ("rfc9111-4.2.1-lifetime", page(HTML, FRESH), True),
    ("rfc9111-4.2.1-expires", page(HTML, ("Expires", LATER), ("Date", DATE)), True),
    ("rfc9111-4.2.2-heuristic", page(HTML, ("Last-Modified", EARLIER), ("Date", DATE)), True),
    ("no-content-type", page(FRESH), True),
    ("json", page(("Content-Type", "application/json"), FRESH), True),
    ("rfc9213-targeted", page(HTML, ("Cache-Control", "private"), ("CDN-Cache-Control", "max-age=60")), True),
    ("vary-other", page(HTML, FRESH, ("Vary", "Accept-Encoding")), True),
    ("several-fields-of-cookie", page(FRESH, request=(("Cookie", "a=b"), SESSION)), True),
    ("not-found-page", page(HTML, FRESH, status=404), True),
    ("no-lifetime", page(HTML), False),
    ("rfc9111-5.2.2.7-private", page(HTML, ("Cache-Control", "private, max-age=60")), False),
    ("rfc9111-5.2.2.4-no-cache", page(HTML, ("Cache-Control", "no-cache, max-age=60")), False),
    ("rfc9111-3.5-authorization", page(FRESH, request=(SESSION, ("Authorization", "Basic eDp5"))), False),
    ("rfc9111-4.1-vary-cookie", page(HTML, FRESH, ("Vary", "Accept, cookie")), False),
    ("rfc9111-4.1-vary-star", page(HTML, FRESH, ("Vary", "*")), False),
    ("stale", page(HTML, ("Cache-Control", "max-age=0")), False),
    ("image", page(("Content-Type", "image/png"), FRESH), False),
    ("font", page(("Content-Type", "FONT/woff2"), FRESH), False),
    ("style-sheet", page(("Content-Type", "text/css;charset=utf-8"), FRESH), False),
    ("script", page(("Content-Type", "application/javascript"), FRESH), False),
    ("redirect-without-a-body", page(FRESH, status=304), False),
    ("head", page(HTML, FRESH, method="HEAD"), False),
    ("no-cookie-sent", page(HTML, FRESH, request=()), False),
    ("no-session-sent", page(HTML, FRESH, request=(("Cookie", "lang=en; x=1"),)), False),
    ("sets-a-cookie", page(HTML, FRESH, cookie="lang=en"), False),
]  # fmt: skip


@pytest.mark.parametrize(("given", "fires"), [pytest.param(*r, id=i) for i, *r in ROWS])
def test_rows(given, fires):
    found = [f for f in bodies(given) if f.rule.id == "ST311"]
    assert [(f.severity, f.cookie_name, f.field) for f in found] == (
        [("note", "PHPSESSID", "Cookie")] if fires else []
    )


def test_it_is_off_unless_asked_for():
    assert findings_of(page(HTML, FRESH)) == []


def test_an_empty_body_is_nobody_s():
    given = page(HTML, FRESH)
    for length, count in ((0, 0), (1, 1), (None, 1)):
        response = ResponseFacts(200, given.response.fields, body_length=length)
        assert len(bodies(Exchange(given.request, response))) == count


def test_the_finding_holds_the_name_and_not_the_value():
    (found,) = bodies(page(HTML, FRESH))
    assert (found.level, found.cookie_class) == (Level.UNSAFE, "session")
    assert [reason.text for reason in found.reasons] == [
        "max-age keeps it fresh for 60 s, whoever asks"
    ]
    assert found.remedy.startswith('Send "Cache-Control: private"')
    assert SECRET not in finding_line(found) + str(finding_facts(found)) + repr(found)


def test_the_carrier_is_named():
    (found,) = bodies(page(("Cache-Control", "no-store"), ("CDN-Cache-Control", "max-age=60")))
    (reason,) = found.reasons
    assert reason.text == "CDN-Cache-Control: max-age keeps it fresh for 60 s, whoever asks"
    assert str(reason.spec) == "RFC 9213 §2.2"


def test_names_that_the_configuration_assigns_count_and_our_own_does_not():
    mine = page(FRESH, request=(("Cookie", "member=1"),))
    assert bodies(mine) == []
    assert len(bodies(mine, names=CookieNames(session=("mem*",)))) == 1
    assert bodies(page(FRESH), ignore=("PHP*",)) == []
    assert bodies(page(FRESH), own_name="PHPSESSID") == []


def test_a_flood_of_cookies_is_cut():
    names = "; ".join(f"c{n}=1" for n in range(MAX_COOKIES))
    assert bodies(page(FRESH, request=(("Cookie", f"{names}; sid=1"),))) == []


OWN_CACHES = [
    (("httpd",), 1),
    (("varnish",), 0),  # passes a request with a Cookie field
    (("varnish", "httpd"), 1),
]


@pytest.mark.parametrize(("caches", "count"), OWN_CACHES)
def test_caches_that_the_user_names_decide(caches, count):
    found = bodies(page(HTML, FRESH), caches=tuple(PROFILES[name] for name in caches))
    assert len(found) == count
