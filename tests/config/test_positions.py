"""Every key of a document is found where it stands."""

import json
import tomllib

import pytest
from hypothesis import given, strategies as st

from session_tracking.config.positions import scan

ROWS = [
    ("empty", "", {(): 1}),
    ("comments", "# a = 1\n\n  # b\na = 1 # c = 2\n", {(): 1, ("a",): 4}),
    (
        "dotted",
        "\na.b . 'c d'.\"e\\u0066\" = 1",
        {
            (): 1,
            ("a",): 2,
            ("a", "b"): 2,
            ("a", "b", "c d"): 2,
            ("a", "b", "c d", "ef"): 2,
        },
    ),
    (
        "table",
        "[a]\nb = 1\n[ a . c ]\nd = 1",
        {
            (): 1,
            ("a",): 1,
            ("a", "b"): 2,
            ("a", "c"): 3,
            ("a", "c", "d"): 4,
        },
    ),
    (
        "parent-after-child",
        "[a.b]\nc = 1\n[a]\nd = 1",
        {
            (): 1,
            ("a",): 1,
            ("a", "b"): 1,
            ("a", "b", "c"): 2,
            ("a", "d"): 4,
        },
    ),
    (
        "tables-in-tables",
        "[[s]]\nh = 1\n[[s.p]]\nx = 1\n[[s.p]]\nx.y = 2\n[[s]]\n[[s.p]]\n[s.p.q]",
        {
            (): 1,
            ("s",): 1,
            ("s", 0): 1,
            ("s", 0, "h"): 2,
            ("s", 0, "p"): 3,
            ("s", 0, "p", 0): 3,
            ("s", 0, "p", 0, "x"): 4,
            ("s", 0, "p", 1): 5,
            ("s", 0, "p", 1, "x"): 6,
            ("s", 0, "p", 1, "x", "y"): 6,
            ("s", 1): 7,
            ("s", 1, "p"): 8,
            ("s", 1, "p", 0): 8,
            ("s", 1, "p", 0, "q"): 9,
        },
    ),
    (
        "array-over-lines",
        "a = [ # 1\n 1,\n # [\n [2,\n3], ]\nb = 1",
        {
            (): 1,
            ("a",): 1,
            ("a", 0): 2,
            ("a", 1): 4,
            ("a", 1, 0): 4,
            ("a", 1, 1): 5,
            ("b",): 6,
        },
    ),
    (
        "inline-tables",
        "a = { b = 1, 'c' . d = [{ e = '}' }, {}], f = {} }",
        {
            (): 1,
            ("a",): 1,
            ("a", "b"): 1,
            ("a", "c"): 1,
            ("a", "c", "d"): 1,
            ("a", "c", "d", 0): 1,
            ("a", "c", "d", 0, "e"): 1,
            ("a", "c", "d", 1): 1,
            ("a", "f"): 1,
        },
    ),
    (
        "strings-over-lines",
        'a = """\nb = 1\\"""\n[c]""\n"""""\nd = \'\'\'\n]\'\'\'\'\'\ne = "#"',
        {
            (): 1,
            ("a",): 1,
            ("d",): 5,
            ("e",): 7,
        },
    ),
    (
        "carriage-returns",
        "a = 1\r\n[b]\r\n\r\nc = '''\r\n'''\r\nd = 1\r\n",
        {
            (): 1,
            ("a",): 1,
            ("b",): 2,
            ("b", "c"): 4,
            ("b", "d"): 6,
        },
    ),
    (
        "dates",
        "a = 1979-05-27 07:32:00\nb = [1979-05-27T07:32:00Z, 07:32:00]",
        {
            (): 1,
            ("a",): 1,
            ("b",): 2,
            ("b", 0): 2,
            ("b", 1): 2,
        },
    ),
]


@pytest.mark.parametrize(
    ("text", "positions"), [pytest.param(*row, id=name) for name, *row in ROWS]
)
def test_scan(text, positions):
    assert scan(text) == positions
    assert set(positions) == set(locations(tomllib.loads(text)))


