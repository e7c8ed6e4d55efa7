"""Who asks, remembered: nothing differs from working it out anew."""

from dataclasses import replace

import pytest
from hypothesis import given, strategies as st

from session_tracking.config.loading import load
from session_tracking.engine import askers as module
from session_tracking.engine.askers import Askers, known_id
from session_tracking.http.exchange import ClientId
from session_tracking.swaps.clients import Sender, identify
from session_tracking.tracking.policy import Decision, Rule, State

SETTINGS = load(None).for_url("shop.test", "/")
BEHIND = replace(SETTINGS, swaps=replace(SETTINGS.swaps, behind_proxy=True))
OWN = f"SessionTracking={'A' * 22}"

texts = st.sampled_from(
    ["", "a", "theme=dark", OWN, f"{OWN}; sid=1", f'SessionTracking="{"A" * 22}"']
)
senders = st.builds(
    Sender,
    st.builds(
        ClientId, st.sampled_from(["", "127.0.0.2", "::1"]), st.sampled_from(["", "c1", "c2"])
    ),
    st.sampled_from([None, "", "curl/8"]),
    st.lists(texts, max_size=1),
    st.lists(texts, max_size=2),
)
decisions = st.sampled_from(
    [
        None,
        Decision(State.NEW, Rule.NEW, "B" * 22),
        Decision(State.SEEN, Rule.SEEN, presented="C" * 22),
        Decision(State.PASSED, Rule.FOREIGN),
    ]
)


def anew(settings, sender, decision):
    own, presented = "", False
    if decision is not None and decision.presented:
        own, presented = decision.presented, True
    elif found := known_id(settings, sender.cookies):
        own, presented = found, True
    elif decision is not None:
        own = decision.value or ""
    return identify(sender, settings.swaps, own=own, presented=presented)


@given(st.lists(st.tuples(st.sampled_from([SETTINGS, BEHIND]), senders, decisions), max_size=20))
def test_marks_are_those_that_would_be_found_anew(asked):
    askers = Askers()
    for each in asked:
        assert askers.client(*each) == anew(*each)


def test_what_is_remembered_is_bounded(monkeypatch):
    monkeypatch.setattr(module, "MAX_ASKERS", 2)
    askers = Askers()
    for number in range(5):
        askers.client(SETTINGS, Sender(ClientId(f"10.0.0.{number}", "c"), None, (), (OWN,)), None)
    assert 0 < len(askers._known) <= 2


def test_no_value_is_kept():
    askers = Askers()
    askers.client(
        SETTINGS, Sender(ClientId("127.0.0.2", "c"), "curl", (), (f"{OWN}; sid=secret",)), None
    )
    assert "secret" not in repr(askers._known)
    assert "A" * 22 not in repr(askers._known)


@pytest.mark.parametrize("cookies", [("a=b",), (OWN.replace("Tracking", "tracking"),), ()])
def test_no_id_of_ours(cookies):
    assert known_id(SETTINGS, cookies) == ""


@pytest.mark.parametrize("settings", [SETTINGS, BEHIND], ids=["alone", "behind a proxy"])
def test_another_connection_is_another_mark_unless_visitors_share_it(settings):
    askers, decision = Askers(), None
    for connection in ("c1", "c2", "c2", ""):
        sender = Sender(ClientId("127.0.0.2", connection), "curl", (), (OWN,))
        assert askers.client(settings, sender, decision) == anew(settings, sender, decision)
