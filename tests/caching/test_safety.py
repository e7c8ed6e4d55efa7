import pytest
from hypothesis import given

from session_tracking.caching.directives import parse_directives
from session_tracking.caching.levels import Level, Remedy
from session_tracking.caching.safety import REMEDIES, CacheSafety, assess
from session_tracking.http.exchange import Exchange, ResponseFacts
from session_tracking.http.fields import FieldSection
from session_tracking.spec import rfc9111
from tests.strategies import DATE, EARLIER, LATER, exchange, exchanges

COOKIE = (("Cookie", "lang=en"),)
AUTH = (("Authorization", "Basic eDp5"),)
ETAG = ("ETag", '"v1"')


def cc(value, *lines, **facts):
    return exchange(("Cache-Control", value), *lines, **facts)


SAFE, IMPLICIT, REVALIDATE = Level.SAFE, Level.SAFE_IMPLICIT, Level.REVALIDATE
FRAGILE, UNSAFE = Level.FRAGILE, Level.UNSAFE

LEVELS = [
    ("5.2.2.5-no-store", cc("no-store"), SAFE),
    ("5.2.2.7-private", cc("private"), SAFE),
    ("private-with-lifetime", cc("private, max-age=600"), SAFE),
    ("two-lines-are-combined", exchange(("Cache-Control", "max-age=9"), ("Cache-Control", "no-store")), SAFE),
    ("private-on-post", cc("private", method="POST"), SAFE),
    ("3-redirect", exchange(status=302), IMPLICIT),
    ("3-post", exchange(method="POST"), IMPLICIT),
    ("3-options", cc("max-age=600", method="OPTIONS"), IMPLICIT),
    ("3-early-hints", exchange(status=103), IMPLICIT),
    ("3.5-authorization-with-other-reasons", cc("max-age=9", method="PUT", request=AUTH), IMPLICIT),
    ("5.2.2.4-no-cache", cc("no-cache"), REVALIDATE),
    ("5.2.2.10-s-maxage-0", cc("s-maxage=0"), REVALIDATE),
    ("5.2.2.2-must-revalidate", cc("max-age=0, must-revalidate"), REVALIDATE),
    ("5.2.2.8-proxy-revalidate", cc("max-age=0, proxy-revalidate"), REVALIDATE),
    ("s-maxage-0-beside-max-age", cc("max-age=600, s-maxage=0"), REVALIDATE),
    ("4.3.4-no-cache-etag", cc("no-cache", ETAG), FRAGILE),
    ("4.3.4-no-cache-last-modified", cc("no-cache", ("Last-Modified", EARLIER)), FRAGILE),
    ("4.3.4-must-revalidate-etag", cc("max-age=0, must-revalidate", ETAG), FRAGILE),
    ("no-cache-with-lifetime", cc("no-cache, max-age=600"), FRAGILE),
    ("4.2.4-max-age-0", cc("max-age=0"), FRAGILE),
    ("4.2.4-expires-past", exchange(("Date", DATE), ("Expires", EARLIER)), FRAGILE),
    ("5861-3-window", cc("max-age=0, must-revalidate, stale-while-revalidate=60"), FRAGILE),
    ("5861-4-window", cc("max-age=0, must-revalidate, stale-if-error=60"), FRAGILE),
    ("4.2.2-silent", exchange(), FRAGILE),
    ("5.4-pragma-only", exchange(("Pragma", "no-cache")), FRAGILE),
    ("5.2.2.7-qualified", cc('private="set-cookie", max-age=600'), FRAGILE),
    ("5.2.2.4-qualified", cc('no-cache="Set-Cookie, X-A", max-age=600'), FRAGILE),
    ("4.1-vary-star", cc("max-age=600", ("Vary", "*")), FRAGILE),
    ("4.1-vary-cookie-with-cookie", cc("max-age=600", ("Vary", "Cookie"), request=COOKIE), FRAGILE),
    ("3.5-authorization-only", cc("max-age=600", request=AUTH), FRAGILE),
    ("no-store-with-argument", cc('no-store="Set-Cookie"'), FRAGILE),
    ("no-store-with-and-without-argument", cc("no-store=1, no-store"), SAFE),
    ("no-store-with-argument-beside-private", cc("no-store=1, private"), SAFE),
    ("upper-case-no-store", cc("NO-STORE"), FRAGILE),
    ("mixed-case-private", cc("Private, max-age=600"), FRAGILE),
    ("mixed-case-beside-lower-case", cc("Private, no-store"), SAFE),
    ("no-store-with-argument-on-redirect", cc("no-store=1", status=302), FRAGILE),
    ("unknown-status-must-understand", cc("must-understand, max-age=60", status=599), FRAGILE),
    ("redirect-with-qualified-no-cache", cc('no-cache="x"', status=302), FRAGILE),
    ("not-implemented-with-no-cache", cc("no-cache", status=501), FRAGILE),
    ("not-implemented-with-s-maxage-0", cc("s-maxage=0", status=501), FRAGILE),
    ("upper-case-no-store-on-post", cc("NO-STORE", method="POST"), SAFE),
    ("redirect-with-any-cache-control", cc("no-transform", status=302), FRAGILE),
    ("redirect-with-no-cache", cc("no-cache", status=302), IMPLICIT),
    ("error-with-no-cache", cc("no-cache", status=500), FRAGILE),
    ("surrogate-about-esi", cc("private", ("Surrogate-Control", 'content="ESI/1.0"')), FRAGILE),
    ("public-and-private", cc("public, private"), FRAGILE),
    ("public-and-no-store", cc("public, no-store, max-age=600"), FRAGILE),
    ("4.2.1-unparsable", cc("max-age=soon"), FRAGILE),
    ("4.2.1-conflict-first-0", cc("max-age=0, max-age=600, must-revalidate"), FRAGILE),
    ("5.3-expires-0", exchange(("Expires", "0")), FRAGILE),
    ("4.2.2-future-last-modified", exchange(("Last-Modified", LATER)), FRAGILE),
    ("public-without-lifetime", cc("public"), FRAGILE),
    ("4.3.4-304-silent", exchange(status=304), FRAGILE),
    ("4.2.1-max-age", cc("max-age=600"), UNSAFE),
    ("4.2.1-s-maxage", cc("s-maxage=600"), UNSAFE),
    ("upper-case", cc("MAX-AGE=600"), UNSAFE),
    ("quoted-lifetime", cc('max-age="600"'), UNSAFE),
    ("4.2.1-expires", exchange(("Date", DATE), ("Expires", LATER)), UNSAFE),
    ("4.2.2-heuristic", exchange(("Last-Modified", EARLIER)), UNSAFE),
    ("5.2.2.3-must-understand", cc("must-understand, no-store, max-age=600"), UNSAFE),
    ("4.1-vary-cookie-without-cookie", cc("max-age=600", ("Vary", "Accept, Cookie")), UNSAFE),
    ("4.1-vary-other", cc("max-age=600", ("Vary", "Accept-Encoding")), UNSAFE),
    ("3.5-authorization-public", cc("public, max-age=600", request=AUTH), UNSAFE),
    ("qualified-for-another-field", cc('no-cache="X-A", max-age=600'), UNSAFE),
    ("hidden-in-a-quoted-string", cc('max-age=600, x="no-store"'), UNSAFE),
    ("302-with-lifetime", cc("max-age=600", status=302), UNSAFE),
    ("304-with-lifetime", cc("max-age=600", status=304), UNSAFE),
    ("9213-2.2-cdn-field", cc("no-store", ("CDN-Cache-Control", "max-age=600")), UNSAFE),
    ("9213-2.2-reverse", cc("max-age=600", ("CDN-Cache-Control", "no-store")), UNSAFE),
    ("9213-2.2-both-safe", cc("private", ("CDN-Cache-Control", "no-store")), SAFE),
    ("9213-2.1-malformed-is-ignored", cc("private", ("CDN-Cache-Control", "max-age=600;;")), SAFE),
    ("surrogate", cc("private", ("Surrogate-Control", "max-age=600")), UNSAFE),
    ("accel", cc("private", ("X-Accel-Expires", "600")), UNSAFE),
    ("accel-0", cc("private", ("X-Accel-Expires", "0")), SAFE),
    ("edge", cc("private", ("Edge-Control", "!no-store")), FRAGILE),
]  # fmt: skip


