import pytest

from session_tracking.caching.profiles.catalogue import PROFILES
from session_tracking.caching.profiles.model import Outcome
from session_tracking.reports.caches import collapse_line, outcome_line, switch_line

SWAP, MISS, FRESH = Outcome.SWAP, Outcome.MISS, Outcome.FRESH
DELIVER = "Varnish with sub vcl_backend_response { return (deliver); }"

OUTCOMES = [
    ("none-asked", {}, ""),
    ("one", {"nginx": MISS}, "refused by nginx"),
    ("worst-first", {"nginx": MISS, "httpd": SWAP}, "swap on httpd · refused by nginx"),
    ("as-given", {"b": MISS, "a": MISS}, "refused by b, a"),
    (
        "all",
        {str(outcome): outcome for outcome in reversed(Outcome)},
        "swap on swap · stripped on stripped · fresh cookie on fresh · reused by reused"
        " · refused by miss · not documented for unknown",
    ),
]


@pytest.mark.parametrize(
    ("outcomes", "line"), [row[1:] for row in OUTCOMES], ids=[row[0] for row in OUTCOMES]
)
def test_outcomes_in_words(outcomes, line):
    assert outcome_line(outcomes) == line


SWITCHES = [
    ("none-asked", {}, {}, ""),
    ("no-refusal", {"httpd": SWAP}, None, ""),
    ("no-sibling", {"squid": MISS}, None, ""),
    ("sibling-not-seen", {"varnish": MISS}, None, ""),
    ("sibling-refuses", {"varnish": MISS}, {"varnish": MISS, "varnish-deliver": MISS}, ""),
    ("sibling-hands-out-fresh", {"varnish": MISS}, {"varnish-deliver": FRESH}, ""),
    ("other-product-swaps", {"varnish": MISS}, {"httpd": SWAP}, ""),
    ("own-cache", {"mine": MISS}, {"varnish-deliver": SWAP}, ""),
    ("sibling-swaps", {"varnish": MISS}, {"varnish-deliver": SWAP}, DELIVER),
    ("among-the-asked", {"varnish": MISS, "varnish-deliver": SWAP}, None, DELIVER),
    ("once-a-product", {"varnish": MISS, "varnish-force": MISS}, {"varnish-deliver": SWAP}, DELIVER),
    (
        "own-words-say-more",
        {"nginx": MISS},
        {"nginx-ignore-set-cookie": SWAP},
        f"nginx with {PROFILES['nginx'].switch}",
    ),
    (
        "two-products",
        {"varnish": MISS, "nginx": MISS},
        {"varnish-deliver": SWAP, "nginx-ignore-set-cookie": SWAP},
        f"{DELIVER} · nginx with {PROFILES['nginx'].switch}",
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("outcomes", "everywhere", "line"),
    [row[1:] for row in SWITCHES],
    ids=[row[0] for row in SWITCHES],
)
def test_the_setting_that_turns_a_refusal_into_a_swap(outcomes, everywhere, line):
    assert switch_line(outcomes, everywhere) == line


SHARED = "clients that ask at once may share one response on "
COLLAPSES = [
    ("none-asked", (), ""),
    ("none-does", ("nginx", "httpd"), ""),
    ("own-cache", ("mine",), ""),
    ("one", ("nginx", "varnish-deliver", "mine"), f"{SHARED}varnish-deliver"),
    ("two", ("squid", "varnish-deliver"), f"{SHARED}squid, varnish-deliver"),
]


@pytest.mark.parametrize(
    ("names", "line"), [row[1:] for row in COLLAPSES], ids=[row[0] for row in COLLAPSES]
)
def test_clients_that_ask_at_once(names, line):
    assert collapse_line(names) == line
