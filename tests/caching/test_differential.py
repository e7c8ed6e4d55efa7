"""The verdict beside two libraries that read the same standard: hishel and httplint.

A grid of header combinations goes through all three. Every difference in what a shared cache may
store, and for how long it is fresh, has to be in a category that names the section which decides;
a category that no longer occurs has to go.
"""

import sys
from itertools import chain, product
from types import SimpleNamespace

import pytest
from httplint import HttpRequestLinter, HttpResponseLinter

from session_tracking.caching.directives import parse_directives
from session_tracking.caching.freshness import freshness
from session_tracking.caching.storage import Policy, storage_verdict
from session_tracking.spec import rfc9110, rfc9111
from tests.caching.differences import Category, sort_out
from tests.strategies import DATE, EARLIER, LATER, NOW, exchange

if sys.version_info >= (3, 13):
    from hishel import CacheMiss, CacheOptions, Headers, Request, Response
    from hishel._core import _spec

CONTROLS = [
    "", "no-store", "private", "public", "no-cache", "must-revalidate", "immutable",
    "max-age=600", "max-age=0", "s-maxage=60", "s-maxage=0", "max-age=600, s-maxage=60",
    "s-maxage=60, max-age=600", "public, max-age=600", "max-age=600, must-revalidate",
    "no-cache, max-age=600", "private, max-age=600", "private, public", "no-store, public",
    "must-understand, max-age=600", "must-understand, no-store, max-age=600", "must-understand",
    'private="set-cookie", max-age=600', 'no-cache="set-cookie", max-age=600', 'private="x"',
    "private=x", "no-store=x", "public=x", "MAX-AGE=600", "NO-STORE", 'max-age="600"',
    "max-age=-1", "max-age=soon", "max-age=1.5", "max-age", "max-age=", "max-age=99999999999999",
    "max-age = 600", "max-age=+600", "max-age=1, max-age=600", "max-age=600, max-age=1",
    "max-age=600, s-maxage=x", 'x="no-store", max-age=600', 'x="a, no-store', '"no-store"',
    "max-age=600 no-store", "max-age=600; no-store", ",,max-age=600,", "x-other",
]  # fmt: skip
STATUS = [103, 200, 206, 302, 304, 308, 404, 414, 451, 500, 501, 599]
ASKED = [(), (("Authorization", "Basic eDp5"),)]
ON_TIME = ("Date", DATE)
LOCATION = ("Content-Location", "/a")
LINES = [
    (),
    (("Expires", LATER), ON_TIME),
    (("Expires", LATER),),
    (("Expires", EARLIER), ON_TIME),
    (("Expires", "0"), ON_TIME),
    (("Expires", "Sat, 21 Nov 2026 10:30:00 CET"), ON_TIME),
    (("Expires", "Saturday, 21-Nov-26 10:30:00 GMT"), ON_TIME),
    (("Expires", LATER), ("Expires", EARLIER), ON_TIME),
    (("Last-Modified", EARLIER), ON_TIME),
    (("Last-Modified", EARLIER),),
    (("Last-Modified", LATER), ON_TIME),
    (("Last-Modified", "Tue, 01 Jan 2019 00:00:00 GMT"), ON_TIME),
    (("Vary", "*"),),
]


def grid():
    stored = product(
        CONTROLS, STATUS, ["GET", "HEAD", "POST"], ASKED, [(LOCATION,), (LOCATION, *LINES[1])]
    )
    fresh = product(CONTROLS, [200, 302, 500], ["GET"], [()], LINES)
    for control, status, method, request, lines in chain(stored, fresh):
        carried = (("Cache-Control", control),) if control else ()
        yield exchange(*carried, *lines, status=status, method=method, request=request)


def policy_of(given):
    return Policy("Cache-Control", parse_directives(given.response.fields.values("cache-control")))


def ours(given):
    """Whether a shared cache may store it, and its lifetime in seconds if so."""
    policy = policy_of(given)
    if not storage_verdict(given, policy).storable:
        return False, None
    return True, freshness(given, policy).lifetime


def encoded(lines):
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in lines]


def httplint_says(given):
    request = HttpRequestLinter(start_time=NOW, no_content=True)
    request.process_request_topline(
        given.request.method.encode(), b"https://shop.test/a", b"HTTP/1.1"
    )
    request.process_headers(encoded(given.request.fields.lines))
    request.finish_content(complete=True)
    linter = HttpResponseLinter(start_time=NOW, no_content=True)
    linter.request = request
    linter.process_response_topline(b"HTTP/1.1", str(given.response.status).encode(), b"")
    linter.process_headers(encoded(given.response.fields.lines))
    linter.finish_content(complete=True)
    caching = linter.caching
    # A negative lifetime is as good as none.
    return (
        (True, max(0, caching.freshness_lifetime_shared)) if caching.store_shared else (False, None)
    )


