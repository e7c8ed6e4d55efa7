"""The corpus: named cases of our own making, each with a control that sets no cookie."""

from __future__ import annotations

from collections.abc import Iterator

from lab import corpus_requests, corpus_responses
from lab.cases import Case

GROUPS = (*corpus_responses.GROUPS, *corpus_requests.GROUPS)


def named_cases() -> Iterator[Case]:
    """Every case that sets a cookie, in a fixed order; ids are ``GROUP/WHAT``."""
    for group in GROUPS:
        yield from group()


def corpus() -> Iterator[Case]:
    """Every named case, followed at once by its control; controls that repeat one are left out."""
    seen: set[Case] = set()
    for case in named_cases():
        yield case
        control = case.control()
        facts = Case("", control.request, control.response, control.next_request, control.validation)
        if facts not in seen:
            seen.add(facts)
            yield control
