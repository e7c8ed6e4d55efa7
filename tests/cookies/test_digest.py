from hypothesis import given, strategies as st

from session_tracking.cookies.digest import Digester

texts = st.text(max_size=20)
triples = st.tuples(texts, texts, texts)


@given(triples, triples)
def test_digests_are_equal_only_for_equal_tokens(one, other):
    digester = Digester(b"k")
    assert (digester.digest(*one) == digester.digest(*other)) is (one == other)


def test_parts_are_not_confused():
    digester = Digester(b"k")
    assert digester.digest("a", "bc", "") != digester.digest("ab", "c", "")


def test_keys_make_the_difference():
    assert Digester(b"a").digest("s", "n", "v") != Digester(b"b").digest("s", "n", "v")
    assert Digester().digest("s", "n", "v") != Digester().digest("s", "n", "v")


def test_only_eight_digits_are_shown():
    assert len(str(Digester().digest("s", "n", "v"))) == 8


def test_lone_surrogates_are_taken():
    assert Digester(b"k").digest("s", "n", "\ud800") != Digester(b"k").digest("s", "n", "?")
