"""The strict reading of RFC 9111: every row names the section that decides it."""

import pytest

from session_tracking.caching.profiles.rfc9111 import RFC9111
from tests.caching.profiles.runs import Row

MAX_AGE = "Cache-Control: max-age=60"
STALE = "Cache-Control: max-age=0"
TAG = 'ETag: "a"'
MODIFIED = "Last-Modified: {date-864000}"
COOKIE = "Set-Cookie: sid=2"
AUTHORIZED = ("Authorization: Basic eDp5",)

STORING = [
    Row("7.3-set-cookie-does-not-inhibit", "swap", (MAX_AGE,)),
    Row("3-without-cookie", "reused", (MAX_AGE,), cookie=()),
    Row("4.2.2-nothing-to-calculate-with", "miss"),
    Row("4.2.2-heuristic", "swap", (MODIFIED,)),
    Row("5.2.2.5-no-store", "miss", ("Cache-Control: no-store, max-age=60",)),
    Row("5.2.2.7-private", "miss", ("Cache-Control: private, max-age=60",)),
    Row("5.2.2.3-must-understand", "swap", ("Cache-Control: must-understand, no-store, max-age=60",)),
    Row("3.5-authorization", "miss", (MAX_AGE,), request=AUTHORIZED),
    Row("3.5-authorization-public", "swap", ("Cache-Control: public, max-age=60",), request=AUTHORIZED),
    Row("3-status-without-basis", "miss", (MODIFIED,), status=302),
    Row("3-status-with-lifetime", "swap", (MAX_AGE,), status=302),
    Row("3.3-partial", "miss", (MAX_AGE,), status=206),
    Row("5.2.1.5-asked-no-store", "miss", (MAX_AGE,), request=("Cache-Control: no-store",), next_request=()),
    Row("5.2.1.7-asked-only-if-cached", "miss", (MAX_AGE,), request=("Cache-Control: only-if-cached",)),
    Row("9110-9.2.3-put", "miss", (MAX_AGE,), method="PUT"),
    Row("9110-9.3.3-post", "miss", (MAX_AGE, "Content-Location: /page"), method="POST"),
    Row("9110-9.3.3-get-after-post", "swap", (MAX_AGE, "Content-Location: /page"), method="POST",
        next_method="GET"),
    Row("own-condition-before", "miss", (MAX_AGE, TAG), request=('If-None-Match: "a"',),
        next_request=(), validation=(TAG, MAX_AGE)),
]  # fmt: skip

