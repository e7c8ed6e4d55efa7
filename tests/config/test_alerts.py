import pytest

from session_tracking.caching.profiles.catalogue import PROFILES
from session_tracking.errors import ConfigErrors
from session_tracking.shadow.alerts import AlertRule, Condition

ALERT = '[[alert]]\nname = "a"\nwhen = "unsafe_current > 0"\n'


def test_an_alert_with_all_its_keys(folder):
    configuration = folder.load(
        "enabled = true\n"
        + ALERT
        + 'site = "Shop.TEST"\ncommand = ["/bin/true", "x"]\nwebhook = "https://a.test:8080/b"\n'
        + "min_interval = 5\n"
        + ALERT.replace('"a"', '"b"')
    )
    when = Condition("unsafe_current", ">", 0)
    assert configuration.alerts == (
        AlertRule("a", when, "shop.test", ("/bin/true", "x"), "https://a.test:8080/b", 5.0),
        AlertRule("b", when),
    )


def test_without_alerts_and_metrics(folder):
    configuration = folder.load("enabled = true\n")
    assert configuration.alerts == ()
    assert configuration.root.metrics.listen == ""
    assert not configuration.shadows


@pytest.mark.parametrize("listen", ["127.0.0.1:9464", "[::1]:0", "0.0.0.0:65535"])
def test_addresses(folder, listen):
    assert folder.load(f'[metrics]\nlisten = "{listen}"\n').root.metrics.listen == listen


def test_the_shadow_of_a_site(folder):
    configuration = folder.load(
        '[profiles.edge]\nbase = "nginx"\n[[site]]\nhost = "shop.test"\n'
        'shadow.enabled = true\nshadow.profile = "edge"\nshadow.max_entries = 5\n'
    )
    assert configuration.shadows
    shadow = configuration.for_url("shop.test", "/").shadow
    assert (shadow.profile.name, shadow.max_entries) == ("edge", 5)
    other = configuration.for_url("other.test", "/").shadow
    assert not other.enabled
    assert other.profile is PROFILES["rfc9111"]


WRONG = [
    ("no-condition", ALERT.replace("> 0", "is high"), 3, "COUNTER OP INTEGER"),
    ("empty", ALERT.replace("unsafe_current > 0", ""), 3, "COUNTER OP INTEGER"),
    ("known-counter", ALERT.replace("> 0", "0"), 3, "COUNTER OP INTEGER"),
    ("counter", ALERT.replace("current", "curent"), 3, "Did you mean the counter unsafe_current?"),
    ("twice", ALERT + ALERT, 5, "is there twice"),
    ("scheme", ALERT + 'webhook = "file:///etc/passwd"', 4, "http://"),
    ("webhook", ALERT + 'webhook = "http://[x"', 4, "http://"),
    ("program", ALERT + 'command = [""]', 4, "names no program"),
    ("nul", ALERT + 'command = ["a", "b\\u0000"]', 4, "names no program"),
    ("interval", ALERT + "min_interval = 0", 4, "min_interval"),
    ("nameless", '[[alert]]\nwhen = "hits > 0"', 1, "name"),
    ("unknown-key", ALERT + 'comand = ["x"]', 4, "Did you mean `command`?"),
    ("no-table", "alert = 7", 1, "not allowed"),
    ("no-port", '[metrics]\nlisten = "127.0.0.1"', 2, "127.0.0.1:9464"),
    ("a-name", '[metrics]\nlisten = "localhost:9464"', 2, "127.0.0.1:9464"),
    ("no-brackets", '[metrics]\nlisten = "::1:9464"', 2, "127.0.0.1:9464"),
    ("too-high", '[metrics]\nlisten = "127.0.0.1:99999"', 2, "127.0.0.1:9464"),
    ("no-number", '[metrics]\nlisten = "127.0.0.1:http"', 2, "127.0.0.1:9464"),
    ("no-text", "[metrics]\nlisten = 9464", 2, "not allowed"),
    ("metrics-no-table", "metrics = 1", 1, "not allowed"),
    ("profile", '[shadow]\nprofile = "ngnix"', 2, 'Did you mean "nginx"?'),
    ("entries", "[shadow]\nmax_entries = 0", 2, "max_entries"),
]


@pytest.mark.parametrize(("text", "line", "told"), [pytest.param(*r, id=i) for i, *r in WRONG])
def test_wrong(folder, text, line, told):
    with pytest.raises(ConfigErrors) as caught:
        folder.load(text + "\n")
    assert any(each.line == line and told in str(each) for each in caught.value.errors), (
        caught.value
    )
