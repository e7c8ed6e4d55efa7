import pytest

from session_tracking.cli import auditing
from session_tracking.cli.auditing import RecordingAudit
from session_tracking.config.loading import load
from session_tracking.http.edit import Undo
from session_tracking.http.exchange import ClientId
from session_tracking.http.fields import FieldSection
from session_tracking.records.recorded import Recorded, response_of
from session_tracking.reports.document import document_of
from session_tracking.reports.run import RECORDING_EDITED, RESPONSE_CUT
from tests.strategies import NOW

SID = "5f0c9a7e31b84d26a90e6c1f7b3d8254"


@pytest.fixture
def audited(tmp_path):
    def made(text=""):
        path = tmp_path / "config.toml"
        path.write_text(text)
        return RecordingAudit(load(path), "file.mitm")

    return made


def seen(*answered, asked=(), number=1, address="", **values):
    lines = list(answered)
    found = Recorded(
        str(number),
        "GET",
        "http://shop.test/a",
        list(asked),
        "HTTP/1.1",
        "shop.test",
        "/a",
        "shop.test",
        NOW,
        200,
        any(name == "Set-Cookie" for name, _ in lines),
        address=address,
        client=ClientId(address, address),
    )
    for name, value in values.items():
        setattr(found, name, value)
    found.answer = lambda: (response_of(200, FieldSection(lines), "HTTP/1.1", found.undo), NOW)
    return found


SESSION = ("Set-Cookie", f"sid={SID}; HttpOnly")
CACHED = ("Cache-Control", "public, max-age=60")


def test_findings_are_counted_with_what_caches_make_of_them(audited):
    audit = audited()
    audit.feed(seen(SESSION, CACHED))
    audit.feed(seen(SESSION, CACHED))
    audit.feed(seen(CACHED))
    audit.end()
    (counted,) = audit.tally
    assert (counted.count, counted.finding.rule.id) == (2, "ST201")
    assert counted.finding.caches
    assert (audit.run.exchanges, audit.run.cookies_set) == (3, 2)
    assert audit.run.ended >= audit.run.started


def test_requests_without_a_response_are_not_counted(audited):
    audit = audited()
    audit.feed(seen(status=0))
    assert audit.run.exchanges == 0


def test_a_swap_is_seen(audited):
    audit = audited()
    for number, address in enumerate(["10.0.0.1", "10.0.0.2"]):
        audit.feed(seen(SESSION, ("Cache-Control", "no-store"), number=number, address=address))
    audit.end()
    assert audit.run.swaps.watched
    assert audit.run.swaps.tells_apart
    assert any(counted.finding.swap for counted in audit.tally)


def test_a_sender_is_looked_at_once(audited):
    audit = audited()
    looked = []
    audit._engine.watch_request = lambda *given: looked.append(given) or ()
    cookie = ("Cookie", f"sid={SID}")
    for asked in ([cookie], [cookie], [cookie, ("User-Agent", "B")], [("User-Agent", "B")], []):
        audit.feed(seen(asked=asked))
    audit.feed(seen(asked=[cookie], replayed=True))
    assert len(looked) == 2


def test_what_is_switched_off_is_not_looked_at(audited):
    audit = audited("audit.enabled = false\nswaps.enabled = false")
    audit.feed(seen(SESSION, CACHED, asked=[("Cookie", f"sid={SID}")]))
    audit.feed(seen(CACHED, path="/plain"))
    assert (audit.run.unjudged, list(audit.tally)) == (1, [])
    document = document_of(audit.run, audit.tally)
    assert [route.route for route in document.routes.seen] == ["/plain"]


def test_shared_bodies_are_looked_at_where_asked(audited):
    audit = audited("audit.shared_bodies = true")
    audit.feed(seen(CACHED, asked=[("Cookie", f"sid={SID}")]))
    assert list(audit.tally)
    assert audit.run.cookies_set == 0


def test_answers_of_a_simulated_cache_were_judged_before(audited):
    audit = audited()
    audit.feed(seen(SESSION, CACHED, simulated=True))
    assert (audit.run.exchanges, audit.run.cookies_set, list(audit.tally)) == (1, 0, [])


def test_what_was_edited_is_judged_as_it_came_from_upstream(audited):
    audit = audited()
    undo = Undo(((1, *CACHED),), (("cache-control", 0),), "enforce")
    audit.feed(seen(SESSION, ("Cache-Control", "no-store"), undo=undo))
    (counted,) = audit.tally
    assert counted.masked == 1


def test_own_cookies_without_their_undo_are_incomplete(audited):
    audit = audited()
    audit.feed(seen(("Set-Cookie", f"SessionTracking={SID}"), ("Cache-Control", "no-store")))
    assert RECORDING_EDITED in audit.run.incomplete


def test_a_response_that_sets_too_many_cookies(audited):
    audit = audited()
    audit.feed(seen(*[("Set-Cookie", f"a{number}=1") for number in range(400)]))
    assert RESPONSE_CUT in audit.run.incomplete


def test_a_fault_of_ours_is_counted_and_told_without_values(audited, monkeypatch):
    monkeypatch.setattr(auditing, "MAX_TOLD", 1)
    audit = audited()

    def fail():
        raise ValueError(SID)

    broken = seen(SESSION)
    broken.answer = fail
    for _ in range(2):
        audit.feed(broken)
    audit.feed(seen(SESSION, CACHED))
    assert (audit.run.failures, len(audit.failures)) == (2, 1)
    assert audit.failures[0].startswith("exchange 1 was not audited: ValueError at test_auditing")
    assert SID not in audit.failures[0]
    assert audit.tally.found
