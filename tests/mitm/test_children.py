"""The addon's children in mitmproxy's chain."""

from types import SimpleNamespace

from mitmproxy.addonmanager import traverse
from mitmproxy.test import tflow

from session_tracking.mitm.children import Children
from session_tracking.mitm.finishing import Finishing


def test_there_is_a_list_only_while_there_are_children():
    parent = SimpleNamespace()
    children = Children(parent)
    children.leave("a")
    assert list(traverse([parent])) == [parent]
    children.join("a")
    first = parent.addons
    children.join("b")
    children.join("b")
    assert list(traverse([parent])) == [parent, "a", "b"]
    assert first == ["a"], "who goes through the list just now sees no change"
    children.leave("a")
    assert parent.addons == ["b"]
    children.leave("b")
    assert not hasattr(parent, "addons")


def test_only_who_is_to_be_finished_with_is_answered():
    parent, flow, other, answered = SimpleNamespace(), tflow.tflow(), tflow.tflow(), tflow.tflow()
    finishing = Finishing(Children(parent), {flow.id, answered.id}.__contains__)
    finishing.start()
    finishing.start()
    assert parent.addons == [finishing]
    answered.response = by_another = tflow.tflow(resp=True).response
    for each in (flow, other, answered):
        finishing.request(each)
    assert flow.response.status_code == 200
    assert other.response is None
    assert answered.response is by_another
