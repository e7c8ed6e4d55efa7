"""Unknown keys and wrong types are told with their place and the fix."""

import pytest
from hypothesis import given, strategies as st

from session_tracking.config.documents import read
from session_tracking.config.root import KEYS, Root
from session_tracking.config.validation import expectation, show_value, validate

# name, configuration, line, the message behind file and line
ROWS = [
    (
        "unknown-close",
        "enabld = true",
        1,
        "enabld: is no key of this table. Did you mean `enabled`?",
    ),
    (
        "unknown-elsewhere",
        "name = 1",
        1,
        "name: is no key of this table. Did you mean `cookie.name`?",
    ),
    (
        "unknown-close-elsewhere",
        "[audit]\ncookie_nam = 1",
        2,
        "audit.cookie_nam: is no key of this table. Did you mean `cookie.name`?",
    ),
    (
        "unknown",
        "[headers]\nxyzzy = 1",
        2,
        (
            "headers.xyzzy: is no key of this table. Known here: cache_control, vary_cookie, "
            "targeted_fields."
        ),
    ),
    (
        "unknown-in-site",
        '[[site]]\nhost = "a"\ncookie.naem = 1',
        3,
        "site.cookie.naem: is no key of this table. Did you mean `name`?",
    ),
    ("unknown-and-not-alike", "nope = 1", 1, "nope: is no key of this table. Known here: enabled"),
    ("unknown-hostile", '"a\\u001b[2J" = 1', 1, "a\\x1b[2J: is no key of this table. Known here: "),
    ("bool", 'enabled = "yes"', 1, 'enabled: "yes" is not allowed. Use true or false.'),
    ("bool-from-int", "enabled = 1", 1, "enabled: 1 is not allowed. Use true or false."),
    (
        "int-from-bool",
        "unconfirmed_per_minute = true",
        1,
        "unconfirmed_per_minute: true is not allowed. Use a whole number.",
    ),
    (
        "int-from-float",
        "unconfirmed_per_minute = 1.0",
        1,
        "unconfirmed_per_minute: 1.0 is not allowed. Use a whole number.",
    ),
    (
        "string",
        "cookie.name = 1979-05-27",
        1,
        "cookie.name: 1979-05-27 is not allowed. Use a string.",
    ),
    (
        "string-from-table",
        "cookie.name.x = 1",
        1,
        'cookie.name: {"x": 1} is not allowed. Use a string.',
    ),
    (
        "choice",
        'detect = "own"',
        1,
        'detect: "own" is not allowed. Use "any-cookie" or "own-cookie".',
    ),
    (
        "choice-with-empty",
        'cookie.same_site = "lax"',
        1,
        'cookie.same_site: "lax" is not allowed. Use "Lax", "Strict", "None" or "".',
    ),
    (
        "union",
        'cookie.secure = "yes"',
        1,
        'cookie.secure: "yes" is not allowed. Use "auto", true or false.',
    ),
    (
        "union-with-int",
        'cookie.max_age = "1h"',
        1,
        'cookie.max_age: "1h" is not allowed. Use "none" or a whole number.',
    ),
    (
        "too-large",
        "cookie.max_age = 2147483648",
        1,
        "cookie.max_age: 2147483648 is too large. Use at most 2147483647.",
    ),
    (
        "too-small",
        "[ledger]\nhours = 0",
        2,
        "ledger.hours: 0 is too small. Use more than 0.",
    ),
    (
        "below-the-least",
        "[log]\nsize = -1",
        2,
        "log.size: -1 is too small. Use at least 1048576.",
    ),
    (
        "path-without-site",
        '[[site.path]]\npath = "/api"',
        1,
        (
            'site: {"path": [{"path": "/api"}]} is not allowed. Write [[site]] with its host first: '
            "each [[site.path]] belongs to the one above it."
        ),
    ),
    (
        "array",
        'privacy.skip_user_agents = "bot"',
        1,
        'privacy.skip_user_agents: "bot" is not allowed. Use an array of strings.',
    ),
    (
        "array-item",
        'cookie.port = [80,\n443,\n"x"]',
        3,
        'cookie.port: "x" is not allowed. Use "none" or an array of numbers.',
    ),
    (
        "array-items-line",
        'locked = ["cookie",\n1]',
        2,
        'locked: 1 is not allowed. Use "*" or an array of strings.',
    ),
    (
        "string-item",
        'privacy.skip_user_agents = ["a",\n1]',
        2,
        "privacy.skip_user_agents: 1 is not allowed. Use an array of strings.",
    ),
    (
        "id",
        'cookie.id = "uuid"',
        1,
        'cookie.id: "uuid" is not allowed. Use "decimal64", "hex128", "b64url128" or "signed".',
    ),
    (
        "id-enough-entropy",
        'cookie.id = "hex64"',
        1,
        'cookie.id: "hex64" is not allowed. Use "decimal64", "hex128", "b64url128" or "signed".',
    ),
    (
        "id-too-short",
        'cookie.id = "hex063"',
        1,
        (
            'cookie.id: "hex063" has less than 64 bits of entropy: ids can be guessed. [E18] Use '
            '"decimal64", "hex128", "b64url128" or "signed".'
        ),
    ),
    ("table", "cookie = true", 1, "cookie: true is not allowed. Use a table: [cookie]."),
    (
        "array-of-tables",
        '[site]\nhost = "a"',
        1,
        'site: {"host": "a"} is not allowed. Use tables in double brackets: [[site]].',
    ),
    (
        "array-of-tables-below",
        '[[site]]\nhost = "a"\n[site.path]\npath = "/"',
        3,
        'site.path: {"path": "/"} is not allowed. Use tables in double brackets: [[site.path]].',
    ),
    (
        "table-in-array",
        "site = [1]",
        1,
        "site: 1 is not allowed. Use tables in double brackets: [[site]].",
    ),
    (
        "missing",
        "enabled = true\n[[site]]\nenabled = true",
        2,
        "site.host: is missing. Add `host = …`, a string.",
    ),
    (
        "missing-path",
        '[[site]]\nhost = "a"\n[[site.path]]',
        3,
        "site.path.path: is missing. Add `path = …`, a string.",
    ),
    (
        "missing-array",
        '[[delegate]]\nfile = "a"',
        1,
        "delegate.hosts: is missing. Add `hosts = …`, an array of strings.",
    ),
    (
        "host-in-path",
        '[[site]]\nhost = "a"\n[[site.path]]\npath = "/"\nhost = "b"',
        5,
        "site.path.host: is no key of this table. Known here: ",
    ),
    ("long", f'detect = "{"x" * 500}"', 1, f'detect: "{"x" * 199}… is not allowed. Use '),
]


