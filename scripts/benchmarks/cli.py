"""The command line of ``scripts/bench``."""

import argparse
import os
import platform
import sys
from collections.abc import Callable
from functools import partial
from importlib import metadata
from pathlib import Path

from scripts.benchmarks import (
    activity,
    audit,
    day,
    fleet,
    hooks,
    ledger,
    log,
    memory,
    throughput,
    verdict,
)
from scripts.benchmarks.figures import CannotMeasureError, Figure, Progress, table, write_json

MISSED = 1
NOT_MEASURED = 2
USAGE = 64

type Measurement = Callable[[Progress], list[Figure]]


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> None:  # type: ignore[override] # it does not return either
        """End with the status that all the project's commands have for wrong usage."""
        self.print_usage(sys.stderr)
        self.exit(USAGE, f"{self.prog}: {message}\n")


def main(arguments: list[str] | None = None) -> int:
    """Measure, print a table; 0 if every target is met, 1 if not, 2 if it could not be measured."""
    options = _parser().parse_args(arguments)
    measurements: dict[str, Measurement] = {
        "throughput": partial(throughput.measure, slices=options.slices, shadow=options.shadow),
        "hooks": partial(hooks.measure, quick=options.quick),
        "memory": partial(memory.measure, quick=options.quick),
        "ledger": partial(ledger.measure, quick=options.quick),
        "verdict": partial(verdict.measure, quick=options.quick),
        "activity": partial(activity.measure, quick=options.quick),
        "audit": partial(audit.measure, quick=options.quick),
        "fleet": partial(fleet.measure, slices=options.slices, quick=options.quick),
        "day": partial(day.measure, exchanges=options.exchanges),
        "log": partial(log.measure, slices=options.slices, quick=options.quick),
    }
    chosen = [name for name in measurements if options.what in {name, "all"}]
    if options.what == "all":
        chosen.remove("day")
    figures: list[Figure] = []
    try:
        for name in chosen:
            figures += measurements[name](partial(_progress, name))
            _progress("", "")
        if options.json:
            write_json(options.json, _facts(options), figures)
    except (CannotMeasureError, OSError) as error:
        print(f"scripts/bench: {error}", file=sys.stderr)
        return NOT_MEASURED
    except KeyboardInterrupt:
        return 130
    print(*table(figures), sep="\n")
    return 0 if all(figure.met for figure in figures) else MISSED


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="scripts/bench",
        description="Measures what the addon costs, against an addon whose hooks are empty. Exit"
        " status 0: every target is met; 1: one is missed; 2: it could not be measured.",
        epilog="throughput needs wrk and nginx (Debian: apt-get install wrk nginx-light),"
        " fleet redis-server, too.",
    )
    parser.add_argument(
        "what",
        choices=[
            "throughput",
            "hooks",
            "memory",
            "ledger",
            "verdict",
            "audit",
            "fleet",
            "day",
            "log",
            "activity",
            "all",
        ],
        help="throughput: requests per second of a live mitmdump (two minutes); hooks:"
        " microseconds per exchange; memory: resident memory after many exchanges (two minutes);"
        " ledger: memory and time of the swap detector's ledger, and of other forms (a minute);"
        " verdict: exchanges a second that are judged (ten seconds);"
        " activity: questions of ten million lines, beside mawk (ten minutes, 5 GB of disk);"
        " audit: recordings against"
        " mitmdump -nr (five minutes); fleet: requests per second"
        " with a shared ledger in Redis, and what it takes (two minutes); day: a simulated day with"
        " five swaps through the engine (long, and no part of all); log: lines a second, and"
        " throughput with the log on (two minutes)",
    )
    parser.add_argument(
        "--slices",
        type=_even,
        default=throughput.SLICES,
        metavar="N",
        help="seconds of load for throughput and fleet, half of them for each side (default"
        " %(default)s)",
    )
    parser.add_argument(
        "--exchanges",
        type=_exchanges,
        default=day.EXCHANGES,
        metavar="N",
        help="exchanges of the day, of a tenth as many clients (default %(default)s)",
    )
    parser.add_argument(
        "--shadow",
        action="store_true",
        help="throughput: with the shadow cache, which is off as shipped",
    )
    parser.add_argument(
        "--quick",
        action="store_true",
        help="hooks, memory, ledger, verdict, audit, fleet, log: too short to mean anything, for"
        " tests",
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    return parser


def _even(text: str) -> int:
    number = int(text)
    if number < 2 or number % 2:
        raise argparse.ArgumentTypeError("must be an even number of at least 2")
    return number


def _exchanges(text: str) -> int:
    number = int(text)
    if number < day.FEWEST:
        raise argparse.ArgumentTypeError(f"must be at least {day.FEWEST}")
    return number


def _facts(options: argparse.Namespace) -> dict[str, str | int]:
    return {
        "python": platform.python_version(),
        "mitmproxy": metadata.version("mitmproxy"),
        "machine": platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "slices": options.slices,
        "shadow": options.shadow,
        "quick": options.quick,
    }


def _progress(name: str, text: str) -> None:
    if sys.stderr.isatty():
        line = f"{name}: {text}" if text else ""
        print(f"\r\033[K{line}", end="", file=sys.stderr, flush=True)
