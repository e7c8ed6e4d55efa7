from ipaddress import ip_network

import pytest
from hypothesis import given, strategies as st

from session_tracking.http.exchange import ClientId
from session_tracking.swaps.clients import (
    UNKNOWN_ADDRESS,
    Client,
    Likeness,
    Sender,
    compare,
    identify,
    tag,
)
from session_tracking.swaps.settings import SwapSettings

SAME, DIFFERENT, UNKNOWN = Likeness
PROXIES = SwapSettings(trusted_proxies=(ip_network("10.0.0.0/8"), ip_network("fd00::/8")))


def seen(address="192.0.2.1", connection="", agent="", settings=None, forwarded=(), **own):
    sender = Sender(ClientId(address, connection), agent or None, forwarded, ())
    return identify(sender, settings or SwapSettings(), **own)


PAIRS = [
    ("one connection", {"connection": "c"}, {"connection": "c", "agent": "x"}, SAME),
    ("one connection, two ids", {"connection": "c", "own": "1", "presented": True},
     {"connection": "c", "own": "2", "presented": True}, SAME),
    ("an id bridges a change of the network", {"own": "1"},
     {"address": "192.0.2.9", "own": "1", "presented": True}, SAME),
    ("two browsers behind one address", {"own": "1", "presented": True},
     {"own": "2", "presented": True}, DIFFERENT),
    ("parallel first requests", {"own": "1"}, {"own": "2"}, UNKNOWN),
    ("two addresses", {}, {"address": "192.0.2.9"}, DIFFERENT),
    ("two agents", {"agent": "a"}, {"agent": "b"}, DIFFERENT),
    ("long agents", {"agent": "a" * 600}, {"agent": "a" * 600 + "b"}, DIFFERENT),
    ("nothing differs", {"agent": "a"}, {"agent": "a"}, UNKNOWN),
    ("two connections alone", {"connection": "c"}, {"connection": "d"}, UNKNOWN),
    ("a HAR", {"address": ""}, {"address": "", "agent": "b"}, UNKNOWN),
    ("no address that could be read", {"address": "\x00"}, {}, UNKNOWN),
    ("IPv6", {"address": "2001:db8::1%eth0"}, {"address": "2001:db8::2"}, DIFFERENT),
    ("IPv4 in IPv6", {"address": "::ffff:192.0.2.1"}, {}, UNKNOWN),
]  # fmt: skip


@pytest.mark.parametrize(
    ("one", "other", "likeness"), [row[1:] for row in PAIRS], ids=[row[0] for row in PAIRS]
)
def test_who_is_who(one, other, likeness):
    assert compare(seen(**one), seen(**other)) is likeness
    assert compare(seen(**other), seen(**one)) is likeness


def test_behind_a_proxy_a_connection_says_nothing():
    shared = SwapSettings(behind_proxy=True)
    assert seen(connection="c", settings=shared).connection == 0
    assert seen(connection="c").connection == tag("c") != 0


FORWARDED = [
    (["192.0.2.7"], "192.0.2.7"),
    (["198.51.100.1, 192.0.2.7"], "192.0.2.7"),
    (["192.0.2.7, 10.1.1.1", "10.2.2.2"], "192.0.2.7"),
    (["[2001:db8::7]"], "2001:db8::7"),
    (["10.1.1.1"], "10.0.0.1"),
    ([], "10.0.0.1"),
    (["unknown"], "an unknown address"),
]


@pytest.mark.parametrize(("forwarded", "shown"), FORWARDED)
def test_the_last_address_that_is_not_trusted_counts(forwarded, shown):
    client = seen("10.0.0.1", "c", settings=PROXIES, forwarded=forwarded)
    assert str(client) == shown
    assert client.connection == 0


def test_a_field_of_a_stranger_is_not_believed():
    client = seen("192.0.2.1", "c", settings=PROXIES, forwarded=["198.51.100.1"])
    assert str(client) == "192.0.2.1"
    assert client.connection


def test_what_is_shown_tells_visitors_behind_one_address_apart():
    assert str(seen(own="1")) != str(seen(own="2"))
    assert str(seen(own="1")).startswith("192.0.2.1 visitor ")
    assert str(Client()) == "an unknown address"


@given(st.text(max_size=60), st.lists(st.text(max_size=60), max_size=3), st.booleans())
def test_nothing_makes_it_raise(address, forwarded, trusted):
    client = seen(
        "10.0.0.1" if trusted else address, settings=PROXIES, forwarded=forwarded, agent=address
    )
    assert len(client.address) == len(UNKNOWN_ADDRESS)
    assert str(client).isprintable()
