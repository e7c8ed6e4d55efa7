"""The sample site does what it says about itself."""

import pytest

from scripts import sample_site
from scripts.sample_site import PAGES, app

CAREFUL = ["/", "/login", "/account", "/logout", "/images/cover.svg", "/api/stock", "/hello"]
CARELESS = {
    "/images/logo.svg": ("PHPSESSID", "public, max-age=86400"),
    "/basket": ("session", None),
    "/api/basket": ("csrftoken", "no-cache"),
    "/tenants/acme/": ("acme_theme", "public, max-age=300"),
    "/sso": ("sso_token", None),
}


@pytest.fixture
def client():
    return app.test_client()


def test_it_tells_about_every_page():
    paths = {rule.rule for rule in app.url_map.iter_rules() if rule.endpoint != "static"}
    assert paths == PAGES.keys()
    assert list(PAGES) == [*CAREFUL, *CARELESS]


def test_careful_pages_set_cookies_only_where_no_cache_keeps_them(client):
    assert client.get("/account").location == "/login"
    answers = [client.post("/login", data={"user": "ada"}), *map(client.get, CAREFUL)]
    cookies = [answer.headers.get("Cache-Control") for answer in answers if "Set-Cookie" in
               answer.headers]  # fmt: skip
    assert cookies == ["private, no-store"] * 3  # login, account, logout


@pytest.mark.parametrize("path", CARELESS)
def test_careless_pages_set_a_cookie_that_a_cache_may_keep(client, path):
    answer = client.get(path)
    name, cache_control = CARELESS[path]
    assert answer.headers["Set-Cookie"].startswith(f"{name}=")
    assert answer.headers.get("Cache-Control") == cache_control


def test_the_stock_is_validated_by_its_etag(client):
    first = client.get("/api/stock")
    second = client.get("/api/stock", headers={"If-None-Match": first.headers["ETag"]})
    assert (first.status_code, second.status_code) == (200, 304)


def test_whoever_brings_a_session_is_greeted_by_its_name(client, monkeypatch):
    monkeypatch.setattr(sample_site, "MAX_NAMES", 1)
    assert "Hello, stranger" in client.post("/hello", data={"name": "Ada"}).text  # has no session
    client.get("/images/logo.svg")
    assert "Hello, &lt;Ada&gt;" in client.post("/hello", data={"name": "<Ada>"}).text
    assert "Hello, &lt;Ada&gt;" in client.get("/hello").text
    other = app.test_client()
    other.get("/images/logo.svg")
    assert "Hello, stranger" in other.get("/hello").text
    other.post("/hello", data={"name": "Bob"})
    assert "Hello, stranger" in client.get("/hello").text  # forgotten
