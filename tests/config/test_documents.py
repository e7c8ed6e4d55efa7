"""Files that are no TOML, or no files."""

from pathlib import Path

import pytest

from session_tracking.config.documents import display_name, read
from session_tracking.errors import ConfigError

ROWS = [
    ("value", b"a = 1\nb = x\n", 2, "is not TOML: Invalid value."),
    ("twice", b"a = 1\na = 2\n", 2, "is not TOML: Cannot overwrite a value."),
    ("end", b"a = 1\nb = [", 2, "is not TOML: Invalid value."),
    ("control", b"a = 1\n# \x1b[2J", 2, "is not TOML: Found invalid character '\\x1b'."),
    ("utf-8", b"a = 1\n\nb = '\xff'", 3, "is not UTF-8."),
    ("huge-number", b"a = " + b"9" * 5000, None, "is not TOML: "),
    ("deep", b"a = " + b"[" * 5000, None, "is nested too deeply."),
]


@pytest.mark.parametrize(
    ("content", "line", "problem"), [pytest.param(*row, id=name) for name, *row in ROWS]
)
def test_a_broken_file_is_told_with_its_line(tmp_path, content, line, problem):
    path = tmp_path / "x.toml"
    path.write_bytes(content)
    with pytest.raises(ConfigError) as raised:
        read(path)
    assert raised.value.line == line
    assert raised.value.problem.startswith(problem)
    assert raised.value.problem.isprintable()
    assert raised.value.fix


@pytest.mark.parametrize(
    ("content", "fix"),
    [
        ("enabled = true\n[cookie\nname = 1", "Close the header, as in [cookie]."),
        ("[[site]\n", "Close the header with two brackets, as in [[site]]."),
        ("[[site]]]\n", "Write each setting on a line of its own, and text in quotes."),
        ("enabled: true", "Write a setting as key = value."),
        ("= 1", "Write a setting as key = value."),
        ("a = 1\na = 1", "Write each key and each [table] once; "),
        ("[a]\n[a]", "Write each key and each [table] once; "),
        ("a = x", "Put text in quotes, "),
        ("a = 1\nenabled = True", "Write true and false in lower case."),
        ("a = 1\nenabled = [", "Put text in quotes, "),
        ("a = 'x\n'", "Put text in quotes, "),
        ('a = "C:\\dir"', "Put text in quotes, with \\\\ for a backslash, "),
        ("# \x1b", "See https://toml.io."),
    ],
)
def test_the_remedy_is_for_what_is_wrong(tmp_path, content, fix):
    path = tmp_path / "x.toml"
    path.write_text(content)
    with pytest.raises(ConfigError) as raised:
        read(path)
    assert raised.value.fix.startswith(fix)


@pytest.mark.parametrize("name", ["missing.toml", "."])
def test_a_file_that_cannot_be_read_is_told(tmp_path, name):
    with pytest.raises(ConfigError, match=r"cannot be read: .* `session-tracker config init`"):
        read(tmp_path / name)


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path):
    path = tmp_path / "x.toml"
    path.write_bytes(b"\xef\xbb\xbfa = 1")
    assert read(path).data == {"a": 1}


def test_a_text_stands_for_the_content_of_the_file(tmp_path):
    assert read(tmp_path / "not there", "a = 1").data == {"a": 1}


def test_a_name_is_as_short_as_it_can_be(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert display_name(tmp_path / "a/b.toml") == "a/b.toml"
    assert display_name(Path("/a/b\n.toml")) == "/a/b\\x0a.toml"
    assert display_name(Path("b.toml")) == "b.toml"


def test_a_key_that_is_not_there_has_the_line_of_its_table(tmp_path):
    document = read(tmp_path / "x", "\n[a]\nb = 1\n[[c]]")
    assert [document.line(at) for at in [("x",), ("a", "x", 1), ("a", "b"), ("c", 0, "d")]] == [
        1,
        2,
        3,
        4,
    ]
