import json

import pytest

from session_tracking.caching.profiles.model import Outcome
from session_tracking.caching.safety import assess
from session_tracking.records.questions import Question, Unreadable
from session_tracking.reports.verdicts import error_json, error_text, verdict_json, verdict_text
from tests.strategies import exchange

LASTING = exchange(("Cache-Control", "max-age=600"))
PRIVATE = exchange(("Cache-Control", "private"))
PLAIN = exchange(cookie=None)
CACHES = {"httpd": Outcome.SWAP, "nginx": Outcome.MISS}

ASKED = [
    ("text", 'é"\\\x1b', LASTING, CACHES),
    ("number", 7, LASTING, {}),
    ("fraction", 0.5, PRIVATE, CACHES),
    ("none", None, PLAIN, {}),
    ("own-cache", "a", PLAIN, {'"é"': Outcome.MISS}),
]


@pytest.mark.parametrize(
    ("identity", "judged", "caches"), [row[1:] for row in ASKED], ids=[row[0] for row in ASKED]
)
def test_json_is_one_ascii_line_that_says_the_same(identity, judged, caches):
    safety = assess(judged, caches)
    line = verdict_json(identity, safety)
    assert line.isascii()
    assert line.isprintable()
    assert json.loads(line) == {
        "id": identity,
        "level": safety.level,
        "reasons": [{"text": why.text, "spec": str(why.spec)} for why in safety.reasons],
        "caches": caches,
        "remedy": safety.remedy,
    }


WHY = assess(LASTING).reasons
TEXTS = [
    (
        "unsafe",
        Question("a", LASTING),
        CACHES,
        [
            "a: unsafe: GET https://shop.test/a, answered 200",
            *(f"  {why.text} ({why.spec})" for why in WHY),
            "  swap on httpd · refused by nginx",
            f"  fix: {assess(LASTING).remedy}",
        ],
    ),
    (
        "no-cookie",
        Question(None, PLAIN),
        {},
        ["-: sets no cookie: GET https://shop.test/a, answered 200"],
    ),
    (
        "hostile",
        Question("\x1b[31m", exchange(cookie=None, method="\x1b" * 30, url="https://shop.test/?k=v")),
        {},
        [
            "\\x1b[31m: sets no cookie: "
            + "\\x1b" * 20
            + "… https://shop.test/?k=…, answered 200"
        ],
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("question", "caches", "lines"), [row[1:] for row in TEXTS], ids=[row[0] for row in TEXTS]
)
def test_text_tells_why_where_and_what_to_do(question, caches, lines):
    assert verdict_text(question, assess(question.exchange, caches)).split("\n") == lines


def test_what_is_safe_needs_no_fix():
    told = verdict_text(Question(1, PRIVATE), assess(PRIVATE))
    assert told.startswith("1: safe: ")
    assert "fix:" not in told


ERRORS = [
    ("named", Unreadable(3, "a\n", "is no object"), "a\\x0a: error: is no object"),
    ("unnamed", Unreadable(3, None, "is no JSON"), "3: error: is no JSON"),
    ("named-zero", Unreadable(3, 0, "has no url"), "0: error: has no url"),
]


@pytest.mark.parametrize(
    ("unreadable", "text"), [row[1:] for row in ERRORS], ids=[row[0] for row in ERRORS]
)
def test_errors_stand_where_the_answer_would(unreadable, text):
    assert error_text(unreadable) == text
    assert json.loads(error_json(unreadable)) == {"id": unreadable.id, "error": unreadable.problem}
