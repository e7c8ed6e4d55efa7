"""Which findings count, and what the run comes to."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from session_tracking.audit.suppressions import Suppression
from session_tracking.reports.document import State, document_of, found_of
from session_tracking.reports.judging import Terms, judge, today
from session_tracking.reports.known import Baseline, Known
from session_tracking.reports.run import ExitStatus, FailOn
from session_tracking.reports.text import render, summary
from session_tracking.swaps.events import EventKind
from tests.reports.test_run import TODAY, a_run, findings, judged, tally
from tests.reports.test_swaps import event, findings_of_events, record

(FOUND,) = findings()


def suppression(*, rule="*", site="*", path="*", cookie="*", days=0):
    expires = TODAY + timedelta(days)
    return Suppression(rule, site, path, cookie, "a ticket", expires, "config.toml:7")


COVERED = [
    ("all", {}, True),
    ("rule", {"rule": "ST20?"}, True),
    ("other rule", {"rule": "ST3*"}, False),
    ("site", {"site": "*.test"}, True),
    ("other site", {"site": "example.*"}, False),
    ("path", {"path": "/*"}, True),
    ("other path", {"path": "/b"}, False),
    ("cookie", {"cookie": "s?d"}, True),
    ("other cookie", {"cookie": "SID"}, False),
]


@pytest.mark.parametrize(
    ("patterns", "covered"), [r[1:] for r in COVERED], ids=[r[0] for r in COVERED]
)
def test_what_a_suppression_covers(patterns, covered):
    document = judged(a_run(), tally(FOUND), suppressions=(suppression(**patterns),))
    assert document.findings[0].state is (State.SUPPRESSED if covered else State.NEW)
    assert document.suppressions[0].matched == covered
    assert document.run.exit_status is (ExitStatus.CLEAN if covered else ExitStatus.FINDINGS)


def test_the_summary_tells_what_each_suppression_covers():
    given = suppression(), suppression(cookie="x"), suppression(days=-1)
    told = "\n".join(summary(judged(a_run(), tally(FOUND), suppressions=given)))
    assert 'suppressed 1 finding until 2026-11-21: config.toml:7: * ** *: "a ticket"' in told
    assert "suppression unused, remove it: config.toml:7: * ** x" in told
    assert "suppression EXPIRED on 2026-11-20, it covered 1 finding" in told


def test_a_day_ends_at_midnight_utc():
    before = datetime.now(UTC).date()
    assert before <= today() <= datetime.now(UTC).date()


def test_an_expired_suppression_fails_the_run_and_covers_nothing():
    given = (suppression(days=-1),)
    document = judged(a_run(), tally(FOUND), suppressions=given)
    assert document.findings[0].state is State.NEW
    document = judged(a_run(), tally(), suppressions=given)
    assert document.run.exit_status is ExitStatus.FINDINGS
    assert "failed: 1 suppression expired (exit status 1" in list(summary(document))[-1]
    never = judged(a_run(), tally(), FailOn.NEVER, suppressions=given)
    assert never.run.exit_status is ExitStatus.CLEAN


def test_what_is_known_does_not_fail():
    known = Known.of(found_of(FOUND))
    gone = [Known("ST202", "error", "shop.test", path, "sid") for path in ("/seen", "/not")]
    run = a_run()
    run.routes.see("shop.test", "/seen")
    document = judged(run, tally(FOUND), baseline=Baseline("b.toml", (known, *gone)))
    assert document.findings[0].state is State.KNOWN
    assert document.run.exit_status is ExitStatus.CLEAN
    told = "\n".join(summary(document))
    assert "baseline b.toml: 1 known, 0 new, 1 vanished" in told
    assert 'ST202 shop.test/seen "sid": vanished' in told
    assert 'ST202 shop.test/not "sid": not looked for: route not visited, or rule off' in told
    assert "nothing new: every finding is known or suppressed" in told


def test_what_was_not_looked_for_has_not_vanished():
    gone = Baseline("b.toml", (Known("ST202", "error", "shop.test", "/seen", "sid"),))
    run, found = a_run(), tally()
    run.routes.see("shop.test", "/seen")
    (vanished,) = judged(run, found, baseline=gone).baseline.vanished
    assert vanished.visited
    (vanished,) = judged(run, found, baseline=gone, off=("ST202",)).baseline.vanished
    assert not vanished.visited


def test_many_that_vanished_are_counted():
    gone = tuple(Known("ST202", "error", "shop.test", f"/{n}", "sid") for n in range(25))
    assert "    … and 5 more" in summary(judged(a_run(), tally(), baseline=Baseline("b", gone)))


def test_what_got_graver_is_new():
    milder = replace(Known.of(found_of(FOUND)), severity="note")
    milder = replace(milder, severity=FOUND.severity.__class__.NOTE)
    document = judged(a_run(), tally(FOUND), baseline=Baseline("b", (milder,)))
    assert document.findings[0].state is State.NEW


def test_a_proven_swap_is_never_silent():
    (swap,) = findings_of_events(event(EventKind.CONFIRMED))
    baseline = Baseline("b", (Known.of(found_of(swap)),))
    for run in (a_run(), a_run(swaps=record(event(EventKind.CONFIRMED)))):
        document = judged(run, tally(swap), suppressions=(suppression(),), baseline=baseline)
        assert document.findings[0].state is State.NEW
        assert document.run.exit_status is ExitStatus.PROVEN_SWAP
        assert document.suppressions[0].matched == 0


def test_a_report_is_judged_again_by_what_it_holds_itself():
    gone = Known("ST202", FOUND.severity, "shop.test", "/gone", "sid")
    baseline = Baseline("b", (Known.of(found_of(FOUND)), gone))
    (other,) = findings("lang=en")
    first = judged(
        a_run(), tally(FOUND, other), suppressions=(suppression(cookie="lang"),), baseline=baseline
    )
    assert judge(first, Terms(FailOn.ERROR, TODAY)) == first
    later = judge(first, Terms(FailOn.NOTE, TODAY + timedelta(1)))
    assert later.run.exit_status is ExitStatus.FINDINGS
    assert later.suppressions[0].expired


def test_the_text_report_lists_each_kind_apart():
    (lang,), (theme,) = findings("lang=en"), findings("theme=dark")
    document = judged(
        a_run(),
        tally(FOUND, lang, theme),
        suppressions=(suppression(cookie="lang"),),
        baseline=Baseline("b", (Known.of(found_of(theme)),)),
    )
    told = render(document)
    places = [
        told.index(f"\n{title}:\n")
        for title in ("Findings", "Known from the baseline", "Suppressed")
    ]
    assert places == sorted(places)
    assert told.count("Fix: ") == 1, "of what nobody is to act on, a line is enough"


def test_routes_are_bounded(monkeypatch):
    monkeypatch.setattr("session_tracking.reports.run.MAX_ROUTES", 2)
    run = a_run()
    for path in ("/a", "/b?x", "/c", "/b", "/d"):
        run.routes.see("Shop.test:80", path)
    routes = document_of(run, tally()).routes
    assert [(r.site, r.route, r.exchanges) for r in routes.seen] == [
        ("shop.test", "/a", 1),
        ("shop.test", "/b", 2),
    ]
    assert routes.further == 2


def test_what_is_known_or_suppressed_is_told_to_nobody_at_once():
    known = Known.of(found_of(FOUND))
    for terms, silenced in (
        (Terms(FailOn.ERROR, TODAY), False),
        (Terms(FailOn.ERROR, TODAY, (suppression(),)), True),
        (Terms(FailOn.ERROR, TODAY, (suppression(days=-1), suppression(rule="x"))), False),
        (Terms(FailOn.ERROR, TODAY, (), Baseline("b", (known,))), True),
        (Terms(FailOn.ERROR, TODAY, (), Baseline("b", ())), False),
    ):
        assert terms.silences(known) == silenced
