from dataclasses import replace

import pytest

from session_tracking.caching.profiles.catalogue import PROFILES
from session_tracking.caching.profiles.invalidation import by_methods, never
from session_tracking.caching.profiles.model import (
    CacheProfile,
    Deviations,
    LookupRule,
    Source,
    StoreRule,
)
from session_tracking.reports.profiles import profile_facts, profile_lines, profile_table

MANUAL = Source("Manual", "https://cache.test/")
MEASURED = Source("case 7")
BARE = CacheProfile("bare", "as it comes", "Product", "", (MANUAL, MEASURED))
FULL = CacheProfile(
    "full",
    "all of it",
    "Product",
    "1.2 (Debian 1.2-3)",
    (MANUAL,),
    (LookupRule("method", MANUAL, lambda _request: True, "not GET"),),
    (
        StoreRule("no-store", MEASURED, lambda _q, _r, _t: True, "no-store"),
        StoreRule("a", MEASURED, lambda _q, _r, _t: True),
    ),
    collapses=True,
    switch="store on",
    unknown=True,
    invalidation=by_methods(MEASURED, "PUT", below=300, fields=("location", "x")),
)
EVERYTHING = Deviations(frozenset({"vary", "\x1b", "expires"}), True, True, True)
DIFFERS = [
    "ignores \\x1b, expires, vary",
    "never stores a response that sets a cookie",
    "takes the cookie fields out of what it reuses",
    "answers no request that has a Cookie field from what it stored",
]
DEVIATIONS = [
    ("shipped", None, []),
    ("nothing", Deviations(), []),
    ("ignores", Deviations(ignores=EVERYTHING.ignores), DIFFERS[:1]),
    ("refuses", Deviations(refuses_set_cookie=True), DIFFERS[1:2]),
    ("strips", Deviations(strips_set_cookie=True), DIFFERS[2:3]),
    ("passes", Deviations(passes_cookie=True), DIFFERS[3:]),
    ("everything", EVERYTHING, DIFFERS),
]


@pytest.mark.parametrize(
    ("deviations", "differs"), [row[1:] for row in DEVIATIONS], ids=[row[0] for row in DEVIATIONS]
)
def test_how_an_own_cache_differs(deviations, differs):
    own = replace(BARE, deviations=deviations)
    assert profile_facts(own)["differs"] == differs
    told = [line for line in profile_lines(own) if line.startswith("  differs: ")]
    assert told == [f"  differs: {difference}" for difference in differs]


def test_facts_of_what_nobody_measured():
    assert profile_facts(BARE) == {
        "name": "bare",
        "product": "Product",
        "version": None,
        "configuration": "as it comes",
        "switch": "",
        "collapses": False,
        "invalidation": None,
        "lookup": [],
        "storage": [],
        "sources": [
            {"text": "Manual", "url": "https://cache.test/"},
            {"text": "case 7", "url": ""},
        ],
        "differs": [],
    }


def test_facts_of_rules():
    facts = profile_facts(FULL)
    measured = {"text": "case 7", "url": ""}
    assert facts["version"] == "1.2 (Debian 1.2-3)"
    assert facts["lookup"] == [
        {
            "id": "method",
            "unmet": "not GET",
            "source": {"text": "Manual", "url": "https://cache.test/"},
        }
    ]
    assert facts["storage"] == [
        {"id": "no-store", "unmet": "no-store", "source": measured},
        {"id": "a", "unmet": "", "source": measured},
    ]


def test_what_makes_a_cache_give_up_what_it_holds():
    measured = {"text": "case 7", "url": ""}
    assert profile_facts(FULL)["invalidation"] == {
        "after": "PUT with an answer below 300",
        "fields": ["location", "x"],
        "source": measured,
    }
    keeps = replace(BARE, invalidation=never(MEASURED))
    assert profile_facts(keeps)["invalidation"] == {
        "after": None,
        "fields": [],
        "source": measured,
    }
    assert "  invalidation: never [case 7]" in profile_lines(keeps)


ASK_AT_ONCE = "  collapsing: clients that ask at once for what is not stored "
LINES = [
    (
        "bare",
        BARE,
        [
            "bare: Product (documented)",
            "  configuration: as it comes",
            f"{ASK_AT_ONCE}are not known to share a response",
            "  invalidation: not documented",
            "  sources:",
            "    Manual <https://cache.test/>",
            "    case 7",
        ],
    ),
    (
        "full",
        FULL,
        [
            "full: Product (1.2 (Debian 1.2-3), measured)",
            "  configuration: all of it",
            "  switch: store on",
            f"{ASK_AT_ONCE}may share one response",
            "  invalidation: after PUT with an answer below 300, location and x of the same host as"
            " well [case 7]",
            "  outcomes: unknown, the documentation leaves them open",
            "  not answered from what is stored, nor stored, if:",
            "    method  not GET",
            "            [Manual <https://cache.test/>]",
            "  not stored if:",
            "    no-store  no-store",
            "              [case 7]",
            "    a         the condition does not hold",
            "              [case 7]",
            "  sources:",
            "    Manual <https://cache.test/>",
        ],
    ),
]


@pytest.mark.parametrize(
    ("profile", "lines"), [row[1:] for row in LINES], ids=[row[0] for row in LINES]
)
def test_everything_about_one_profile(profile, lines):
    assert list(profile_lines(profile)) == lines


def test_the_table_has_a_row_for_each_profile():
    assert list(profile_table([BARE, FULL], 200)) == [
        f"{'NAME':4}  {'PRODUCT':7}  {'VERSION':10}  {'CONFIGURATION':85}  SWITCH",
        f"{'bare':4}  {'Product':7}  {'documented':10}  as it comes",
        f"{'full':4}  {'Product':7}  {'1.2':10}  {'all of it':85}  store on",
    ]


def test_prose_goes_on_below_and_keeps_its_width_on_the_narrowest_terminal():
    wordy = replace(BARE, configuration="one two three four five six", switch="s")
    assert list(profile_table([wordy], 1))[1:] == [
        f"bare  Product  documented  {'one two three four five':24}  s",
        f"{'':27}six",
    ]


def test_the_table_of_all_profiles_is_as_wide_as_asked():
    assert max(len(line) for line in profile_table(PROFILES.values(), 160)) <= 160
