"""`[rules]` and `[[suppress]]`."""

from datetime import date

import pytest

from session_tracking.audit.findings import Severity
from session_tracking.audit.suppressions import Suppression

SUPPRESS = '[[suppress]]\nrule = "ST20?"\nreason = "why"\nexpires = 2027-01-31\n'


def test_severities_hold_for_every_site(folder):
    configuration = folder.load(
        'enabled = true\n[[site]]\nhost = "shop.test"\n'
        '[rules]\nST203 = "warning"\nST204 = "off"\nST401 = "error"\n'
    )
    assert configuration.rules_off == ("ST204",)
    wanted = {"ST203": Severity.WARNING, "ST204": None, "ST401": Severity.ERROR}
    for host in ("shop.test", "other.test"):
        assert configuration.for_url(host, "/").audit.severities == wanted


def test_suppressions_know_where_they_are_written(folder):
    text = SUPPRESS + 'site = "shop.test"\npath = "/a/*"\ncookie = "sid"\n' + SUPPRESS
    first, second = folder.load(text).suppressions
    day = date(2027, 1, 31)
    name = first.place.removesuffix(":1")
    assert first == Suppression("ST20?", "shop.test", "/a/*", "sid", "why", day, f"{name}:1")
    assert second == Suppression("ST20?", "*", "*", "*", "why", day, f"{name}:8")
    assert folder.load("").suppressions == ()


WRONG = [
    ("typo", '[rules]\nST20 = "off"', 2, "Did you mean ST2"),
    ("lower case", '[rules]\nst203 = "off"', 2, "Did you mean ST203?"),
    ("by its name", '[rules]\nsession-swapped = "off"', 2, "Did you mean ST401?"),
    ("almost by its name", '[rules]\nsession-swaped = "off"', 2, "Did you mean ST401?"),
    ("unknown", '[rules]\nqqqqqq = "off"', 2, "There are: ST201, "),
    ("severity", '[rules]\nST203 = "of"', 2, 'Use "error", "warning", "note" or "off"'),
    ("no table", 'rules = "off"', 1, 'Use a table of "error", "warning", "note" or "off"'),
    ("happened", '[rules]\nST401 = "note"', 2, "tells what has happened"),
    ("suppressed rule", SUPPRESS.replace("ST20?", "ST9*"), 2, "is no rule"),
    ("suppressed swap", SUPPRESS.replace("ST20?", "ST401"), 2, "tells what has happened"),
    ("empty reason", SUPPRESS.replace("why", " "), 3, "is empty"),
    ("no reason", SUPPRESS.replace('reason = "why"\n', ""), 1, "Add `reason = …`"),
    ("no date", SUPPRESS.replace("expires = 2027-01-31\n", ""), 1, "a date without quotes"),
    ("date as text", SUPPRESS.replace("2027-01-31", '"2027-01-31"'), 4, "a date without quotes"),
    ("a time", SUPPRESS.replace("2027-01-31", "2027-01-31T10:00:00"), 4, "a date without quotes"),
    ("no array", 'suppress = "x"', 1, "[[suppress]]"),
    ("unknown key", SUPPRESS + 'coookie = "x"', 5, "Did you mean `cookie`?"),
]


@pytest.mark.parametrize(
    ("text", "line", "said"), [r[1:] for r in WRONG], ids=[r[0] for r in WRONG]
)
def test_what_cannot_be(folder, text, line, said):
    (error,) = folder.errors(text)
    assert error.line == line
    assert said in str(error)


def test_one_that_cannot_be_read_does_not_hide_the_next(folder):
    text = SUPPRESS.replace("2027-01-31", "1") + SUPPRESS.replace("why", "")
    first, second = folder.errors(text)
    assert "a date without quotes" in str(first)
    assert "suppress.reason: is empty" in str(second)