def hishel_says(given, monkeypatch):
    monkeypatch.setattr(_spec, "time", SimpleNamespace(time=lambda: NOW))
    asked = Request(
        given.request.method, given.request.url, headers=headers(given.request, Headers)
    )
    response = Response(given.response.status, headers=headers(given.response, Headers))
    state = CacheMiss(request=asked, options=CacheOptions(shared=True)).next(response)
    if not isinstance(state, _spec.StoreAndUse):
        return False, None
    return True, max(0, _spec.get_freshness_lifetime(response, is_cache_shared=True) or 0)


def headers(message, kind):
    return kind({name: message.fields.values(name) for name in message.fields.names()})


def stores(verdict):
    return verdict[0]


def refuses(verdict):
    return not verdict[0]


THEY_STORE, WE_STORE, LIFETIME = (refuses, stores), (stores, refuses), (stores, stores)


def control(*values):
    return lambda x: x.response.fields.first("cache-control") in values


def status(*codes):
    return lambda x: x.response.status in codes


def lacks_only_a_basis(given):
    failed = storage_verdict(given, policy_of(given)).failed
    return [requirement.id for requirement in failed] == ["basis-present"]


UNDERSTAND = ("must-understand, max-age=600", "must-understand")
NOT_SECONDS = ("max-age=-1", "max-age=soon", "max-age=1.5", "max-age", "max-age=", "max-age=+600")
OTHER_SEPARATORS = ("max-age=600 no-store", "max-age=600; no-store")
REPEATED = ("max-age=1, max-age=600", "max-age=600, max-age=1")
LIFTED = "must-understand, no-store, max-age=600"
NEVER_CLOSED = 'x="a, no-store'

HTTPLINT = [
    Category("interim", rfc9111("3"), "only final responses are stored; it takes a 103 for one", THEY_STORE, status(103)),
    Category("must-understand-status", rfc9111("5.2.2.3"), "an unknown status is not stored then; it does not look at the directive", THEY_STORE, lambda x: control(*UNDERSTAND)(x) and status(451, 599)(x)),
    Category("no-basis", rfc9111("3"), "its note says that the response cannot be stored, its flag that it can", THEY_STORE, lacks_only_a_basis),
    Category("must-understand-no-store", rfc9111("5.2.2.3"), "no-store is lifted where the status is understood", WE_STORE, control(LIFTED)),
    Category("vary-star", rfc9111("4.1"), "it never matches, but nothing forbids storing", WE_STORE, lambda x: "vary" in x.response.fields),
    Category("post", rfc9110("9.3.3"), "storable with a lifetime and a Content-Location of the same URL", WE_STORE, lambda x: x.request.method == "POST"),
    Category("qualified-private", rfc9111("5.2.2.7"), "the rest of the response may be stored", WE_STORE, control('private="x"', "private=x", 'private="set-cookie", max-age=600')),
    Category("malformed-is-present", rfc9111("3.5"), "a malformed s-maxage allows storing all the same; it drops the directive", WE_STORE, control("max-age=600, s-maxage=x")),
    Category("quote-never-closed", rfc9110("5.6.4"), "what a quotation mark opens is text; whether no-store is in it nobody can know, so we do not rely on it", WE_STORE, control(NEVER_CLOSED)),
    Category("malformed-lifetime", rfc9111("4.2.1"), "stale, where it drops the directive and goes on to the next", LIFETIME, control(*NOT_SECONDS, *OTHER_SEPARATORS, "max-age=600, s-maxage=x")),
    Category("repeated-directive", rfc9111("4.2.1"), "the first counts, or the response is stale; it takes the last", LIFETIME, control(*REPEATED)),
    Category("white-space", rfc9111("5.2"), "not allowed around the equals sign; caches that read it all the same keep the response", LIFETIME, control("max-age = 600")),
    Category("heuristic", rfc9111("4.2.2"), "a cache may choose a lifetime from Last-Modified; it does not calculate one", (stores, (True, 0)), lambda x: "last-modified" in x.response.fields),
]  # fmt: skip

