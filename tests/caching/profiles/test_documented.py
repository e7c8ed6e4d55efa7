"""What vendors document: each row is a statement of the page that the profile's sources name."""

import pytest

from session_tracking.caching.profiles.documented import PROFILES
from tests.caching.profiles.runs import Row

PROFILE = {profile.name: profile for profile in PROFILES}

MAX_AGE = "Cache-Control: max-age=60"
PUBLIC = "Cache-Control: public, max-age=60"
TAG = 'ETag: "a"'
NO_COOKIE: tuple[str, ...] = ()
COOKIE2 = ("Set-Cookie2: sid=1",)
AUTHORIZED = ("Authorization: Basic eDp5",)

HTTP_SYS = [
    Row("two-hits-make-an-entry", "swap"),
    Row("without-cookie", "reused", cookie=NO_COOKIE),
    Row("set-cookie2", "swap", cookie=COOKIE2),
    Row("flushed-when-idle", "unknown", after=120),
    Row("cache-control-is-not-mentioned", "unknown", ("Cache-Control: private, no-store",)),
    Row("vary-is-not-mentioned", "unknown", ("Vary: Accept",)),
    Row("status-is-not-mentioned", "unknown", status=404),
    Row("conditions-are-not-mentioned", "unknown", next_request=('If-None-Match: "a"',)),
    Row("head", "miss", method="HEAD"),
    Row("query", "miss", query="a=1"),
    Row("authorization", "miss", request=AUTHORIZED, next_request=()),
    Row("authorization-of-the-next", "miss", next_request=AUTHORIZED),
    Row("range", "miss", next_request=("Range: bytes=0-9",)),
    Row("if-range", "miss", request=('If-Range: "a"',)),
    Row("translate", "miss", request=("Translate: F",)),
    Row("expect", "miss", request=("Expect: x",)),
    Row("expect-100-continue", "swap", request=("Expect: 100-Continue",)),
    Row("content", "miss", request=("Content-Length: 3",)),
    Row("chunked", "miss", request=("Transfer-Encoding: chunked",)),
    Row("empty", "miss", body_length=0),
    Row("more-than-256-kb", "miss", body_length=262_145),
    Row("more-than-1024-octets-of-fields", "miss", (f"X: {'x' * 1000}",)),
    Row("last-modified", "swap", ("Last-Modified: {date-9}",)),
    Row("last-modified-malformed", "miss", ("Last-Modified: yesterday",)),
]

CSS = "/site.css"
CLOUDFLARE = [
    Row("set-cookie", "miss", (MAX_AGE,), path=CSS),
    Row("extension", "miss", (MAX_AGE,), cookie=NO_COOKIE, path="/page.html"),
    Row("static", "reused", (MAX_AGE,), cookie=NO_COOKIE, path=CSS),
    Row("robots", "reused", (MAX_AGE,), cookie=NO_COOKIE, path="/robots.txt"),
    Row("head-becomes-get", "reused", (MAX_AGE,), cookie=NO_COOKIE, path=CSS, method="HEAD"),
    Row("post", "miss", (MAX_AGE,), cookie=NO_COOKIE, path=CSS, method="POST"),
    Row("private", "miss", ("Cache-Control: private, max-age=9",), cookie=NO_COOKIE, path=CSS),
    Row("no-store", "miss", ("Cache-Control: no-store",), cookie=NO_COOKIE, path=CSS),
    Row("no-cache-is-validated", "unknown", ("Cache-Control: no-cache",), cookie=NO_COOKIE, path=CSS),
    Row("silent", "reused", cookie=NO_COOKIE, path=CSS),
    Row("silent-500", "miss", cookie=NO_COOKIE, path=CSS, status=500),
    Row("told-500", "unknown", (MAX_AGE,), cookie=NO_COOKIE, path=CSS, status=500),
    Row("cache-control-without-lifetime", "unknown", ("Cache-Control: public",), cookie=NO_COOKIE, path=CSS),
    Row("expires", "reused", ("Expires: {date+60}",), cookie=NO_COOKIE, path=CSS),
    Row("expires-past", "unknown", ("Expires: {date-60}",), cookie=NO_COOKIE, path=CSS),
    Row("expires-malformed", "unknown", ("Expires: 0",), cookie=NO_COOKIE, path=CSS),
    Row("vary-does-not-count", "reused", (MAX_AGE, "Vary: *"), cookie=NO_COOKIE, path=CSS),
    Row("authorization", "miss", (MAX_AGE,), cookie=NO_COOKIE, path=CSS, request=AUTHORIZED),
    Row("authorization-public", "reused", (PUBLIC,), cookie=NO_COOKIE, path=CSS, request=AUTHORIZED),
    Row("set-cookie2-is-not-mentioned", "unknown", (MAX_AGE,), cookie=COOKIE2, path=CSS),
    Row("targeted-fields-are-another-matter", "unknown", (MAX_AGE, "CDN-Cache-Control: max-age=9"),
        cookie=NO_COOKIE, path=CSS),
    Row("age-is-not-mentioned", "unknown", (MAX_AGE, "Age: 9"), cookie=NO_COOKIE, path=CSS),
    Row("directives-of-the-client", "unknown", (MAX_AGE,), cookie=NO_COOKIE, path=CSS,
        next_request=("Cache-Control: no-cache",)),
    Row("directives-of-the-first-client", "unknown", (MAX_AGE,), cookie=NO_COOKIE, path=CSS,
        request=("Cache-Control: no-cache",), next_request=()),
    Row("qualified", "unknown", ('Cache-Control: max-age=60, private="x"',), cookie=NO_COOKIE, path=CSS),
]  # fmt: skip