@pytest.mark.parametrize(("given", "level"), [pytest.param(*r, id=i) for i, *r in LEVELS])
def test_level(given, level):
    safety = assess(given)
    assert safety.level is level
    assert safety.reasons
    assert bool(safety.remedy) is (level is not Level.SAFE)


def test_a_response_that_sets_no_cookie_has_no_level():
    assert assess(cc("max-age=600", cookie=None)) == CacheSafety(None)


def test_a_qualified_form_protects_only_the_fields_it_lists():
    both = Exchange(
        cc("").request,
        ResponseFacts(
            200,
            FieldSection(
                [
                    ("Set-Cookie", "a=b"),
                    ("Set-Cookie2", "a=b"),
                    ("Cache-Control", 'private="set-cookie", max-age=600'),
                ]
            ),
        ),
    )
    assert assess(both).level is Level.UNSAFE


TEXTS = [
    (
        cc("max-age=600"),
        "Cache-Control",
        'Send "Cache-Control: private, no-store" with it, or move the cookie to an uncached URL.'
        " Set-Cookie does not inhibit caching (RFC 9111 §7.3).",
    ),
    (
        cc("no-store", ("CDN-Cache-Control", "max-age=600")),
        "CDN-Cache-Control",
        "CDN-Cache-Control allows storing although Cache-Control forbids it (RFC 9213 §2.2);"
        ' remove it or send "CDN-Cache-Control: no-store".',
    ),
    (
        cc("no-store", ("X-Accel-Expires", "600")),
        "X-Accel-Expires",
        "X-Accel-Expires allows storing although Cache-Control forbids it"
        ' (ngx_http_proxy_module proxy_cache_valid); remove it or send "X-Accel-Expires: 0".',
    ),
    (
        cc("no-cache", ETAG),
        "Cache-Control",
        '"no-cache" lets a cache reuse the stored Set-Cookie after a 304 (RFC 9111 §3.2, §4.3.4)'
        " and some CDNs reuse it at once; use private or no-store.",
    ),
    (
        cc('private="Set-Cookie"'),
        "Cache-Control",
        'private="Set-Cookie" is not widely implemented (RFC 9111 §5.2.2.4/7): two of eight tested'
        " caches replay the field; use unqualified private.",
    ),
    (
        cc('no-cache="Set-Cookie"'),
        "Cache-Control",
        'no-cache="Set-Cookie" is not widely implemented (RFC 9111 §5.2.2.4/7): two of eight tested'
        " caches replay the field; use unqualified private.",
    ),
    (
        cc("max-age=600", ("Vary", "Cookie")),
        "Cache-Control",
        "Vary: Cookie does not separate visitors who send no Cookie (RFC 9111 §4.1)."
        ' Send "Cache-Control: private, no-store".',
    ),
    (
        exchange(),
        "Cache-Control",
        "No Cache-Control: a cache may store this heuristically (RFC 9111 §4.2.2)."
        ' Send "Cache-Control: private, no-store".',
    ),
    (
        exchange(status=302),
        "Cache-Control",
        'Nothing in the response says so: send "Cache-Control: private, no-store" lest a later'
        " header make it storable.",
    ),
    (cc("private"), "Cache-Control", ""),
]


