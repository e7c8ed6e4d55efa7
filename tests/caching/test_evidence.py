import pytest
from hypothesis import given, strategies as st

from session_tracking.caching.evidence import hit_evidence
from session_tracking.http.fields import FieldSection
from tests.strategies import octets

SIGNS = [
    ("rfc9111-5.1-age", [("Age", "30")], ["Age"]),
    ("rfc9111-5.1-first-of-several", [("Age", "7, 0")], ["Age"]),
    ("rfc9111-5.1-zero-is-no-sign", [("Age", "0")], []),
    ("rfc9111-5.1-first-counts", [("Age", "0"), ("Age", "7")], []),
    ("rfc9111-5.1-malformed", [("Age", "-1")], []),
    ("rfc9111-5.1-empty", [("Age", "")], []),
    ("rfc9211-2.1-hit", [("Cache-Status", "ExampleCache; hit; ttl=376")], ["Cache-Status"]),
    ("rfc9211-2-string-as-name", [("Cache-Status", '"CDN Company Here"; hit')], ["Cache-Status"]),
    ("rfc9211-2-any-member", [("Cache-Status", "OriginCache;hit, CDN;fwd=uri-miss")], ["Cache-Status"]),
    ("rfc9211-2-lines-combine", [("Cache-Status", "A;fwd=miss"), ("Cache-Status", "B;hit")], ["Cache-Status"]),
    ("rfc9211-2.2-forwarded", [("Cache-Status", "ExampleCache; fwd=uri-miss; stored")], []),
    ("rfc9211-2.2-hit-and-fwd-exclude-each-other", [("Cache-Status", "A; hit; fwd=stale")], []),
    ("rfc9211-2.1-false", [("Cache-Status", "ExampleCache; hit=?0")], []),
    ("rfc9211-2-name-only", [("Cache-Status", "hit")], []),
    ("rfc9651-4.2-malformed-is-ignored", [("Cache-Status", "A; hit, B; HIT")], []),
    ("absurdly-long", [("Cache-Status", "a;hit, " * 600 + "b;hit")], []),
    ("cloudflare-hit", [("CF-Cache-Status", "HIT")], ["CF-Cache-Status"]),
    ("cloudflare-stale", [("CF-Cache-Status", "STALE")], ["CF-Cache-Status"]),
    ("cloudflare-updating", [("CF-Cache-Status", "UPDATING")], ["CF-Cache-Status"]),
    ("cloudflare-revalidated", [("CF-Cache-Status", "revalidated")], ["CF-Cache-Status"]),
    ("cloudflare-miss", [("CF-Cache-Status", "MISS")], []),
    ("cloudflare-expired-was-fetched", [("CF-Cache-Status", "EXPIRED")], []),
    ("cloudflare-dynamic", [("CF-Cache-Status", "DYNAMIC")], []),
    ("nginx-hit", [("X-Cache-Status", "HIT")], ["X-Cache-Status"]),
    ("nginx-stale", [("X-Cache-Status", "STALE")], ["X-Cache-Status"]),
    ("nginx-other-name", [("X-Proxy-Cache", "UPDATING")], ["X-Proxy-Cache"]),
    ("nginx-expired-was-fetched", [("X-Cache-Status", "EXPIRED")], []),
    ("nginx-bypass", [("X-Proxy-Cache", "BYPASS")], []),
    ("squid", [("X-Cache", "HIT from proxy.example")], ["X-Cache"]),
    ("cloudfront", [("X-Cache", "Hit from cloudfront")], ["X-Cache"]),
    ("cloudfront-refreshed", [("X-Cache", "RefreshHit from cloudfront")], ["X-Cache"]),
    ("cloudfront-miss", [("X-Cache", "Miss from cloudfront")], []),
    ("akamai", [("X-Cache", "TCP_HIT from a1.example (AkamaiGHost)")], ["X-Cache"]),
    ("akamai-memory", [("X-Cache", "TCP_MEM_HIT from a1.example")], ["X-Cache"]),
    ("akamai-refreshed", [("X-Cache", "TCP_REFRESH_FAIL_HIT from a1.example")], ["X-Cache"]),
    ("akamai-stale", [("X-Cache", "HitStale from child")], ["X-Cache"]),
    ("akamai-miss", [("X-Cache", "TCP_REFRESH_MISS from a1.example")], []),
    ("fastly-one-node-of-two", [("X-Cache", "MISS, HIT")], ["X-Cache"]),
    ("fastly-no-node", [("X-Cache", "MISS, MISS")], []),
    ("hit-for-miss-was-fetched", [("X-Cache", "HIT-FOR-MISS")], []),
    ("not-a-word-of-its-own", [("X-Cache", "white")], []),
    ("fastly-hits", [("X-Cache-Hits", "0, 7")], ["X-Cache-Hits"]),
    ("fastly-no-hits", [("X-Cache-Hits", "0, 0")], []),
    ("fastly-hits-malformed", [("X-Cache-Hits", "many")], []),
    ("varnish-measured-7.1.1-hit", [("X-Varnish", "32770 3")], ["X-Varnish"]),
    ("varnish-measured-7.1.1-miss", [("X-Varnish", "2")], []),
    ("varnish-two-nodes-without-a-hit", [("X-Varnish", "2"), ("X-Varnish", "5")], []),
    ("varnish-two-nodes-combined", [("X-Varnish", "2, 5")], []),
    ("varnish-not-ids", [("X-Varnish", "served fast")], []),
    ("varnish-digits-of-other-scripts", [("X-Varnish", "\u00b2 \u00b3")], []),
    ("via-names-a-way-not-a-store", [("Via", "1.1 varnish")], []),
    ("in-order", [("X-Varnish", "9 3"), ("X-Cache", "HIT"), ("Age", "5")], ["Age", "X-Cache", "X-Varnish"]),
    ("nothing", [], []),
]  # fmt: skip


@pytest.mark.parametrize(("lines", "expected"), [pytest.param(*r, id=i) for i, *r in SIGNS])
def test_signs(lines, expected):
    found = list(hit_evidence(FieldSection(lines)))
    assert [sign.field for sign in found] == expected
    for sign in found:
        assert sign.text
        assert str(sign.spec)
        assert sign.spec.url.startswith("https://")


def test_the_words_name_what_was_seen():
    lines = [("Age", "30"), ("CF-Cache-Status", "hit")]
    assert [(sign.text, str(sign.spec)) for sign in hit_evidence(FieldSection(lines))] == [
        ("Age says that it left the origin 30 s ago", "RFC 9111 §5.1"),
        ("CF-Cache-Status is HIT", "Cloudflare cache responses"),
    ]


names = st.sampled_from(
    ["Age", "Cache-Status", "CF-Cache-Status", "X-Cache", "X-Cache-Hits", "X-Cache-Status",
     "X-Proxy-Cache", "X-Varnish"]
)  # fmt: skip
pieces = st.sampled_from(
    ["hit", "HIT", ";", ",", "fwd", "=", '"', "\\", "1", " ", "(", "?1", "\x00"]
)
sloppy = st.one_of(octets, st.lists(pieces, max_size=20).map("".join))


@given(st.lists(st.tuples(names, sloppy), max_size=6))
def test_sloppy_input_never_raises_and_is_not_repeated(lines):
    for sign in hit_evidence(FieldSection(lines)):
        assert sign.text.isprintable()
        assert len(sign.text) < 80
