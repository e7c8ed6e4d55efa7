import pytest
from hypothesis import given, strategies as st

from session_tracking.audit.routes import route_of, shown_url
from session_tracking.http.exchange import RequestFacts

ROUTES = [
    ("/", "/"),
    ("/cart", "/cart"),
    ("/orders/123/items/7", "/orders/{}/items/{}"),
    ("/u/550e8400-e29b-41d4-a716-446655440000", "/u/{}"),
    ("/blob/3f2a9c81d0e7b6453f2a9c81d0e7b645", "/blob/{}"),
    ("/cart;jsessionid=ABCDEF", "/cart"),
    ("/assets/app.3f2a9c81d0e7b645.js", "/assets/app.{}.js"),
    ("/assets/main-BkT3xq9Z.css", "/assets/main-{}.css"),
    ("/img/photo.jpeg", "/img/photo.jpeg"),
    ("/reset/kJ8s7dhKJH23kjhsdf98ASDkjh2", "/reset/{}"),
    ("/a-very-long-but-readable-page-name", "/a-very-long-but-readable-page-name"),
    ("/internationalisationsbeispielseite", "/internationalisationsbeispielseite"),
    ("/token/eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0.c2lnbmF0dXJl", "/token/{}"),
]


@pytest.mark.parametrize(("path", "route"), ROUTES)
def test_route(path, route):
    assert route_of(path) == route


URLS = [
    ("https://shop.test/a?token=s3cret&x=&flag#frag", "https://shop.test/a?token=…&x=&…"),
    ("https://user:pass@shop.test:8443/a", "https://shop.test:8443/a"),
    ("https://shop.test/a?3f2a9c81d0e7b645", "https://shop.test/a?…"),
    ("https://shop.test/a?kJ8s7dhKJH23kjhsdf98ASDkjh2=1&b=2", "https://shop.test/a?…&b=…"),
    ("https://shop.test/cart;jsessionid=ABC", "https://shop.test/cart;…"),
    ("https://shop.test/orders/123", "https://shop.test/orders/123"),
    ("https://shop.test/reset/kJ8s7dhKJH23kjhsdf98ASDkjh2", "https://shop.test/reset/{}"),
    ("https://shop.test/app.3f2a9c81d0e7b645.js", "https://shop.test/app.3f2a9c81d0e7b645.js"),
    ("https://shop.test/\x1b[31m\u202e", "https://shop.test/\\x1b[31m\\u202e"),
    ("http://[/", "(unparsable URL)"),
]


@pytest.mark.parametrize(("url", "shown"), URLS)
def test_shown_url(url, shown):
    assert shown_url(RequestFacts("GET", url)) == shown


def test_a_long_url_is_cut():
    assert len(shown_url(RequestFacts("GET", "https://shop.test/" + "a" * 5000))) == 301


@given(st.text())
def test_never_raises_and_prints(path):
    assert shown_url(RequestFacts("GET", f"https://shop.test/{path}")).isprintable()
    route_of(path)