HISHEL = [
    Category("must-understand-status", rfc9111("5.2.2.3"), "an unknown status is not stored then; it does not look at the directive", THEY_STORE, lambda x: control(*UNDERSTAND)(x) and status(451, 599)(x)),
    Category("no-store-with-argument", rfc9111("5.2.2.5"), "the directive is there, its argument means nothing; it drops both", THEY_STORE, control("no-store=x")),
    Category("must-understand-no-store", rfc9111("5.2.2.3"), "no-store is lifted where the status is understood", WE_STORE, control(LIFTED)),
    Category("post", rfc9110("9.3.3"), "storable with a lifetime and a Content-Location of the same URL", WE_STORE, lambda x: x.request.method == "POST"),
    Category("partial-and-not-modified", rfc9111("3"), "a cache that understands 206 and 304 keeps what they bring; it leaves both out", WE_STORE, status(206, 304)),
    Category("separator", rfc9110("5.6.1"), "members end at commas; it ends them at white space and other signs too, and finds no-store", WE_STORE, control(*OTHER_SEPARATORS)),
    Category("quoted-directive", rfc9110("5.6.4"), "text within quotation marks is no directive; it finds no-store there", WE_STORE, control(NEVER_CLOSED, '"no-store"')),
    Category("public-with-argument", rfc9111("5.2.2.9"), "the directive is there, its argument means nothing; it drops both", WE_STORE, control("public=x")),
    Category("malformed-is-present", rfc9111("3"), "a malformed lifetime is one all the same, so there is a basis for storing", WE_STORE, control(*NOT_SECONDS, "max-age=600, s-maxage=x")),
    Category("sign", rfc9111("1.2.2"), "delta-seconds are digits only; it reads a sign", (stores, (True, 600)), control("max-age=+600")),
    Category("malformed-lifetime", rfc9111("4.2.1"), "stale, where it drops the directive and goes on to the next", LIFETIME, control(*NOT_SECONDS, "max-age=600, s-maxage=x")),
    Category("repeated-directive", rfc9111("4.2.1"), "the first counts, or the response is stale; it takes the last", LIFETIME, control(*REPEATED)),
    Category("overflow", rfc9111("1.2.2"), "2147483648, or the greatest number that a cache can hold", ((True, 2**31), (True, 2**31 - 1)), control("max-age=99999999999999")),
    Category("time-zone", rfc9110("5.6.7"), "an HTTP-date is in GMT, so this is none and means expired; it does not look at the zone", ((True, 0), (True, 3600)), lambda x: "CET" in (x.response.fields.first("expires") or "")),
    Category("heuristic-cap", rfc9111("4.2.2"), "a tenth is a habit, and so is an upper bound; we name what a cache may do at most", (stores, (True, 604_800)), lambda x: "last-modified" in x.response.fields),
]  # fmt: skip


def differences(says):
    judged = ((given, ours(given), says(given)) for given in grid())
    return [row for row in judged if row[1] != row[2]]


def test_every_difference_from_httplint_is_accounted_for():
    sort_out(differences(httplint_says), HTTPLINT)


@pytest.mark.skipif(
    sys.version_info < (3, 13),
    reason="on Python 3.12 mitmproxy needs an older typing-extensions than hishel does",
)
def test_every_difference_from_hishel_is_accounted_for(monkeypatch):
    sort_out(differences(lambda given: hishel_says(given, monkeypatch)), HISHEL)


AGREED = [
    ("rfc9111-5.2.2.5", exchange(("Cache-Control", "no-store")), (False, None)),
    ("rfc9111-5.2.2.7", exchange(("Cache-Control", "private, max-age=600")), (False, None)),
    ("rfc9111-5.2.2.10", exchange(("Cache-Control", "max-age=600, s-maxage=60")), (True, 60)),
    ("rfc9111-4.2.1", exchange(("Cache-Control", "public, max-age=600")), (True, 600)),
    ("rfc9111-5.3", exchange(("Expires", LATER), ON_TIME), (True, 3600)),
    ("rfc9111-5.3-past", exchange(("Expires", "0"), ON_TIME), (True, 0)),
    ("rfc9111-3.5", exchange(("Cache-Control", "max-age=9"), request=ASKED[1]), (False, None)),
    ("rfc9111-7.3", exchange(("Cache-Control", "max-age=9"), cookie="sid=1"), (True, 9)),
]


@pytest.mark.parametrize(("given", "verdict"), [pytest.param(*r, id=i) for i, *r in AGREED])
def test_where_all_agree(given, verdict, monkeypatch):
    assert ours(given) == httplint_says(given) == verdict
    if sys.version_info >= (3, 13):
        assert hishel_says(given, monkeypatch) == verdict
