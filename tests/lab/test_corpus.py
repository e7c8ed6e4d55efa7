"""The corpus and the fuzzer: complete, unambiguous, repeatable."""

from itertools import islice

from scripts.lab import grammar, grammar_fields
from scripts.lab.cases import Case
from scripts.lab.corpus import corpus, named_cases
from scripts.lab.fuzz import fuzz

CASES = list(corpus())


def facts(case):
    return Case("", case.request, case.response, case.next_request, case.validation)


def responses(name):
    return {value for case in CASES for key, value in case.response.headers if key.lower() == name}


def test_ids_are_unique():
    assert len({case.id for case in CASES}) == len(CASES)


def test_at_least_four_hundred_cases_of_our_own():
    assert len(list(named_cases())) >= 400


def test_every_case_that_sets_a_cookie_has_a_control():
    without_cookie = {facts(case) for case in CASES if not case.sets_cookie}
    assert all(facts(case.control()) in without_cookie for case in CASES if case.sets_cookie)


def test_every_directive_alone_and_in_pairs():
    sent = responses("cache-control")
    assert sent >= set(grammar.DIRECTIVES)
    named = {case.id for case in CASES}
    for number, first in enumerate(grammar.DIRECTIVES):
        assert {f"pair/{first},{second}" for second in grammar.DIRECTIVES[number + 1 :]} <= named


def test_every_word_of_the_grammar_is_used():
    assert responses("cache-control") >= set(grammar.QUALIFIED) | set(grammar.SPELLINGS)
    assert responses("expires") >= set(grammar.DATES)
    assert responses("x-accel-expires") >= set(grammar.ACCEL_EXPIRES)
    assert responses("vary") >= set(grammar_fields.VARY)
    assert {case.response.status for case in CASES} >= set(grammar_fields.STATUSES)
    assert {case.request.method for case in CASES} >= set(grammar_fields.METHODS)


def test_a_seed_always_gives_the_same_cases():
    assert list(islice(fuzz(3), 200)) == list(islice(fuzz(3), 200))


def test_seeds_differ():
    first, second = ({facts(case) for case in islice(fuzz(seed), 200)} for seed in (1, 2))
    assert len(first & second) < 20


def test_fuzz_cases_are_named_by_seed_and_number():
    assert [case.id for case in islice(fuzz(9), 3)] == ["fuzz/9-0", "fuzz/9-1", "fuzz/9-2"]


def test_the_fuzzer_leaves_nothing_out():
    cases = list(islice(fuzz(4), 3000))
    assert {case.request.method for case in cases} == set(grammar_fields.METHODS)
    assert {case.response.status for case in cases} >= {200, 204, 206, 301, 404, 500, 599}
    assert any(case.validation for case in cases)
    assert any(case.next_request and case.next_request.after for case in cases)
    assert any(not case.sets_cookie for case in cases)
