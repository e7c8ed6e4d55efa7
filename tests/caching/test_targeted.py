import pytest
from hypothesis import given, strategies as st

from session_tracking.caching.targeted import TARGETED, TARGETED_FIELDS, targeted_directives
from session_tracking.http.fields import FieldSection
from tests.strategies import NOW, octets

READ = [
    ("rfc9213-2.1-dictionary", "CDN-Cache-Control", "max-age=60, no-store", {"max-age": ("60",), "no-store": (None,)}),
    ("rfc9213-2.1-parameters", "CDN-Cache-Control", "max-age=60;a=b", {"max-age": ("60",)}),
    ("rfc9213-2.1-false", "CDN-Cache-Control", "no-store=?0, private", {"private": (None,)}),
    ("rfc9213-2.1-empty", "CDN-Cache-Control", "", None),
    ("rfc9213-2.1-malformed", "CDN-Cache-Control", "max-age=60;;", None),
    ("rfc9213-2.1-upper-case-key", "CDN-Cache-Control", "Max-Age=60", None),
    ("absurdly-long", "CDN-Cache-Control", "max-age=60" + ", x" * 6000, {"max-age": ("60",), "x": (None,) * 6000}),
    ("cloudflare", "Cloudflare-CDN-Cache-Control", "max-age=60", {"max-age": ("60",)}),
    ("surrogate-stale", "Surrogate-Control", "max-age=60+30", {"max-age": ("60",), "stale-while-revalidate": ("30",)}),
    ("surrogate-remote", "Surrogate-Control", "no-store-remote", {"no-store": (None,)}),
    ("surrogate-esi-only", "Surrogate-Control", 'content="ESI/1.0"', {}),
    ("surrogate-no-store", "Surrogate-Control", "no-store, private", {"no-store": (None,), "private": (None,)}),
    ("surrogate-bare-max-age", "Surrogate-Control", "max-age", {"max-age": ("",)}),
    ("litespeed", "X-LiteSpeed-Cache-Control", "Public,max-age=60", {"public": (None,), "max-age": ("60",)}),
    ("litespeed-empty", "X-LiteSpeed-Cache-Control", "", None),
    ("edge-duration", "Edge-Control", "cache-maxage=1d", {"max-age": ("86400",)}),
    ("edge-seconds", "Edge-Control", "max-age=30", {"max-age": ("30",)}),
    ("edge-invalid", "Edge-Control", "max-age=soon", {"max-age": ("invalid",)}),
    ("edge-lift", "Edge-Control", "!no-store", {"public": (None,)}),
    ("edge-bypass", "Edge-Control", "bypass-cache", {"no-store": (None,)}),
    ("edge-other", "Edge-Control", "dca=esi", None),
    ("accel-seconds", "X-Accel-Expires", "60", {"max-age": ("60",)}),
    ("accel-zero", "X-Accel-Expires", "0", {"no-store": (None,)}),
    ("accel-at", "X-Accel-Expires", f"@{int(NOW) + 5}", {"max-age": ("5",)}),
    ("accel-at-past", "X-Accel-Expires", "@1", {"no-store": (None,)}),
    ("accel-malformed", "X-Accel-Expires", "off", None),
]  # fmt: skip


@pytest.mark.parametrize(("name", "value", "arguments"), [pytest.param(*r, id=i) for i, *r in READ])
def test_read(name, value, arguments):
    found = targeted_directives(FieldSection([("Vary", "x"), (name, value)]), NOW)
    expected = [] if arguments is None else [(name, arguments)]
    assert [(field.display, said.arguments) for field, said in found] == expected


def test_an_inner_list_is_an_argument_like_any_other():
    ((_, said),) = targeted_directives(FieldSection([("CDN-Cache-Control", "x=(a b)")]), NOW)
    assert set(said.arguments) == {"x"}


def test_every_field_is_found_under_its_lower_case_name():
    assert {field.display.lower() for field in TARGETED.values()} == TARGETED_FIELDS


@given(st.sampled_from(sorted(TARGETED_FIELDS)), octets)
def test_never_raises(name, value):
    targeted_directives(FieldSection([(name, value)]), NOW)
