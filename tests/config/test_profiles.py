import pytest

from session_tracking.caching.profiles.catalogue import PROFILES
from session_tracking.cookies.classify import CookieClass
from session_tracking.errors import ConfigErrors


def test_own_caches_and_those_of_a_site(folder):
    configuration = folder.load(
        "enabled = true\n"
        'audit.caches = ["edge", "squid"]\n'
        "[profiles.edge]\n"
        'base = "nginx"\n'
        'ignores = ["Set-Cookie"]\n'
        "passes_cookie = true\n"
        "[[site]]\n"
        'host = "shop.test"\n'
        'audit.caches = ["httpd"]\n'
    )
    edge, squid = configuration.for_url("other.test", "/").audit.caches
    assert (edge.name, edge.product) == ("edge", PROFILES["nginx"].product)
    assert edge.deviations.ignores == {"set-cookie"}
    assert edge.deviations.passes_cookie
    assert not edge.deviations.strips_set_cookie
    assert squid is PROFILES["squid"]
    assert [c.name for c in configuration.for_url("shop.test", "/").audit.caches] == ["httpd"]


def test_enforce(folder):
    configuration = folder.load(
        'enabled = true\n[enforce]\nenabled = true\nclasses = ["session"]\n'
        '[[site]]\nhost = "a.test"\nenforce.enabled = false\n'
    )
    on, off = (configuration.for_url(host, "/").enforce for host in ("b.test", "a.test"))
    assert on.enabled
    assert on.classes == {CookieClass.SESSION}
    assert not off.enabled
    shipped = folder.load("enabled = true\n").for_url("b.test", "/")
    assert not shipped.enforce.enabled
    assert shipped.enforce.classes == set(CookieClass)
    assert shipped.audit.caches == ()


WRONG = [
    ("unknown-cache", 'audit.caches = ["ngnix"]', 1, 'Did you mean "nginx"?'),
    ("nothing-like-it", 'audit.caches = ["squid", "qqqqqq"]', 1, "[profiles.NAME]"),
    ("name-taken", '[profiles.nginx]\nbase = "nginx"', 1, "known profile"),
    ("unknown-base", '[profiles.mine]\nbase = "ngnix"', 2, 'Did you mean "nginx"?'),
    ("no-base", "[profiles.mine]\nignores = []", 1, "base"),
    ("unknown-key", '[profiles.mine]\nbase = "nginx"\nignore = []', 3, "Did you mean `ignores`?"),
    ("no-table", "profiles = 7", 1, "not allowed"),
    ("unknown-class", '[enforce]\nclasses = ["sesion"]', 2, "session"),
]


@pytest.mark.parametrize(("text", "line", "told"), [pytest.param(*r, id=i) for i, *r in WRONG])
def test_wrong(folder, text, line, told):
    with pytest.raises(ConfigErrors) as caught:
        folder.load(text + "\n")
    assert any(error.line == line and told in str(error) for error in caught.value.errors), (
        caught.value
    )