CLOUDFRONT = [
    Row("set-cookie-is-taken-out", "stripped", (MAX_AGE,)),
    Row("default-of-a-day", "stripped"),
    Row("without-cookie", "reused", (MAX_AGE,), cookie=NO_COOKIE),
    Row("private", "miss", ("Cache-Control: private",)),
    Row("no-store", "miss", ("Cache-Control: no-store",)),
    Row("no-cache", "miss", ("Cache-Control: no-cache, max-age=60",)),
    Row("lifetime-of-zero", "unknown", ("Cache-Control: max-age=0",)),
    Row("malformed-lifetime", "unknown", ("Cache-Control: max-age=x",)),
    Row("vary", "unknown", (MAX_AGE, "Vary: Accept")),
    Row("status", "unknown", (MAX_AGE,), status=404),
    Row("authorization", "unknown", (MAX_AGE,), request=AUTHORIZED),
    Row("set-cookie2-is-not-mentioned", "unknown", (MAX_AGE,), cookie=COOKIE2),
    Row("post", "miss", (MAX_AGE,), method="POST"),
]

FASTLY = [
    Row("set-cookie-passes", "miss", (MAX_AGE,)),
    Row("private-passes", "miss", ("Cache-Control: private",), cookie=NO_COOKIE),
    Row("without-cookie", "reused", (MAX_AGE,), cookie=NO_COOKIE),
    Row("two-minutes", "reused", cookie=NO_COOKIE),
    Row("after-two-minutes", "unknown", cookie=NO_COOKIE, after=121),
    Row("status", "miss", (MAX_AGE,), cookie=NO_COOKIE, status=500),
    Row("no-store-depends-on-the-vcl", "unknown", ("Cache-Control: no-store",), cookie=NO_COOKIE),
    Row("set-cookie2-is-not-mentioned", "unknown", (MAX_AGE,), cookie=COOKIE2),
    Row("vary-same", "reused", (MAX_AGE, "Vary: X"), cookie=NO_COOKIE, request=("X: 1",)),
    Row("vary-other", "unknown", (MAX_AGE, "Vary: X"), cookie=NO_COOKIE, request=("X: 1",), next_request=()),
    Row("head", "unknown", (MAX_AGE,), cookie=NO_COOKIE, method="HEAD"),
    Row("post", "miss", (MAX_AGE,), cookie=NO_COOKIE, method="POST"),
]  # fmt: skip

GOOGLE = [
    Row("set-cookie", "miss", (PUBLIC,)),
    Row("public", "reused", (PUBLIC,), cookie=NO_COOKIE),
    Row("private", "miss", ("Cache-Control: private, max-age=60",), cookie=NO_COOKIE),
    Row("no-cache", "miss", ("Cache-Control: no-cache",), cookie=NO_COOKIE),
    Row(
        "asked-no-store", "miss", (PUBLIC,), cookie=NO_COOKIE, request=("Cache-Control: no-store",)
    ),
    Row("head", "miss", (PUBLIC,), cookie=NO_COOKIE, method="HEAD"),
    Row("head-after-get", "unknown", (PUBLIC,), cookie=NO_COOKIE, next_method="HEAD"),
    Row("static-or-not-is-not-told", "unknown", cookie=NO_COOKIE),
    Row("public-without-lifetime", "unknown", ("Cache-Control: public",), cookie=NO_COOKIE),
    Row("vary-encoding", "reused", (PUBLIC, "Vary: Accept-Encoding"), cookie=NO_COOKIE),
    Row("vary-other", "unknown", (PUBLIC, "Vary: Cookie"), cookie=NO_COOKIE),
]

AZURE = [
    Row("set-cookie-is-not-mentioned", "unknown", (MAX_AGE,)),
    Row("without-cookie", "reused", (MAX_AGE,), cookie=NO_COOKIE),
    Row("one-to-three-days", "reused", cookie=NO_COOKIE),
    Row("private", "miss", ("Cache-Control: private",)),
    Row("no-cache", "miss", ("Cache-Control: no-cache",)),
    Row("no-store", "miss", ("Cache-Control: no-store",)),
    Row("lifetime-of-zero", "unknown", ("Cache-Control: max-age=0",), cookie=NO_COOKIE),
    Row("other-directives", "unknown", ("Cache-Control: public",), cookie=NO_COOKIE),
    Row("vary", "unknown", (MAX_AGE, "Vary: X"), cookie=NO_COOKIE),
    Row("authorization", "unknown", (MAX_AGE,), cookie=NO_COOKIE, request=AUTHORIZED),
    Row("head", "miss", (MAX_AGE,), cookie=NO_COOKIE, method="HEAD"),
]

