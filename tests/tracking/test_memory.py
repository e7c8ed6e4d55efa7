import pytest

from session_tracking.http.exchange import ClientId
from session_tracking.tracking import memory as module
from session_tracking.tracking.memory import Memory, RecentSet

CLIENT = ClientId("192.0.2.1", "c1")


def test_recent_set_forgets_the_oldest_half():
    recent = RecentSet(4)
    for item in range(5):
        assert recent.add(item)

    assert [item in recent for item in range(5)] == [False, False, True, True, True]


@pytest.mark.parametrize("count", [1, 3, 4, 5, 100])
def test_recent_set_stays_within_its_capacity(count):
    recent = RecentSet(4)
    for item in range(count):
        recent.add(item)

    assert len(recent) <= 4
    assert count - 1 in recent


def test_recent_set_adds_once():
    recent = RecentSet(4)

    assert recent.add("a")
    assert not recent.add("a")
    assert len(recent) == 1


def test_an_id_is_issued_once_and_confirmed_once():
    memory = Memory()

    assert not memory.confirm("s", "n", "v", proven=False)
    assert memory.issue("s", "n", "v")
    assert not memory.issue("s", "n", "v")
    assert not memory.confirm("s", "other", "v", proven=False)
    assert memory.confirm("s", "n", "v", proven=False)
    assert not memory.confirm("s", "n", "v", proven=False)


def test_a_signature_confirms_what_another_run_issued():
    memory = Memory()

    assert memory.confirm("s", "n", "v", proven=True)
    assert not memory.confirm("s", "n", "v", proven=True)


@pytest.mark.parametrize(("later", "value"), [(0.0, "v"), (9.9, "v"), (10.0, None), (-0.1, None)])
def test_a_connection_keeps_its_id_for_ten_seconds(later, value):
    memory = Memory()
    memory.remember_connection("c1", "s", "n", "v", 1000.0)

    assert memory.connection_id("c1", "s", "n", 1000.0 + later) == value
    assert memory.connection_id("c2", "s", "n", 1000.0) is None
    assert memory.connection_id("c1", "t", "n", 1000.0) is None


def test_connections_are_bounded(monkeypatch):
    monkeypatch.setattr(module, "MAX_CONNECTIONS", 2)
    memory = Memory()
    for connection in ("c1", "c2", "c1", "c3"):
        memory.remember_connection(connection, "s", "n", connection, 0.0)

    found = [memory.connection_id(c, "s", "n", 0.0) for c in ("c1", "c2", "c3")]
    assert found == ["c1", None, "c3"]


def test_unconfirmed_ids_are_counted_for_a_minute():
    memory = Memory()
    memory.count_unconfirmed(CLIENT, "ua", 60.0, 1)
    memory.count_unconfirmed(CLIENT, "ua", 119.0, 1)

    assert memory.unconfirmed(CLIENT, "ua", 119.9) == 2
    assert memory.unconfirmed(CLIENT, "other", 119.9) == 0
    assert memory.unconfirmed(ClientId("192.0.2.2", "c1"), "ua", 119.9) == 0
    assert memory.unconfirmed(CLIENT, "ua", 120.0) == 0


def test_a_confirmed_id_is_taken_off_but_never_below_none():
    memory = Memory()
    memory.count_unconfirmed(CLIENT, "ua", 60.0, -1)
    memory.count_unconfirmed(CLIENT, "ua", 60.0, 1)

    assert memory.unconfirmed(CLIENT, "ua", 60.0) == 1
    memory.count_unconfirmed(CLIENT, "ua", 60.0, -1)
    memory.count_unconfirmed(CLIENT, "ua", 60.0, -1)
    assert memory.unconfirmed(CLIENT, "ua", 60.0) == 0


def test_clients_are_bounded(monkeypatch):
    monkeypatch.setattr(module, "MAX_CLIENTS", 1)
    memory = Memory()
    for agent in ("a", "b", "a"):
        memory.count_unconfirmed(CLIENT, agent, 60.0, 1)

    assert [memory.unconfirmed(CLIENT, agent, 60.0) for agent in "ab"] == [2, 0]


def test_a_notice_is_new_once():
    memory = Memory()

    assert memory.first_time("C4", "shop.test")
    assert not memory.first_time("C4", "shop.test")
    assert memory.first_time("C4", "other.test")


def test_no_value_is_kept_in_clear():
    memory = Memory()
    memory.issue("s", "n", "secret-value")
    memory.confirm("s", "n", "secret-value", proven=True)

    kept = repr([memory._issued._young, memory._confirmed._young])
    assert "secret" not in kept
