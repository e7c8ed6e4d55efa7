"""Loading as a whole: the shipped file, the proxy's switch, loading again."""

import json
import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import assume, given, strategies as st

from session_tracking.caching.safe_fields import protects
from session_tracking.config.build import tracking_settings
from session_tracking.config.checks import CHECKS, Target
from session_tracking.config.levels import Written, settings_of
from session_tracking.config.loading import load, reload
from session_tracking.config.root import KEYS, LOCKS, TOP_KEYS
from session_tracking.config.section import NONE
from session_tracking.cookies.serialize import SameSite, Style, serialize
from session_tracking.cookies.set_cookie import parse_set_cookie
from session_tracking.errors import ConfigErrors
from session_tracking.tracking.identifiers import IdFormat, parse_keys

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = ROOT / "config.toml"


def test_the_shipped_file_is_in_use_when_none_is_named():
    configuration = load()
    assert configuration.path == SHIPPED
    assert configuration.files == (SHIPPED,)
    assert configuration.warnings == ()
    assert [note.code for note in configuration.notes] == ["W11"]
    assert configuration.for_url("any.test", "/").tracking.enabled
    assert not configuration.finishes


def test_the_shipped_file_has_every_key_with_its_default():
    written = dict(_flat(tomllib.loads(SHIPPED.read_text(encoding="utf-8"))))
    assert written.pop("enabled") is True
    defaults = {key: field.default for key, field in (KEYS | _alone()).items()}
    assert defaults.pop("enabled") is False
    defaults |= {"include": "", "locked": (), "locked_except": (), "override": "allow"}
    assert written == {k: list(v) if isinstance(v, tuple) else v for k, v in defaults.items()}
    assert defaults.keys() == (KEYS.keys() | set(LOCKS) | _alone().keys()) - {"enabled"}


def test_the_shipped_file_has_one_line_of_comment_for_every_key():
    lines = SHIPPED.read_text(encoding="utf-8").splitlines()
    keys = [number for number, line in enumerate(lines) if re.match(r"\w+ = ", line)]
    assert len(keys) == len(KEYS) + len(LOCKS) + len(_alone())
    for number in keys:
        assert re.match(r"# \S", lines[number - 1])
        assert not lines[number - 2].startswith("#")


def _alone():
    """The keys of the top that are no tables of their own in double brackets."""
    return {
        key: field
        for key, field in TOP_KEYS.items()
        if field.default_factory is None and field.default != ()
    }


def _flat(table, prefix=""):
    for key, value in table.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield prefix + key, value


def test_the_example_at_the_end_of_the_shipped_file_is_right(folder):
    tail = SHIPPED.read_text(encoding="utf-8").partition("# [[site]]")
    example = "\n".join(line.removeprefix("# ") for line in (tail[1] + tail[2]).splitlines())
    example = re.sub(r"^(#|A cache .*|An included .*)$", "", example, flags=re.MULTILINE)
    configuration = folder.load("enabled = true\n" + example)
    assert configuration.for_url("shop.test", "/").tracking.cookie.name == "ShopTracking"
    assert not configuration.for_url("shop.test", "/api").tracking.enabled
    assert len(configuration.root.delegate) == 1


SITES = """enabled = {}
[[site]]
host = "on.test"
enabled = true
[[site]]
host = "off.test"
enabled = false
[[site]]
host = "as.test"
"""


@pytest.mark.parametrize(
    ("switch", "written", "enabled", "origin"),
    [
        ("", "true", [True, True, False, True], "config.toml:1"),
        ("", "false", [False, True, False, False], "config.toml:1"),
        ("true", "false", [True, True, False, True], "session_tracker_enabled"),
        ("false", "true", [False, False, False, False], "session_tracker_enabled"),
    ],
)
def test_the_switch_of_the_proxy(folder, switch, written, enabled, origin):
    configuration = load(folder.write(SITES.format(written)), enabled_override=switch)
    hosts = ["other.test", "on.test", "off.test", "as.test"]
    assert [configuration.for_url(h, "/").tracking.enabled for h in hosts] == enabled
    assert configuration.enabled == enabled[0]
    assert configuration.effective()[0].origin == origin


