import pytest
from hypothesis import given, strategies as st

from session_tracking.escape import visible

ROWS = [
    ("plain", "a b", "a b"),
    ("latin-1", "Grüße", "Grüße"),
    ("c0", "a\x1b[31m\r\n\0", "a\\x1b[31m\\x0d\\x0a\\x00"),
    ("c1-csi", "\x9b31m", "\\x9b31m"),
    ("no-break-space", "a\xa0b", "a\\xa0b"),
    ("bidi-override", "\u202eabc", "\\u202eabc"),
    ("line-separator", "\u2028", "\\u2028"),
    ("zero-width", "a\u200bb", "a\\u200bb"),
    ("lone-surrogate", "\udc80", "\\udc80"),
    ("tag-character", "\U000e0041", "\\U000e0041"),
    ("astral", "🍪", "🍪"),
]


@pytest.mark.parametrize(("text", "shown"), [pytest.param(*row, id=i) for i, *row in ROWS])
def test_visible(text, shown):
    assert visible(text) == shown


def test_a_cut_is_marked_and_counts_characters_of_the_input():
    assert visible("\n" * 5, limit=2) == "\\x0a\\x0a…"
    assert visible("ab", limit=2) == "ab"


@given(st.text(st.characters()), st.integers(0, 50))
def test_the_result_is_one_printable_line_that_can_be_encoded(text, limit):
    shown = visible(text, limit)
    assert shown.isprintable()
    shown.encode()
    assert len(shown) <= 10 * limit + 1


@given(st.text(st.characters(categories=["L", "N", "P", "S"]), max_size=200))
def test_what_prints_stays_as_it_is(text):
    assert visible(text) == text
