"""What repeats an earlier exchange is not looked at anew, and comes to the same all the same."""

import asyncio
import json
import logging
from dataclasses import replace

import pytest

from scripts.benchmarks.in_process import Chain, exchange
from scripts.benchmarks.workload import FINDING, KNOWN, NEWCOMER
from session_tracking.config.loading import load
from session_tracking.engine import known_id
from session_tracking.mitm import (
    addon as addon_module,
    commands,
    layouts,
    marks,
    places,
    repeats,
    visits,
)
from session_tracking.mitm.addon import SessionTracker
from session_tracking.mitm.configuration import LiveConfiguration
from session_tracking.mitm.repeats import Repeats
from session_tracking.records.w3c_line import Layout
from session_tracking.records.w3c_read import Reader
from session_tracking.reports import run as run_module
from session_tracking.reports.known import Baseline
from session_tracking.reports.registry import ReportSpec
from session_tracking.tracking.policy import Decision, Rule, State

AGAIN = 5


def fed(*kinds, change=lambda flow, response: None, before=lambda tracker: None):
    """A tracker after these exchanges, and the flows."""

    async def feed():
        tracker = SessionTracker()
        chain = Chain(tracker)
        before(tracker)
        flows = []
        for visitor, kind in enumerate(kinds):
            flow, response = exchange(kind, visitor)
            change(flow, response)
            await chain.feed(flow, response)
            flows.append(flow)
        return tracker, flows

    handlers = [*logging.getLogger().handlers]
    try:
        return asyncio.run(feed())
    finally:
        logging.getLogger().handlers[:] = handlers  # mitmproxy's belong to the loop that has ended


def answering(kind, *lines):
    """The kind with further or other lines in its answer."""
    names = {name.lower() for name, _ in lines}
    kept = tuple(line for line in kind.answered if line[0].lower() not in names)
    return replace(kind, answered=(*kept, *lines))


def seen_of(flow):
    lines = [(n, v) for n, v in flow.response.headers.fields if n.lower() != b"set-cookie"]
    return lines, flow.marked, flow.comment, len(flow.response.headers.get_all("set-cookie"))


CASES = [
    ("finding", FINDING),
    ("newcomer", NEWCOMER),
    ("newcomer-finding", replace(FINDING, known=False)),
    ("dated", answering(FINDING, ("Expires", "Sat, 21 Nov 2026 13:00:00 GMT"), ("ETag", '"1"'))),
    ("deletion", answering(FINDING, ("Set-Cookie", "sid=; Max-Age=0"))),
    ("two", replace(FINDING, answered=(*FINDING.answered, ("Set-Cookie", "theme=dark")))),
]


@pytest.mark.parametrize("kind", [pytest.param(kind, id=i) for i, kind in CASES])
def test_what_repeats_comes_to_the_same(kind, monkeypatch):
    tracker, flows = fed(*[kind] * AGAIN)
    assert len({str(seen_of(flow)) for flow in flows}) == 1
    monkeypatch.setattr(Repeats, "like", lambda *_args, **_more: None)
    anew, others = fed(*[kind] * AGAIN)
    assert [seen_of(flow) for flow in others] == [seen_of(flow) for flow in flows]
    assert [(c.finding.fingerprint, c.count, c.masked) for c in tracker.tally] == [
        (c.finding.fingerprint, c.count, c.masked) for c in anew.tally
    ]
    assert tracker.engine.counts() == anew.engine.counts()
    assert tracker.engine.detector.watched == anew.engine.detector.watched
    assert tracker.run.cookies_set == anew.run.cookies_set
    assert not tracker.run.failures


def test_a_value_that_was_anothers_is_found_in_what_repeats():
    shared = answering(FINDING, ("Set-Cookie", "sessionid=0123456789abcdef0123456789abcdef"))
    tracker, _ = fed(*[FINDING] * 2, *[shared] * 3)
    assert sum(tracker.run.swaps.counts.values()) > 0


