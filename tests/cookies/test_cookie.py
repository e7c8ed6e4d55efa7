import pytest
from hypothesis import given, strategies as st

from session_tracking.cookies.cookie import (
    cookie_values,
    has_cookie,
    parse_cookie,
    without_cookie,
)
from tests.strategies_tracking import octets

PAIRS = [
    ("none", [], ()),
    ("empty", [""], ()),
    ("only-separators", [" ;\t; "], ()),
    ("empty-pair", ["="], ()),
    ("one", ["a=1"], (("a", "1"),)),
    ("rfc6265bis-4.2.1", ["a=1; b=2"], (("a", "1"), ("b", "2"))),
    ("several-lines", ["a=1", "b=2"], (("a", "1"), ("b", "2"))),
    ("duplicates-stay", ["a=1; a=2"], (("a", "1"), ("a", "2"))),
    ("sloppy", ["a=1;;b=2;"], (("a", "1"), ("b", "2"))),
    ("white-space", [" a = 1 ;\tb\t=2"], (("a", "1"), ("b", "2"))),
    ("nameless", ["x"], (("", "x"),)),
    ("empty-name", ["=x"], (("", "x"),)),
    ("empty-value", ["a="], (("a", ""),)),
    ("value-with-equals", ["a=b=c"], (("a", "b=c"),)),
    ("comma-belongs-to-the-value", ["a=1,b=2"], (("a", "1,b=2"),)),
    ("quotes-belong-to-the-value", ['a="1"'], (("a", '"1"'),)),
    ("rfc2965-3.3.4", ['$Version="1"; a="1"; $Path="/"'], (("a", "1"),)),
    ("rfc2965-comma", ['$Version=1, a="1", b=2'], (("a", "1"), ("b", "2"))),
    ("rfc2965-quoted", ['$version = 1; a="x;y,\\"z"; b=2'], (("a", 'x;y,"z'), ("b", "2"))),
    ("rfc2965-unterminated", ['$Version=1; a="x; b=2'], (("a", '"x; b=2'),)),
    ("rfc2965-unterminated-escape", ['$Version=1; a="x\\'], (("a", '"x\\'),)),
    ("rfc2965-attributes-only", ['$Version="1"; $Path="/"'], ()),
    ("attributes-without-version", ["$Path=/; $Domain=x; $Port=80; a=1"], (("a", "1"),)),
    ("other-dollar-names-are-cookies", ["$x=1"], (("$x", "1"),)),
]


@pytest.mark.parametrize(("values", "pairs"), [pytest.param(*row, id=i) for i, *row in PAIRS])
def test_parse(values, pairs):
    assert parse_cookie(values) == pairs
    assert has_cookie([value.encode("latin-1") for value in values]) is bool(pairs)


@pytest.mark.parametrize(
    ("lines", "values"),
    [
        (["n=1; x=n"], ("1",)),
        (['n="1"'], ("1",)),
        (["N=1"], ()),
        (["xn=1; nx=2"], ()),
        (["n=1; n=2", "n=3"], ("1", "2", "3")),
        (['$Version=1; n="1"; $Path="/"'], ("1",)),
    ],
)
def test_values_of_one_name(lines, values):
    assert cookie_values(lines, "n") == values


WITHOUT = [
    ("absent", ["a=1;  b=2 "], ("a=1;  b=2 ",)),
    ("name-only-inside-others", ["an=1; b=n"], ("an=1; b=n",)),
    ("first", ["n=1; b=2"], ("b=2",)),
    ("middle", ["a=1; n=1; b=2"], ("a=1; b=2",)),
    ("last", ["a=1; n=1"], ("a=1",)),
    ("twice", ["n=1; a=1; n=2;b=2"], ("a=1;b=2",)),
    ("alone", ["n=1"], ()),
    ("alone-with-separators", ["; n=1;"], ()),
    ("other-lines-stay", ["a=1;", "n=1", " b=2"], ("a=1;", " b=2")),
    ("the-rest-keeps-every-octet", ["a = \xff;;\tn=1 ;  b=\x01;"], ("a = \xff;;  b=\x01;",)),
    (
        "rfc2965-with-its-attributes",
        ['$Version="1"; n="1"; $Path="/"; a="2"; $Path="/x"'],
        ('$Version="1"; a="2"; $Path="/x"',),
    ),
    ("rfc2965-comma", ["$Version=1, a=1, n=2, b=3"], ("$Version=1, a=1, b=3",)),
    ("rfc2965-alone", ['$Version="1"; n="1"; $Path="/"'], ()),
    ("rfc2965-other-name-inside-quotes", ['$Version=1; a="n=1"'], ('$Version=1; a="n=1"',)),
]


@pytest.mark.parametrize(("lines", "kept"), [pytest.param(*row, id=i) for i, *row in WITHOUT])
def test_without(lines, kept):
    assert without_cookie(lines, "n") == kept


_texts = octets() | st.lists(
    st.sampled_from(["$Version=1", "; ", ",", "a=1", "n=2", '"', "\\", "=", "$Path", " "])
).map("".join)


@given(st.lists(_texts))
def test_has_cookie_agrees(values):
    assert has_cookie([v.encode("latin-1") for v in values]) is bool(parse_cookie(values))


@given(st.lists(_texts), st.sampled_from(["n", "a", "$x"]))
def test_without_takes_its_own_and_nothing_else(lines, name):
    kept = without_cookie(lines, name)

    assert not cookie_values(kept, name)
    assert parse_cookie(kept) == tuple(p for p in parse_cookie(lines) if p[0] != name)


@given(st.lists(_texts))
def test_without_an_absent_name_changes_nothing(lines):
    assert without_cookie(lines, "absent") == tuple(lines)


@pytest.mark.parametrize(
    "line", ['$Version=1; a="' + '\\"' * 500_000, "$Version=1; " + '"' * 999_999]
)
def test_a_megabyte_of_quotes_is_read_in_linear_time(line):
    # A quadratic reader would take minutes here and be noticed.
    assert len(parse_cookie([line])) == 1
