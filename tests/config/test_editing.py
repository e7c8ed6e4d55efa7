"""Keys are set in place: everything else in the file stays as it is."""

import tomllib
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from session_tracking.config.editing import Place, parse_value, set_keys
from session_tracking.config.root import KEYS
from session_tracking.errors import ConfigErrors

FILE = """\
# head
enabled = true  # on

# The cookie
[cookie]
name = "x"   # name

# The headers
[headers]
vary_cookie = false
# of the sites

[[site]]
host = "a.test"
cookie.name = "q"

# below
[[site.path]]
path = "/a"
enabled = false

# second
[[site]]
host = "*.b.test"
cookie = { name = "b" }  # one line
[[site]]
host = "c.test"
[site.cookie]
[site.privacy]
respect_dnt = true
"""

TOP, A, B, C = Place(), Place("A.test."), Place("*.b.test"), Place("c.test")

# name, place, key, value, line before, the lines that replace it
ROWS = [
    ("replace", TOP, "enabled", False, "enabled = true  # on", ["enabled = false  # on"]),
    ("replace-in-table", TOP, "cookie.name", "y", 'name = "x"   # name', ['name = "y"   # name']),
    (
        "new",
        TOP,
        "scope",
        "documents",
        "enabled = true  # on",
        ["enabled = true  # on", 'scope = "documents"'],
    ),
    (
        "new-in-table",
        TOP,
        "cookie.path",
        "/b",
        'name = "x"   # name',
        ['name = "x"   # name', 'path = "/b"'],
    ),
    (
        "new-before-comment",
        TOP,
        "headers.targeted_fields",
        ["a", "b"],
        "vary_cookie = false",
        ["vary_cookie = false", 'targeted_fields = ["a", "b"]'],
    ),
    (
        "new-table",
        TOP,
        "audit.enabled",
        False,
        "enabled = true  # on",
        ["enabled = true  # on", "audit.enabled = false"],
    ),
    ("site-dotted", A, "cookie.name", "y", 'cookie.name = "q"', ['cookie.name = "y"']),
    ("site-new", A, "enabled", True, 'cookie.name = "q"', ['cookie.name = "q"', "enabled = true"]),
    (
        "site-new-dotted",
        A,
        "cookie.path",
        "/b",
        'cookie.name = "q"',
        ['cookie.name = "q"', 'cookie.path = "/b"'],
    ),
    (
        "site-new-table",
        A,
        "privacy.respect_gpc",
        False,
        'cookie.name = "q"',
        ['cookie.name = "q"', "privacy.respect_gpc = false"],
    ),
    (
        "inline",
        B,
        "cookie.name",
        "y",
        'cookie = { name = "b" }  # one line',
        ['cookie = { name = "y" }  # one line'],
    ),
    ("empty-table", C, "cookie.name", "y", "[site.cookie]", ["[site.cookie]", 'name = "y"']),
    ("before-tables", C, "enabled", True, 'host = "c.test"', ['host = "c.test"', "enabled = true"]),
    ("path", Place("a.test", "/a/"), "enabled", True, "enabled = false", ["enabled = true"]),
    (
        "path-new-key",
        Place("a.test", "/a"),
        "scope",
        "all",
        "enabled = false",
        ["enabled = false", 'scope = "all"'],
    ),
    (
        "new-path",
        Place("a.test", "/b"),
        "enabled",
        True,
        "enabled = false",
        ["enabled = false", "", "[[site.path]]", 'path = "/b"', "enabled = true"],
    ),
    (
        "new-path-first",
        Place("*.b.test", "/b"),
        "enabled",
        True,
        'cookie = { name = "b" }  # one line',
        [
            'cookie = { name = "b" }  # one line',
            "",
            "[[site.path]]",
            'path = "/b"',
            "enabled = true",
        ],
    ),
    (
        "new-site",
        Place("d.test"),
        "enabled",
        True,
        "respect_dnt = true",
        ["respect_dnt = true", "", "[[site]]", 'host = "d.test"', "enabled = true"],
    ),
    (
        "new-site-and-path",
        Place("d.test", "/"),
        "enabled",
        True,
        "respect_dnt = true",
        [
            "respect_dnt = true",
            "",
            "[[site]]",
            'host = "d.test"',
            "",
            "[[site.path]]",
            'path = "/"',
            "enabled = true",
        ],
    ),
]


@pytest.mark.parametrize(
    ("place", "key", "value", "before", "after"), [pytest.param(*row, id=i) for i, *row in ROWS]
)
def test_one_key_changes_and_nothing_else(folder, place, key, value, before, after):
    path = folder.write(FILE)
    set_keys(path, [(key, value)], place)
    expected = FILE.replace(f"{before}\n", "\n".join([*after, ""]), 1)
    assert path.read_text() == expected


def test_an_inline_table_takes_new_keys(folder):
    path = folder.write(FILE)
    set_keys(path, [("cookie.path", "/b")], B)
    assert tomllib.loads(path.read_text())["site"][1]["cookie"] == {"name": "b", "path": "/b"}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "enabled = true\n"),
        ("# only a comment", "enabled = true\n# only a comment"),
        ("[cookie]", "enabled = true\n[cookie]"),
        ('scope = "all"', 'scope = "all"\nenabled = true\n'),
        ("scope = 'all'\r\n[cookie]\r\n", "scope = 'all'\r\nenabled = true\n[cookie]\r\n"),
    ],
)
def test_files_with_little_in_them(folder, text, expected):
    path = folder.main
    path.write_bytes(text.encode())
    set_keys(path, [("enabled", True)], TOP)
    assert path.read_bytes().decode() == expected


