"""`session-tracker verdict`: what caches make of the exchanges in a file."""

import sys
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path

import click

from session_tracking.caching.safety import CacheSafety
from session_tracking.cli.cache_names import Caches, caches_option, chosen_caches, config_option
from session_tracking.cli.inputs import (
    FILE,
    Batch,
    Input,
    is_recording,
    opened,
    read,
    with_progress,
)
from session_tracking.cli.own_edits import OwnEdits
from session_tracking.records.har_check import cookies_left_out
from session_tracking.records.questions import Question, Unreadable, judge_each
from session_tracking.reports.verdicts import error_json, error_text, verdict_json, verdict_text

__all__ = ["answers", "verdict"]

INCOMPLETE = 2


@click.command(
    epilog="""\b
A line of FILE:
  {"id": "a", "time": 1795253400,
   "request": {"method": "GET", "url": "https://shop.test/", "headers": [["Host", "shop.test"]]},
   "response": {"status": 200, "headers": [["Set-Cookie", "sid=1"]], "body_length": 60},
   "next_request": {"method": "GET", "headers": [], "after": 0},
   "validation_response": {"status": 304, "headers": []}}
The answer to it:
  {"id": "a", "level": "fragile", "reasons": [{"text": "…", "spec": "…"}],
   "caches": {"nginx": "miss", "httpd": "swap"}, "remedy": "…"}

\b
time is when the response was received, in Unix seconds; now if absent.
next_request is the next visitor's, `after` seconds later; if absent the same
request without Cookie and Authorization, at once. validation_response is what
the origin answers to a conditional request; if absent it never answers 304.
Strings in headers are octets as Latin-1. Absent body_length is Content-Length.

\b
Outcomes for the next visitor: swap (they get the Set-Cookie), stripped (the
stored body without it), fresh (with one of their own), miss (the origin
answers), unknown (the vendor does not say); without Set-Cookie reused or miss.

\b
Examples:
  session-tracker verdict exchanges.jsonl --caches nginx,squid
  curl -si https://shop.test/ | session-tracker verdict --raw --format text -
  session-tracker verdict browser.har | jq 'select(.caches.httpd == "swap")'

\b
Exit status: 0 judged, 2 something could not be read, or was recorded behind
the tracker and is not as upstream sent it, 64 wrong usage."""
)
@click.argument("file", type=FILE)
@caches_option
@click.option(
    "--format", "form", type=click.Choice(["text", "jsonl"]), default="jsonl", show_default=True
)
@click.option("--raw", is_flag=True, help="FILE is text as `curl -i` or `curl -v` prints it.")
@config_option
def verdict(file: str, *, caches: str | None, form: str, raw: bool, config: Path | None) -> None:
    """Judge the exchanges in FILE: their level, and what each cache hands to the next visitor.

    FILE holds JSON lines, one exchange a line; .har is a HAR, and .mitm, .flow, .flows and
    .mitmproxy are files of mitmproxy. `-` is standard input: each line is answered at once.
    Answers come in the order of the exchanges; those without a response are left out.
    """
    chosen = chosen_caches(caches, config)
    with opened(file) as source:
        # Whoever writes JSON lines says what is asked; everything else was recorded somewhere.
        edits = OwnEdits(config) if raw or is_recording(source) else None
        complete = _answer(source, chosen, form, edits, raw=raw)
    if edits is not None and (why := edits.told()):
        click.echo(f"{source.shown}: {why}", err=True)
        complete = False
    if not raw and source.ending == ".har" and (why := cookies_left_out(file)):
        click.echo(f"{source.shown}: {why}", err=True)
        complete = False
    if not complete:
        raise click.exceptions.Exit(INCOMPLETE)


def _answer(source: Input, caches: Caches, form: str, edits: OwnEdits | None, *, raw: bool) -> bool:
    """Write one answer an exchange; False if something could not be read."""
    complete = True
    for batch in with_progress(source, read(source, raw=raw)):
        for item in batch:
            if isinstance(item, Unreadable):
                complete = False
                click.echo(f"{source.shown}:{item.number}: {item.problem}", err=True)
            elif edits is not None:
                edits.look_at(item.id, item.exchange)
        sys.stdout.writelines(f"{answer}\n" for answer in answers(batch, caches, form))
        if source.piped:
            sys.stdout.flush()
    return complete


def answers(batch: Batch, caches: Caches, form: str) -> Iterator[str]:
    """One answer an exchange, in their order, without the line end; `form` is text or jsonl."""
    questions = [item for item in batch if isinstance(item, Question)]
    safeties: list[CacheSafety] = []
    for chosen, some in groupby(questions, lambda asked: caches(asked.exchange.request)):
        safeties += judge_each(list(some), chosen)
    judged = iter(safeties)
    for item in batch:
        if isinstance(item, Unreadable):
            yield error_text(item) if form == "text" else error_json(item)
        elif form == "text":
            yield verdict_text(item, next(judged))
        else:
            yield verdict_json(item.id, next(judged))
