"""`session-tracker activity`: questions asked of the logs."""

import re
import shutil
from datetime import UTC
from pathlib import Path
from typing import Any

import click

from session_tracking.activity.chart import PLOTTED, Span, chart, plot
from session_tracking.activity.local import reading
from session_tracking.activity.output import Answer
from session_tracking.cli.activity_options import (
    Asked,
    answered,
    cookie_name,
    question_of,
    tell_faults,
    write,
)
from session_tracking.errors import InputError

__all__ = ["activity"]

_MOST_SPANS = 100_000
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}


@click.group(
    epilog="""\b
Examples:
  session-tracker activity sessions logs --since 2026-11-21 --top 20
  session-tracker activity trail logs --session ID
  session-tracker activity cookies 'logs/shop.test/u_ex2611*.log' --format csv
  session-tracker activity timeline logs --every 15m --plot hits.svg"""
)
def activity() -> None:
    """Ask the logs what visitors did.

    LOG is a folder, a file or a pattern; files end in .log, .gz or .parquet. Without one the
    configured folder of the logs is read.
    """


_question = question_of()


def _example(arguments: str) -> str:
    return f"\b\nExample:\n  session-tracker activity {arguments}"


@activity.command(epilog=_example("trail logs --session ID"))
@_question
@click.option("--session", required=True, metavar="ID", help="The session's id.")
def trail(asked: Asked, session: str) -> None:
    """What one visitor did, in order."""
    with answered(asked, "trail", session=session) as answer:
        write(answer, asked.form, asked.top)


@activity.command(epilog=_example("cookies logs --cookie visit --format csv"))
@_question
def cookies(asked: Asked) -> None:
    """Cookies given out and brought back, with counts.

    ISSUED counts the responses that gave a cookie out, RETURNED the requests that brought it: one
    that was never returned has 0 there. `--cookie NAME` tells of the cookies of that name only.
    """
    values = {"prefix": "" if asked.cookie is None else f"{asked.cookie}="}
    with answered(asked, "cookies", values) as answer:
        write(answer, asked.form, asked.top)


@activity.command(epilog=_example("sessions logs --since 2026-11-21 --top 20"))
@_question
def sessions(asked: Asked) -> None:
    """Every session: first and last hit, hits, where it began and ended."""
    with answered(asked, "sessions") as answer:
        write(answer, asked.form, asked.top)


@activity.command(epilog=_example("pages logs/shop.test --format markdown"))
@_question
def pages(asked: Asked) -> None:
    """Every page: hits, sessions, errors (status 400 and above)."""
    with answered(asked, "pages") as answer:
        write(answer, asked.form, asked.top)


class _Span(click.ParamType[int]):
    name = "span"

    def convert(
        self,
        value: Any,  # noqa: ANN401 - click's signature
        param: click.Parameter | None,
        ctx: click.Context | None,
    ) -> int:
        if isinstance(value, int):
            return value
        found = re.fullmatch(r"([1-9]\d{0,5})([smhd])", value)
        if not found:
            self.fail("write a number and s, m, h or d, such as 15m", param, ctx)
        return int(found[1]) * _SECONDS[found[2]]


@activity.command(epilog=_example("timeline logs --every 15m --plot hits.svg"))
@_question
@click.option("--every", type=_Span(), default=3600, show_default="1h", help="Length of a span.")
@click.option(
    "--plot",
    "picture",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE.svg|png",
    help="Draw it into a file.",
)
def timeline(asked: Asked, every: int, picture: Path | None) -> None:
    """Hits, sessions and new sessions over time; spans without any are left out."""
    if picture is not None and picture.suffix not in PLOTTED:
        raise click.UsageError(f"--plot draws {' or '.join(PLOTTED)}: name such a file.")
    with answered(asked, "timeline", {"every": every}, times=["span"]) as answer:
        write(answer, asked.form, asked.top)
        if asked.form == "table" and (spans := _spans(answer)):
            click.echo("\n" + chart(spans, shutil.get_terminal_size((100, 24)).columns))
        if picture is not None:
            try:
                plot(_spans(answer), picture)
            except OSError as error:
                raise InputError(f"{picture} cannot be written: {error.strerror}") from error


def _spans(answer: Answer) -> list[Span]:
    return [
        (begins.replace(tzinfo=UTC), hits, sessions)
        for begins, hits, sessions, _ in answer.rows(_MOST_SPANS)
    ]


@activity.command(epilog=_example("landings logs --site shop.test"))
@_question
def landings(asked: Asked) -> None:
    """Pages where sessions began; SINGLE_HIT counts those that ended there."""
    with answered(asked, "landings") as answer:
        write(answer, asked.form, asked.top)


@activity.command(epilog=_example("funnel / /basket /thanks --log logs/shop.test"))
@click.argument("pages", nargs=-1, required=True, metavar="PAGE...")
@question_of("--log")
def funnel(asked: Asked, pages: tuple[str, ...]) -> None:
    """How many sessions came to each PAGE, after those before it."""
    with answered(asked, "funnel", steps=pages) as answer:
        write(answer, asked.form, asked.top)


@activity.command(epilog=_example("anomalies logs --addresses 5"))
@_question
@click.option(
    "--addresses",
    type=click.IntRange(min=2),
    default=3,
    show_default=True,
    help="So many addresses of a session, or sessions given to an address, are told.",
)
def anomalies(asked: Asked, addresses: int) -> None:
    """Sessions from many addresses, forged ids, clients that refuse cookies."""
    with answered(asked, "anomalies", {"addresses": addresses}) as answer:
        write(answer, asked.form, asked.top)


@activity.command(epilog=_example("export logs --to exported"))
@_question
@click.option(
    "--to",
    "folder",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder to write to, which is new or empty.",
)
def export(asked: Asked, folder: Path) -> None:
    """Write Parquet, partitioned by day and site, for an engine that reads object storage."""
    if asked.engine is not None or asked.form != "table" or asked.top is not None:
        raise click.UsageError("export reads logs itself, and writes all of them as Parquet.")
    if folder.exists() and any(folder.iterdir()):
        raise click.UsageError(f"{folder} is not empty: name a new folder.")
    with reading(asked.names(), asked.selection(), lambda: cookie_name(asked)) as (local, inputs):
        tell_faults(inputs)
        local.export(folder)
    click.echo(f"written to {folder}", err=True)
