import random
import struct
from collections import OrderedDict

import pytest
from hypothesis import given, settings, strategies as st

from session_tracking.swaps.clients import Client
from session_tracking.swaps.ledger import DEFAULT_VALUES, Entry, Ledger

big = st.integers(0, 2**63 - 1)
clients = st.builds(Client, st.binary(min_size=16, max_size=16), big, big, big, st.booleans())
entries = st.builds(
    Entry,
    clients,
    st.floats(0, 1e10),
    big,
    st.integers(0, 2**32 - 1),
    st.integers(0, 2**32 - 1),
    big,
    st.integers(0, 2**16 - 1),
    st.integers(0, 255),
    st.integers(0, 3),
    *[st.booleans()] * 3,
)
ENTRY = Entry(Client(), 1000.0, 7, last=1000)


def digest(number):
    return random.Random(number).randbytes(16)


@given(entries)
def test_packing_keeps_all(entry):
    assert Entry.unpack(entry.pack()) == entry
    assert len(entry.pack()) == 76


def test_packing_takes_what_is_out_of_range():
    entry = Entry.unpack(Entry(Client(), 0.0, 1, last=-1, deliveries=10**9, score=999).pack())
    assert (entry.last, entry.deliveries, entry.score) == (0, 65535, 255)
    assert Entry.unpack(Entry(Client(), 0.0, 1, last=2**40).pack()).last == 2**32 - 1
    with pytest.raises(struct.error):
        Entry.unpack(b"short")


def test_what_was_put_is_found_until_its_time_is_over():
    ledger = Ledger(10, lifetime=60)
    assert ledger.get(digest(1), 1000) is None
    ledger.put(digest(1), ENTRY)
    assert ledger.get(digest(1), 1060) == ENTRY
    assert ledger.get(digest(1), 1061) is None
    assert ledger.get(digest(2), 1000) is None
    assert len(ledger) == 1


def test_what_is_seen_again_stays_and_the_rest_goes():
    ledger = Ledger(100)
    ledger.put(digest(0), ENTRY)
    for number in range(1, 1000):
        assert ledger.get(digest(0), 1000) is not None, number
        ledger.put(digest(number), ENTRY)
    assert len(ledger) == 100
    assert ledger.get(digest(999), 1000) is not None
    assert ledger.get(digest(1), 1000) is None


def test_patience_ends_where_all_are_seen_all_the_time():
    ledger = Ledger(200)
    for number in range(400):
        ledger.put(digest(number), ENTRY)
        for other in range(number + 1):
            ledger.get(digest(other), 1000)
    assert len(ledger) == 200
    assert ledger.get(digest(399), 1000) is not None


steps = st.lists(st.tuples(st.booleans(), st.integers(0, 40)), max_size=200)


@settings(max_examples=200)
@given(st.integers(1, 20), steps)
def test_it_holds_a_part_of_what_a_dictionary_would(capacity, actions):
    """The index is right whatever goes: colliding digests among few places."""
    ledger, model = Ledger(capacity), OrderedDict()
    for put, number in actions:
        key = bytes([number % 5]) * 8 + number.to_bytes(8)
        if put:
            entry = Entry(Client(agent=number), 1000.0, len(model), last=1000)
            ledger.put(key, entry)
            model[key] = entry
            assert ledger.get(key, 1000) == entry
        else:
            found = ledger.get(key, 1000)
            assert found is None or found == model[key]
    assert len(ledger) == min(capacity, len(model))
    assert sum(ledger.get(key, 1000) is not None for key in model) == len(ledger)


def test_another_size_keeps_what_fits():
    ledger = Ledger(50)
    for number in range(50):
        ledger.put(digest(number), ENTRY)
    assert len(ledger.resized(100, 10)) == 50
    assert len(ledger.resized(20, 10)) == 20
    assert ledger.resized(100, 10).get(digest(49), 1000) == ENTRY


def test_the_default_is_small_until_it_is_used():
    assert Ledger().capacity == DEFAULT_VALUES == 100_000
