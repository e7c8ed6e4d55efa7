"""Cookies that came out of a cache."""

import pytest

from session_tracking.caching.levels import Level
from session_tracking.caching.profiles.catalogue import PROFILES
from session_tracking.reports.text import finding_line
from tests.strategies import exchange, findings_of

RANDOM = "3f2a9c81d0e7b6453f2a9c81d0e7b645"
AGE = ("Age", "30")
SAFE = ("Cache-Control", "private, no-store")


def hits(given, **settings):
    return [f for f in findings_of(given, **settings) if f.rule.id == "ST301"]


ROWS = [
    ("session", f"PHPSESSID={RANDOM}", (AGE,), ["error"]),
    ("unknown", f"x={RANDOM}", (AGE,), ["warning"]),
    ("tracking", f"_ga={RANDOM}", (AGE,), ["warning"]),
    ("affinity", "SERVERID=a", (AGE,), ["warning"]),
    ("preference", "lang=en", (AGE,), ["warning"]),
    ("deletion", "sid=; Max-Age=0", (AGE,), ["note"]),
    ("safe-fields-all-the-same", f"sid={RANDOM}", (AGE, SAFE), ["error"]),
    ("rfc9211-cache-status", f"sid={RANDOM}", (("Cache-Status", "a;hit"), SAFE), ["error"]),
    ("fresh-from-the-origin", f"sid={RANDOM}", (("Age", "0"), ("X-Cache", "MISS")), []),
    ("no-cookie", None, (AGE,), []),
    ("nothing", f"sid={RANDOM}", (), []),
]


@pytest.mark.parametrize(
    ("cookie", "lines", "severities"), [pytest.param(*r, id=i) for i, *r in ROWS]
)
def test_rows(cookie, lines, severities):
    assert [f.severity for f in hits(exchange(*lines, cookie=cookie))] == severities


def test_the_finding_says_what_was_seen_and_what_to_do():
    (found,) = hits(exchange(AGE, ("X-Cache", "HIT"), SAFE))
    assert found.level is Level.SAFE
    assert [(reason.text, reason.spec.document) for reason in found.reasons] == [
        ("Age says that it left the origin 30 s ago", "RFC 9111"),
        ("X-Cache reports a hit", "X-Cache (Fastly, Akamai, CloudFront, Squid)"),
    ]
    assert "purge the URL from the cache" in found.remedy
    assert "RFC 9111 §5.1" in finding_line(found)


def test_caches_that_are_believed_to_refuse_do_not_silence_it():
    assert hits(exchange(AGE), caches=(PROFILES["nginx"],))


def test_a_stored_body_without_a_cookie_is_not_its_matter():
    request = (("Cookie", "sid=1"),)
    given = exchange(AGE, ("Cache-Control", "max-age=60"), cookie=None, request=request)
    assert hits(given, shared_bodies=True) == []
