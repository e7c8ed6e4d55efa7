from dataclasses import replace

from hypothesis import given

from session_tracking.audit.auditor import MAX_COOKIES, fingerprint, regraded
from session_tracking.audit.catalogue import RULES
from session_tracking.audit.findings import Severity
from session_tracking.caching.levels import Level
from session_tracking.cookies.classify import CookieClass, CookieNames
from session_tracking.http.exchange import Exchange, RequestFacts, ResponseFacts
from session_tracking.http.fields import FieldSection
from session_tracking.reports.json import finding_facts
from session_tracking.reports.text import finding_line
from tests.strategies import exchange, exchanges, findings_of as found

UNSAFE = ("Cache-Control", "public, max-age=600")
SECRET = "3f2a9c81d0e7b6453f2a9c81d0e7b645"


def test_a_finding_tells_all_but_the_value():
    (one,) = found(
        exchange(UNSAFE, cookie=f"sid={SECRET}", url=f"https://shop.test/o/1?t={SECRET}")
    )
    assert (one.rule.id, one.site, one.route, one.method) == ("ST201", "shop.test", "/o/{}", "GET")
    assert (one.cookie_name, one.field) == ("sid", "Set-Cookie")
    assert one.remedy.startswith('Set-Cookie "sid" on a response shared caches may store and reuse')
    assert SECRET not in finding_line(one) + str(finding_facts(one)) + repr(one)


def test_each_cookie_is_a_finding_of_its_own():
    lines = [("Set-Cookie", f"sid={SECRET}"), ("Set-Cookie", "lang=en"), UNSAFE]
    given = Exchange(
        RequestFacts("GET", "https://shop.test/"), ResponseFacts(200, FieldSection(lines))
    )
    assert [(f.cookie_name, f.severity) for f in found(given)] == [
        ("sid", "error"),
        ("lang", "warning"),
    ]


def test_set_cookie2_is_judged_too():
    given = Exchange(
        RequestFacts("GET", "https://shop.test/"),
        ResponseFacts(200, FieldSection([("Set-Cookie2", f'sid="{SECRET}"'), UNSAFE])),
    )
    (one,) = found(given)
    assert one.field == "Set-Cookie2"
    assert one.remedy.startswith('Set-Cookie2 "sid"')


def test_switched_off_safe_and_ignored():
    assert found(exchange(UNSAFE), enabled=False) == []
    assert found(exchange(("Cache-Control", "private"))) == []
    assert found(exchange(UNSAFE, cookie=None)) == []
    assert found(exchange(UNSAFE, cookie=f"sid={SECRET}"), ignore=("s*",)) == []


def test_configured_classes():
    names = CookieNames(preference=("sid",))
    (one,) = found(exchange(UNSAFE, cookie=f"sid={SECRET}"), names=names)
    assert (one.cookie_class, one.severity) == (CookieClass.PREFERENCE, "warning")


def test_a_flood_of_cookies_is_cut():
    lines = [("Set-Cookie", f"sid{n}=x; Max-Age=0") for n in range(500)]
    given = Exchange(
        RequestFacts("GET", "https://shop.test/"),
        ResponseFacts(200, FieldSection([*lines, UNSAFE])),
    )
    assert len(found(given)) == MAX_COOKIES


def test_fingerprints_are_the_same_in_every_run_and_for_every_value():
    one, other = (found(exchange(UNSAFE, cookie=f"sid={v}{SECRET}"))[0] for v in "ab")
    assert one.fingerprint == other.fingerprint == fingerprint("ST201", "shop.test", "/a", "sid")
    assert fingerprint("ST201", "shop.test", "/a", "sid") != fingerprint(
        "ST201", "shop.test", "/as", "id"
    )


@given(exchanges(hostile=True))
def test_whatever_comes_is_told_in_one_printable_line(given):
    for finding in found(given):
        # What came out of a cache is told whatever the fields say.
        assert finding.level is not Level.SAFE or finding.rule.id == "ST301"
        line = finding_line(finding)
        assert line.isprintable()
        assert SECRET[:16] not in line


def test_severities_are_those_that_somebody_gave():
    (one,) = found(exchange(("Cache-Control", "public, max-age=600")))
    (milder,) = regraded([one], {"ST201": Severity.NOTE})
    assert (milder.severity, milder.fingerprint) == (Severity.NOTE, one.fingerprint)
    assert regraded([one], {"ST201": None}) == []
    assert regraded([one], {"ST202": None, "ST201": Severity.ERROR}) == [one]
    happened = replace(one, rule=RULES["ST401"])
    assert regraded([happened], {"ST401": None}) == [happened]
