from datetime import date

import pytest

from session_tracking.reports import run as reports_run
from session_tracking.reports.document import document_of
from session_tracking.reports.judging import Terms, judge
from session_tracking.reports.run import ExitStatus, FailOn, Run, Tally
from tests.strategies import NOW, exchange, findings_of

UNSAFE = ("Cache-Control", "public, max-age=600")


def findings(cookie="sid=1", **facts):
    return findings_of(exchange(UNSAFE, cookie=cookie, **facts))


def tally(*found):
    filled = Tally()
    for finding in found:
        filled.add(finding)
    return filled


def a_run(**facts):
    return Run("live", NOW, **{"exchanges": 1, **facts})


TODAY = date(2026, 11, 21)


def judged(run, filled, fail_on=FailOn.ERROR, **terms):
    return judge(document_of(run, filled), Terms(fail_on, TODAY, **terms))


def test_equal_findings_are_counted_once_each():
    (sid,), (lang,) = findings(), findings("lang=en")
    filled = tally(lang, sid, sid.masked("tracker"))
    assert [(c.finding.cookie_name, c.count, c.masked) for c in filled] == [
        ("sid", 2, 1),
        ("lang", 1, 0),
    ]
    assert filled.by_severity == {"error": 2, "warning": 1}


def test_add_tells_what_is_new_or_graver():
    (mild,), (grave,) = findings("x=1"), findings("x=3f2a9c81d0e7b6453f2a9c81d0e7b645")
    filled = Tally()
    assert filled.add(mild)
    assert not filled.add(mild)
    assert filled.add(grave)
    assert not filled.add(mild)
    assert next(iter(filled)).finding is grave


def test_an_example_is_kept_of_each_finding_and_of_the_gravest(monkeypatch):
    monkeypatch.setattr(reports_run, "MAX_EXAMPLES", 1)
    filled = Tally()
    for cookie in ("x=1", "x=3f2a9c81d0e7b6453f2a9c81d0e7b645; HttpOnly", "y=1"):
        given = exchange(UNSAFE, cookie=cookie)
        (finding,) = findings_of(given)
        filled.add(finding, given)
    x, y = filled.found.values()
    assert x.example.response_fields[0] == ("Set-Cookie", "x=…; HttpOnly")
    assert y.example is None


def test_hostile_traffic_cannot_fill_the_memory(monkeypatch):
    monkeypatch.setattr(reports_run, "MAX_FINDINGS", 2)
    filled = tally(*(findings(f"c{n}=1")[0] for n in range(5)))
    assert (len(filled.found), filled.dropped, filled.by_severity["warning"]) == (2, 3, 5)
    assert judged(a_run(), filled, FailOn.WARNING).counts.failing == 5
    assert judged(a_run(), filled, FailOn.ERROR).counts.failing == 0


STATUSES = [
    ("clean", a_run(), (), FailOn.NOTE, ExitStatus.CLEAN),
    ("error", a_run(), findings(), FailOn.ERROR, ExitStatus.FINDINGS),
    ("error-never", a_run(), findings(), FailOn.NEVER, ExitStatus.CLEAN),
    ("warning-below", a_run(), findings("lang=en"), FailOn.ERROR, ExitStatus.CLEAN),
    ("warning-at", a_run(), findings("lang=en"), FailOn.WARNING, ExitStatus.FINDINGS),
    ("failure", a_run(failures=1), findings(), FailOn.ERROR, ExitStatus.INCOMPLETE),
    ("failure-never", a_run(failures=2), (), FailOn.NEVER, ExitStatus.INCOMPLETE),
    ("reason", a_run(incomplete={"why": None}), (), FailOn.NEVER, ExitStatus.INCOMPLETE),
    ("nothing-seen", a_run(exchanges=0), (), FailOn.ERROR, ExitStatus.INCOMPLETE),
    ("nothing-judged", a_run(cookies_set=2, unjudged=2), (), FailOn.NOTE, ExitStatus.INCOMPLETE),
    ("some-judged", a_run(cookies_set=2, unjudged=1), (), FailOn.NOTE, ExitStatus.CLEAN),
    ("nothing-judged-never", a_run(cookies_set=2, unjudged=2), (), FailOn.NEVER, ExitStatus.CLEAN),
    ("nothing-in-a-file-never", Run("a.har", NOW), (), FailOn.NEVER, ExitStatus.INCOMPLETE),
    ("nothing-seen-never", a_run(exchanges=0), (), FailOn.NEVER, ExitStatus.CLEAN),
]


@pytest.mark.parametrize(
    ("run", "found", "fail_on", "status"), [pytest.param(*r, id=i) for i, *r in STATUSES]
)
def test_exit_status(run, found, fail_on, status):
    assert judged(run, tally(*found), fail_on).run.exit_status is status