@pytest.mark.parametrize(
    ("text", "line", "message"), [pytest.param(*row, id=name) for name, *row in ROWS]
)
def test_an_error_has_place_problem_and_fix(folder, text, line, message):
    (error,) = folder.errors(text)
    assert str(error).startswith(f"config.toml:{line}: {message}")


def test_all_errors_are_told_in_order_and_nothing_that_follows_from_them(folder):
    errors = folder.errors(
        'cookie.secure = 3\nsame_site = "None"\n[[site]]\ncookie.same_site = "None"\n'
        'host = 3\n[[site]]\nhost = "a.test"\ncookie.same_site = "None"\ncookie.max_age = 0'
    )
    assert [(error.line, error.key) for error in errors] == [
        (1, "cookie.secure"),
        (2, "same_site"),
        (5, "site.host"),
        (9, "site.cookie.max_age"),
    ]


def test_a_table_that_cannot_be_read_silences_its_checks(folder):
    (error,) = folder.errors('headers = 3\n[[site]]\nhost = "a"\nheaders.cache_control = "x"')
    assert error.key == "headers"


VALUES = {
    "true or false": "x",
    "a string": True,
    "a whole number": "x",
    "an array of strings": 1,
}


@given(st.data())
def test_the_reported_line_holds_the_one_bad_key(tmp_path_factory, data):
    """Any subset of keys, in any order and layout, with one value of a wrong type."""
    chosen = data.draw(st.lists(st.sampled_from(list(KEYS)), min_size=1, unique=True))
    bad = data.draw(st.sampled_from(chosen))
    place = data.draw(st.sampled_from(["", '[[site]]\nhost = "a.test"\n']))
    lines = [f"{key} = {_toml(KEYS[key].default, wrong=key == bad)}\n" for key in chosen]
    blanks = data.draw(st.lists(st.sampled_from(["\n", "# cookie.name = 3\n"]), max_size=3))
    text = place + "".join(data.draw(st.permutations(lines + blanks)))
    path = tmp_path_factory.mktemp("any") / "config.toml"
    path.write_text(text)
    (error,), unusable = validate(read(path), Root)
    assert text.splitlines()[error.line - 1].startswith(f"{bad} = ")
    assert error.key.removeprefix("site.") == bad
    assert len(unusable) == 1


def _toml(value, *, wrong):
    return "1979-05-27" if wrong else show_value(list(value) if isinstance(value, tuple) else value)


def test_every_key_tells_what_it_expects():
    for field in KEYS.values():
        assert expectation(field.annotation)
