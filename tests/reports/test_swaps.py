import json

import pytest
from jsonschema import Draft202012Validator

from session_tracking.audit.auditor import audit, examine
from session_tracking.audit.settings import AuditSettings
from session_tracking.cookies.classify import CookieClass
from session_tracking.reports.json import render, schema
from session_tracking.reports.run import ExitStatus, FailOn
from session_tracking.reports.swaps import SwapRecord, SwapVerdict
from session_tracking.reports.text import finding_line, summary, swaps_sentence
from session_tracking.swaps.events import EventKind, Handover, SwapEvent
from tests.reports.test_run import a_run, judged, tally
from tests.strategies import NOW, exchange


def event(kind, reason="", carrier="set-cookie"):
    return SwapEvent(
        kind,
        "s\x1bid",
        CookieClass.SESSION,
        carrier,
        "0a1b2c3d",
        Handover("192.0.2.1", NOW, "http://shop.test/a"),
        Handover("192.0.2.2", NOW + 60),
        ("it was seen",),
        score=13,
        reason=reason,
    )


def record(*events, watched=2, tells_apart=True):
    made = SwapRecord(watched=watched, tells_apart=tells_apart)
    made.add(events)
    return made


def findings_of_events(*events, lines=()):
    facts = examine(exchange(*lines, cookie="sid=1"), AuditSettings())
    facts = type(facts)(facts.exchange, facts.safety, facts.level, {}, facts.cookies, swaps=events)
    return [found for found in audit(facts, site="shop.test") if found.swap]


VERDICTS = [
    (record(), SwapVerdict.NONE_SEEN, "none seen"),
    (record(tells_apart=False), SwapVerdict.NOT_ASSESSABLE, "no two clients"),
    (record(watched=0, tells_apart=False), SwapVerdict.NONE_SEEN, "none seen"),
    (record(event(EventKind.NOT_ASSESSABLE, "why")), SwapVerdict.NOT_ASSESSABLE, "why"),
    (record(event(EventKind.SUSPECTED)), SwapVerdict.SUSPECTED, "1 suspected"),
    (
        record(event(EventKind.SUSPECTED), event(EventKind.CONFIRMED)),
        SwapVerdict.CONFIRMED,
        "1 confirmed, 1 suspected",
    ),
    # Another proxy of the fleet told them apart.
    (record(event(EventKind.SUSPECTED), tells_apart=False), SwapVerdict.SUSPECTED, "1 suspected"),
    (
        record(event(EventKind.SUSPECTED, "who knows"), tells_apart=False),
        SwapVerdict.SUSPECTED,
        "1 suspected: who knows",
    ),
]


@pytest.mark.parametrize(("made", "verdict", "words"), VERDICTS)
def test_the_answer_and_its_words(made, verdict, words):
    assert made.verdict is verdict
    sentence = swaps_sentence(made.facts())
    assert sentence == words if verdict.value in {"confirmed", "suspected"} else words in sentence
    assert made.facts()["verdict"] == verdict.value


def test_a_swap_goes_before_everything_and_knows_no_threshold():
    run = a_run(failures=1, swaps=record(event(EventKind.CONFIRMED)))
    document = judged(run, tally(), FailOn.NEVER)
    assert document.run.exit_status is ExitStatus.PROVEN_SWAP
    assert "proven swap (exit status 3" in list(summary(document))[-1]


def test_what_cannot_be_assessed_makes_a_recording_incomplete_and_live_traffic_not():
    blurred = record(event(EventKind.NOT_ASSESSABLE, "who knows"), tells_apart=False)
    run = a_run(swaps=blurred)
    document = judged(run, tally())
    assert document.run.exit_status is ExitStatus.CLEAN
    assert "swaps are not assessable" in list(summary(document))[-1]
    run.source = "file.har"
    document = judged(run, tally())
    assert document.run.exit_status is ExitStatus.INCOMPLETE
    assert "who knows" in " ".join(document.run.incomplete)


def test_a_line_tells_who_had_the_value_when_and_where():
    (found,) = findings_of_events(event(EventKind.CONFIRMED, "and why"))
    line = finding_line(found)
    assert "(session) value 0a1b2c3d was first given to 192.0.2.1 on http://shop.test/a at" in line
    assert "then given to 192.0.2.2 on a URL that is no longer known at" in line
    assert "Evidence: it was seen (and why). Fix: End this session, and purge" in line
    assert "\x1b" not in line
    (sent,) = findings_of_events(event(EventKind.TWO_CLIENTS, carrier="cookie"))
    assert "was first sent by 192.0.2.1 to http://shop.test/a" in finding_line(sent)


def test_nothing_hides_what_has_happened():
    (found,) = findings_of_events(event(EventKind.CONFIRMED))
    assert found.masked("tracker").masked_by == ""


def test_the_remedy_is_that_of_the_url():
    (found,) = findings_of_events(event(EventKind.CONFIRMED))
    assert "Send" in found.remedy
    no_store = ("Cache-Control", "private, no-store")
    (found,) = findings_of_events(event(EventKind.CONFIRMED), lines=[no_store])
    assert "mend the cache" in found.remedy
    assert "session-tracker probe" not in found.remedy
    (found,) = findings_of_events(event(EventKind.SUSPECTED), lines=[no_store])
    assert found.remedy.startswith("To be certain, ask the URL with `session-tracker probe`. End")


def test_the_report_holds_it_all_as_its_schema_says():
    events = event(EventKind.CONFIRMED), event(EventKind.SUSPECTED), event(EventKind.TWO_CLIENTS)
    filled = tally(*findings_of_events(*events))
    facts = json.loads(render(judged(a_run(swaps=record(*events)), filled)))
    Draft202012Validator(schema()).validate(facts)
    assert [found["rule"] for found in facts["findings"]] == ["ST401", "ST402", "ST403"]
    assert facts["findings"][0]["swap"]["certainty"] == 1
    assert facts["findings"][0]["swap"]["other"]["url"] == ""
    assert facts["run"]["swaps"]["suspected"] == 1
