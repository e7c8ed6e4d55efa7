"""`session-tracker explain`: the whole reasoning about one exchange."""

from collections.abc import Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

import click

from session_tracking.caching.profiles.catalogue import PROFILES
from session_tracking.cli.cache_names import Caches, caches_option, chosen_caches, config_option
from session_tracking.cli.inputs import FILE, Input, opened, read
from session_tracking.cli.own_edits import OwnEdits
from session_tracking.cli.report_files import report_findings
from session_tracking.errors import InputError
from session_tracking.escape import visible
from session_tracking.records.questions import Question, Unreadable, judge_each
from session_tracking.reports.explanation import Row, explanation, finding_explanation, flaw, table

__all__ = ["explain"]


@click.command(
    epilog="""\b
Examples:
  session-tracker explain report.json 5f0c1f5fd4a3b7e2c9d80a6f1e2d3c4b
  session-tracker explain capture.mitm 12 --caches nginx,varnish
  session-tracker explain exchanges.jsonl checkout"""
)
@click.argument("file", type=FILE)
@click.argument("identity", metavar="ID")
@caches_option
@config_option
def explain(file: str, identity: str, *, caches: str | None, config: Path | None) -> None:
    """Tell why an exchange is safe or not, step by step, with the sections of the standards.

    FILE is a JSON report, a HAR, a file of mitmproxy, or JSON lines as `verdict` reads them. ID is
    a finding's fingerprint, an exchange's id, or the number of the exchange in FILE.
    """
    with opened(file) as source:
        findings = report_findings(source)
        if findings is None:
            question = _exchange(source, identity)
            rows = _explained(question, chosen_caches(caches, config))
            edits = OwnEdits(config)
            edits.look_at(question.id, question.exchange)
            if why := edits.told():
                click.echo(f"{source.shown}: {why}", err=True)
        else:
            rows = _found(findings, identity, source)
        for line in table(rows):
            click.echo(line)


def _found(findings: list[Mapping[str, Any]], identity: str, source: Input) -> Iterator[Row]:
    named = [f for f in findings if identity in (f.get("fingerprint"), f.get("exchange"))]
    if not named:
        raise click.UsageError(
            f"{source.shown} has {len(findings)} findings, and none with the fingerprint or the"
            f" exchange {visible(identity, 60)}."
        )
    for finding in named:
        if problem := flaw(finding):
            raise InputError(f"{source.shown} was changed: {problem}.")
        yield from finding_explanation(finding)


def _exchange(source: Input, identity: str) -> Question:
    """The exchange with that id; if there is none, the one of that number."""
    numbered, count = None, 0
    for count, item in enumerate(chain.from_iterable(read(source)), 1):
        if str(item.id) == identity:
            return _readable(item, source)
        if str(count) == identity:
            numbered = item
    if numbered is None:
        raise click.UsageError(
            f"{source.shown} has {count} exchanges, and none with the id {visible(identity, 60)}."
        )
    return _readable(numbered, source)


def _readable(item: Question | Unreadable, source: Input) -> Question:
    if isinstance(item, Unreadable):
        raise InputError(f"{source.shown}:{item.number}: {item.problem}")
    return item


def _explained(question: Question, caches: Caches) -> Iterator[Row]:
    (safety,) = judge_each([question], caches(question.exchange.request))
    (everywhere,) = judge_each([question], tuple(PROFILES.values()))
    return explanation(question.exchange, safety, everywhere.caches)