def test_the_switch_does_not_ask_whether_the_file_speaks(folder):
    assert load(folder.write(""), enabled_override="true").enabled
    assert not load(folder.write("")).enabled


def test_a_wrong_switch_is_an_error_beside_those_of_the_file(folder):
    with pytest.raises(ConfigErrors) as raised:
        load(folder.write("a = 1"), enabled_override="yes\x1b")
    first, second = raised.value.errors
    assert str(first) == (
        'session_tracker_enabled: "yes\\x1b" is not allowed. '
        "Use true, false, or nothing at all for what the file says."
    )
    assert second.line == 1
    with pytest.raises(ConfigErrors) as raised:
        load(folder.write("a = "), enabled_override="x")
    assert len(raised.value.errors) == 2


def test_the_audit_is_told_its_cookies(folder):
    configuration = folder.load(
        '[audit]\nenabled = false\nsession_cookies = ["s*"]\naffinity_cookies = ["a"]\n'
        'preference_cookies = ["p"]\nignore_cookies = ["i"]'
    )
    audit = configuration.for_url("a.test", "/").audit
    assert (audit.enabled, audit.ignore) == (False, ("i",))
    assert (audit.names.session, audit.names.affinity, audit.names.preference) == (
        ("s*",), ("a",), ("p",),
    )  # fmt: skip


def test_privacy_and_headers_reach_the_tracker(folder):
    tracking = folder.load(
        'detect = "own-cookie"\non_new = "finish"\nenabled = true\n'
        '[privacy]\nconsent_cookie = "c"\nconsent_pattern = "yes|1"\nskip_user_agents = ["Bot"]\n'
        '[headers]\ntargeted_fields = ["CDN-X"]\nvary_cookie = true'
    )
    assert tracking.finishes
    tracking = tracking.for_url("a.test", "/").tracking
    assert tracking.consent_pattern.search("x=1")
    assert tracking.skip_user_agents[0].search("a robot")
    assert tracking.targeted_fields == {"cdn-x"}
    assert tracking.vary_cookie


def test_finishing_anywhere_counts(folder):
    site = '[[site]]\nhost = "a"\n[[site.path]]\npath = "/x"\n'
    assert folder.load(f'enabled = true\n{site}on_new = "finish"').finishes
    assert not folder.load(f'{site}on_new = "finish"').finishes


def test_loading_again(folder):
    configuration = folder.load("enabled = false")
    assert not configuration.changed()
    folder.write("enabled = true  ")
    assert configuration.changed()
    assert not configuration.changed()
    again = reload(configuration)
    assert again.enabled
    assert not again.changed()


def test_the_switch_stays_when_loading_again(folder):
    configuration = load(folder.write("enabled = true"), enabled_override="false")
    assert not reload(configuration).enabled


def test_after_loading_in_vain_what_was_read_is_watched(folder):
    configuration = folder.load("")
    folder.write('include = "sites.d/*"', broken="x")
    assert configuration.changed()
    with pytest.raises(ConfigErrors):
        reload(configuration)
    assert not configuration.changed()
    (folder.path / "sites.d/broken.toml").write_text("# mended")
    assert configuration.changed()
    assert len(reload(configuration).files) == 2


def test_a_file_that_vanished_is_told_when_loading_again(folder):
    configuration = folder.load("")
    folder.main.unlink()
    assert configuration.changed()
    with pytest.raises(ConfigErrors, match="cannot be read"):
        reload(configuration)
    folder.write("")
    assert configuration.changed()
    assert reload(configuration).files == (folder.main,)


