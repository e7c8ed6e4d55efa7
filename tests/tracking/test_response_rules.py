import pytest

from session_tracking.tracking.policy import Rule
from session_tracking.tracking.response_rules import (
    RESPONSE_RULES,
    is_document,
    is_publicly_cacheable,
)
from tests.strategies_tracking import make_exchange, make_request, make_settings

NAVIGATE = ("Sec-Fetch-Mode", "navigate")
NO_CORS = ("Sec-Fetch-Mode", "no-cors")
HTML = ("Content-Type", "text/html; charset=utf-8")
PNG = ("Content-Type", "image/png")
PUBLIC = ("Cache-Control", "public, max-age=600")
LATER = ("Expires", "Sat, 21 Nov 2026 09:30:01 GMT")
NOW = ("Date", "Sat, 21 Nov 2026 09:30:00 GMT")

ROWS = [
    ("C6-continue", Rule.STATUS, {}, 100, [], True),
    ("C6-early-hints", Rule.STATUS, {}, 103, [], True),
    ("C6-switching-protocols", Rule.STATUS, {}, 101, [], True),
    ("C6-partial-content", Rule.STATUS, {}, 206, [], True),
    ("C6-not-modified", Rule.STATUS, {}, 304, [], True),
    ("C6-ok", Rule.STATUS, {}, 200, [], False),
    ("C6-no-content", Rule.STATUS, {}, 204, [], False),
    ("C7-error-gets-one", Rule.ERROR, {}, 404, [], False),
    ("C7-redirect-gets-one", Rule.ERROR, {"errors": False}, 302, [], False),
    ("C7-client-error", Rule.ERROR, {"errors": False}, 400, [], True),
    ("C7-server-error", Rule.ERROR, {"errors": False}, 599, [], True),
    ("C4-same-name", Rule.COLLISION, {}, 200, [("Set-Cookie", "SessionTracking=x; Path=/")], True),
    (
        "C4-second-line",
        Rule.COLLISION,
        {},
        200,
        [("Set-Cookie", "a=b"), ("set-cookie", " SessionTracking =")],
        True,
    ),
    (
        "C4-set-cookie2-list",
        Rule.COLLISION,
        {},
        200,
        [("Set-Cookie2", 'a="b, c"; Version=1, SessionTracking="x"; Version=1')],
        True,
    ),
    ("C4-other-case", Rule.COLLISION, {}, 200, [("Set-Cookie", "sessiontracking=x")], False),
    ("C4-other-name", Rule.COLLISION, {}, 200, [("Set-Cookie", "a=SessionTracking")], False),
    ("C4-none", Rule.COLLISION, {}, 200, [], False),
    ("C10-public-image", Rule.CACHEABLE, {}, 200, [PUBLIC, PNG], True),
    (
        "C10-public-image-refused",
        Rule.CACHEABLE,
        {"on_cacheable": "fail"},
        200,
        [PUBLIC, PNG],
        True,
    ),
    ("C10-make-safe", Rule.CACHEABLE, {"on_cacheable": "make-safe"}, 200, [PUBLIC, PNG], False),
    ("C10-document-is-made-safe", Rule.CACHEABLE, {}, 200, [PUBLIC, HTML], False),
    ("C10-not-cacheable", Rule.CACHEABLE, {}, 200, [PNG], False),
]


@pytest.mark.parametrize(
    ("rule", "changes", "status", "lines", "fires"),
    [pytest.param(*row, id=i) for i, *row in ROWS],
)
def test_rule(rule, changes, status, lines, fires):
    (row,) = (row for row in RESPONSE_RULES if row.rule is rule)

    assert row.applies(make_settings(**changes), make_exchange(*lines, status=status)) is fires


@pytest.mark.parametrize("row", RESPONSE_RULES, ids=lambda row: row.rule)
def test_every_rule_has_rows_of_both_kinds(row):
    assert {fires for _, rule, *_, fires in ROWS if rule is row.rule} == {True, False}


CACHEABLE = [
    ("public", [("Cache-Control", "public")], True),
    ("max-age", [("Cache-Control", "max-age=1")], True),
    ("max-age-0", [("Cache-Control", "max-age=0")], False),
    ("max-age-no-number", [("Cache-Control", "max-age=x")], False),
    ("public-max-age-0", [("Cache-Control", "public, max-age=0")], True),
    ("s-maxage", [("Cache-Control", "s-maxage=1, max-age=0")], True),
    ("rfc9111-5.2.2.10-s-maxage-first", [("Cache-Control", "s-maxage=0, max-age=9")], False),
    ("no-store", [("Cache-Control", "public, no-store")], False),
    ("private", [("Cache-Control", "private, max-age=9")], False),
    ("private-qualified", [("Cache-Control", 'private="x", max-age=9')], True),
    ("nothing", [], False),
    ("silent-with-last-modified", [("Last-Modified", NOW[1])], False),
    ("expires-later", [LATER], True),
    ("expires-later-than-date", [LATER, NOW], True),
    ("expires-at-date", [LATER, ("Date", LATER[1])], False),
    ("expires-no-date", [("Expires", "0")], False),
    ("expires-past", [("Expires", NOW[1])], False),
    ("expires-beside-must-revalidate", [LATER, ("Cache-Control", "must-revalidate")], True),
    ("rfc9111-5.3-max-age-overrides-expires", [LATER, ("Cache-Control", "max-age=0")], False),
    ("expires-beside-private", [LATER, ("Cache-Control", "private")], False),
    (
        "rfc9213-targeted",
        [("Cache-Control", "no-store"), ("CDN-Cache-Control", "max-age=60")],
        True,
    ),
    ("targeted-no-store", [("CDN-Cache-Control", "no-store")], False),
    ("x-accel-expires", [("X-Accel-Expires", "60")], True),
    ("with-a-cookie", [PUBLIC, ("Set-Cookie", "a=b")], False),
    ("with-a-cookie2", [PUBLIC, ("Set-Cookie2", "a=b")], False),
]


@pytest.mark.parametrize(("lines", "public"), [pytest.param(*row, id=i) for i, *row in CACHEABLE])
def test_publicly_cacheable(lines, public):
    assert is_publicly_cacheable(make_exchange(*lines)) is public


def test_only_get_is_publicly_cacheable():
    assert not is_publicly_cacheable(make_exchange(PUBLIC, request=make_request(method="POST")))


DOCUMENTS = [
    ("navigation-html", [NAVIGATE], [HTML], True),
    ("navigation-xhtml", [NAVIGATE], [("Content-Type", "application/xhtml+xml")], True),
    ("navigation-image", [NAVIGATE], [PNG], False),
    ("navigation-without-type", [NAVIGATE], [], True),
    ("subresource-html", [NO_CORS], [HTML], False),
    ("old-client-html", [], [("Content-Type", "TEXT/HTML ;charset=x")], True),
    ("old-client-image", [("Accept", "text/html")], [PNG], False),
    ("old-client-accepts-html", [("Accept", "text/html")], [], True),
    ("old-client-without-type", [], [("Content-Type", "")], False),
]


@pytest.mark.parametrize(
    ("request_lines", "lines", "document"), [pytest.param(*row, id=i) for i, *row in DOCUMENTS]
)
def test_document(request_lines, lines, document):
    assert is_document(make_exchange(*lines, request=make_request(*request_lines))) is document
