import pytest
from hypothesis import given, strategies as st
from mitmproxy.http import Headers
from mitmproxy.test import tutils

from session_tracking.config.loading import load
from session_tracking.mitm import convert

CONFIGURATION = load(None)

AUTHORITIES = [
    (b"shop.test",),
    (b"Shop.Test.:8080",),
    (b"[::1]:80",),
    (b"[::1]",),
    (b"::1",),
    (b"shop.test:99999",),
    (b"shop test:80",),
    ("bücher.test:80".encode(),),
    (b"shop.test:\xff",),
    (b"\xff",),
    (b"",),
    (),
    (b"a.test", b"b.test"),
    (b"long." * 60 + b"test",),
]


def asked(version, hosts, authority=b""):
    fields = [(b"Accept", b"*/*"), *((b"hOsT", host) for host in hosts)]
    return tutils.treq(
        http_version=version, host="up.test", headers=Headers(fields), authority=authority
    )


def site(host):
    return CONFIGURATION.for_url(host, "/").site


@pytest.mark.parametrize("version", [b"HTTP/1.0", b"HTTP/1.1", b"HTTP/2.0"])
@pytest.mark.parametrize("hosts", AUTHORITIES, ids=repr)
def test_the_authority_leads_to_the_site_of_the_host(version, hosts):
    request = asked(version, hosts)
    assert site(convert.authority_of(request)) == site(request.pretty_host)
    assert convert.url_of(request) == request.pretty_url


@given(
    st.binary() | st.from_regex(r"[a-z.\[\]:]*(:[0-9]*)?", fullmatch=True).map(str.encode),
    st.sampled_from(["/", "/a?b=c", "*", "//x"]),
    st.sampled_from(["http", "https"]),
)
def test_any_authority_leads_to_the_site_of_the_host(host, path, scheme):
    request = asked(b"HTTP/1.1", [host])
    request.path, request.data.scheme = path, scheme.encode()
    assert site(convert.authority_of(request)) == site(request.pretty_host)
    assert convert.url_of(request) == request.pretty_url


def test_http2_names_it_in_a_pseudo_header():
    request = asked(b"HTTP/2.0", [], authority=b"shop.test:443")
    assert convert.authority_of(request) == "shop.test"
