"""What is recorded of each way that an exchange may go."""

import logging
from pathlib import Path
from types import SimpleNamespace

import pytest
from mitmproxy.flow import Error
from mitmproxy.http import Headers
from mitmproxy.test import tflow

from session_tracking.caching.levels import Level
from session_tracking.config.loading import load
from session_tracking.engine import Outcome
from session_tracking.http.edit import Edit, Undo
from session_tracking.mitm import recording
from session_tracking.mitm.convert import apply
from session_tracking.mitm.hooks import Hooks
from session_tracking.mitm.recording import Recording, RecordingError
from session_tracking.records.trace_read import read_traces
from session_tracking.records.w3c_read import Reader
from session_tracking.tracking.policy import Decision, Rule, State

CONFIG = 'enabled = true\ncookie.id = "b64url128"\n[log]\nenabled = true\n'
OWN = "OtSf6JY8zuufuoiXPlLzfA"


class Recorded:
    """A recording with its configuration on disk."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.parent = SimpleNamespace()
        self.recording = Recording(Hooks(self.parent))
        self.use(CONFIG)

    def use(self, text):
        (self.folder / "config.toml").write_text(text)
        self.configuration = load(self.folder / "config.toml")

    def watch(self, flow):
        self.recording.watch(flow, self.configuration.for_url("shop.test", "/"))
        return flow

    def watch_as_equal(self, *flows):
        """Watch requests that one number stands for."""
        settings, seen = (
            self.configuration.for_url("shop.test", "/"),
            Decision(State.SEEN, Rule.SEEN),
        )
        for flow in flows:
            self.recording.watch(flow, settings, seen, 7)

    def rows(self):
        self.recording.stop()
        paths = sorted(self.folder.glob("*/*/u_ex*.log"))
        return [row.values for path in paths for row in Reader().read(path)]


@pytest.fixture
def recorded(tmp_path):
    return Recorded(tmp_path)


def flow_of(*lines, response=True):
    flow = tflow.tflow(resp=response)
    flow.request.headers = Headers([(b"Host", b"shop.test"), *lines])
    return flow


def test_there_is_no_hook_until_it_is_needed(recorded):
    assert not hasattr(recorded.parent, "response")
    recorded.recording.decided("x", Decision(State.NEW, Rule.NEW))
    recorded.recording.judged("x", Outcome())
    recorded.recording.response(flow_of())
    recorded.recording.error(flow_of())
    recorded.recording.stop()
    assert not (recorded.folder / "logs").exists()
    recorded.watch(flow_of())
    recorded.watch(flow_of())
    assert recorded.parent.response == recorded.recording.response
    recorded.recording.stop()
    assert not hasattr(recorded.parent, "response")


def test_a_new_visitor(recorded):
    flow = recorded.watch(flow_of())
    decision = Decision(State.NEW, Rule.NEW, OWN)
    recorded.recording.decided(flow.id, decision)
    recorded.recording.judged(flow.id, Outcome(decision=decision))
    recorded.recording.response(flow)
    (row,) = recorded.rows()
    assert (row["x-session-id"], row["x-session-event"]) == (OWN, "new")
    assert (row["cs-host"], row["c-ip"], row["sc-status"]) == ("shop.test", "127.0.0.1", "200")


def test_an_id_that_never_went_out_is_not_told(recorded):
    flow = recorded.watch(flow_of())
    recorded.recording.decided(flow.id, Decision(State.NEW, Rule.NEW, OWN))
    recorded.recording.judged(flow.id, Outcome())
    recorded.recording.response(flow)
    (row,) = recorded.rows()
    assert row["x-session-id"] is None


IDS = [
    ("seen", Decision(State.SEEN, Rule.SEEN, presented=OWN), OWN, "seen"),
    ("off", Decision(State.SKIPPED, Rule.DISABLED), None, None),
    ("not-ours", Decision(State.SKIPPED, Rule.HOST), None, None),
    ("head", Decision(State.SKIPPED, Rule.METHOD), OWN, "skipped"),
    ("cross-site", Decision(State.SKIPPED, Rule.CROSS_SITE), OWN, "skipped"),
    # Who wants to be left alone is.
    ("gpc", Decision(State.SKIPPED, Rule.GPC), None, "skipped"),
    ("no-consent", Decision(State.SKIPPED, Rule.CONSENT), None, "skipped"),
    ("none", None, None, None),
]


@pytest.mark.parametrize(("decision", "told", "event"), [pytest.param(*r, id=i) for i, *r in IDS])
def test_whose_session_it_is(recorded, decision, told, event):
    flow = recorded.watch(flow_of((b"cookie", f"SessionTracking={OWN}".encode())))
    if decision is not None:
        recorded.recording.decided(flow.id, decision)
    recorded.recording.response(flow)
    (row,) = recorded.rows()
    assert (row["x-session-id"], row["x-session-event"]) == (told, event)
    assert (OWN in row["cs(Cookie)"]) == (told is not None)


BROKEN = [
    ("upstream", "connection refused", None, ("502", "3", "12030")),
    ("killed", Error.KILLED_MESSAGE, None, (None, "0", "1236")),
    ("client", "Client disconnected.", None, (None, "0", "64")),
    ("in-the-stream", "connection closed", True, ("200", "0", "12030")),
    ("client-in-the-stream", "Client disconnected.", True, ("200", "0", "64")),
    ("before-it-was-sent", "connection closed", False, ("502", "3", "12030")),
    ("unknown", None, None, ("502", "3", "12030")),
]


@pytest.mark.parametrize(
    ("message", "stream", "told"), [pytest.param(*r, id=i) for i, *r in BROKEN]
)
def test_exchanges_that_break_off(recorded, message, stream, told):
    flow = recorded.watch(flow_of(response=stream is not None))
    decision = Decision(State.NEW, Rule.NEW, OWN)
    recorded.recording.judged(flow.id, Outcome(decision=decision))
    if stream is not None:
        flow.response.stream = stream
    flow.error = Error(message) if message else None
    recorded.recording.error(flow)
    (row,) = recorded.rows()
    assert (row["sc-status"], row["sc-substatus"], row["sc-win32-status"]) == told
    # The visitor has the id only if the head of the response has left.
    assert row["x-session-id"] == (OWN if stream else None)


def test_a_stream_has_the_size_that_it_declares(recorded):
    for length in ("1000", None):
        flow = recorded.watch(flow_of())
        flow.response.data.content = None
        flow.response.headers = Headers([] if length is None else [(b"Content-Length", b"1000")])
        recorded.recording.response(flow)
    known, unknown = recorded.rows()
    assert int(known["sc-bytes"]) > 1000
    assert unknown["sc-bytes"] is None


def test_a_user_whom_the_proxy_knows(recorded):
    recorded.use(CONFIG + 'fields = ["cs-username", "cs-bytes"]\n')
    flow = recorded.watch(flow_of())
    flow.metadata["proxyauth"] = ("jo", "secret")
    flow.request.data.content = None
    recorded.recording.response(flow)
    (row,) = recorded.rows()
    assert (row["cs-username"], row["cs-bytes"]) == ("jo", None)


def test_what_is_too_much_is_not_recorded(recorded, monkeypatch):
    monkeypatch.setattr(recording, "MAX_WATCHED", 1)
    flows = [recorded.watch(flow_of()) for _ in range(2)]
    for flow in flows:
        recorded.recording.response(flow)
    assert len(recorded.rows()) == 1


def test_a_response_without_a_response(recorded):
    flow = recorded.watch(flow_of(response=False))
    recorded.recording.response(flow)
    assert recorded.rows() == []


def test_the_folder_changes_while_traffic_runs(recorded):
    for text in (CONFIG, CONFIG, CONFIG + 'dir = "elsewhere"\n'):
        recorded.use(text)
        recorded.recording.response(recorded.watch(flow_of()))
    assert len(recorded.rows()) == 3
    assert sorted(path.parts[-3] for path in recorded.folder.glob("*/*/u_ex*.log")) == [
        *("elsewhere", "logs"),
    ]


def test_a_key_that_cannot_be_read_any_more(recorded, caplog):
    caplog.set_level(logging.INFO)
    (recorded.folder / "logs").mkdir()
    (recorded.folder / "logs/digest.key").write_text("short")
    recorded.recording.response(recorded.watch(flow_of()))
    assert len(recorded.rows()) == 1
    assert "digests will not be the same after a restart" in caplog.text


def test_what_others_change_on_the_way_is_logged_as_it_came(recorded):
    edited, equal = flow_of(), flow_of()
    for flow in (edited, equal):
        flow.client_conn.peername = ("192.0.2.7", 40_000)
    recorded.watch_as_equal(edited, equal)
    edited.client_conn.peername = ("203.0.113.9", 1)
    edited.request.http_version = "HTTP/1.0"
    for flow in (edited, equal):
        recorded.recording.response(flow)
    assert [(row["c-ip"], row["cs-version"]) for row in recorded.rows()] == [
        ("192.0.2.7", "HTTP/1.1")
    ] * 2


def test_an_id_given_after_all_is_no_equal_request_s(recorded):
    first, second = flow_of(), flow_of()
    recorded.watch_as_equal(first, second)
    recorded.recording.judged(second.id, Outcome(decision=Decision(State.NEW, Rule.NEW, OWN)))
    for flow in (first, second):
        recorded.recording.response(flow)
    assert [row["x-session-id"] for row in recorded.rows()] == [None, OWN]


# ------------------------------------------------------------------------------ traces

TRACED = "enabled = true\n[trace]\nenabled = true\n"


def traces(recorded):
    recorded.recording.stop()
    return read_traces([recorded.folder / "traces"])


def test_a_trace(recorded):
    recorded.use(TRACED)
    flow = recorded.watch(flow_of())
    decision = Decision(State.NEW, Rule.NEW, OWN)
    recorded.recording.decided(flow.id, decision)
    recorded.recording.answered(flow.id)
    recorded.recording.judged(flow.id, Outcome(decision=decision, level=Level.UNSAFE))
    edit = Edit(
        frozenset({"content-length"}), (("Set-Cookie", f"SessionTracking={OWN}"),), "tracker"
    )
    recorded.recording.edited(flow.id, apply(edit, flow.response), flow.response)
    recorded.recording.response(flow)
    (trace,) = traces(recorded)
    ours = trace.ours
    assert (ours["state"], ours["rule"], ours["session"]) == ("new", "new-visitor", OWN)
    names = [event["name"] for event in ours["events"]]
    assert names == ["request", "decide", "response", "issue", "judge", "edit", "end"]
    times = [event["t"] for event in ours["events"]]
    assert times == sorted(times)
    assert ours["headersAdded"] == [{"name": "Set-Cookie", "value": f"SessionTracking={OWN}"}]
    assert [line["name"] for line in ours["headersRemoved"]] == ["content-length"]
    assert ours["configuration"]["enabled"].endswith("config.toml:1")
    assert not (recorded.folder / "logs").exists()


WANTED = [
    ("all", "", {}, True),
    ("status", 'status_codes = "400-500"', {}, False),
    ("other-status", 'status_codes = "404,200"', {}, True),
    ("broken-off", 'status_codes = "404"', {"error": "Client disconnected."}, True),
    ("quick", "min_time_ms = 100000", {}, False),
    ("path", 'paths = ["/x/*", "/path"]', {}, True),
    ("other-path", 'paths = ["/x/*"]', {}, False),
    ("no-findings", "only_findings = true", {}, False),
]


@pytest.mark.parametrize(("text", "how", "wanted"), [pytest.param(*r, id=i) for i, *r in WANTED])
def test_which_exchanges_are_traced(recorded, text, how, wanted):
    recorded.use(TRACED + text)
    (recorded.folder / "traces").mkdir()
    flow = recorded.watch(flow_of())
    if "error" in how:
        flow.error = Error(how["error"])
        recorded.recording.error(flow)
    else:
        recorded.recording.response(flow)
    recorded.recording.stop()
    assert bool(list((recorded.folder / "traces").rglob("*.har"))) is wanted


def test_without_traces_no_steps_are_noted(recorded):
    flow = recorded.watch(flow_of())
    recorded.recording.answered(flow.id)
    recorded.recording.answered("unknown")
    recorded.recording.edited(flow.id, Undo((), 0, "tracker"), flow.response)
    recorded.recording.edited("unknown", Undo((), 0, "tracker"), flow.response)
    recorded.recording.response(flow)
    assert len(recorded.rows()) == 1


def test_a_folder_for_traces_that_cannot_be_made(tmp_path):
    (tmp_path / "traces").write_text("in the way")
    with pytest.raises(RecordingError, match=r"\[trace\] cannot make the folder .*: File exists"):
        Recording.check(None, tmp_path / "traces")
    Recording.check(None)


def test_traces_are_numbered_in_order(recorded):
    recorded.use(TRACED)
    for _ in range(2):
        recorded.recording.response(recorded.watch(flow_of()))
    assert [trace.path.name for trace in traces(recorded)] == ["tr000001.har", "tr000002.har"]
