from dataclasses import replace

from session_tracking.caching.profiles.model import Outcome
from session_tracking.reports.run import FailOn
from session_tracking.reports.text import finding_line, finding_lines, summary
from tests.reports.test_run import a_run, findings, judged, tally


def test_a_line_tells_the_reasons_once_and_what_each_cache_does():
    (finding,) = findings("sid=1")
    told = replace(finding, caches={"nginx": Outcome.MISS, "httpd": Outcome.SWAP})
    line, caches = finding_lines(told)
    assert line.count("max-age keeps it fresh") == 1
    assert "is unsafe. Fix: Set-Cookie" in line
    assert caches == "    the next visitor: swap on httpd · refused by nginx"
    assert list(finding_lines(finding)) == [line]


def test_what_masked_it_comes_last():
    (finding,) = findings("sid=1")
    assert finding_line(finding.masked("tracker")).endswith("protected by: tracker]")


def text(run, filled, fail_on=FailOn.ERROR):
    return "\n".join(summary(judged(run, filled, fail_on)))


def test_the_gravest_are_shown_and_the_rest_counted():
    told = text(a_run(), tally(*(findings(f"c{n}=1")[0] for n in range(30))))
    assert "… and 10 more" in told
    assert told.count("ST201") == 20


def test_the_tracker_and_what_was_dropped():
    filled = tally(*findings())
    filled.dropped = 3
    told = text(a_run(tracker={"issued": 2, "forged": 0, "confirmed": 1}), filled)
    assert "cookies: 2 issued, 1 confirmed" in told
    assert "3 further findings were counted but not kept" in told
    assert told.endswith("session-tracker: findings (exit status 1, fail on: error)")


def test_reasons_of_an_incomplete_run_are_escaped():
    told = text(a_run(incomplete={"bad \x1b[31m": None}, failures=1), tally())
    assert "\x1b" not in told
    assert "incomplete: 1 exchange could not be audited" in told
    assert "incomplete (exit status 2" in told


def test_clean_and_not_failed_are_told_apart():
    assert "session-tracker: clean (exit status 0" in text(a_run(), tally())
    unseen = text(a_run(exchanges=0), tally(), FailOn.NEVER)
    assert "nothing was seen, and so nothing is called clean (exit status 0" in unseen
    unjudged = text(a_run(cookies_set=2, unjudged=1), tally())
    assert "clean, as far as it goes: not everything was judged (exit status 0" in unjudged
    assert "not failed, though not clean" in text(a_run(), tally(*findings()), FailOn.NEVER)
