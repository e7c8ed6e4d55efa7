"""What other tools are known to get wrong, as tests of ours."""

from itertools import product

import pytest
from hypothesis import given, strategies as st

from session_tracking.caching.directives import NONE, parse_directives
from session_tracking.caching.levels import Level
from session_tracking.caching.safety import assess
from session_tracking.caching.storage import HEURISTICALLY_CACHEABLE, Policy, storage_verdict
from session_tracking.caching.verdict import judge
from session_tracking.http.exchange import Exchange, RequestFacts, ResponseFacts
from session_tracking.http.fields import FieldSection
from session_tracking.spec import rfc2965, rfc9110, rfc9111, rfc9213
from tests.caching.differences import Category, sort_out
from tests.strategies import exchange, findings_of

ETAG = ("ETag", '"v1"')


def cc(value, *lines, **facts):
    return exchange(("Cache-Control", value), *lines, **facts)


# ------------------------------------------------------------------------------ httplint


@given(st.integers(200, 599).filter(lambda status: status not in HEURISTICALLY_CACHEABLE | {304}))
def test_httplint_a_status_without_freshness_is_not_storable(status):
    """It says so of a 500 in a note, and leaves its own flag for storable at true (RFC 9111 §3)."""
    given = exchange(status=status)
    verdict = storage_verdict(given, Policy("Cache-Control", NONE))
    assert [requirement.id for requirement in verdict.failed] == ["basis-present"]
    assert not verdict.storable
    assert assess(given).level is Level.SAFE_IMPLICIT


VARY_STAR = [
    ("stored-and-never-matched", cc("max-age=600", ("Vary", "*")), Level.FRAGILE),
    ("beside-others", cc("max-age=600", ("Vary", "Accept, *")), Level.FRAGILE),
    ("is-not-what-forbids-storing", cc("no-store", ("Vary", "*")), Level.SAFE),
]


@pytest.mark.parametrize(("given", "level"), [pytest.param(*r, id=i) for i, *r in VARY_STAR])
def test_httplint_vary_star_is_about_reuse_not_about_storing(given, level):
    """It counts the response as one that cannot be stored; RFC 9111 §4.1 only forbids a match."""
    said = parse_directives(given.response.fields.values("cache-control"))
    stored = storage_verdict(given, Policy("Cache-Control", said)).storable
    assert stored is (level is not Level.SAFE)
    assert assess(given).level is level
    assert judge(given, caches=["rfc9111"]).caches["rfc9111"] == "miss"


# ------------------------------------------------------------------- http-cache-semantics


@pytest.mark.parametrize("public", ["", "public, ", "immutable, ", "public, immutable, "])
def test_http_cache_semantics_public_does_not_make_a_cookie_anybody_s(public):
    """There a response with Set-Cookie is stale at once, unless it says public or immutable.

    No such guard exists by the standard (RFC 9111 §7.3): with and without it is as grave.
    """
    given = cc(f"{public}max-age=600")
    safety = judge(given, caches=["rfc9111"])
    assert (safety.level, safety.caches["rfc9111"]) == (Level.UNSAFE, "swap")
    assert [f.severity for f in findings_of(given) if f.rule.id == "ST201"] == ["error"]


MAX_STALE = [
    ("rfc9111-5.2.1.2-any", "max-stale", "max-age=0", "swap"),
    ("rfc9111-5.2.1.2-seconds", "max-stale=60", "max-age=0", "swap"),
    ("rfc9111-5.2.2.2-must-revalidate", "max-stale", "max-age=0, must-revalidate", "miss"),
    ("rfc9111-5.2.2.10-s-maxage", "max-stale", "s-maxage=0", "miss"),
    ("rfc9111-5.2.2.4-no-cache", "max-stale", "no-cache", "miss"),
    ("rfc9111-5.2.2.7-private", "max-stale", "private, max-age=0", "miss"),
    ("rfc9111-5.2.2.5-no-store", "max-stale", "no-store, max-age=0", "miss"),
]


