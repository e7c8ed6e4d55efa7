"""`[fleet]`: what is wrong with it is told at the start, what is secret stays in its file."""

import pytest

from session_tracking.errors import ConfigErrors
from session_tracking.swaps.redis_ledger import FleetSettings

SECRET = "0123456789abcdefghijklmnopqrstuvwxyz"
LEDGER = '[fleet]\nledger = "redis://cache.test"\n'
KEYED = f'{LEDGER}secret_file = "secret"\n'


@pytest.fixture
def files(folder):
    for name, text in (("secret", f"{SECRET}\n"), ("password", "sesame\n"), ("ca.pem", "PEM")):
        path = folder.path / name
        path.write_text(text)
        path.chmod(0o600)
    return folder


def test_without_a_fleet(folder):
    assert folder.load("enabled = true\n").fleet is None
    assert folder.load('[fleet]\nledger = ""\nname = "x"\n').fleet is None


def test_a_fleet(files):
    configuration = files.load(
        '[fleet]\nledger = "rediss://cache.test/1"\nsecret_file = "secret"\nname = "f"\n'
        'username = "proxy"\npassword_file = "password"\nca_file = "ca.pem"\nwaiting = 5\n'
    )
    assert configuration.fleet == FleetSettings(
        "rediss://cache.test/1", SECRET.encode(), "f", "proxy", "sesame",
        str(files.path / "ca.pem"), 5,
    )  # fmt: skip
    assert {path.name for path in configuration.files} >= {"secret", "password"}
    assert configuration.warnings == ()


def test_secrets_of_the_environment(folder, monkeypatch):
    monkeypatch.setenv("FLEET_SECRET", SECRET)
    monkeypatch.setenv("FLEET_PASSWORD", "sesame")
    fleet = folder.load(
        f'{LEDGER}secret_env = "FLEET_SECRET"\npassword_env = "FLEET_PASSWORD"\n'
    ).fleet
    assert (fleet.secret, fleet.password) == (SECRET.encode(), "sesame")


def test_a_secret_that_others_may_read(files):
    (files.path / "secret").chmod(0o644)
    [warning] = files.load(KEYED).warnings
    assert (warning.code, warning.key, warning.line) == ("W12", "fleet.secret_file", 3)
    assert "chmod 600" in warning.fix


WRONG = [
    ("url", '[fleet]\nledger = "http://cache.test"\nsecret_file = "secret"', 2, "Begin with redis://"),
    ("password-in-url", '[fleet]\nledger = "redis://:x@cache.test"\nsecret_file = "secret"', 2, "fleet.password_file"),
    ("no-secret", LEDGER, None, "config new-key"),
    ("no-file", f'{LEDGER}secret_file = "none"', 3, "none cannot be read: No such file"),
    ("no-text", f'{LEDGER}secret_file = "binary"', 3, "not UTF-8"),
    ("short", f'{LEDGER}secret_file = "password"', 3, "less than 32 characters"),
    ("no-variable", f'{LEDGER}secret_env = "NOBODY_SET_THIS"', 3, "NOBODY_SET_THIS is not set"),
    ("short-variable", f'{LEDGER}secret_env = "SHORT"', 3, "less than 32 characters"),
    ("both", f'{KEYED}secret_env = "SHORT"', 4, "Name one of the two"),
    ("no-password", f'{KEYED}password_file = "none"', 4, "holds the password alone"),
    ("ca-without-tls", f'{KEYED}ca_file = "ca.pem"', 4, "Use rediss://"),
    ("no-ca", '[fleet]\nledger = "rediss://cache.test"\nsecret_file = "secret"\nca_file = "none"', 4, "there is no file"),
    ("name", f'{KEYED}name = "a{{b}}"', 4, "cannot begin a key"),
    ("waiting", f"{KEYED}waiting = 0", 4, "waiting"),
    ("unknown", f'{KEYED}secrets = "x"', 4, "Did you mean"),
    ("no-table", "fleet = 1", 1, "not allowed"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "line", "told"), [pytest.param(*r, id=i) for i, *r in WRONG])
def test_wrong(files, monkeypatch, text, line, told):
    monkeypatch.setenv("SHORT", "x")
    (files.path / "binary").write_bytes(b"\xff" * 40)
    with pytest.raises(ConfigErrors) as caught:
        files.load(text + "\n")
    errors = caught.value.errors
    assert any((line in {None, each.line}) and told in str(each) for each in errors), caught.value
    assert "sesame" not in str(caught.value)
