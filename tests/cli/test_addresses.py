from dataclasses import replace

import pytest

from session_tracking.cli.addresses import at_upstream
from session_tracking.reports.document import document_of
from session_tracking.swaps.events import EventKind, Handover
from tests.reports.test_run import a_run, tally
from tests.reports.test_swaps import event, findings_of_events
from tests.strategies import NOW, exchange, findings_of

UNSAFE = ("Cache-Control", "public, max-age=60")
APP = "https://app.test:3000"

URLS = [
    ("loopback", "http://127.0.0.1:4921/a", APP, f"{APP}/a"),
    ("localhost", "http://localhost:4921/a", APP, f"{APP}/a"),
    ("ipv6", "http://[::1]:4921/a", f"{APP}/", f"{APP}/a"),
    ("other-host", "http://shop.test:4921/a", APP, "http://shop.test/a"),
    ("other-port", "http://127.0.0.1:49210/a", APP, "http://127.0.0.1:49210/a"),
    ("upstream-without-port", "http://127.0.0.1:4921/a", "http://app.test", "http://app.test/a"),
]


@pytest.mark.parametrize(
    ("asked", "upstream", "told"), [row[1:] for row in URLS], ids=[r[0] for r in URLS]
)
def test_the_url_of_the_application_stands_in_for_ours(asked, upstream, told):
    given = exchange(
        UNSAFE,
        ("Location", f"{asked}?x=1"),
        url=asked,
        request=(("Host", asked[7:-2]), ("Origin", asked)),
    )
    filled = tally()
    for finding in findings_of(given):
        filled.add(finding, given)
    before = document_of(a_run(), filled)
    (found,) = at_upstream(before, "http://127.0.0.1:4921", upstream).findings
    assert found.url == told
    assert found.example.request.line == f"GET {told}"
    assert dict(found.example.request.fields)["Host"] == told.partition("//")[2][:-2]
    assert dict(found.example.response.fields)["Location"] == f"{told}?x=…"
    assert found.fingerprint == before.findings[0].fingerprint


def test_the_places_of_a_swap_are_told_so_too():
    (finding,) = findings_of_events(
        replace(event(EventKind.CONFIRMED), first=Handover("192.0.2.1", NOW, URLS[0][1]))
    )
    told = at_upstream(document_of(a_run(), tally(finding)), "http://127.0.0.1:4921", APP)
    swap = told.findings[0].swap
    assert (swap.first.url, swap.other.url) == (f"{APP}/a", "")