def test_a_cookie_of_our_name_is_left_alone_in_what_repeats():
    newcomer = answering(NEWCOMER, ("Set-Cookie", "theme=dark"))
    collides = answering(NEWCOMER, ("Set-Cookie", "SessionTracking=dark"))
    tracker, flows = fed(newcomer, newcomer, collides, collides)
    counts = [len(flow.response.headers.get_all("set-cookie")) for flow in flows]
    assert counts == [2, 2, 1, 1]
    assert tracker.engine.counts()["collisions"] == 2


@pytest.mark.parametrize(
    "lines",
    [
        [("X-Accel-Expires", "@1795253400")],
        [("Set-Cookie2", 'a="1"')],
        [("Expires", "Sat, 21 Nov 2026 13:00:00 GMT"), ("Date", "now")],
        [("ETag", f'"{"x" * 3000}"')],
    ],
    ids=["accel", "set-cookie2", "undated", "long"],
)
def test_some_answers_are_looked_at_each_time(lines):
    flow, response = exchange(answering(FINDING, *lines), 1)
    for name, value in lines:
        response.headers[name] = value
    assert Repeats().like(flow, response, issues=False) is None


@pytest.mark.parametrize(
    "asked",
    [{}, {"reports": (ReportSpec("json", None),)}, {"baseline": Baseline("b.toml", ())}],
    ids=["none", "json", "baseline"],
)
def test_routes_are_counted_while_somebody_asks_for_them(asked):
    def ask(tracker):
        tracker._options = replace(tracker._options, **asked)

    tracker, _ = fed(*[KNOWN] * 3, FINDING, before=ask)
    counted = {("shop.test", "/basket"): 3, ("shop.test", "/products/{}"): 1}
    assert tracker.run.routes.seen == (counted if asked else {})
    assert tracker.run.exchanges == 4


@pytest.mark.parametrize("name", ["User-Agent", "Cookie", "X-Forwarded-For", "Accept", "Host"])
def test_repeated_lines_of_a_request_are_like_themselves_only(name):
    known = Repeats()
    (once, response), (twice, _) = exchange(FINDING, 1), exchange(FINDING, 1)
    fields = [*once.request.headers.fields, (name.encode(), b"a")]
    once.request.headers.fields = fields
    twice.request.headers.fields = [*fields, (name.encode(), b"b")]
    one, two = (known.like(flow, response, issues=False) for flow in (once, twice))
    assert one != two
    assert known.like(twice, response, issues=False)[0] == two[0]


def test_bounds(monkeypatch):
    monkeypatch.setattr(visits, "MAX_VISITS", 2)
    monkeypatch.setattr(repeats, "MAX_KNOWN", 1)
    monkeypatch.setattr(places, "MAX_PLACES", 1)
    monkeypatch.setattr(layouts, "MAX_LAYOUTS", 1)
    monkeypatch.setattr(marks, "_MOST_KEPT", 1)
    other = replace(answering(FINDING, ("X-Other", "1")), path="/other")
    long = replace(answering(FINDING, (f"X-{'x' * 3000}", "1")), path=f"/{'x' * 3000}")
    tracker, flows = fed(FINDING, other, long, FINDING, KNOWN, KNOWN)
    assert all(flow.marked for flow in flows[:4])
    assert len(tracker._repeats._answered) == 1
    assert sum(counted.count for counted in tracker.tally) == 4
    assert len(tracker._visits.decided) <= 2


def one_visitor(*paths):
    """A tracker after requests of one visitor for these paths, at one time."""

    async def feed():
        tracker = SessionTracker()
        chain = Chain(tracker)
        for path in paths:
            flow, response = exchange(KNOWN, 0, path=path)
            flow.request.timestamp_start = 1_795_000_000.0
            await chain.feed(flow, response)
        return tracker, flow

    handlers = [*logging.getLogger().handlers]
    try:
        return asyncio.run(feed())
    finally:
        logging.getLogger().handlers[:] = handlers


