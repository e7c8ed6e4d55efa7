"""What the adapter's parts do with input that a live proxy hardly ever brings."""

import pytest
from mitmproxy.test import tflow

from session_tracking.caching.profiles.catalogue import PROFILES
from session_tracking.http.edit import Edit, Undo
from session_tracking.http.fields import FieldSection
from session_tracking.mitm import commands, convert, marks
from session_tracking.mitm.addon import SessionTracker
from session_tracking.mitm.configuration import LiveConfiguration
from session_tracking.records import har_check
from tests.audit.test_auditor import UNSAFE
from tests.strategies import exchange, findings_of as found


def test_an_edit_can_be_undone_in_its_exact_places():
    flow = tflow.tflow(resp=True)
    lines = ((b"Expires", b"0"), (b"X", b"1"), (b"cache-control", b"a"), (b"Y", b"2"))
    flow.response.headers.fields = lines
    undo = convert.apply(
        Edit(frozenset({"cache-control", "expires"}), (("Cache-Control", "private"),), "tracker"),
        flow.response,
    )
    assert flow.response.headers.fields == (lines[1], lines[3], (b"Cache-Control", b"private"))
    read = Undo.of(undo.facts())
    assert read == undo
    before = read.before(convert.field_section(flow.response.headers))
    assert before == FieldSection((n.decode(), v.decode()) for n, v in lines)


BEHIND_US = [
    ("appended", lambda lines: (*lines, (b"X-Late", b"1"))),
    ("before", lambda lines: ((b"X-Early", b"1"), *lines)),
    ("cookie-appended", lambda lines: (*lines, (b"Set-Cookie", b"late=1"))),
    ("ours-taken", lambda lines: tuple(line for line in lines if line[0] != b"Cache-Control")),
]


@pytest.mark.parametrize("change", [pytest.param(row, id=i) for i, row in BEHIND_US])
def test_an_edit_is_undone_wherever_addons_behind_us_moved_its_lines(change):
    flow = tflow.tflow(resp=True)
    lines = ((b"Age", b"0"), (b"X", b"1"), (b"Set-Cookie", b"a=1"), (b"set-cookie", b"b=2"))
    flow.response.headers.fields = lines
    add = (("Cache-Control", "private"), ("Set-Cookie", "SessionTracking=x"))
    undo = convert.apply(Edit(frozenset({"cache-control", "age"}), add, "tracker"), flow.response)
    flow.response.headers.fields = change(flow.response.headers.fields)
    before = undo.before(convert.field_section(flow.response.headers))
    values = before.values("set-cookie")
    assert values[:2] == ["a=1", "b=2"]
    assert set(values[2:]) <= {"late=1"}
    assert (before.values("cache-control"), before.values("age")) == ([], ["0"])


FOREIGN = [
    None,
    7,
    {},
    {"removed": [], "added": "1", "reason": "tracker"},
    {"removed": [], "added": 1, "reason": "tracker"},
    {"removed": [[1, 2]], "added": [], "reason": "tracker"},
    {"removed": [], "added": [["set-cookie"]], "reason": "tracker"},
    {"removed": [], "added": [], "reason": "\x1b"},
]


@pytest.mark.parametrize("facts", FOREIGN)
def test_metadata_of_foreign_flow_files_is_no_undo(facts):
    assert Undo.of(facts) is None


def test_cookie_lines_are_replaced_in_their_places():
    request = tflow.tflow().request
    request.headers.fields = ((b"cookie", b"a=1"), (b"X", b"1"), (b"Cookie", b"b=2"))
    convert.replace_cookie_lines(request, ("c=3",))
    assert request.headers.fields == ((b"cookie", b"c=3"), (b"X", b"1"))


def test_marks_are_taken_back_but_what_the_user_wrote_stays():
    flow = tflow.tflow(resp=True)
    flow.comment = "mine"
    marks.mark(flow, found(exchange(UNSAFE)))
    assert flow.marked == ":red_circle:"
    assert flow.comment.startswith("mine\n")
    flow.marked = ":star:"
    marks.unmark(flow)
    assert (flow.comment, flow.marked, flow.metadata) == ("mine", ":star:", {})


def test_a_flow_that_the_user_marked_keeps_its_mark():
    flow = tflow.tflow(resp=True)
    flow.marked = ":star:"
    marks.mark(flow, found(exchange(UNSAFE)))
    assert flow.marked == ":star:"


def test_metadata_that_is_not_ours_is_dropped():
    flow = tflow.tflow(resp=True)
    flow.metadata[marks.METADATA] = "x"
    assert marks.undo_of(flow) is None
    assert marks.comment_of(flow) == ""
    marks.unmark(flow)
    assert flow.metadata == {}


def no_caches(_flow):
    return ()


def test_explain_without_an_http_response():
    for flow in (tflow.ttcpflow(), tflow.tflow()):
        assert list(commands.explain(flow, no_caches)) == ["no HTTP response to explain"]


def test_explain_what_is_safe():
    flow = tflow.tflow(resp=True)
    flow.response.headers.fields = ((b"Set-Cookie", b"a=b"), (b"Cache-Control", b"private"))
    explained = [line.split() for line in commands.explain(flow, no_caches)]
    assert "level safe (decided by Cache-Control)".split() in explained
    assert len([line for line in explained if line[0] == "caches"]) == 1


def test_explain_for_the_caches_of_the_user():
    flow = tflow.tflow(resp=True)
    flow.response.headers.fields = ((b"Set-Cookie", b"a=b"), (b"Cache-Control", b"max-age=60"))
    explained = list(commands.explain(flow, lambda _: (PROFILES["nginx"], PROFILES["httpd"])))
    assert any(line.endswith("swap on httpd") for line in explained)
    assert any(line.endswith("refused by nginx") for line in explained)
    assert any("nginx with proxy_ignore_headers Set-Cookie" in line for line in explained)


NO_HAR = [
    "",
    "flows",
    "{",
    "{}",
    '{"log": 1}',
    '{"log": {"creator": {"name": 1}, "entries": [1]}}',
    "[" * 9,
]


@pytest.mark.parametrize("text", NO_HAR)
def test_what_is_no_har_is_left_to_mitmproxy(tmp_path, text):
    file = tmp_path / "capture"
    file.write_text(text)
    assert har_check.cookies_left_out(str(file)) == ""
    assert har_check.cookies_left_out(str(tmp_path / "missing")) == ""


def test_an_addon_that_never_ran_has_nothing_to_end():
    SessionTracker().done()


def test_files_that_were_never_watched_need_no_stopping():
    LiveConfiguration(None, "").stop()


def test_a_fault_with_a_late_answer_does_not_end_the_watch(monkeypatch, caplog):
    caplog.set_level(0)
    tracker = SessionTracker()

    def late():
        raise ZeroDivisionError("a value that nobody may see")

    monkeypatch.setattr(tracker.engine, "late", late)
    tracker._report_late()
    assert tracker.run.failures == 1
    assert "ZeroDivisionError" in caplog.text
    assert "nobody may see" not in caplog.text
