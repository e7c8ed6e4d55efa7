"""mitmdump that does not outlive who started it; that it does not is seen in tests/cli/test_run.py."""

import sys

import pytest

from session_tracking.mitm import launch


@pytest.mark.parametrize("platform", ["linux", "darwin"])
def test_it_is_mitmdump_on_every_platform(platform, monkeypatch):
    called = []
    monkeypatch.setattr(sys, "platform", platform)
    monkeypatch.setattr(launch, "_PR_SET_PDEATHSIG", 2)  # asks instead of setting, for this process
    monkeypatch.setattr(launch, "mitmdump", lambda: called.append(platform))
    launch.main()
    assert called == [platform]
