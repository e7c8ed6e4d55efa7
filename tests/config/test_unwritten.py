"""What is said about a text that is not on disk names the lines of the file that is."""

import pytest

from session_tracking.config.editing import Place, set_keys
from session_tracking.config.unwritten import as_on_disk
from session_tracking.errors import ConfigError, ConfigErrors


@pytest.mark.parametrize(
    ("source", "line", "told"),
    [
        ("c.toml", 1, 1),
        ("c.toml", 2, None),
        ("c.toml", 3, None),
        ("c.toml", 4, 3),
        ("c.toml", None, None),
        ("other.toml", 2, 2),
    ],
)
def test_a_line_is_that_of_the_file_on_disk_or_none(source, line, told):
    error = ConfigError(source, line, "key", "problem", "fix")
    (moved,) = as_on_disk([error], "c.toml", "a\nb\nc", "a\nB\nnew\nc")
    assert (moved.line, moved.problem, moved.fix) == (told, "problem", "fix")


def test_lines_within_a_message_are_moved_too():
    error = ConfigError("c.toml", 2, "k", "is locked at c.toml:1.", "Free it at c.toml:2 or d:2.")
    (moved,) = as_on_disk([error], "c.toml", "b", "new\nb")
    assert str(moved) == "c.toml:1: k: is locked at c.toml. Free it at c.toml:1 or d:2."


def test_an_error_that_a_change_causes_elsewhere_has_its_line(folder):
    text = '\n[[site]]\nhost = "a.test"\ncookie.same_site = "None"\ncookie.secure = true\n'
    path = folder.write(text)
    with pytest.raises(ConfigErrors) as raised:
        set_keys(path, [("cookie.secure", False)], Place("a.test"))
    (error,) = raised.value.errors
    assert (error.line, error.code) == (4, "E6")


def test_an_error_that_was_there_before_keeps_its_line(folder):
    path = folder.write("nmae = 1\n")
    with pytest.raises(ConfigErrors) as raised:
        set_keys(path, [("enabled", True)], Place())
    assert [(error.line, error.key) for error in raised.value.errors] == [(1, "nmae")]
