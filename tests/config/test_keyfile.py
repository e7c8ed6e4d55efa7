"""Keys for signed ids are made, and put into files."""

import re

import pytest

from session_tracking.config.keyfile import add_key, make_key
from session_tracking.errors import ConfigErrors
from session_tracking.tracking.identifiers import parse_keys


def test_a_key_can_be_read_and_is_new_each_time():
    (first,), (second,) = parse_keys(make_key()), parse_keys(make_key())
    assert re.fullmatch(r"20\d{6}-[0-9a-f]{4}", first.id)
    assert len(first.secret) == 32
    assert first.secret != second.secret


def test_a_file_is_made_for_its_owner_alone(tmp_path):
    path = tmp_path / "k"
    assert add_key(path) == 0
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(parse_keys(path.read_text())) == 1


def test_a_new_key_goes_first_and_the_older_ones_stay(tmp_path):
    path = tmp_path / "k"
    path.write_text("# mine\nold:" + "A" * 43)
    path.chmod(0o640)
    assert add_key(path) == 1
    new, old = parse_keys(path.read_text())
    assert (old.id, new.id == "old") == ("old", False)
    assert "# mine\n" in path.read_text()
    assert path.stat().st_mode & 0o777 == 0o640


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"hello", r"holds something else than keys: Key 1 is not [^.]*\. Name another file\.$"),
        (b"\xff", r"holds something else than keys\. Name another file\.$"),
    ],
)
def test_another_file_is_left_alone(tmp_path, content, problem):
    path = tmp_path / "k"
    path.write_bytes(content)
    with pytest.raises(ConfigErrors, match=problem):
        add_key(path)
    assert path.read_bytes() == content


def test_a_file_that_cannot_be_made_is_told(tmp_path):
    with pytest.raises(ConfigErrors, match="cannot be written: No such file or directory"):
        add_key(tmp_path / "missing/k")
