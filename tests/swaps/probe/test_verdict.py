"""The answer of a probe, over sites and caches in memory."""

import pytest
from hypothesis import given, strategies as st

from session_tracking.caching.profiles.catalogue import PROFILES
from session_tracking.cookies.classify import CookieNames
from session_tracking.http.fields import FieldSection
from session_tracking.swaps.probe.facts import Answer, Ask, Kind, Target, Visitor
from session_tracking.swaps.probe.plan import MAX_REQUESTS, Probe
from session_tracking.swaps.probe.reading import ProbeSettings
from session_tracking.swaps.probe.verdict import Result, judge
from tests.swaps.probe.worlds import (
    NOW,
    World,
    ask,
    bucket,
    constant,
    deletion,
    own,
    preference,
    unique,
)

TARGET = Target.of("https://shop.test/page")
BARE = ProbeSettings(bare=True)
HEURISTIC = (("Date", "Sat, 21 Nov 2026 09:30:00 GMT"), ("Last-Modified", "Fri, 20 Nov 2026 09:30:00 GMT"))  # fmt: skip
IIS = (("Cache-Control", "max-age=60"), ("Server", "Microsoft-IIS/10.0"))

ROWS = [
    # name, world, settings, result, part of a reason
    ("no cache", World(), None, Result.SAFE, 'their own "sid", in turn and at once'),
    ("no cookie", World(()), None, Result.SAFE, "no cookie is set that could be"),
    ("a cache that hands on", World(cache="swaps"), None, Result.PROVEN_SWAP, 'Set-Cookie "sid" (session): B was given the value that A was given before (in turn)'),
    ("from the second hit on", World(cache="second-hit"), None, Result.PROVEN_SWAP, "A was given the value that B was given before"),
    ("to HEAD only", World(cache="head"), None, Result.PROVEN_SWAP, "B was given the value"),
    ("stripped", World(cache="strips"), None, Result.STRIPPED, 'B was given an answer without "sid"'),
    ("collapsed", World(cache="collapses"), None, Result.COLLAPSED_SWAP, "A and B were given one value (at once)"),
    ("joined", World(cache="joins"), None, Result.COLLAPSED_SWAP, "A and B were given one value (while in transit)"),
    ("numbers that count up", World((lambda n: f"sid={n}",), "swaps"), None, Result.PROVEN_SWAP, "sid"),
    ("Set-Cookie2", World((), lines=(("Set-Cookie2", 'a="b"'),)), None, Result.SAFE, "no cookie"),
    ("stripped of a constant, too", World((constant(), own()), "strips"), None, Result.STRIPPED, 'without "sid"'),
    ("stripped with another status", World(cache="strips", statuses=dict.fromkeys((3, 4, 5, 8, 10), 204)), None, Result.SAFE, "their own"),
    # what is nobody's own
    ("preference", World((preference(),), "swaps"), None, Result.SAFE, "no cookie is set"),
    ("deletion", World((deletion(),), "swaps"), None, Result.SAFE, "no cookie is set"),
    ("ignored", World((own("x"),), "swaps"), ProbeSettings(ignore=("x*",)), Result.SAFE, "no cookie is set"),
    ("a class of the configuration", World((own("x"),), "swaps"), ProbeSettings(names=CookieNames(preference=("x",))), Result.SAFE, "no cookie is set"),
    ("constant", World((constant(),), "swaps"), None, Result.SAFE, 'the origin gives everybody the same "build"'),
    ("constant under the name of a session", World((constant("sid"),), "swaps"), None, Result.SAFE, "the same"),
    ("constant beside a session", World((constant(), own()), "swaps"), None, Result.PROVEN_SWAP, '"sid"'),
    ("two arms beside a session", World((bucket(), own())), None, Result.SAFE, 'their own "sid"'),
    ("ten arms", World((bucket(arms=10),), "swaps"), None, Result.PROVEN_SWAP, "arm"),  # nine draws cannot tell
    # an entry for all queries
    ("query ignored", World(cache="swaps", ignores_queries=True), None, Result.NOT_ASSESSABLE, "two queries of our own were given the same"),
    ("query ignored, stripping", World(cache="strips", ignores_queries=True), None, Result.NOT_ASSESSABLE, "two queries"),
    ("query ignored, a hit shows", World((constant(),), "swaps", ignores_queries=True, signs=True), None, Result.NOT_ASSESSABLE, "two queries"),
    ("query ignored, stripped, a hit shows", World((), "swaps", ignores_queries=True, signs=True), None, Result.NOT_ASSESSABLE, "a query that nobody had used"),
    ("query ignored, a cookie of the edge", World(cache="swaps", ignores_queries=True, edge="__cf_bm"), None, Result.NOT_ASSESSABLE, "two queries"),
    ("a cookie of the edge alone", World((), "swaps", edge="__cf_bm", same_content=True), None, Result.SAFE, "no cookie is set"),
    ("constant in the same content", World((constant(),), same_content=True), None, Result.NOT_ASSESSABLE, "two queries"),
    ("query ignored, bare allowed", World(cache="swaps", ignores_queries=True), BARE, Result.NOT_ASSESSABLE, 'were given the same "sid"'),
    ("query ignored, bare, obeys no-cache", World(cache="swaps", ignores_queries=True, obeys_no_cache=True), BARE, Result.PROVEN_SWAP, "(without a query)"),
    ("query ignored, bare, stripping", World(cache="strips", ignores_queries=True), BARE, Result.NOT_ASSESSABLE, "not given cookies that could be compared"),
    ("a constant, bare", World((constant(),), same_content=True), BARE, Result.NOT_ASSESSABLE, 'the same "build"'),
    ("nothing, bare, a hit shows", World((), "swaps", ignores_queries=True, signs=True), BARE, Result.SAFE, "no cookie is set"),
    # where a query keeps caches from storing
    ("heuristics", World(lines=HEURISTIC), None, Result.NOT_ASSESSABLE, "squid and httpd and httpd-ignore-set-cookie would store"),
    ("heuristics, bare", World(lines=HEURISTIC), BARE, Result.SAFE, "their own"),
    ("heuristics, other cache", World(lines=HEURISTIC), ProbeSettings(caches=(PROFILES["varnish"],)), Result.SAFE, "their own"),
    ("heuristics, a swap all the same", World(lines=HEURISTIC, cache="swaps"), None, Result.PROVEN_SWAP, "sid"),
    ("http.sys", World(lines=IIS), None, Result.NOT_ASSESSABLE, "http.sys would store"),
    ("http.sys by name", World(), ProbeSettings(caches=(PROFILES["http.sys"],)), Result.NOT_ASSESSABLE, "http.sys would store"),
    ("http.sys, too slow", World(lines=IIS, seconds=6), BARE, Result.NOT_ASSESSABLE, "more than 10 s"),
    ("slow, no http.sys", World(seconds=6), None, Result.SAFE, "their own"),
    # what went wrong
    ("no answer", World(problems={0: "refused"}), None, Result.NOT_ASSESSABLE, "A got no answer (two queries): refused"),
    ("no answer later", World(problems={4: "refused"}), None, Result.NOT_ASSESSABLE, "A got no answer (in turn)"),
    ("no answer after a swap", World(cache="swaps", problems={5: "refused"}), None, Result.PROVEN_SWAP, "sid"),
    ("turned away", World(statuses={4: 429}), None, Result.NOT_ASSESSABLE, "the status was 200, 429"),
    ("not found", World((), statuses={0: 404, 1: 404}), None, Result.NOT_ASSESSABLE, "the status was 404"),
    ("not found, with cookies", World(statuses=dict.fromkeys(range(99), 404)), None, Result.SAFE, "their own"),
    ("error", World(statuses=dict.fromkeys(range(99), 503)), None, Result.NOT_ASSESSABLE, "503"),
    ("cut", World(cuts={3: "too long"}), None, Result.NOT_ASSESSABLE, "not received to its end, so a cache may not have stored it: too long"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("world", "settings", "result", "reason"),
    [row[1:] for row in ROWS],
    ids=[row[0] for row in ROWS],
)
def test_answers(world, settings, result, reason):
    verdict = ask(world, TARGET, settings)
    assert verdict.result is result, verdict.reasons
    assert reason in "; ".join(verdict.reasons)
    swapped = result in {Result.PROVEN_SWAP, Result.COLLAPSED_SWAP}
    assert bool(verdict.handed) is swapped
    assert len(world.asked) <= MAX_REQUESTS


def test_the_exit_statuses():
    assert {str(result): result.exit_status for result in Result} == {
        "proven swap": 3,
        "collapsed swap": 3,
        "stripped": 1,
        "safe": 0,
        "not assessable": 2,
    }


def test_a_url_with_a_query_of_its_own_is_asked_as_visitors_ask_it():
    verdict = ask(World(lines=HEURISTIC), Target.of("https://shop.test/page?a=1"))
    assert (verdict.result, verdict.limits) == (Result.SAFE, ())


def test_what_was_looked_at_is_told():
    verdict = ask(World((own(), constant(), preference())), TARGET)
    assert [(name, str(told), is_own) for name, told, is_own in verdict.cookies] == [
        ("sid", "session", True),
        ("build", "unknown", False),
    ]
    assert verdict.safety.level == "unsafe"
    assert ask(World(problems={0: "x"}), TARGET).safety is None


def test_a_name_is_shown_escaped():
    verdict = ask(World((lambda n: f"\x1bsid={unique(n)}; HttpOnly",), "swaps"), TARGET)
    assert '"\\x1bsid"' in verdict.reasons[0]


def test_values_are_in_no_representation():
    verdict = ask(World(cache="swaps"), TARGET)
    values = [value for _, value in verdict.answers[0].fields.lines]
    assert unique(1) in values[-1]
    assert unique(3) not in repr(verdict)


def test_what_was_stopped_is_not_safe():
    probe = Probe(TARGET)
    assert probe.verdict().reasons == ("nothing was asked",)
    world = World()
    probe.take(world.take(probe, probe.next()))
    verdict = probe.verdict()
    assert verdict.result is Result.NOT_ASSESSABLE
    assert verdict.reasons == ("the probe was stopped before its end",)


def test_nothing_of_the_probe_reaches_the_bare_url_unasked():
    world = World(lines=HEURISTIC)
    ask(world, TARGET)
    assert {url.partition("?")[2] for url in world.urls} == {
        f"session-tracker-probe=t{n}" for n in range(1, 6)
    }
    assert {each.method for each in world.asked} == {"GET", "HEAD"}


def test_the_most_requests():
    world = World(lines=HEURISTIC, cookies=(own(), bucket(arms=5)), cache="collapses")
    settings = ProbeSettings(bare=True, ignore=("sid",))
    ask(world, TARGET, settings)
    assert len(world.asked) <= MAX_REQUESTS == 20


# ------------------------------------------------------------------------- properties

makers = st.sampled_from([own(), own("visitor"), constant(), preference(), deletion()])


@given(
    st.lists(makers, max_size=4).map(tuple),
    st.sampled_from(["none", "swaps", "strips", "second-hit", "collapses", "joins"]),
    st.booleans(),
    st.booleans(),
)
def test_every_swap_is_found_and_no_other(cookies, cache, signs, bare):
    world = World(cookies, cache, signs=signs)
    result = ask(world, TARGET, ProbeSettings(bare=bare)).result
    has_own = any("=" + unique(7) in made(7) for made in cookies)
    expected = {
        "swaps": Result.PROVEN_SWAP,
        "second-hit": Result.PROVEN_SWAP,
        "strips": Result.STRIPPED,
        "collapses": Result.COLLAPSED_SWAP,
        "joins": Result.COLLAPSED_SWAP,
        "none": Result.SAFE,
    }
    assert result is (expected[cache] if has_own else Result.SAFE)


@given(
    st.lists(makers, max_size=4).map(tuple),
    st.sampled_from(["none", "swaps", "strips"]),
    st.booleans(),
    st.booleans(),
    st.booleans(),
)
def test_one_entry_for_all_queries_is_never_called_safe(cookies, cache, signs, obeys, same):
    world = World(
        (*cookies, own()), cache, ignores_queries=True, obeys_no_cache=obeys, signs=signs,
        same_content=same,
    )  # fmt: skip
    result = ask(world, TARGET).result
    assert result is (Result.SAFE if cache == "none" else Result.NOT_ASSESSABLE)


octets = st.text(st.characters(max_codepoint=0xFF), max_size=40)
names = st.sampled_from(["Set-Cookie", "Set-Cookie2", "Age", "X-Cache", "Vary", "Cache-Control"])


@given(st.lists(st.lists(st.tuples(names, octets), max_size=4), min_size=2, max_size=8))
def test_hostile_answers_are_judged(sections):
    probe = Probe(TARGET)
    lines = iter(sections * 20)
    while (step := probe.next()) is not None:
        probe.take(
            [Answer(each, step.kind, NOW, 200, FieldSection(next(lines)), NOW) for each in step]
        )
    verdict = probe.verdict()
    assert all(reason.isprintable() for reason in verdict.reasons)


def test_no_answers_at_all():
    assert judge(TARGET, (), ProbeSettings()).result is Result.NOT_ASSESSABLE


def test_a_visitor_s_own_repeats_are_no_swap():
    """The same visitor being given the same value twice says nothing."""
    probe = Probe(TARGET)
    world = World()
    probe.take(world.take(probe, probe.next()))
    step = probe.next()
    answers = world.take(probe, step)
    first = answers[0]
    again = Answer(answers[2].ask, Kind.SEQUENCE, NOW + 9, 200, first.fields, NOW + 9)
    assert again.ask == Ask(Visitor.A, 3)
    probe.take([first, answers[1], again, *answers[3:]])
    assert probe.verdict().handed == ()