@pytest.mark.parametrize(
    ("asked", "said", "outcome"), [pytest.param(*r, id=i) for i, *r in MAX_STALE]
)
def test_http_cache_semantics_max_stale_defeats_only_what_is_no_protection(asked, said, outcome):
    """A visitor's max-stale takes a stale response, cookie included: so being stale protects not.

    What forbids storing holds against any request, and the level never rests on staleness.
    """
    given = cc(said)
    visitor = RequestFacts("GET", given.request.url, FieldSection([("Cache-Control", asked)]))
    safety = judge(given, next_request=visitor, caches=["rfc9111"])
    assert safety.caches["rfc9111"] == outcome
    assert safety.level is judge(given).level
    if outcome == "swap":
        assert safety.level is Level.FRAGILE


# ----------------------------------------------------------------------------------- ZAP

ZAP = [
    ("no-store-alone", [("Cache-Control", "no-store")], Level.SAFE),
    ("private-alone", [("Cache-Control", "private")], Level.SAFE),
    ("two-lines-are-one-list", [("Cache-Control", "max-age=600"), ("Cache-Control", "private")], Level.SAFE),
    ("in-either-order", [("Cache-Control", "no-store"), ("Cache-Control", "max-age=600")], Level.SAFE),
    ("no-space-after-the-comma", [("Cache-Control", "private,max-age=0")], Level.SAFE),
    ("no-space-and-no-protection", [("Cache-Control", "public,max-age=600")], Level.UNSAFE),
    ("its-other-two-without-no-store", [("Cache-Control", "no-cache, must-revalidate"), ETAG], Level.FRAGILE),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "level"), [pytest.param(*r, id=i) for i, *r in ZAP])
def test_zap_asks_for_three_directives_where_one_is_enough(lines, level):
    """Its rule wants no-store, no-cache and must-revalidate together (RFC 9111 §5.2.2.5).

    Another rule of it splits at spaces, where commas separate (RFC 9110 §5.6.1), and reads the
    field lines one by one, where they form one list (RFC 9110 §5.3).
    """
    given = exchange(*lines)
    assert assess(given).level is level
    assert (findings_of(given) == []) is (level is Level.SAFE)


# ---------------------------------------------------------------------- HAProxy checkcache

CACHEABLE_STATUS = {200, 203, 204, 206, 300, 301, 404, 405, 410, 414, 501}
PASSES = {"private", "no-store", "max-age=0", "s-maxage=0", "no-cache"}


def checkcache_blocks(given: Exchange) -> bool:
    """The rule of `option checkcache` as the configuration manual of HAProxy 2.6 publishes it."""
    fields = given.response.fields
    said = [member.lower() for member in fields.members("cache-control")]
    return not (
        "set-cookie" not in fields
        or (given.response.status not in CACHEABLE_STATUS and "public" not in said)
        or (
            given.request.method not in {"GET", "HEAD", "OPTIONS", "TRACE"} and "public" not in said
        )
        or "no-cache" in (member.lower() for member in fields.members("pragma"))
        or not PASSES.isdisjoint(said)
        or any(member.startswith('no-cache="set-cookie') for member in said)
    )


def we_warn(given: Exchange) -> bool:
    """Whether a session cookie in it is a warning or an error to us."""
    return assess(given).level not in {None, Level.SAFE, Level.SAFE_IMPLICIT}


def says(*wanted):
    def covers(given):
        members = {m.lower() for m in given.response.fields.members("cache-control")}
        return not members.isdisjoint(wanted)

    return covers


WE_WARN, THEY_BLOCK = (True, False), (False, True)