def locations(value, at=()):
    """Every location in plain data."""
    yield at
    if isinstance(value, dict):
        for key, inner in value.items():
            yield from locations(inner, (*at, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value):
            yield from locations(inner, (*at, index))


def quoted(text):
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


class Layout:
    """Writes a document with random freedom, and remembers the line of each key."""

    def __init__(self, draw):
        self.draw = draw
        self.text = ""
        self.found = {(): 1}

    def write(self, text):
        self.text += text

    def record(self, location):
        self.found.setdefault(location, self.text.count("\n") + 1)

    def choose(self, *choices):
        return self.draw(st.sampled_from(choices))

    def blank(self, *, lines):
        more = ("\n", "# a = [1, '''\n", "\r\n\t") if lines else ()
        self.write(
            "".join(self.draw(st.lists(st.sampled_from(("", " ", "\t", *more)), max_size=3)))
        )

    def key(self, name):
        if name.isascii() and name.replace("-", "").isalnum():
            name = self.choose(name, quoted(name), f"'{name}'")
        else:
            name = quoted(name)
        self.write(name)

    def path(self, at, names):
        for index, name in enumerate(names):
            if index:
                self.write(self.choose(".", " . ", "\t."))
            at = (*at, name)
            self.record(at)
            self.key(name)
        return at

    def value(self, at, depth=0):
        match self.draw(st.integers(0, 4 if depth < 2 else 2)):
            case 0:
                self.write(self.choose("1", "-0.5", "true", "1979-05-27 07:32:00", "0xF"))
            case 1:
                self.write(quoted(self.draw(st.text(max_size=6))))
            case 2:
                fill = self.choose("", "\nx = [", "[y]\n", "#", '"', '""', "\\\\", '\\"""')
                end = self.choose("", "x", '"', '""')
                self.write(self.choose(f'"""{fill} {end}"""', f"'''{fill}'''''"))
            case 3:
                self.write("[")
                self.blank(lines=True)
                for index in range(self.draw(st.integers(0, 3))):
                    self.record((*at, index))
                    self.value((*at, index), depth + 1)
                    self.blank(lines=True)
                    self.write(",")
                    self.blank(lines=True)
                self.write("]")
            case 4:
                self.write("{ ")
                for index, names in enumerate(self.names(3)):
                    self.write(", " if index else "")
                    self.pair(at, names, depth + 1)
                self.write(" }")

    def names(self, most):
        """Lists of names that do not get into each other's way."""
        firsts = self.draw(st.lists(st.text(max_size=3), max_size=most, unique=True))
        return [[first, *self.draw(st.lists(st.text(max_size=3), max_size=1))] for first in firsts]

    def pair(self, at, names, depth=0):
        at = self.path(at, names)
        self.write(self.choose("=", " = "))
        self.value(at, depth)

    def pairs(self, at):
        for names in self.names(3):
            self.blank(lines=True)
            self.pair(at, names)
            self.write(self.choose("\n", " # c = 1\n", "\r\n"))

    def document(self):
        self.pairs(())
        for number in range(self.draw(st.integers(0, 3))):
            # A prefix keeps these names apart from the others.
            names = [f"table {number}", *self.draw(st.lists(st.text(max_size=3), max_size=1))]
            times = self.draw(st.integers(0, 2))
            for index in range(max(1, times)):
                self.blank(lines=True)
                self.write("[[" if times else "[")
                at = self.path((), names)
                self.write("]]" if times else "]")
                if times:
                    at = (*at, index)
                    self.record(at)
                self.write("\n")
                self.pairs(at)
        return self.text, self.found


@st.composite
def documents(draw):
    return Layout(draw).document()


@given(documents())
def test_every_key_is_found_where_it_was_written(document):
    text, found = document
    assert scan(text) == found
    assert set(found) == set(locations(tomllib.loads(text)))
