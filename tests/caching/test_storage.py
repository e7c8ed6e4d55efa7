import pytest

from session_tracking.caching.directives import NONE, parse_directives
from session_tracking.caching.storage import REQUIREMENTS, Policy, storage_verdict
from tests.strategies import LATER, exchange

AUTH = (("Authorization", "Basic eDp5"),)
URL = "https://shop.test/a"

FAILED = [
    ("rfc9110-15.1-200", exchange(), "", set()),
    ("rfc9111-5.2.2.5", exchange(), "no-store", {"no-store-absent"}),
    ("rfc9111-5.2.2.5-argument", exchange(), "no-store=x", {"no-store-absent"}),
    ("rfc9111-5.2.2.7", exchange(), "private", {"private-absent"}),
    ("rfc9111-5.2.2.7-qualified", exchange(), 'private="x"', set()),
    ("rfc9111-5.2.2.7-both", exchange(), 'private="x", private', {"private-absent"}),
    ("rfc9111-5.2.2.3-understood", exchange(), "must-understand, no-store", set()),
    (
        "rfc9111-5.2.2.3-unknown-status",
        exchange(status=599),
        "must-understand, no-store, max-age=5",
        {"no-store-absent", "status-understood"},
    ),
    ("rfc9111-3-302", exchange(status=302), "", {"basis-present"}),
    ("rfc9111-3-302-max-age", exchange(status=302), "max-age=5", set()),
    ("rfc9111-3-302-s-maxage", exchange(status=302), "s-maxage=5", set()),
    ("rfc9111-3-302-public", exchange(status=302), "public", set()),
    ("rfc9111-3-302-expires", exchange(("Expires", LATER), status=302), "", set()),
    ("rfc9111-4.3.4-304", exchange(status=304), "", set()),
    ("rfc9111-3-not-final", exchange(status=103), "max-age=5", {"status-final"}),
    ("rfc9110-9.2.3-head", exchange(method="HEAD"), "", set()),
    ("rfc9110-9.2.3-put", exchange(method="PUT"), "max-age=5", {"method-cacheable"}),
    ("rfc9110-9.3.3-post", exchange(method="POST"), "max-age=5", {"method-cacheable"}),
    (
        "rfc9110-9.3.3-post-with-location",
        exchange(("Content-Location", "/a"), method="POST"),
        "max-age=5",
        set(),
    ),
    (
        "rfc9110-9.3.3-post-without-freshness",
        exchange(("Content-Location", URL), method="POST"),
        "",
        {"method-cacheable"},
    ),
    (
        "rfc9110-9.3.3-post-location-elsewhere",
        exchange(("Content-Location", "/b"), method="POST"),
        "max-age=5",
        {"method-cacheable"},
    ),
    (
        "rfc9110-9.3.3-post-location-malformed",
        exchange(("Content-Location", "http://[/"), method="POST"),
        "max-age=5",
        {"method-cacheable"},
    ),
    ("rfc9111-3.5", exchange(request=AUTH), "max-age=5", {"authorization-allowed"}),
    ("rfc9111-3.5-public", exchange(request=AUTH), "public", set()),
    ("rfc9111-3.5-s-maxage", exchange(request=AUTH), "s-maxage=0", set()),
    ("rfc9111-3.5-must-revalidate", exchange(request=AUTH), "must-revalidate", set()),
]


@pytest.mark.parametrize(
    ("given", "cache_control", "failed"), [pytest.param(*r, id=i) for i, *r in FAILED]
)
def test_storage(given, cache_control, failed):
    verdict = storage_verdict(given, Policy("Cache-Control", parse_directives([cache_control])))
    assert {requirement.id for requirement in verdict.failed} == failed
    assert verdict.storable is not bool(failed)
    assert verdict.fails(*failed) is bool(failed)


def test_expires_is_no_basis_for_a_targeted_field_rfc9213_2_2():
    given = exchange(("Expires", LATER), status=302)
    assert not storage_verdict(given, Policy("CDN-Cache-Control", NONE, targeted=True)).storable


@pytest.mark.parametrize("requirement", REQUIREMENTS, ids=lambda r: r.id)
def test_every_requirement_fails_in_some_row(requirement):
    assert any(requirement.id in failed for *_, failed in FAILED)