def test_requests_of_equal_lines_are_decided_once(monkeypatch):
    tracker, flow = one_visitor("/a", "/b", "/c", "/a")
    counts = tracker.engine.counts()
    assert counts["seen"] == 4
    flow.response = None
    assert tracker._visits.repeated(flow, tracker._current()) is not None
    flow.request.headers["Cookie"] = "theme=dark"
    assert tracker._visits.repeated(flow, tracker._current()) is None
    monkeypatch.setattr(visits.Visits, "repeated", lambda *_: None)
    anew, _ = one_visitor("/a", "/b", "/c", "/a")
    assert anew.engine.counts() == counts


def test_requests_of_equal_lines_are_bounded(monkeypatch):
    monkeypatch.setattr(visits, "MAX_REPEATS", 1)
    tracker, _ = one_visitor("/a", "/a", "/a", "/a")
    known = tracker._visits
    known.last += 1
    known.again((Decision(State.PASSED, Rule.FOREIGN), None))
    assert len(known._repeats) == 1


OWN = "OtSf6JY8zuufuoiXPlLzfA"
SEEN = Decision(State.SEEN, Rule.SEEN, presented=OWN)


@pytest.mark.parametrize(
    ("decision", "recorded", "kept"),
    [
        pytest.param(SEEN, True, SEEN, id="recorded-with-its-id"),
        pytest.param(SEEN, False, Decision(State.SEEN, Rule.SEEN), id="without-its-id"),
        pytest.param(Decision(State.SEEN, Rule.REFRESH, OWN, OWN), True, None, id="an-id-to-send"),
        pytest.param(SEEN._replace(rule=Rule.AMBIGUOUS), True, None, id="ambiguous"),
        pytest.param(None, True, None, id="none"),
    ],
)
def test_what_is_kept_of_a_visit(decision, recorded, kept):
    settings = load(None).for_url("shop.test", "/")
    if recorded:
        settings = replace(settings, log=object())
    known = visits.Visits()
    known.keep(1, decision, settings)
    assert known.decided == {1: kept and (kept, settings if recorded else None)}


def test_another_configuration_is_asked_anew():
    tracker, _ = fed(KNOWN, FINDING)
    flow, _ = exchange(KNOWN, 0)
    known = tracker._visits
    assert known.repeated(flow, tracker._current()) is None
    assert known.number(flow) in known.decided
    assert known.repeated(flow, load(None)) is None
    assert known.number(flow) not in known.decided
    like = Repeats().like(exchange(FINDING, 1)[0], exchange(FINDING, 1)[1], issues=False)
    assert tracker._repeats.known(like, tracker._current()) is not None
    assert tracker._repeats.known(like, load(None)) is None


def test_the_names_of_repeated_lines_are_joined():
    fields = ((b"Cookie", b"a=1"), (b"X", b"1"), (b"cookie", b"b=2"))
    assert addon_module.convert.named(fields) == {b"cookie": b"a=1\nb=2", b"x": b"1"}


def test_places_are_bounded(monkeypatch):
    monkeypatch.setattr(places, "MAX_PLACES", 1)
    known, (flow, _) = places.Places(), exchange(KNOWN, 0)
    other, _ = exchange(KNOWN, 0, path="/other")
    assert known.of(flow.request) == ("shop.test", "/basket")
    assert known.of(other.request) == ("shop.test", "/other")
    assert known.of(flow.request) == ("shop.test", "/basket")
    assert len(known._known) == 1


def test_the_place_of_a_long_path_is_not_kept():
    known, (flow, _) = places.Places(), exchange(KNOWN, 0, path=f"/{'x' * 3000}")
    assert known.of(flow.request)[0] == "shop.test"
    assert not known._known


def test_a_second_host_does_not_depend_on_who_came_before():
    known, (twice, _), (once, _) = places.Places(), exchange(KNOWN, 0), exchange(KNOWN, 0)
    twice.request.headers.fields = (*twice.request.headers.fields, (b"host", b"evil.test"))
    before = known.of(twice.request)
    assert known.of(once.request) == ("shop.test", "/basket")
    assert known.of(twice.request) == before


