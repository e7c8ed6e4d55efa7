import pytest

from session_tracking.caching.outcomes import outcomes, reference_run
from session_tracking.caching.profiles.catalogue import PROFILES
from session_tracking.caching.profiles.model import Outcome
from session_tracking.caching.safety import assess
from session_tracking.reports.explanation import Row, explanation, finding_explanation, table
from tests.strategies import DATE, exchange

LASTING = exchange(("Cache-Control", "max-age=600"))
SILENT = exchange(cookie=None)
COOKIES = [("Set-Cookie", f"c{number}=1") for number in range(20)]


def explained(given, caches=None, everywhere=None):
    return list(explanation(given, assess(given, caches or {}), everywhere))


def texts(rows, topic):
    return [row.text for row in rows if row.topic == topic]


STEPS = [
    ("request", LASTING, "request", ["GET https://shop.test/a, answered 200"]),
    ("cookie", LASTING, "cookie", ['sets "sid" (session)']),
    ("no-cookie", SILENT, "cookie", ["sets no cookie"]),
    ("hostile-method", exchange(method="\x1b"), "request", ["\\x1b https://shop.test/a, answered 200"]),
    ("carrier", LASTING, "carrier", ["Cache-Control: max-age=600"]),
    ("carrier-absent", SILENT, "carrier", ["Cache-Control: absent"]),
    (
        "targeted-too",
        exchange(("CDN-Cache-Control", "no-store")),
        "carrier",
        ["Cache-Control: absent", "CDN-Cache-Control: no-store"],
    ),
    ("fresh", LASTING, "freshness", ["fresh: 600 s by max-age, 0 s old on arrival"]),
    ("stale", SILENT, "freshness", ["stale: 0 s by none, 0 s old on arrival"]),
    (
        "malformed",
        exchange(("Expires", "0"), ("Date", DATE)),
        "freshness",
        ["stale: 0 s by Expires, 0 s old on arrival; Expires is no date, which means already expired"],
    ),
    ("level", LASTING, "level", ["unsafe (decided by Cache-Control)"]),
    ("no-level", SILENT, "level", []),
    ("because", LASTING, "because", [reason.text for reason in assess(LASTING).reasons]),
    ("fix", LASTING, "fix", [assess(LASTING).remedy]),
    ("no-fix", exchange(("Cache-Control", "private")), "fix", []),
    ("caches-not-asked", LASTING, "caches", []),
]  # fmt: skip


@pytest.mark.parametrize(
    ("given", "topic", "told"), [row[1:] for row in STEPS], ids=[row[0] for row in STEPS]
)
def test_each_step(given, topic, told):
    assert texts(explained(given), topic) == told


def test_requirements_for_storing_are_met_or_not():
    met = texts(explained(LASTING), "storing")
    assert all(text.startswith("met: ") for text in met)
    forbidden = texts(explained(exchange(("Cache-Control", "no-store"))), "storing")
    assert len(forbidden) == len(met)
    assert sum(text.startswith("NOT MET: ") for text in forbidden) == 1


def test_only_so_many_cookies_are_listed():
    told = texts(explained(exchange(*COOKIES, cookie=None)), "cookie")
    assert len(told) == 16
    assert told[-1].startswith('sets "c15"')


def test_sections_are_those_of_the_targeted_field():
    rows = explained(exchange(("CDN-Cache-Control", "no-store")))
    assert [row.spec for row in rows if row.topic == "carrier"] == [
        "RFC 9111 §5.2",
        "RFC 9213 §2.2",
    ]


def test_caches_with_the_setting_that_makes_it_worse():
    everywhere = outcomes(PROFILES.values(), reference_run(LASTING))
    asked = {name: everywhere[name] for name in ("varnish", "varnish-deliver")}
    rows = explained(LASTING, asked, everywhere)
    assert texts(rows, "caches") == ["swap on varnish-deliver", "refused by varnish"]
    assert texts(rows, "would swap") == [
        f"Varnish with {PROFILES['varnish-deliver'].configuration}"
    ]
    (shared,) = texts(rows, "at once")
    assert shared.endswith("share one response on varnish-deliver")


def test_caches_with_nothing_to_add():
    rows = explained(LASTING, {"httpd": Outcome.SWAP})
    assert texts(rows, "caches") == ["swap on httpd"]
    assert not texts(rows, "would swap")
    assert not texts(rows, "at once")


FINDING = {
    "severity": "error",
    "rule": "ST201",
    "name": "n",
    "title": "t",
    "method": "GET",
    "url": "https://shop.test/a",
    "cookie": "sid",
    "class": "session",
    "field": "Set-Cookie",
    "level": "unsafe",
}
HEAD = [
    Row("finding", "error ST201 n: t"),
    Row("request", "GET https://shop.test/a"),
    Row("cookie", 'sets "sid" (session) with Set-Cookie'),
    Row("level", "unsafe"),
]
UNKNOWN = [
    Row("finding", "? ? ?: ?"),
    Row("request", "? ?"),
    Row("cookie", 'sets "?" (?) with ?'),
    Row("level", "?"),
]
FINDINGS = [
    ("plain", FINDING, HEAD),
    ("empty", {}, UNKNOWN),
    ("hostile", {"level": "\x1b"}, [*UNKNOWN[:3], Row("level", "\\x1b")]),
    (
        "reasons",
        FINDING | {"reasons": [{"text": "w", "spec": "s"}, {}, "no table"]},
        [*HEAD, Row("because", "w", "s"), Row("because", "?", "?")],
    ),
    ("reasons-no-list", FINDING | {"reasons": {"text": "w"}}, HEAD),
    (
        "caches",
        FINDING | {"caches": {"httpd": "swap", "mine": "miss", "other": "unheard of"}},
        [*HEAD, Row("caches", "swap on httpd"), Row("caches", "refused by mine")],
    ),
    ("caches-no-table", FINDING | {"caches": ["httpd"]}, HEAD),
    ("caches-none-known", FINDING | {"caches": {"httpd": 1}}, HEAD),
    (
        "rest",
        FINDING | {"remedy": "f", "masked_by": "tracker", "count": 2},
        [*HEAD, Row("fix", "f"), Row("masked by", "tracker"), Row("seen", "2")],
    ),
    ("rest-empty", FINDING | {"remedy": "", "masked_by": None, "count": 0}, HEAD),
]


@pytest.mark.parametrize(
    ("finding", "rows"), [row[1:] for row in FINDINGS], ids=[row[0] for row in FINDINGS]
)
def test_a_finding_as_a_report_holds_it(finding, rows):
    assert list(finding_explanation(finding)) == rows


LONG = "x" * 100
TABLES = [
    ("empty", [], []),
    ("no-section", [Row("a", "b")], ["a  b"]),
    ("topics-once", [Row("long", "b"), Row("long", "c"), Row("a", "d")], ["long  b", "      c", "a     d"]),
    ("sections-below", [Row("a", "b", "s"), Row("a", "long", "t")], ["a  b     s", "   long  t"]),
    ("long-text-sticks-out", [Row("a", "b", "s"), Row("a", LONG, "t")], ["a  b  s", f"   {LONG}  t"]),
    ("text-without-section-counts-not", [Row("a", "b", "s"), Row("a", "long")], ["a  b  s", "   long"]),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "lines"), [row[1:] for row in TABLES], ids=[row[0] for row in TABLES]
)
def test_the_table(rows, lines):
    assert list(table(rows)) == lines