@pytest.mark.parametrize(("given", "carrier", "remedy"), TEXTS)
def test_remedy(given, carrier, remedy):
    safety = assess(given)
    assert (safety.carrier, safety.remedy) == (carrier, remedy)


FLAWS = [
    (("Expires", "0"), "Expires is no date, which means already expired", rfc9111("5.3")),
    (("Expires", "-1"), "Expires is no date, which means already expired", rfc9111("5.3")),
    (("Cache-Control", "max-age=x"), "max-age is no number of seconds", rfc9111("4.2.1")),
    (
        ("Cache-Control", "s-maxage=0, s-maxage=9"),
        "s-maxage is given several times differently",
        rfc9111("4.2.1"),
    ),
]


@pytest.mark.parametrize(("line", "flaw", "spec"), FLAWS, ids=[line[1] for line, _, _ in FLAWS])
def test_a_lifetime_that_cannot_be_read_is_explained(line, flaw, spec):
    (reason,) = assess(exchange(line)).reasons
    assert (reason.text, reason.spec) == (f"{flaw}; caches differ in reading it", spec)


@pytest.mark.parametrize("server", ["Microsoft-IIS/10.0", "Microsoft-HTTPAPI/2.0"])
def test_iis_is_told_about_its_kernel_cache(server):
    assert assess(cc("max-age=600", ("Server", server))).remedy.endswith(
        " http.sys does not list Set-Cookie among its cache exclusions; also set <caching"
        ' enableKernelCache="false"/> or call DisableKernelCache().'
    )
    assert "enableKernelCache" not in assess(cc("max-age=600", ("Server", "nginx"))).remedy


