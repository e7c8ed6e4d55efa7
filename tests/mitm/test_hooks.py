"""Hooks that the addon has only now and then."""

from types import SimpleNamespace

from mitmproxy.test import tflow

from session_tracking.mitm.finishing import Finishing
from session_tracking.mitm.hooks import Hooks


class Addon:
    """Has a hook of its own for one event."""

    def __init__(self):
        self.calls = []

    def responseheaders(self, flow):
        self.calls.append(("own", flow))


def test_a_hook_is_there_only_while_it_is_wanted():
    addon = Addon()
    hooks = Hooks(addon)
    hooks.remove("response")
    assert not hasattr(addon, "response")
    hooks.add("response", addon.calls.append)
    addon.response("flow")
    hooks.remove("response")
    assert not hasattr(addon, "response")
    assert addon.calls == ["flow"]


def test_the_addons_own_hook_goes_first_and_stays():
    addon = Addon()
    hooks = Hooks(addon)
    for name in ("replaced", "other"):
        hooks.add("responseheaders", lambda flow, name=name: addon.calls.append((name, flow)))
    addon.responseheaders(1)
    hooks.remove("responseheaders")
    addon.responseheaders(2)
    assert addon.calls == [("own", 1), ("other", 1), ("own", 2)]


def test_only_who_is_to_be_finished_with_is_answered():
    addon, flow, other, answered = SimpleNamespace(), tflow.tflow(), tflow.tflow(), tflow.tflow()
    finishing = Finishing(Hooks(addon), {flow.id, answered.id}.__contains__)
    assert not hasattr(addon, "request")
    finishing.start()
    finishing.start()
    answered.response = by_another = tflow.tflow(resp=True).response
    for each in (flow, other, answered):
        addon.request(each)
    assert flow.response.status_code == 200
    assert other.response is None
    assert answered.response is by_another
