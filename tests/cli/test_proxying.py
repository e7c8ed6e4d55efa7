"""The proxy that `run` starts: how it ends."""

import os
import signal
import threading
from pathlib import Path

import certifi
import pytest

from session_tracking.cli import proxying
from session_tracking.cli.proxying import Proxy, ProxyProblem

ROOTS = (Path(certifi.where()),)


def test_a_proxy_that_does_not_end_is_ended(monkeypatch):
    with Proxy([], ROOTS) as proxy:
        folder = proxy.folder
        assert proxy.address.startswith("http://127.0.0.1:")
        os.kill(proxy._process.pid, signal.SIGSTOP)
        monkeypatch.setattr(proxying, "END_SECONDS", 0.2)
        assert proxy.stop() == -signal.SIGKILL
    assert not folder.exists()


def test_a_proxy_that_does_not_listen_in_time_is_ended(monkeypatch):
    monkeypatch.setattr(proxying, "START_SECONDS", 0)
    proxy = Proxy([], ROOTS)
    with pytest.raises(ProxyProblem, match="did not start"), proxy:
        pass
    assert proxy._process.poll() is not None
    assert not proxy.folder.exists()


class Interrupted(threading.Event):
    """A signal comes while somebody waits."""

    def wait(self, _timeout=None):
        raise KeyboardInterrupt


def test_a_signal_while_it_starts_ends_it():
    proxy = Proxy([], ROOTS)
    proxy._ready = Interrupted()
    with pytest.raises(KeyboardInterrupt), proxy:
        pass
    assert proxy._process.poll() is not None
    assert not proxy.folder.exists()


def test_a_proxy_that_cannot_start_says_why_and_leaves_nothing():
    proxy = Proxy(["--mode", "nonsense"], ROOTS)
    with pytest.raises(ProxyProblem, match="nonsense"), proxy:
        pass
    assert not proxy.folder.exists()
