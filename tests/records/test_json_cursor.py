import json

import msgspec
import pytest
from hypothesis import given, strategies as st

from session_tracking.records.json_cursor import BrokenJsonError, JsonCursor

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)
SPACE = st.text(" \t\r\n", max_size=3)


def cursor(text):
    return JsonCursor(memoryview(text))


def items(text):
    return [bytes(item) for item in cursor(text).items()]


def members(text):
    walk = cursor(text)
    return list(walk.members())


def test_what_msgspec_says_of_the_place_where_it_stops():
    with pytest.raises(msgspec.DecodeError, match=r"^JSON is malformed: trailing .* \(byte 3\)$"):
        msgspec.json.Decoder(msgspec.Raw).decode(b"12]")


@given(st.lists(VALUES), SPACE)
def test_items_are_the_items(values, space):
    written = [json.dumps(value).encode() for value in values]
    pad = space.encode()
    text = b"[" + pad + (pad + b"," + pad).join(written) + pad + b"]"
    assert [json.loads(item) for item in items(text)] == [json.loads(each) for each in written]


@given(st.dictionaries(st.text(), VALUES))
def test_members_are_the_members(table):
    assert members(json.dumps(table, indent=1).encode()) == list(table)


def test_a_value_that_is_walked_through_is_not_skipped():
    walk = cursor(b'{"a": [1, 2], "b": {"c": 3}, "d": 4}')
    found = []
    for name in walk.members():
        if name == "a":
            found += [bytes(item).strip() for item in walk.items()]
        elif name == "b":
            found += list(walk.members())
        else:
            found.append(name)
    assert found == [b"1", b"2", "c", "d"]


def test_lone_surrogates_as_browsers_write_them():
    item = rb'{"a": ["\ud800", {"}": "\\\""}]}'
    assert items(b"[" + item + b', 1, "\\udfff"]') == [item, b"1", b'"\\udfff"']


BROKEN = [
    ("ends-behind-a-lone-surrogate", rb'[["\ud800", "abcdef"', 0, 20, "it ends too early"),
    ("ends-in-an-item", b'[{"a": 1}, {"b":', 1, 16, "it ends too early"),
    ("ends-after-an-item", b"[1", 1, 2, "it ends too early"),
    ("ends-after-a-comma", b"[1,", 1, 3, "it ends too early"),
    ("no-comma", b"[1 2]", 1, 3, "',' was expected"),
    ("no-array", b'{"a": 1}', 0, 0, "'[' was expected"),
    ("wrong-in-an-item", b'[1, {"a": x}]', 1, 10, "JSON is malformed: invalid character"),
    ("too-deep", b"[1, " + b"[" * 200_000, 1, 4, "it is nested too deeply"),
    ("nothing", b"", 0, 0, "it ends too early"),
]


@pytest.mark.parametrize(
    ("text", "whole", "offset", "problem"), [pytest.param(*r, id=i) for i, *r in BROKEN]
)
def test_broken_arrays(text, whole, offset, problem):
    walk, found = cursor(text), []
    with pytest.raises(BrokenJsonError) as broken:
        found.extend(walk.items())
    told = broken.value
    assert (told.offset, str(told)) == (offset, problem)
    # The last number may go on behind the end.
    assert len(found) in {whole, whole - 1}


@pytest.mark.parametrize(
    ("text", "offset", "problem"),
    [
        (b"{1: 2}", 1, "a name was expected"),
        (b'{"a" 1}', 5, "':' was expected"),
        (b'{"\xff": 1}', 1, "a name was expected"),
        (b'{"a": 1', 7, "it ends too early"),
    ],
)
def test_broken_objects(text, offset, problem):
    with pytest.raises(BrokenJsonError) as broken:
        members(text)
    assert (broken.value.offset, str(broken.value)) == (offset, problem)


def test_empty_ones():
    assert (items(b"[ ]"), members(b" { } ")) == ([], [])