AKAMAI = [
    Row("set-cookie-is-not-mentioned", "unknown", (MAX_AGE,)),
    Row("defaults-depend-on-the-contract", "unknown", (MAX_AGE,), cookie=NO_COOKIE),
    Row("vary", "miss", (MAX_AGE, "Vary: Cookie")),
    Row("vary-encoding", "unknown", (MAX_AGE, "Vary: Accept-Encoding", "Content-Encoding: gzip")),
    Row("vary-encoding-without-one", "miss", (MAX_AGE, "Vary: Accept-Encoding")),
    Row("post", "miss", (MAX_AGE,), method="POST"),
]

CADDY = [
    Row("set-cookie-is-stored", "swap", (MAX_AGE,)),
    Row("two-minutes", "swap"),
    Row("without-cookie", "reused", (MAX_AGE,), cookie=NO_COOKIE),
    Row("private", "miss", ("Cache-Control: private, max-age=60",)),
    Row("no-store", "miss", ("Cache-Control: no-store",)),
    Row("no-store-beside-expires", "unknown", ("Cache-Control: no-store", "Expires: {date+60}")),
    Row("asked-no-store", "miss", (MAX_AGE,), request=("Cache-Control: no-store",)),
    Row("authorization", "miss", (MAX_AGE,), request=AUTHORIZED),
    Row(
        "authorization-that-varies", "unknown", (MAX_AGE, "Vary: Authorization"), request=AUTHORIZED
    ),
    Row("no-cache", "unknown", ("Cache-Control: no-cache",)),
    Row("vary-all", "miss", (MAX_AGE, "Vary: *")),
    Row("status-302", "miss", (MAX_AGE,), status=302),
    Row("empty", "unknown", (MAX_AGE,), body_length=0),
    Row("lifetime-of-zero", "unknown", ("Cache-Control: max-age=0",)),
    Row("head", "unknown", (MAX_AGE,), method="HEAD"),
    Row("post", "miss", (MAX_AGE,), method="POST"),
]

ASPNET = [
    Row("set-cookie", "miss", (PUBLIC,)),
    Row("public", "reused", (PUBLIC,), cookie=NO_COOKIE),
    Row("not-public", "miss", (MAX_AGE,), cookie=NO_COOKIE),
    Row("private", "miss", ("Cache-Control: public, private, max-age=60",), cookie=NO_COOKIE),
    Row("public-without-lifetime", "unknown", ("Cache-Control: public",), cookie=NO_COOKIE),
    Row("stale", "miss", ("Cache-Control: public, max-age=0",), cookie=NO_COOKIE),
    Row("status", "miss", (PUBLIC,), cookie=NO_COOKIE, status=404),
    Row("vary-all", "miss", (PUBLIC, "Vary: *"), cookie=NO_COOKIE),
    Row("authorization", "miss", (PUBLIC,), cookie=NO_COOKIE, request=AUTHORIZED),
    Row("authorization-of-the-next", "miss", (PUBLIC,), cookie=NO_COOKIE, next_request=AUTHORIZED),
    Row("no-cache", "miss", (PUBLIC,), cookie=NO_COOKIE, next_request=("Cache-Control: no-cache",)),
    Row("pragma", "miss", (PUBLIC,), cookie=NO_COOKIE, next_request=("Pragma: no-cache",)),
    Row("other-directives", "unknown", (PUBLIC,), cookie=NO_COOKIE, next_request=("Cache-Control: max-age=5",)),
    Row("too-large", "miss", (PUBLIC,), cookie=NO_COOKIE, body_length=64 * 1024 * 1024 + 1),
    Row("set-cookie2-is-not-mentioned", "unknown", (PUBLIC,), cookie=COOKIE2),
]  # fmt: skip

TABLES = {
    "http.sys": HTTP_SYS,
    "cloudflare": CLOUDFLARE,
    "cloudfront": CLOUDFRONT,
    "fastly": FASTLY,
    "google-cloud-cdn": GOOGLE,
    "azure-front-door": AZURE,
    "akamai": AKAMAI,
    "caddy-cache": CADDY,
    "aspnetcore-response-caching": ASPNET,
}
ROWS = [
    pytest.param(name, row, id=f"{name}-{row.id}") for name, rows in TABLES.items() for row in rows
]


@pytest.mark.parametrize(("name", "row"), ROWS)
def test_as_documented(name, row):
    assert row.predicted(PROFILE[name]) == row.outcome


def test_every_documented_profile_has_rows():
    assert set(TABLES) | {"rfc9111"} == set(PROFILE)


@pytest.mark.parametrize("name", TABLES)
def test_rules_say_what_and_whence(name):
    profile = PROFILE[name]
    rules = (*profile.storage, *profile.lookup)
    assert all(rule.unmet and rule.source.url.startswith("https://") for rule in rules)
    assert profile.switch
    assert profile.sources
    assert not profile.version


def test_collapsing_that_is_documented():
    found = {profile.name for profile in PROFILES if profile.collapses}
    assert found == {"azure-front-door", "caddy-cache"}
