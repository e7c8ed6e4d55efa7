"""What is foreseen of exchanges, and what is not."""

from dataclasses import replace
from email.utils import formatdate

from session_tracking.caching.profiles.catalogue import PROFILES
from session_tracking.caching.profiles.model import Deviations
from session_tracking.config.loading import load
from session_tracking.engine import Engine, foresight as foresight_module
from session_tracking.engine.foresight import MAX_NAMES, Reading
from session_tracking.engine.outcome import Circumstances, Outcome
from session_tracking.http.exchange import ClientId, RequestFacts
from session_tracking.http.fields import FieldSection
from session_tracking.http.reading import Notes
from session_tracking.shadow.foresight import AHEAD
from session_tracking.shadow.shadow import ShadowSettings
from session_tracking.swaps.clients import Sender
from tests.strategies import NOW, exchange

SETTINGS = replace(load(None).for_url("shop.test", "/"), shadow=ShadowSettings(enabled=True))
PRIVATE = ("Cache-Control", "private")
FRESH = ("Cache-Control", "public, max-age=60")


def test_a_reading_grows_by_what_is_read():
    first = Reading().with_notes(Notes({"host"}, {"cookie"}), Notes({"vary"}, {"age"}, length=True))
    assert first == Reading(
        frozenset({"host"}),
        frozenset({"cookie"}),
        frozenset({"vary", "content-length"}),
        frozenset({"age"}),
    )
    assert first.with_notes(Notes({"host"}), Notes()) is first
    more = first.with_notes(Notes(controls=True), Notes(size=True))
    assert (more.asked_controls, more.answered_size) == (True, True)


def test_what_cannot_be_told_apart():
    reading = Reading()
    many = {f"x-{number}" for number in range(MAX_NAMES + 1)}
    for asked, answered in (
        (Notes(whole=True), Notes()),
        (Notes(), Notes(whole=True)),
        (Notes(size=True), Notes()),
        (Notes(), Notes(controls=True)),
        (Notes({"\xe0"}), Notes()),
        (Notes(), Notes(counts=many)),
    ):
        assert reading.with_notes(asked, answered) is None


def seen(engine, number, *lines, settings=SETTINGS, **more):
    given = replace(exchange(*lines, cookie=None), **more)
    return engine.on_response(settings, given, None, Circumstances(https=True, number=number))


def passed(engine, number, now=NOW):
    """What the short ways make of an exchange; the long one is needed where it is None."""
    done = engine.imagining.pass_on(number, now)
    again = engine.on_alike(number, None, now, sender=None, whole=None)
    assert done is (again is not None)
    return again and again[0]


def test_what_is_learned_holds_for_the_fields_that_were_read():
    engine = Engine(NOW)
    seen(engine, 1, PRIVATE)
    assert "cache-control" in engine.imagining.foresight.reading.answered
    assert passed(engine, 1) is None  # the number did not stand for them
    seen(engine, 2, PRIVATE)
    assert passed(engine, 2) is SETTINGS
    assert engine.counters.value("misses") == 4
    assert passed(engine, 3) is None


def test_what_is_answered_is_foreseen_while_it_is_fresh():
    engine = Engine(NOW)
    for number in (1, 1, 1):
        seen(engine, number, FRESH)
    assert passed(engine, 1, NOW + 49) is SETTINGS
    (entry,) = next(iter(engine.shadow._caches.values()))
    assert entry.used == NOW + 49
    assert engine.counters.value("hits") == 4
    assert passed(engine, 1, NOW + 61) is None
    assert passed(engine, 1, NOW - 1) is None
    engine.shadow.flush()
    assert passed(engine, 1, NOW + 49) is None


def test_nothing_is_foreseen_of_what_changes_the_cache_each_time():
    engine = Engine(NOW)
    etag = ("ETag", '"1"')
    for _ in range(3):
        seen(engine, 1, ("Cache-Control", "no-cache"), etag)
    case = engine.imagining.foresight.case(1)
    assert (case.foreseen, case.idle) == (None, False)
    assert passed(engine, 1) is None
    seen(engine, 1, ("Cache-Control", "no-cache"), etag, response_time=NOW + 2)
    assert engine.imagining.foresight.case(1).until > case.until


def test_a_change_of_the_resource_is_looked_at():
    engine = Engine(NOW)
    request = RequestFacts("POST", "https://shop.test/a")
    for _ in range(3):
        seen(engine, 1, PRIVATE, request=request)
    assert passed(engine, 1) is None