REUSE = [
    Row("4-head-after-get", "swap", (MAX_AGE,), next_method="HEAD"),
    Row("4-get-after-head", "miss", (MAX_AGE,), method="HEAD", next_method="GET"),
    Row("3.5-authorization-of-the-next", "swap", (MAX_AGE,), next_request=AUTHORIZED),
    Row("4.1-vary-same", "swap", (MAX_AGE, "Vary: Accept, Cookie"), request=("Accept: a",)),
    Row("4.1-vary-other", "miss", (MAX_AGE, "Vary: Accept"), request=("Accept: a",), next_request=()),
    Row("4.1-vary-cookie", "miss", (MAX_AGE, "Vary: Cookie"), request=("Cookie: a=1",)),
    Row("4.1-vary-all", "miss", (MAX_AGE, "Vary: *")),
    Row("4.1-vary-all-validated", "swap", (MAX_AGE, TAG, "Vary: *"), validation=(TAG,)),
    Row("4.2.1-s-maxage-first", "miss", ("Cache-Control: s-maxage=0, max-age=60",)),
    Row("4.2.3-age", "miss", (MAX_AGE, "Age: 60")),
    Row("4.2-ends", "miss", ("Cache-Control: max-age=1",), after=2),
    Row("5.2.2.4-no-cache", "miss", ("Cache-Control: no-cache, max-age=60",)),
    Row("5.2.2.4-no-cache-validated", "swap", ("Cache-Control: no-cache", TAG), validation=(TAG,)),
    Row("5.2.2.4-qualified", "stripped", ('Cache-Control: max-age=60, no-cache="set-cookie"',)),
    Row("5.2.2.7-qualified", "stripped", ('Cache-Control: max-age=60, private="set-cookie"',)),
    Row("5.2.2.4-qualified-other", "swap", ('Cache-Control: max-age=60, no-cache="x"',)),
    Row("9110-7.6.1-connection", "stripped", (MAX_AGE, "Connection: set-cookie")),
    Row("5.2.1.4-no-cache", "miss", (MAX_AGE,), next_request=("Cache-Control: no-cache",)),
    Row("5.2.1.1-max-age-0", "swap", (MAX_AGE,), next_request=("Cache-Control: max-age=0",)),
    Row("5.2.1.1-max-age-below-the-age", "miss", (MAX_AGE, "Age: 9"), next_request=("Cache-Control: max-age=5",)),
    Row("5.2.1.3-min-fresh", "miss", (MAX_AGE,), next_request=("Cache-Control: min-fresh=60",)),
    Row("5.2.1.3-min-fresh-less", "swap", (MAX_AGE,), next_request=("Cache-Control: min-fresh=50",)),
    Row("5.2.1.2-max-stale", "swap", (STALE,), next_request=("Cache-Control: max-stale",)),
    Row("5.2.1.2-max-stale-enough", "swap", (MAX_AGE, "Age: 69"), next_request=("Cache-Control: max-stale=9",)),
    Row("5.2.1.2-max-stale-too-little", "miss", (MAX_AGE, "Age: 70"), next_request=("Cache-Control: max-stale=9",)),
    Row("4.2.4-max-stale-forbidden", "miss", ("Cache-Control: max-age=0, must-revalidate",),
        next_request=("Cache-Control: max-stale",)),
    Row("5.2.1.7-only-if-cached", "swap", (MAX_AGE,), next_request=("Cache-Control: only-if-cached",)),
    Row("5.2.1.7-only-if-cached-but-stale", "miss", (STALE, TAG), validation=(TAG,),
        next_request=("Cache-Control: only-if-cached",)),
    Row("5.4-pragma-has-no-meaning", "swap", (MAX_AGE,), next_request=("Pragma: no-cache",)),
]  # fmt: skip

VALIDATION = [
    Row("3.2-cookie-of-the-304", "fresh", (STALE, TAG), validation=(TAG, COOKIE)),
    Row("3.2-no-cookie-in-the-304", "swap", (STALE, TAG), validation=(TAG,)),
    Row("3.2-without-cookie", "reused", (STALE, TAG), validation=(TAG,), cookie=()),
    Row("3.2-one-of-two", "swap", (STALE, TAG), validation=(TAG, COOKIE),
        cookie=("Set-Cookie: sid=1", "Set-Cookie2: sid=1")),
    Row("3.2-first-visitor-validated", "swap", (STALE, TAG), validation=(TAG, COOKIE, MAX_AGE)),
    Row("4.3.1-by-date", "fresh", (STALE, MODIFIED), validation=(COOKIE,)),
    Row("4.3.4-another-tag", "miss", (STALE, TAG), validation=('ETag: "b"', COOKIE)),
    Row("4.3.4-forbids-from-now-on", "miss", (STALE, TAG), validation=(TAG, "Cache-Control: no-store")),
    Row("5.2.2.7-private-was-never-stored", "stripped",
        ('Cache-Control: max-age=0, private="set-cookie"', TAG), validation=(TAG,)),
]  # fmt: skip

TABLES = {"storing": STORING, "reuse": REUSE, "validation": VALIDATION}
ROWS = [pytest.param(row, id=f"{name}-{row.id}") for name, rows in TABLES.items() for row in rows]


@pytest.mark.parametrize("row", ROWS)
def test_strict_reading(row):
    assert row.predicted(RFC9111) == row.outcome


def test_every_rule_names_its_section():
    rules = (*RFC9111.storage, *RFC9111.lookup)
    assert len({rule.id for rule in RFC9111.storage}) == len(RFC9111.storage)
    assert all(rule.source.text.startswith("RFC 911") and rule.source.url for rule in rules)
