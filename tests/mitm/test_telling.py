"""What an alert does besides its line in the log; the rest is in test_shadow_live.py."""

import logging
import socket
import sys
import threading

import pytest
from mitmproxy.log import ALERT

from session_tracking.engine import Engine
from session_tracking.mitm import telling
from session_tracking.mitm.telling import Teller, notice_facts, notice_line
from session_tracking.mitm.watchdog import Watchdog
from session_tracking.shadow.alerts import AlertRule, AlertState, Condition, Notice

WHEN = Condition("unsafe_current", ">", 0)
QUICK = (sys.executable, "-c", "raise SystemExit(4)")
SLOW = (sys.executable, "-c", "import time; time.sleep(60)")


def notice(*command, state=AlertState.FIRING, value=3, sites=("a.test", "b\x1b.test"), site=""):
    return Notice(AlertRule("leak\n", WHEN, site, command), state, value, sites, 0.0)


def test_the_line_is_safe_to_show():
    assert notice_line(notice()) == (
        r"alert 'leak\n' firing: unsafe_current is 3 (unsafe_current > 0) at a.test, b\x1b.test"
    )
    gone = notice(state=AlertState.RESOLVED, value=None, sites=(), site="a.test")
    assert notice_line(gone).endswith("is not counted any more (unsafe_current > 0) at a.test")
    assert notice_line(notice(sites=())).endswith("(unsafe_current > 0)")


def test_facts():
    facts = notice_facts(notice())
    assert facts["sites"] == ["a.test", r"b\x1b.test"]
    assert (facts["site"], facts["time"]) == (None, "1970-01-01T00:00:00.000+00:00")


def test_what_waits_is_bounded_and_told_before_the_end(caplog, monkeypatch):
    monkeypatch.setattr(telling, "MAX_WAITING", 0)
    caplog.set_level(logging.INFO)
    teller = Teller()
    teller.tell(notice())  # the log alone
    assert [record.levelno for record in caplog.records] == [ALERT]
    assert "too many" not in caplog.text
    teller.tell(notice(*QUICK))
    assert "too many wait already" in caplog.text
    monkeypatch.setattr(telling, "MAX_WAITING", 9)
    teller.tell(notice(*QUICK))
    teller.tell(notice(*QUICK, state=AlertState.RESOLVED))
    teller.stop()
    assert caplog.text.count("ended with status 4") == 2


def test_a_command_that_hangs_is_ended(caplog, monkeypatch):
    monkeypatch.setattr(telling, "TIMEOUT", 0.2)
    caplog.set_level(logging.INFO)
    telling._run(notice(*SLOW))
    assert "the command was ended after 0 s" in caplog.text


def answering(octets):
    """The URL of a server that says this to the first who connects, whatever is asked."""
    server = socket.create_server(("127.0.0.1", 0))

    def answer():
        with server, server.accept()[0] as client:
            client.recv(4096)
            client.sendall(octets)

    threading.Thread(target=answer, daemon=True).start()
    return f"http://127.0.0.1:{server.getsockname()[1]}/"


@pytest.mark.parametrize(
    ("webhook", "why"),
    [
        pytest.param("http://127.0.0.1:1/", "Connection refused", id="nobody-there"),
        pytest.param("http://a b/", "InvalidURL", id="no-host"),
        pytest.param(b"\x1b[31m no HTTP\r\n\r\n", "BadStatusLine", id="no-HTTP"),
        pytest.param(b"", "RemoteDisconnected", id="hung-up"),
    ],
)
def test_a_webhook_that_fails_says_why_and_the_next_notice_is_told(caplog, webhook, why):
    caplog.set_level(logging.INFO)
    url = webhook if isinstance(webhook, str) else answering(webhook)
    teller = Teller()
    teller.tell(Notice(AlertRule("x", WHEN, "", (), url), AlertState.FIRING, 3, (), 0.0))
    teller.tell(notice(*QUICK))
    teller.stop()
    assert f"the webhook could not be called: {why}" in caplog.text
    assert "the command ended with status 4" in caplog.text
    assert "\x1b" not in caplog.text


def test_a_watchdog_that_never_started_can_be_stopped():
    watchdog = Watchdog(Engine, list)
    watchdog.stop()
    assert watchdog.metrics is None
