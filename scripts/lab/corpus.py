"""The corpus: named cases of our own making, each with a control that sets no cookie."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

from scripts.lab import corpus_directives, corpus_requests, corpus_responses, corpus_reuse
from scripts.lab.cases import Case, from_json

GROUPS = (
    *corpus_directives.GROUPS,
    *corpus_responses.GROUPS,
    *corpus_requests.GROUPS,
    *corpus_reuse.GROUPS,
)


WITNESSES = Path(__file__).with_name("witnesses.jsonl")
"""Fuzz cases on which a profile was once wrong, one a line."""


def witnesses() -> Iterator[Case]:
    """The fuzz cases that showed a mistake, which stay in the corpus."""
    for line in WITNESSES.read_text(encoding="utf-8").splitlines():
        yield from_json(json.loads(line))


def named_cases() -> Iterator[Case]:
    """Every case but the controls, in a fixed order; ids are ``GROUP/WHAT``."""
    for group in GROUPS:
        yield from group()
    yield from witnesses()


def corpus() -> Iterator[Case]:
    """Every named case, followed at once by its control; controls that repeat one are left out.

    A witness that sets no cookie has no control either.
    """
    seen: set[Case] = set()
    for case in named_cases():
        yield case
        if not case.sets_cookie:
            continue
        control = case.control()
        facts = Case(
            "", control.request, control.response, control.next_request, control.validation
        )
        if facts not in seen:
            seen.add(facts)
            yield control
