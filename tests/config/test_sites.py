"""Which settings hold for a host and path."""

import pytest
from hypothesis import given, strategies as st

from session_tracking.config.loading import load
from session_tracking.config.sites import forward_mode_notice

SITES = """
cookie.name = "top"
[[site]]
host = "*.shop.test"
cookie.name = "wild"
[[site]]
host = "*.a.shop.test"
cookie.name = "wilder"
[[site]]
host = "www.shop.test"
cookie.name = "exact"
cookie.path = "/site"
[[site.path]]
path = "/api"
cookie.name = "api"
[[site.path]]
path = "/api/v2/"
cookie.max_age = 60
[[site.path]]
path = "/api/v2/x"
cookie.name = "x"
cookie.path = "/x"
[[site]]
host = "[::1]"
cookie.name = "six"
[[site]]
host = "root.test"
cookie.name = "site"
[[site.path]]
path = "/"
cookie.name = "slash"
[[site.path]]
path = "/a"
cookie.path = "/a"
"""

HOSTS = [
    ("www.shop.test", "exact", "www.shop.test", True),
    ("WWW.Shop.Test.", "exact", "www.shop.test", True),
    ("www.shop.test:8080", "exact", "www.shop.test", True),
    ("x.shop.test", "wild", "*.shop.test", True),
    ("b.a.shop.test", "wilder", "*.a.shop.test", True),
    ("a.shop.test", "wild", "*.shop.test", True),
    ("shop.test", "top", "shop.test", False),
    ("xshop.test", "top", "xshop.test", False),
    ("::1", "six", "::1", True),
    ("[::1]", "six", "::1", True),
    ("[::1]:443", "six", "::1", True),
    ("[::2]:443", "top", "::2", False),
    ("Other.test:", "top", "other.test", False),
    ("other:x", "top", "other:x", False),
    ("", "top", "", False),
    ("a" * 300, "top", "a" * 255, False),
    (f"{'a' * 300}.shop.test", "wild", "*.shop.test", True),
    ("\x00\udc80é", "top", "\x00\udc80é", False),
]


@pytest.fixture
def configuration(folder):
    return folder.load(SITES)


@pytest.mark.parametrize(
    ("host", "name", "site", "listed"),
    HOSTS,
    ids=lambda v: str(v)[:20].encode("unicode_escape").decode(),
)
def test_the_most_specific_host_wins(configuration, host, name, site, listed):
    found = configuration.for_url(host, "/")
    assert (found.tracking.cookie.name, found.site, found.listed) == (name, site, listed)
    assert configuration.for_url(host, "/") == found


PATHS = [
    ("/", "exact", "/site", None),
    ("", "exact", "/site", None),
    ("/apix", "exact", "/site", None),
    ("/api", "api", "/site", None),
    ("/api/", "api", "/site", None),
    ("/api?q=/v2", "api", "/site", None),
    ("/api#f", "api", "/site", None),
    ("/api/v2", "api", "/site", 60),
    ("/api/v2/y", "api", "/site", 60),
    ("/api/v2/x/y", "x", "/x", 60),
    ("/API", "exact", "/site", None),
]


@pytest.mark.parametrize(("path", "name", "cookie_path", "max_age"), PATHS)
def test_the_longest_path_wins_and_inherits(configuration, path, name, cookie_path, max_age):
    cookie = configuration.for_url("www.shop.test", path).tracking.cookie
    assert (cookie.name, cookie.path, cookie.max_age) == (name, cookie_path, max_age)
    effective = {v.key: v.value for v in configuration.effective(f"http://www.shop.test{path}")}
    assert effective["cookie.name"] == name
    assert effective["cookie.path"] == cookie_path


@pytest.mark.parametrize(("path", "name", "cookie_path"), [
    ("/", "slash", "/"), ("/b", "slash", "/"), ("/a/b", "slash", "/a"), ("*", "site", "/"),
])  # fmt: skip
def test_the_root_path_is_every_path(configuration, path, name, cookie_path):
    cookie = configuration.for_url("root.test", path).tracking.cookie
    assert (cookie.name, cookie.path) == (name, cookie_path)


def test_values_tell_where_they_come_from(configuration):
    values = {v.key: v for v in configuration.effective("https://www.shop.test:443/api/v2?q#f")}
    assert (values["cookie.max_age"].value, values["cookie.max_age"].origin) == (
        60,
        "config.toml:18",
    )
    assert values["cookie.name"].origin == "config.toml:15"
    assert values["cookie.path"].origin == "config.toml:12"
    assert (values["detect"].value, values["detect"].origin) == ("any-cookie", "default")
    assert values["audit.ignore_cookies"].value == []
    top = {v.key: v for v in configuration.effective()}
    assert top["cookie.name"].origin == "config.toml:2"
    assert configuration.effective("nobody.test/x") == configuration.effective()
    assert configuration.effective("[::1]:80")[11].value == "six"


def test_an_unlisted_host_outside_of_the_domain_gets_no_cookie(folder):
    configuration = folder.load('enabled = true\ncookie.domain = "shop.test"')
    assert configuration.for_url("www.shop.test", "/").tracking.enabled
    assert configuration.for_url("shop.test", "/").tracking.enabled
    assert not configuration.for_url("other.test", "/").tracking.enabled
    assert not configuration.for_url("xshop.test", "/").tracking.enabled


def test_hosts_from_outside_do_not_fill_the_memory(configuration):
    first = configuration.for_url("first.test", "/")
    assert configuration.for_url("first.test", "/") is first
    for number in range(5000):
        configuration.for_url(f"{number}.test", "/")
    assert configuration.for_url("first.test", "/") is not first
    assert configuration._host.cache_info().currsize <= 4096
    long = configuration.for_url("x" * 256, "/")
    assert configuration.for_url("x" * 256, "/") is not long


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    path = tmp_path_factory.mktemp("shared") / "config.toml"
    path.write_text(SITES)
    return load(path)


@given(st.text() | st.sampled_from([host for host, *_ in HOSTS]), st.text())
def test_any_text_has_settings(shared, host, path):
    found = shared.for_url(host, path)
    assert found.listed == (found.site in shared.sites)


@pytest.mark.parametrize(("text", "codes"), [
    ("enabled = true", ["E22"]), ("", []), ("enabled = false", []),
    ('enabled = true\n[[site]]\nhost = "a.test"', []),
])  # fmt: skip
def test_a_forward_mode_without_sites_is_worth_a_notice(folder, text, codes):
    notice = forward_mode_notice(folder.load(text))
    assert ([notice.code] if notice else []) == codes
    assert not notice or (notice.line, notice.key) == (1, "enabled")


def test_the_notice_where_an_option_enables(folder):
    configuration = load(folder.write(""), enabled_override="true")
    assert forward_mode_notice(configuration).code == "E22"