SETTINGS = st.fixed_dictionaries(
    {},
    optional={
        "cookie.name": st.text(max_size=8) | st.sampled_from(["__Host-a", "__Http-x", "$a"]),
        "cookie.style": st.sampled_from([str(style) for style in Style]),
        "cookie.quoting": st.sampled_from(["compat", "strict"]),
        "cookie.id": st.sampled_from([str(form) for form in IdFormat if form != "signed"]),
        "cookie.path": st.text(max_size=8) | st.text("/a ;=,\"\\%'", max_size=8).map("/".__add__),
        "cookie.domain": st.text(max_size=8)
        | st.sampled_from(["none", ".a.test", "A.test", "x.a.test"]),
        "cookie.max_age": st.integers(-2, 2**31 - 1) | st.just(NONE),
        "cookie.expires_after": st.integers(-2, 2**31 - 1) | st.just(NONE),
        "cookie.secure": st.sampled_from(["auto", True, False]),
        "cookie.http_only": st.booleans(),
        "cookie.same_site": st.sampled_from([str(value) for value in SameSite]),
        "cookie.partitioned": st.booleans(),
        "cookie.version": st.sampled_from(["auto", 0, 1]),
        "cookie.comment": st.text(max_size=8),
        "cookie.comment_url": st.text(max_size=8) | st.just("http://a/?b;c=,"),
        "cookie.discard": st.booleans(),
        "cookie.port": st.just(NONE) | st.lists(st.integers(-1, 65536), max_size=3),
        "cookie.also_set_cookie": st.booleans(),
        "headers.cache_control": st.text(max_size=8)
        | st.lists(
            st.sampled_from(["private", "no-store", "public", 'private="a"', "max-age=1"])
        ).map(", ".join),
    },
)


@given(SETTINGS, st.booleans(), st.floats(0, 4e9))
def test_what_passes_the_checks_can_be_sent_and_is_safe(values, https, now):
    settings = settings_of({key: Written(value, "x", 1, 0) for key, value in values.items()})
    target = Target(settings, None, frozenset(values))
    problems = [problem for check in CHECKS for problem in check(target) if not problem.warning]
    assume(not problems)
    tracking = tracking_settings(settings, ())
    assert protects(tracking.cache_control)
    value = tracking.identifiers.new(tracking.cookie.name, "a.test")
    for field, line in serialize(tracking.cookie, value, now=now, https=https):
        assert line.isprintable() or max(line) >= "\x80"
        if field == "Set-Cookie":
            assert parse_set_cookie(line).ignored == ""


def test_signed_ids_have_the_keys_of_the_file(folder, monkeypatch):
    text = "k2:" + "B" * 43 + "\nk1:" + "A" * 43
    path = folder.path / "session.key"
    path.write_text(text)
    path.chmod(0o600)
    configuration = folder.load('cookie = { id = "signed", key_file = "session.key" }')
    assert configuration.for_url("a", "/").tracking.identifiers.keys == parse_keys(text)
    assert configuration.files == (folder.main, path)
    assert not configuration.changed()
    path.write_text(text[:46])
    assert configuration.changed()
    monkeypatch.setenv("KEYS", text)
    configuration = folder.load('cookie = { id = "signed", key_env = "KEYS" }')
    assert len(configuration.for_url("a", "/").tracking.identifiers.keys) == 2


def test_an_error_in_a_key_never_shows_it(folder):
    secret = "c2VjcmV0c2VjcmV0"
    (folder.path / "k").write_text(f"k1:{secret}")
    (error,) = folder.errors('cookie.id = "signed"\ncookie.key_file = "k"')
    assert error.problem == "k: The secret of key 1 has 12 octets, fewer than 32."
    assert error.fix == "Write one key a line, as `session-tracker config new-key` makes them."
    assert secret not in json.dumps(str(error))


def test_a_key_file_s_mode_matters_where_there_are_modes(folder, monkeypatch):
    (folder.path / "k").write_text("k1:" + "A" * 43)
    (folder.path / "k").chmod(0o644)
    (warning,) = folder.load('cookie = { id = "signed", key_file = "k" }').warnings
    assert str(warning) == (
        "config.toml:1: cookie.key_file: k is open to other users (mode 0644). [W12] "
        "Run `chmod 600 k`."
    )
    monkeypatch.setattr("session_tracking.config.keys._HAS_MODES", False)
    assert folder.load('cookie = { id = "signed", key_file = "k" }').warnings == ()
