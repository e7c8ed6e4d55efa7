"""The commands below `session-tracker config`."""

import json
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator

from session_tracking.cli.main import session_tracker
from session_tracking.config.loading import load
from session_tracking.config.root import KEYS
from session_tracking.tracking.identifiers import parse_keys

SHIPPED = Path(__file__).resolve().parents[2] / "config.toml"
FILE = """\
enabled = true
locked = ["audit"]
cookie.name = "a\\u009b"
[[site]]
host = "*.a.test"
[[site.path]]
path = "/"
cookie.comment = "é\\u202e"
"""
GOOD = FILE.replace("\\u009b", "").replace('cookie.comment = "é\\u202e"', 'cookie.path = "/é"')


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        return CliRunner().invoke(session_tracker, ["config", *arguments])

    return run


@pytest.fixture
def config(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text(GOOD.replace("/é", "/%C3%A9"))
    return path


def test_init_writes_the_shipped_file(run, tmp_path):
    assert run("init").output == "wrote config.toml\n"
    assert (tmp_path / "config.toml").read_bytes() == SHIPPED.read_bytes()
    assert run("check", "config.toml").exit_code == 0


def test_init_overwrites_only_when_told(run, tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text("mine")
    refused = run("init", "mine.toml")
    assert (refused.exit_code, path.read_text()) == (64, "mine")
    assert "mine.toml exists; --force overwrites it." in refused.output
    assert run("init", "mine.toml", "--force").exit_code == 0
    assert path.read_bytes() == SHIPPED.read_bytes()


def test_init_writes_to_standard_output(run, tmp_path):
    assert run("init", "-").output == SHIPPED.read_text(encoding="utf-8")
    assert list(tmp_path.iterdir()) == []


def test_init_into_a_folder_that_is_not_there(run):
    result = run("init", "missing/config.toml")
    assert result.exit_code == 64
    assert "missing/config.toml: No such file or directory." in result.output


def test_check_tells_warnings_and_notes(run, config):
    config.write_text("enabled = true\ncookie.http_only = false")
    result = run("check", "config.toml")
    assert result.exit_code == 0
    assert result.output.splitlines() == [
        (
            "warning: config.toml:2: cookie.http_only: is off: scripts can read the cookie. [W3] "
            "Set cookie.http_only = true."
        ),
        (
            "note: config.toml: cookie.max_age: no lifetime: the cookie lasts until the browser is "
            "closed. [W11] Set cookie.max_age to recognise visitors later."
        ),
        "config.toml: no errors, 1 warning, 1 note",
    ]
    config.write_text("cookie.http_only = false\ncookie.secure = false")
    assert "no errors, 2 warnings, 1 note;" in run("check", "--config", "config.toml").output
    config.write_text("cookie.max_age = 60")
    off = "; enabled is false: no cookies are given out"
    assert run("check", "config.toml").output == f"config.toml: no errors, no warnings{off}\n"
    config.write_text('cookie.max_age = 60\n[[site]]\nhost = "a.test"\nenabled = true')
    assert run("check", "config.toml").output == "config.toml: no errors, no warnings\n"


def test_check_takes_one_file(run, config):
    result = run("check", "config.toml", "--config", "config.toml")
    assert result.exit_code == 64
    assert "leave one of them out" in result.stderr


def test_show_lists_what_is_set_and_where(run, config):
    assert run("show", "--config", str(config)).output == (
        "enabled      true         config.toml:1\n"
        'cookie.name  "a"          config.toml:3\n'
        'locked       ["audit"]    config.toml:2\n'
        "\n"
        'host         "*.a.test"   config.toml:5\n'
        "\n"
        'path         "/"          config.toml:7\n'
        'cookie.path  "/%C3%A9"    config.toml:8\n'
    ).replace("   config", "  config")


def test_show_as_toml_is_the_same_configuration(run, config, tmp_path):
    shown = run("show", "--config", "config.toml", "--format", "toml").output
    assert tomllib.loads(shown) == tomllib.loads(config.read_text())
    assert "enabled = true  # config.toml:1\n" in shown


def test_show_as_json(run, config):
    rows = json.loads(run("show", "--config", "config.toml", "--format", "json").output)
    assert rows[0] == {
        "site": None,
        "path": None,
        "key": "enabled",
        "value": True,
        "origin": "config.toml:1",
    }
    assert rows[-1] == {
        "site": "*.a.test",
        "path": "/",
        "key": "cookie.path",
        "value": "/%C3%A9",
        "origin": "config.toml:8",
    }


def test_show_nothing(run, config):
    config.write_text("")
    assert run("show", "--config", "config.toml").output == "\n"


def test_show_effective_has_every_key_with_its_origin(run, config):
    result = run("show", "--config", "config.toml", "--effective")
    lines = [line.split() for line in result.stdout.splitlines()]
    assert [line[0] for line in lines] == list(KEYS)
    assert lines[0] == ["enabled", "true", "config.toml:1"]
    assert lines[1] == ["detect", '"any-cookie"', "default"]
    assert result.stderr == "Sites have values of their own, shown by --url: *.a.test\n"
    shown = run("show", "--config", "config.toml", "--effective", "--format", "toml").stdout
    assert tomllib.loads(shown)["cookie"]["name"] == "a"


def test_show_for_a_url(run, config):
    shown = run("show", "--config", "config.toml", "--url", "x.a.test/y", "--format", "toml").stdout
    assert tomllib.loads(shown)["cookie"]["path"] == "/%C3%A9"
    assert 'cookie.path = "/%C3%A9"  # config.toml:8' in shown
    assert run("show", "--url", "http://x.test").stderr == ""


@pytest.mark.parametrize("url", ["", "/x", "http://", "http://:80/", "http://[", "?q"])
def test_show_needs_a_host_in_a_url(run, config, url):
    result = run("show", "--config", "config.toml", "--url", url)
    assert (result.exit_code, result.stdout) == (64, "")
    assert "Write the URL as https://HOST/PATH." in result.stderr


def test_hostile_text_is_shown_escaped(run, config):
    config.write_text('privacy.skip_user_agents = ["\\u202e🍪\\u2028"]')
    for form in ("table", "json"):
        shown = run("show", "--config", "config.toml", "--format", form).output
        assert shown.replace("\n", "").isprintable()
    shown = run("show", "--config", "config.toml", "--format", "toml").output
    assert shown.replace("\n", "").isprintable()
    assert tomllib.loads(shown) == tomllib.loads(config.read_text())


def test_set_edits_in_place(run, config):
    result = run("set", "cookie.max_age", "60", "detect", "own-cookie", "--config", "config.toml")
    assert result.output == 'cookie.max_age = 60\ndetect = "own-cookie"\n'
    assert load(config).root.cookie.max_age == 60
    assert (
        run(
            "set",
            "enabled",
            "false",
            "--site",
            "*.a.test",
            "--path",
            "/",
            "--config",
            "config.toml",
        ).exit_code
        == 0
    )
    assert not load(config).for_url("x.a.test", "/").tracking.enabled


def test_set_tells_warnings(run, config):
    result = run("set", "cookie.http_only", "false", "--config", "config.toml")
    assert result.output.startswith("cookie.http_only = false\nwarning: config.toml:4: ")


def test_set_refuses_what_check_would(run, config):
    before = config.read_text()
    result = run("set", "cookie.max_age", "-1", "--config", "config.toml")
    assert result.exit_code == 78
    first, second = result.stderr.splitlines()
    assert first == "config.toml: nothing was written."
    assert second.startswith("error: config.toml: cookie.max_age: -1 would delete")
    assert config.read_text() == before


def test_set_a_path_needs_a_site(run):
    result = run("set", "enabled", "true", "--path", "/x")
    assert (result.exit_code, "--path needs --site." in result.output) == (64, True)


@pytest.mark.parametrize("command", ["set", "new-key"])
def test_examples_of_changes_name_a_file(run, command):
    lines = run(command, "--help").output.splitlines()
    shown = [line for line in lines if line.startswith("    session-tracker config set")]
    assert shown
    assert all("--config tracker.toml" in line for line in shown)


def test_set_works_on_the_checkout_s_file_and_not_on_an_installed_one(run, tmp_path, monkeypatch):
    config = tmp_path / "config.toml"
    config.write_text("")
    monkeypatch.setattr("session_tracking.cli.config.default_config", lambda: config)
    result = run("set", "enabled", "true")
    assert (result.exit_code, config.read_text()) == (64, "")
    assert "Name your file with --config" in result.output
    monkeypatch.setattr("session_tracking.cli.config.PACKAGE", tmp_path / "addon/session_tracking")
    assert run("set", "enabled", "true").exit_code == 0
    assert config.read_text() == "enabled = true\n"


def test_the_schema_describes_every_key(run):
    schema = json.loads(run("schema").output)
    assert schema["$schema"].startswith("https://json-schema.org/")
    assert not schema["additionalProperties"]
    assert set(schema["properties"]) >= {key.partition(".")[0] for key in KEYS}
    cookie = schema["$defs"]["Cookie"]["properties"]
    assert cookie["max_age"]["anyOf"] == [
        {"const": "none", "type": "string"},
        {"minimum": 1, "maximum": 2147483647, "type": "integer"},
    ]
    assert cookie["port"]["anyOf"][1]["items"] == {
        "type": "integer",
        "minimum": 1,
        "maximum": 65535,
    }
    assert schema["properties"]["unconfirmed_per_minute"]["minimum"] == 0
    assert all("description" in key for key in cookie.values())
    assert schema["$defs"]["Site"]["required"] == ["host"]
    Draft202012Validator.check_schema(schema)
    checked = Draft202012Validator(schema)
    checked.validate(tomllib.loads(SHIPPED.read_text(encoding="utf-8")))
    assert not checked.is_valid({"enabeld": True})


def test_a_new_key_is_printed(run):
    assert len(parse_keys(run("new-key").output)) == 1


def test_a_new_key_goes_to_a_file_and_can_be_used(run, tmp_path):
    assert run("new-key", "session.key").output == "new key in session.key, 0 older kept\n"
    assert run("new-key", "session.key").output == "new key in session.key, 1 older kept\n"
    (tmp_path / "config.toml").write_text('cookie = { id = "signed", key_file = "session.key" }')
    assert "no warnings" in run("check", "config.toml").output
