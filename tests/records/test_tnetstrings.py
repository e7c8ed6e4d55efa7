import pytest
from hypothesis import given, strategies as st
from mitmproxy.io import tnetstring

from session_tracking.records import tnetstrings
from session_tracking.records.tnetstrings import FieldLines, value

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(VALUES)
def test_values_are_read_as_mitmproxy_wrote_them(written):
    assert value(tnetstring.dumps(written)) == written


NO_VALUES = [
    ("nothing", b"", "no value"),
    ("no-length", b"x:", "no value"),
    ("more", b"1:1#1:2#", "more than one value"),
    ("unknown-type", b"1:1?", "no value of a known type"),
    ("cut-off", b"5:1#", "no value of a known type"),
    ("odd-dictionary", b"4:1:1#}", "shorter"),
    ("no-number", b"1:x#", "invalid literal"),
]


@pytest.mark.parametrize(("octets", "problem"), [pytest.param(*r, id=i) for i, *r in NO_VALUES])
def test_what_is_no_value(octets, problem):
    with pytest.raises(ValueError, match=problem):
        value(octets)


def test_values_that_are_nested_too_deeply():
    octets = b""
    for _ in range(3000):
        octets = b"%d:%b]" % (len(octets), octets)
    with pytest.raises(ValueError, match="nested too deeply"):
        value(octets)


def written(*lines):
    whole = tnetstring.dumps([list(line) for line in lines])
    return whole[whole.index(b":") + 1 : -1]


@given(st.lists(st.tuples(st.binary(min_size=1), st.binary())))
def test_field_lines_are_read_as_mitmproxy_wrote_them(lines):
    expected = [
        (name.decode("latin-1"), part)
        for name, text in lines
        if name[:1] != b":"
        for part in text.decode("latin-1").split("\n")
    ]
    reader = FieldLines()
    assert reader.read(written(*lines)) == expected
    assert reader.read(written(*lines)) == expected


LINES = [
    ("none", [], []),
    ("pseudo-header", [(b":status", b"200"), (b"A", b"1")], [("A", "1")]),
    ("line-feed", [(b"A", b"1\n2")], [("A", "1"), ("A", "2")]),
    ("the-end-of-a-line-in-a-value", [(b"A", b"1,]2"), (b"B", b"3")], [("A", "1,]2"), ("B", "3")]),
    ("a-line-in-a-value", [(b"A", b",]8:1:A,1:1")], [("A", ",]8:1:A,1:1")]),
    ("long", [(b"A", b"x" * 600)], [("A", "x" * 600)]),
]


@pytest.mark.parametrize(("lines", "read"), [pytest.param(*r, id=i) for i, *r in LINES])
def test_field_lines(lines, read):
    assert FieldLines().read(written(*lines)) == read


def test_lines_are_not_remembered_for_ever(monkeypatch):
    monkeypatch.setattr(tnetstrings, "_MANY", 2)
    reader = FieldLines()
    for number in range(5):
        name = b"%d" % number
        assert reader.read(written((name, b"x"))) == [(name.decode(), "x")]


@pytest.mark.parametrize(
    "octets", [written((1, b"x")), b"1:1#", b"5:1:a,,]", b"8:1:a,1:1#,]", b"x,]", b"7:1:a,1:b,"]
)
def test_what_is_no_list_of_field_lines(octets):
    with pytest.raises(ValueError, match=r"."):
        FieldLines().read(octets)