def test_the_settings_of_visits_are_bounded(monkeypatch):
    monkeypatch.setattr(visits, "MAX_SITES", 2)
    known, current = visits.Visits(), load(None)
    for number in range(1, 6):
        settings = replace(current.for_url(f"{number}.test", "/"), log=object())
        known.keep(number, Decision(State.PASSED, Rule.FOREIGN), settings)
        assert known.decided[number][1] is settings
        assert len(known.decided) == len(known._sites) <= 2


def test_swaps_noticed_are_counted_although_no_response_came():
    events = ()
    tracker, (flow,) = fed(KNOWN)
    tracker._noticed[flow.id] = events
    tracker.error(flow)
    assert flow.id not in tracker._noticed


def configured(tmp_path, text):
    """Have a tracker use another configuration, as a change of the option does."""
    file = tmp_path / "tracker.toml"
    file.write_text(text)
    return lambda tracker: tracker._use(LiveConfiguration(file, ""))


def test_what_is_enforced_is_enforced_each_time_and_counted(tmp_path):
    use = configured(tmp_path, "[enforce]\nenabled = true\n")
    tracker, flows = fed(*[FINDING] * AGAIN, before=use)
    assert {flow.response.headers["Cache-Control"] for flow in flows} == {"private, no-store"}
    counts = commands.counters(tracker.engine, "json", 0.0)
    assert json.loads(counts[0])["counters"]["enforced"] == AGAIN
    assert [counted.masked for counted in tracker.tally] == [AGAIN]


def test_what_repeats_is_recorded_each_time(tmp_path):
    use = configured(tmp_path, f'[log]\nenabled = true\ndir = "{tmp_path}/logs"\n')
    tracker, _ = fed(*[FINDING] * AGAIN, before=use)
    assert not tracker.run.failures
    assert tracker.run.cookies_set == AGAIN
    tracker._recording.stop()


def test_equal_requests_are_logged_as_others_are(tmp_path, monkeypatch):
    def logged(folder):
        log = f'[log]\nenabled = true\ndir = "{folder}"\nkey_file = "{tmp_path}/key"\n'
        tracker, _ = fed(KNOWN, FINDING, before=configured(tmp_path, log))
        for path in ("/a?b=c", "/d", "/e"):
            for kind, visitor in ((KNOWN, 0), (FINDING, 1), (KNOWN, 1), (KNOWN, 0)):
                flow, response = exchange(kind, visitor, path=path)
                tracker.requestheaders(flow)
                flow.response = response
                tracker.responseheaders(flow)
                tracker.response(flow)
        tracker._recording.stop()
        assert not tracker.run.failures
        (file,) = folder.glob("*/u_ex*.log")
        apart = {"date", "time", "time-taken", "sc(Set-Cookie)"}
        return [
            {name: value for name, value in row.values.items() if name not in apart}
            for row in Reader().read(file)
        ]

    kept = []
    monkeypatch.setattr(Layout, "_keep", lambda *_: kept.append(1))
    anew = logged(tmp_path / "anew")
    assert kept
    monkeypatch.undo()
    assert logged(tmp_path / "again") == anew
    assert len(anew) == 12


def test_findings_beyond_the_bound_are_counted_and_not_told(monkeypatch):
    monkeypatch.setattr(run_module, "MAX_FINDINGS", 0)
    tracker, _ = fed(*[FINDING] * AGAIN)
    assert (len(tracker.tally.found), tracker.tally.dropped) == (0, AGAIN)


def test_a_fault_with_a_request_leaves_it_alone():
    def fails(tracker):
        tracker._look_closely = lambda flow, visit: 1 / 0

    tracker, (flow,) = fed(NEWCOMER, before=fails)
    assert tracker.run.failures == 1
    assert "set-cookie" not in flow.response.headers


@pytest.mark.parametrize("cookies", [["SessionTracking=!!"], ["a=1"], []])
def test_an_id_that_cannot_be_ours_is_nobodys(cookies):
    settings = load(None).for_url("shop.test", "/")
    assert known_id(settings, cookies) == ""
    assert (
        known_id(replace(settings, tracking=replace(settings.tracking, enabled=False)), cookies)
        == ""
    )
