"""Inheritance and locks: global → site → path, the nearest wins, what is locked stays."""

import pytest
from hypothesis import given, strategies as st

from session_tracking.config.levels import Level, Written, merge

SITE = '[[site]]\nhost = "a.test"\n'
PATH = '[[site.path]]\npath = "/x"\n'
DEEPER = '[[site.path]]\npath = "/x/y"\n'

# name, configuration, line of each violation (none: it is fine)
ROWS = [
    ("free", f'cookie.name = "a"\n{SITE}cookie.name = "b"\n{PATH}cookie.name = "c"', []),
    ("key", f'locked = ["cookie.name"]\n{SITE}cookie.name = "b"', [4]),
    ("same-value", f'cookie.name = "b"\nlocked = ["cookie.name"]\n{SITE}cookie.name = "b"', [5]),
    ("other-key", f'locked = ["cookie.name"]\n{SITE}cookie.path = "/b"', []),
    ("own-level", f'locked = ["enabled"]\nenabled = true\n{SITE}', []),
    ("table", f'locked = ["cookie"]\n{SITE}cookie.name = "b"\nenabled = true', [4]),
    ("table-of-same-start", f'locked = ["audit"]\n{SITE}cookie.name = "b"', []),
    ("through-to-path", f'locked = ["enabled"]\n{SITE}{PATH}enabled = true', [6]),
    ("site-for-path", f'{SITE}locked = ["enabled"]\nenabled = false\n{PATH}enabled = true', [7]),
    (
        "site-for-other-site",
        f'{SITE}locked = ["enabled"]\n[[site]]\nhost = "b"\nenabled = true',
        [],
    ),
    ("path-for-deeper", f'{SITE}{PATH}locked = ["enabled"]\n{DEEPER}enabled = true', [8]),
    ("path-for-wider", f'{SITE}{DEEPER}locked = ["enabled"]\n{PATH}enabled = true', []),
    (
        "path-for-other",
        f'{SITE}{PATH}locked = ["enabled"]\n[[site.path]]\npath = "/xy"\nenabled=true',
        [],
    ),
    ("all", f'locked = "*"\n{SITE}enabled = true\ncookie.name = "b"', [4, 5]),
    ("all-in-array", f'locked = ["*"]\n{SITE}enabled = true', [4]),
    ("all-listing", f'locked = "*"\n{SITE}{PATH}', []),
    (
        "all-but",
        (
            f'locked_except = ["cookie.name", "audit"]\n{SITE}cookie.name = "b"\n'
            "audit.enabled = false\nenabled = true"
        ),
        [6],
    ),
    ("all-but-nothing", f"locked_except = []\n{SITE}enabled = true", []),
    ("deny", f'override = "deny"\n{SITE}enabled = true', [4]),
    ("allow", f'override = "allow"\n{SITE}enabled = true', []),
    ("unlock-below", f'override = "deny"\n{SITE}override = "allow"\nlocked = []', [4, 5]),
    (
        "lock-more-below",
        f'locked = ["enabled"]\n{SITE}locked = ["cookie"]\n{PATH}detect = "own-cookie"',
        [],
    ),
    ("lock-below-all-but", f'locked_except = ["enabled"]\n{SITE}locked = ["enabled"]\n{PATH}', []),
    (
        "lock-more-and-break",
        f'locked = ["enabled"]\n{SITE}locked = ["cookie"]\n{PATH}cookie.name="c"',
        [7],
    ),
    ("two-locks", f'locked = ["enabled", "cookie"]\n{SITE}cookie.name = "b"', [4]),
    ("contradiction", f'locked_except = ["cookie"]\nlocked = ["cookie"]\n{SITE}', [2]),
    ("contradiction-with-deny", f'locked_except = ["cookie"]\noverride = "deny"\n{SITE}', [1]),
    ("contradiction-at-site", f'{SITE}override = "deny"\nlocked = "*"', [4]),
]


@pytest.mark.parametrize(("text", "lines"), [pytest.param(*row, id=name) for name, *row in ROWS])
def test_locks(folder, text, lines):
    errors = folder.errors(text)
    assert [(error.code, error.line) for error in errors] == [("E23", line) for line in lines]


def test_a_violation_names_both_places(folder):
    (error,) = folder.errors(f'locked = [\n"enabled",\n"cookie"]\n{SITE}cookie.name = "b"')
    assert str(error) == (
        'config.toml:6: site.cookie.name: is locked at config.toml:3 by locked = ["cookie"]. [E23] '
        "Remove it here, also if the value is the same, or free it at config.toml:3."
    )


def test_a_violation_in_an_included_file_names_both_files(folder):
    (error,) = folder.errors(
        'include = "sites.d/*"\nlocked = "*"\n[[delegate]]\nfile = "t.toml"\nhosts = ["a.test"]',
        t=f"{SITE}enabled = true",
    )
    assert str(error).startswith(
        "sites.d/t.toml:3: site.enabled: is locked at config.toml:2 by locked = "
    )


@pytest.mark.parametrize(
    ("text", "line", "fix"),
    [
        ('locked = ["enabled",\n"cookie.nmae"]', 2, "Did you mean `cookie.name`?"),
        ('locked_except = ["*"]', 1, "Name keys such as `cookie.name`."),
        ('locked = ["x\\u001b"]', 1, "Name keys such as `cookie.name`."),
    ],
)
def test_a_lock_names_a_key(folder, text, line, fix):
    (error,) = folder.errors(text)
    assert (error.line, error.fix) == (line, fix)
    assert str(error).isprintable()


KEYS = ["enabled", "detect", "cookie.name", "cookie.path"]


def level(values):
    written = {key: Written(value, "x", 1, 0) for key, value in values.items()}
    return Level(None, (), None, None, written)


@given(st.lists(st.dictionaries(st.sampled_from(KEYS), st.integers()), max_size=4))
def test_the_nearest_value_wins_key_by_key(tables):
    merged = {key: written.value for key, written in merge(map(level, tables)).items()}
    assert merged == {
        key: next(table[key] for table in reversed(tables) if key in table)
        for key in KEYS
        if any(key in table for table in tables)
    }


def test_locks_of_a_merged_level_are_no_settings():
    assert merge([level({"locked": "*", "override": "deny", "include": "x"})]) == {}