def test_every_remedy_is_given_in_some_row():
    given_in_rows = {remedy[-40:] for *_, remedy in TEXTS}
    assert {text[-40:] for kind, text in REMEDIES.items() if kind is not Remedy.TARGETED} <= (
        given_in_rows
    )


# ------------------------------------------------------------------------- properties


def with_line(given, name, value):
    lines = (*given.response.fields.lines, (name, value))
    return Exchange(
        given.request,
        ResponseFacts(given.response.status, FieldSection(lines)),
        request_time=given.request_time,
        response_time=given.response_time,
    )


def without(given, name):
    lines = [line for line in given.response.fields.lines if line[0].lower() != name]
    return Exchange(
        given.request,
        ResponseFacts(given.response.status, FieldSection(lines)),
        request_time=given.request_time,
        response_time=given.response_time,
    )


@given(exchanges(hostile=True))
def test_never_raises(given):
    assert assess(given).level in Level


@given(exchanges())
def test_the_order_of_field_lines_of_different_names_does_not_matter(given):
    by_name = sorted(given.response.fields.lines, key=lambda line: line[0].lower())
    reordered = Exchange(
        given.request,
        ResponseFacts(given.response.status, FieldSection(by_name)),
        request_time=given.request_time,
        response_time=given.response_time,
    )
    assert assess(reordered).level is assess(given).level


@given(exchanges())
def test_adding_a_targeted_field_never_makes_it_safer(given):
    for value in ("no-store", "max-age=600", "private"):
        added = with_line(without(given, "cdn-cache-control"), "CDN-Cache-Control", value)
        assert assess(added).level.rank >= assess(without(given, "cdn-cache-control")).level.rank


@given(exchanges())
def test_unsafe_needs_a_response_that_is_storable_and_fresh(given):
    if assess(given).level is Level.UNSAFE:
        said = parse_directives(given.response.fields.values("cache-control"))
        targeted = any(
            name in given.response.fields
            for name in ("cdn-cache-control", "surrogate-control", "x-accel-expires")
        )
        assert targeted or not said.unqualified("private")


@given(exchanges())
def test_private_no_store_alone_is_always_safe(given):
    bare = Exchange(
        given.request,
        ResponseFacts(
            given.response.status,
            FieldSection([("Set-Cookie", "a=b"), ("Cache-Control", "private, no-store")]),
        ),
    )
    assert assess(bare).level is Level.SAFE
