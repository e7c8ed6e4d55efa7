"""Reading a report back: it may have been edited by anybody."""

import json

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from session_tracking.audit.suppressions import Suppression
from session_tracking.errors import InputError
from session_tracking.reports.json import read_document, render, schema
from session_tracking.reports.known import Baseline, Known
from session_tracking.reports.run import FailOn
from tests.reports.documents import everything
from tests.reports.test_run import TODAY, a_run, judged, tally
from tests.strategies import exchange, findings_of

UNSAFE = ("Cache-Control", "public, max-age=600")


def a_document(**terms):
    given = exchange(UNSAFE)
    (first,) = findings_of(given)
    (second,) = findings_of(exchange(UNSAFE, cookie="lang=en"))
    filled = tally()
    filled.add(first, given)
    filled.add(second)
    run = a_run()
    run.routes.see("shop.test:8080", "/a?x=1")
    return judged(run, filled, FailOn.NOTE, **terms)


def test_a_report_is_read_back_as_it_was_and_keeps_to_its_schema():
    gone = Known("ST202", "error", "shop.test", "/gone", "sid")
    document = a_document(
        suppressions=(Suppression("*", "*", "*", "lang", "why", TODAY, "config.toml:3"),),
        baseline=Baseline("known.toml", (gone,)),
    )
    text = render(document)
    assert read_document(text.encode(), "r") == document
    checked = Draft202012Validator(schema(), format_checker=FormatChecker())
    checked.validate(json.loads(text))
    assert text.isascii()


def test_a_report_from_before_these_fields_existed_is_read():
    plain = json.loads(render(a_document()))
    for key in ("suppressions", "baseline", "routes"):
        del plain[key]
    for finding in plain["findings"]:
        del finding["state"], finding["suppression"], finding["example"]
    read = read_document(json.dumps(plain).encode(), "r")
    assert [found.state for found in read.findings] == ["new", "new"]


def test_texts_are_made_fit_to_be_shown():
    plain = json.loads(render(a_document()))
    plain["findings"][0]["cookie"] = "a\x1b[31m\u202e"
    plain["run"]["tracker"] = {"a\x07": 1}
    read = read_document(json.dumps(plain).encode(), "r")
    assert read.findings[0].cookie == "a\\x1b[31m\\u202e"
    assert read.run.tracker == {"a\\x07": 1}


def changed(**facts):
    return json.dumps({**json.loads(render(a_document())), **facts}).encode()


def miswritten(*place):
    """A report with something else in the place of a time."""
    inner = document = json.loads(render(everything()))
    for name in place[:-1]:
        inner = inner[name]
    inner[place[-1]] = "soon"
    return json.dumps(document).encode()


WRONG = [
    ("no JSON", b"{", "r is no JSON."),
    ("deep", b"[" * 100_000, "r is no JSON."),
    ("a list", b"[]", "r is no report of session-tracker."),
    ("something else", b"{}", "r is no report of session-tracker."),
    ("version", changed(version=7), "is a report of version 7, and this program reads version 1"),
    ("a text for a table", changed(run="x"), "r was changed: Expected `object`, got `str`"),
    ("a date that is none", miswritten("suppressions", 0, "expires"), "r was changed: Invalid"),
    ("a time that is none", miswritten("findings", 0, "swap", "other", "time"), "r was changed: "),
    ("a list for a name", changed(findings=[{"rule": []}]), "r was changed: "),
]


@pytest.mark.parametrize(
    ("text", "said"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG]
)
def test_what_is_no_report(text, said):
    with pytest.raises(InputError) as error:
        read_document(text, "r")
    assert said in str(error.value)
