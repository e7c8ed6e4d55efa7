import pytest
from hypothesis import given, strategies as st

from session_tracking.http.fields import FieldSection, split_members, split_parameters, unquote
from tests.strategies import octets

LINES = (("Vary", "a, b "), ("Set-Cookie", "x=1, y"), ("VARY", '"q,r", , c'), ("Set-Cookie", "z=2"))


def test_names_compare_case_insensitively_and_lines_stay_apart():
    section = FieldSection(LINES)
    assert section.values("vary") == ["a, b", '"q,r", , c']
    assert section.values("set-cookie") == ["x=1, y", "z=2"]
    assert section.first("set-cookie") == "x=1, y"
    assert section.first("age") is None
    assert section.lines == LINES
    assert "vary" in section
    assert "Vary" not in section
    assert list(section.names()) == ["vary", "set-cookie"]
    assert len(section) == 4


def test_members_span_lines_and_respect_quotes():
    assert list(FieldSection(LINES).members("vary")) == ["a", "b", '"q,r"', "c"]
    assert list(FieldSection().members("vary")) == []


def test_equality_is_that_of_the_lines():
    assert FieldSection(LINES) == FieldSection(LINES)
    assert hash(FieldSection(LINES)) == hash(FieldSection(LINES))
    assert FieldSection(LINES) != FieldSection(LINES[:1])
    assert FieldSection(LINES) != LINES


def test_a_representation_shows_no_value():
    assert "x=1" not in repr(FieldSection(LINES))
    assert "Set-Cookie" in repr(FieldSection(LINES))


MEMBERS = [
    ("rfc9110-5.6.1-empty-members", "a,, ,b,", ["a", "b"]),
    ("rfc9110-5.6.4-quoted-comma", 'a="x,y", b', ['a="x,y"', "b"]),
    ("rfc9110-5.6.4-escaped-quote", r'a="x\",y", b', [r'a="x\",y"', "b"]),
    ("unterminated-extends-to-the-end", 'a, b="c, d', ["a", 'b="c, d']),
    ("trailing-backslash", 'a="\\', ['a="\\']),
    ("empty", "", []),
]


@pytest.mark.parametrize(("value", "members"), [pytest.param(*r, id=i) for i, *r in MEMBERS])
def test_split_members(value, members):
    assert split_members(value) == members


def test_split_parameters():
    assert split_parameters('a="x;y"; b;c') == ['a="x;y"', " b", "c"]
    assert split_parameters("a;b") == ["a", "b"]


UNQUOTE = [
    ("token", "token"),
    ('"a b"', "a b"),
    (r'"a\"b\\"', r'a"b\ '.strip()),
    ('"', '"'),
    ('"a', '"a'),
]


@pytest.mark.parametrize(("value", "content"), UNQUOTE)
def test_unquote(value, content):
    assert unquote(value) == content


@given(octets)
def test_members_lose_nothing_but_separators(value):
    assert "".join(split_members(value)).replace(",", "") == "".join(
        part.strip(" \t") for part in split_members(value)
    ).replace(",", "")
    assert all(member.strip(" \t") for member in split_members(value))


@given(octets)
def test_quoting_and_unquoting_agree(value):
    quoted = '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    assert unquote(quoted) == value


@given(st.integers(min_value=0, max_value=2000))
def test_huge_values_split_in_one_pass(count):
    assert len(split_members('"a",' * count)) == count


def test_looks_at_many_names():
    section = FieldSection([("Age", "1"), ("aGE", " 2"), ("Via", "a\tb")])
    assert section.has_any({"via", "x"})
    assert not section.has_any({"x"})
    assert section.repeats({"age"})
    assert not section.repeats({"via"})
    assert section.called({"age"}) == [("Age", "1"), ("aGE", " 2")]
    assert (section.size(), section.size(4)) == (15, 27)
    assert not section.has_controls()
    assert FieldSection([("A", "\x7f")]).has_controls()
    assert not FieldSection([("A", "\xff\xa0")]).has_controls()
