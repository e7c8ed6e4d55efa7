"""The addon's children in mitmproxy's chain."""

from types import SimpleNamespace

from mitmproxy.addonmanager import traverse
from mitmproxy.test import tflow

from session_tracking.mitm.children import Children
from session_tracking.mitm.finishing import Finishing


def child(name):
    return SimpleNamespace(name=name)


def test_there_is_a_list_only_while_there_are_children():
    parent, known = SimpleNamespace(), {}
    one, two = child("one"), child("two")
    children = Children(parent, lambda: known)
    children.leave(one)
    assert list(traverse([parent])) == [parent]
    children.join(one)
    first = parent.addons
    children.join(two)
    children.join(two)
    assert list(traverse([parent])) == [parent, one, two]
    assert first == [one], "who goes through the list just now sees no change"
    assert known == {"one": one, "two": two}
    children.leave(one)
    assert (parent.addons, known) == ([two], {"two": two})
    children.leave(two)
    assert not hasattr(parent, "addons")
    assert not known


def test_what_has_taken_its_name_stays_known():
    parent, known = SimpleNamespace(), {}
    old, new = child("one"), child("one")
    children = Children(parent, lambda: known)
    children.join(old)
    known["one"] = new
    children.leave(old)
    assert known == {"one": new}


def test_only_who_is_to_be_finished_with_is_answered():
    parent, flow, other, answered = SimpleNamespace(), tflow.tflow(), tflow.tflow(), tflow.tflow()
    finishing = Finishing(Children(parent, dict), {flow.id, answered.id}.__contains__)
    finishing.start()
    finishing.start()
    assert parent.addons == [finishing]
    answered.response = by_another = tflow.tflow(resp=True).response
    for each in (flow, other, answered):
        finishing.request(each)
    assert flow.response.status_code == 200
    assert other.response is None
    assert answered.response is by_another
