import json

from session_tracking.reports.counters import SILENT_SECONDS, fleet_lines
from session_tracking.reports.document import document_of
from session_tracking.reports.run import Run, Tally
from session_tracking.reports.text import summary
from session_tracking.swaps.courier import Books

NOW = 1_795_000_000


def told(seen, **sites):
    return json.dumps({"seen": seen, "sites": sites}).encode()


def test_totals_are_those_of_all_and_gauges_those_of_who_is_there():
    lines = list(
        fleet_lines(
            (
                told(NOW, shop={"hits": 2, "current": 3}, blog={"hits": 1}),
                told(NOW - SILENT_SECONDS, shop={"hits": 5, "current": 1}),
                told(NOW - SILENT_SECONDS - 1, shop={"hits": 7, "current": 9, "no counter": 1}),
            ),
            NOW,
        )
    )
    assert lines == ["fleet of 2", "blog hits 1", "shop current 4", "shop hits 14"]


def test_what_is_something_else_is_left_out():
    odd = (b"", b"[]", b"null", b"{}", b'{"seen": 1, "sites": 7}', told(NOW, shop=7))
    assert list(fleet_lines(odd, NOW)) == ["fleet of 0"]
    assert list(fleet_lines((told(NOW, **{"a\nb": {"hits": 1}}),), NOW))[1].isprintable()


def run_of(books=None, problem=""):
    return Run("live", NOW, NOW, exchanges=1, fleet=books, fleet_problem=problem)


def test_a_gap_makes_the_run_incomplete():
    document = document_of(run_of(Books(sent=10, stored=8, gap=2, outages=1)), Tally())
    assert document.run.incomplete[0].startswith("2 of 10 sights did not get into")
    assert "  fleet: 10 sights sent, 8 stored, 2 not; 1 outage" in list(summary(document))
    assert document_of(run_of(Books(sent=10, stored=10)), Tally()).run.incomplete == ()
    assert document_of(run_of(), Tally()).run.fleet is None


def test_proxies_that_cannot_understand_each_other():
    document = document_of(run_of(Books(), "another secret"), Tally())
    assert document.run.incomplete == ("another secret",)