def test_several_keys_are_checked_together(folder):
    path = folder.write('[cookie]\nstyle = "rfc6265"\nhttp_only = true')
    with pytest.raises(ConfigErrors, match="E14"):
        set_keys(path, [("cookie.style", "netscape")], TOP)
    configuration = set_keys(path, [("cookie.style", "netscape"), ("cookie.http_only", False)], TOP)
    assert not configuration.root.cookie.http_only
    assert [warning.code for warning in configuration.warnings] == ["W3"]


@pytest.mark.parametrize(
    ("place", "key", "value", "message"),
    [
        (TOP, "cookie.max_age", 0, "config.toml: cookie.max_age: 0 would delete"),
        (
            TOP,
            "cookie.naem",
            1,
            "config.toml: cookie.naem: is no key of this table. Did you mean",
        ),
        (TOP, "enabled", "x", 'config.toml: enabled: "x" is not allowed.'),
        (A, "include", "x", "config.toml: site.include: is no key"),
        (Place("ü.test"), "enabled", True, "config.toml: site.host: "),
        (TOP, "enabled.x", 1, "config.toml: enabled.x: cannot be set in the way this file is laid"),
        (TOP, "cookie", 1, "config.toml: cookie: 1 is not allowed. Use a table: [cookie]."),
        (
            TOP,
            "unconfirmed_per_minute",
            float("nan"),
            "config.toml: unconfirmed_per_minute: cannot",
        ),
        (TOP, "", 1, "config.toml: cannot be set in the way this file"),
        (
            Place("d.test", "x"),
            "enabled",
            True,
            'config.toml: site.path.path: "x" does not start',
        ),
    ],
)
def test_what_would_be_wrong_is_not_written(folder, place, key, value, message):
    path = folder.write(FILE)
    with pytest.raises(ConfigErrors) as raised:
        set_keys(path, [(key, value)], place)
    assert str(raised.value.errors[0]).startswith(message)
    assert path.read_text() == FILE
    assert sorted(p.name for p in folder.path.iterdir()) == ["config.toml", "sites.d"]


@pytest.mark.parametrize("text", ["site = [{ host = 'a.test' }]", "site = 3"])
def test_a_layout_that_cannot_be_edited_is_told(folder, text):
    path = folder.write(text)
    with pytest.raises(ConfigErrors, match="Write it by hand"):
        set_keys(path, [("enabled", True)], Place("a.test", "/x"))
    assert path.read_text() == text


def test_a_key_is_shown_without_control_characters(folder):
    with pytest.raises(ConfigErrors) as raised:
        set_keys(folder.write(""), [("no\x1b[31m\x00", 1)], TOP)
    assert str(raised.value).isprintable()


def test_a_file_that_is_no_toml_is_told(folder):
    with pytest.raises(ConfigErrors, match="is not TOML"):
        set_keys(folder.write("a ="), [("enabled", True)], TOP)


def test_permissions_and_links_stay(folder):
    target = folder.path / "real.toml"
    target.write_text("enabled = true")
    target.chmod(0o640)
    folder.main.symlink_to(target)
    set_keys(folder.main, [("enabled", False)], TOP)
    assert folder.main.is_symlink()
    assert target.read_text() == "enabled = false"
    assert target.stat().st_mode & 0o777 == 0o640


def test_a_file_that_cannot_be_written_is_told_and_stays(folder, monkeypatch):
    path = folder.write(FILE)

    def refuse(self, target):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(ConfigErrors, match="cannot be written: Permission denied"):
        set_keys(path, [("enabled", False)], TOP)
    assert path.read_text() == FILE
    assert sorted(p.name for p in folder.path.iterdir()) == ["config.toml", "sites.d"]


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("enabled", "true", True),
        ("cookie.name", "true", "true"),
        ("cookie.name", "shop", "shop"),
        ("cookie.name", '"shop"', "shop"),
        ("cookie.comment", "2026-11-21", "2026-11-21"),
        ("cookie.comment", "", ""),
        ("cookie.max_age", "none", "none"),
        ("cookie.max_age", "-1", -1),
        ("cookie.max_age", "1.5", 1.5),
        ("cookie.port", "[80, 443]", [80, 443]),
        ("locked", "*", "*"),
        ("locked", '["cookie"]', ["cookie"]),
        ("include", "sites.d/*.toml", "sites.d/*.toml"),
        ("no.key", "1", 1),
        ("cookie.name", "a\nb = 1", "a\nb = 1"),
        ("cookie.name", "[" * 5000, "[" * 5000),
    ],
)
def test_a_word_of_the_command_line_is_toml_or_text(key, text, value):
    assert parse_value(key, text) == value


@settings(max_examples=30)
@given(st.sampled_from(sorted(KEYS)), st.text(max_size=8), st.sampled_from([TOP, A, B, C]))
def test_any_value_is_set_whole_or_not_at_all(tmp_path_factory, key, text, place):
    path = tmp_path_factory.mktemp("any") / "config.toml"
    path.write_text(FILE)
    expected = tomllib.loads(FILE)
    with suppress(ConfigErrors):
        set_keys(path, [(key, parse_value(key, text))], place)
        table = expected
        if place.site:
            table = expected["site"][[A, B, C].index(place)]
        *tables, name = key.split(".")
        for part in tables:
            table = table.setdefault(part, {})
        table[name] = parse_value(key, text)
    assert tomllib.loads(path.read_text()) == expected
    assert [line for line in path.read_text().splitlines() if line.startswith("#")] == [
        line for line in FILE.splitlines() if line.startswith("#")
    ]