def test_a_site_without_a_shadow_has_nothing_to_imagine():
    engine = Engine(NOW)
    idle = replace(SETTINGS, shadow=ShadowSettings())
    seen(engine, 1, PRIVATE, settings=idle)
    assert passed(engine, 1) is idle
    assert engine.counters.value("misses") is None


def test_stored_bodies_are_looked_at_each_time():
    engine = Engine(NOW)
    bodies = replace(SETTINGS, audit=replace(SETTINGS.audit, shared_bodies=True))
    for _ in range(3):
        seen(engine, 1, PRIVATE, settings=bodies)
    assert passed(engine, 1) is None


def test_when_there_are_many_all_are_forgotten(monkeypatch):
    monkeypatch.setattr(foresight_module, "MAX_CASES", 2)
    engine = Engine(NOW)
    for number in (1, 1, 2, 3):
        seen(engine, number, PRIVATE)
    assert [passed(engine, number) for number in (1, 2, 3)] == [None, None, SETTINGS]


def test_a_cookie_in_the_cache_needs_a_look_at_who_asks():
    engine = Engine(NOW)
    given = replace(exchange(FRESH), client=ClientId("127.0.0.2", "2"))
    for _ in range(3):
        engine.on_response(SETTINGS, given, None, Circumstances(https=True, number=1))
    assert not engine.imagining.pass_on(1, NOW)
    sender = Sender(ClientId("127.0.0.3", "3"), None, (), ())
    settings, outcome = engine.on_alike(1, None, NOW, sender=lambda: sender, whole=lambda: given)
    assert settings is SETTINGS
    assert [finding.rule.id for finding in outcome.findings] == ["ST501"]
    assert engine.counters.value("would_be_swaps") == 1


def test_the_fields_that_depend_on_the_time_of_day():
    """What nginx reads of the clock is bounded by it."""
    nginx = replace(SETTINGS, shadow=ShadowSettings(enabled=True, profile=PROFILES["nginx"]))
    engine = Engine(NOW)
    expired = ("Expires", "Thu, 19 Nov 1981 08:52:00 GMT")
    for _ in range(3):
        seen(engine, 1, expired, settings=nginx)
    foreseen = engine.imagining.foresight.case(1).foreseen
    assert (foreseen.since, foreseen.until) == (NOW, NOW + AHEAD[0])


def test_what_is_about_to_end_is_not_foreseen():
    engine = Engine(NOW)
    brief = ("Cache-Control", "max-age=1")
    for _ in range(3):
        seen(engine, 1, brief, ("Date", formatdate(NOW, usegmt=True)))
    assert engine.imagining.foresight.case(1).foreseen is None


def test_what_reads_too_much_is_not_foreseen(monkeypatch):
    monkeypatch.setattr(foresight_module, "MAX_NAMES", 1)
    engine = Engine(NOW)
    for _ in range(3):
        seen(engine, 1, PRIVATE)
    assert engine.imagining.foresight.case(1).foreseen is None


def test_what_is_not_judged_is_not_learned():
    off = replace(SETTINGS, audit=replace(SETTINGS.audit, enabled=False))
    assert Engine(NOW).learn(off, exchange(PRIVATE), Outcome()) is None


def asking(*lines):
    """The request of every exchange, with these fields."""
    asked = exchange(cookie=None).request
    return replace(asked, fields=FieldSection([*asked.fields.lines, *lines]))


def test_what_a_cache_of_ones_own_lets_pass_is_foreseen():
    profile = replace(PROFILES["rfc9111"], deviations=Deviations(passes_cookie=True))
    own = replace(SETTINGS, shadow=ShadowSettings(enabled=True, profile=profile))
    engine = Engine(NOW)
    for number in (1, 2):
        seen(engine, number, FRESH, settings=own, request=asking(("Cookie", "a=b")))
    assert passed(engine, 2) is own
    assert engine.counters.value("misses") == 4


def test_a_miss_beside_what_is_held_leaves_it_and_counts_as_use():
    engine = Engine(NOW)
    vary = ("Vary", "Accept-Language")
    seen(engine, 1, FRESH, vary, request=asking(("Accept-Language", "en")))
    for number in (2, 3):
        seen(engine, number, PRIVATE, vary, request=asking(("Accept-Language", "fr")))
    assert engine.on_alike(3, None, NOW, sender=None, whole=None) is not None
    assert engine.counters.value("misses") == 4