CHECKCACHE = [
    Category("set-cookie2", rfc2965("3.2.2"), "it looks for Set-Cookie only; Set-Cookie2 is stored and handed out alike", WE_WARN, lambda x: "set-cookie" not in x.response.fields),
    Category("targeted-field", rfc9213("2.2"), "it does not know the fields that caches obey before Cache-Control", WE_WARN, lambda x: "cdn-cache-control" in x.response.fields),
    Category("must-understand", rfc9111("5.2.2.3"), "must-understand lifts no-store where the status is understood", WE_WARN, says("must-understand")),
    Category("private-and-public", rfc9111("5.2.2.7"), "a cache may obey either", WE_WARN, lambda x: says("private")(x) and says("public")(x)),
    Category("upper-case", rfc9111("5.2"), "Squid knows directives in lower case only", WE_WARN, lambda x: "NO-STORE" in x.response.fields.members("cache-control")),
    Category("no-cache", rfc9111("5.2.2.4"), "it is stored, and reused with its cookie after a 304", WE_WARN, says("no-cache")),
    Category("no-cache-qualified", rfc9111("5.2.2.4"), "the form is not widely implemented", WE_WARN, says('no-cache="set-cookie"', 'no-cache="set-cookie, x-a"')),
    Category("max-age-0", rfc9111("4.2.4"), "stale is not unstorable", WE_WARN, says("max-age=0")),
    Category("s-maxage-0", rfc9111("5.2.2.10"), "it is stored, and reused after validation", WE_WARN, says("s-maxage=0")),
    Category("pragma", rfc9111("5.4"), "Pragma means nothing in a response", WE_WARN, lambda x: "pragma" in x.response.fields),
    Category("status-308", rfc9110("15.4.9"), "308 may be stored without a lifetime; its list is that of 2014", WE_WARN, lambda x: x.response.status == 308),
    Category("explicit-lifetime", rfc9111("3"), "a lifetime makes a response of any final status storable, and to Apache httpd so does any Cache-Control", WE_WARN, lambda x: x.response.status in {302, 500}),
    Category("post-with-lifetime", rfc9110("9.3.3"), "the answer to a POST may be stored for the GET of its Content-Location", WE_WARN, lambda x: x.request.method == "POST"),
    Category("other-method", rfc9110("9.2.3"), "no cache answers OPTIONS from its store", THEY_BLOCK, lambda x: x.request.method == "OPTIONS"),
    Category("post-public", rfc9110("9.3.3"), "public alone does not make the answer to a POST storable", THEY_BLOCK, lambda x: x.request.method == "POST"),
    Category("early-hints", rfc9111("3"), "an interim response is never stored", THEY_BLOCK, lambda x: x.response.status == 103),
]  # fmt: skip
"""Where we differ from checkcache, and the section that decides."""

_CONTROLS = [
    "", "private", "no-store", "public", "max-age=600", "public, max-age=600", "s-maxage=600",
    "max-age=0", "s-maxage=0", "no-cache", 'no-cache="set-cookie"', 'no-cache="set-cookie, x-a"',
    'private="set-cookie"', "private, public", "NO-STORE", "must-revalidate",
    "must-understand, no-store, max-age=600",
]  # fmt: skip


def checkcache_grid():
    extras = [(), (ETAG,), (("Pragma", "no-cache"),), (("CDN-Cache-Control", "max-age=60"),), (("Content-Location", "/a"),)]  # fmt: skip
    grid = product(_CONTROLS, [103, 200, 302, 308, 404, 500], ["GET", "POST", "OPTIONS"], extras)
    for value, status, method, lines in grid:
        for field in ("Set-Cookie", "Set-Cookie2", None):
            carried = [("Cache-Control", value)] if value else []
            cookie = [(field, "sid=3f2a9c81d0e7b645")] if field else []
            response = ResponseFacts(status, FieldSection([*cookie, *carried, *lines]))
            yield Exchange(RequestFacts(method, "https://shop.test/a"), response)


def test_haproxy_checkcache_differs_only_where_we_say_and_why():
    cases = list(checkcache_grid())
    judged = [(given, we_warn(given), checkcache_blocks(given)) for given in cases]
    differences = [row for row in judged if row[1] != row[2]]
    sort_out(differences, CHECKCACHE)
    assert 0 < len(differences) < len(cases)


AGREED = [
    ("blocked", cc("public, max-age=600"), True),
    ("blocked-silent", exchange(), True),
    ("blocked-qualified-private", cc('private="set-cookie", max-age=600'), True),
    ("delivered-private", cc("private"), False),
    ("delivered-no-store", cc("no-store, max-age=600"), False),
    ("delivered-redirect", exchange(status=302), False),
    ("delivered-post", exchange(method="POST"), False),
    ("delivered-without-cookie", cc("public, max-age=600", cookie=None), False),
]


@pytest.mark.parametrize(("given", "blocked"), [pytest.param(*r, id=i) for i, *r in AGREED])
def test_haproxy_checkcache_where_we_agree(given, blocked):
    assert checkcache_blocks(given) is blocked
    assert we_warn(given) is blocked
