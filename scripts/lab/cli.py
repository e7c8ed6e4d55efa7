"""The commands of ``scripts/cache_lab`` and their options."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Callable, Coroutine

from scripts.lab import commands
from scripts.lab.caches import CACHES
from scripts.lab.collapse import ROUNDS
from scripts.lab.lab import LabError
from scripts.lab.runner import IN_FLIGHT
from scripts.lab.versions import install, product_versions

RECORDED_RUNS = 3


def main(arguments: list[str] | None = None) -> int:
    """Run a command; its exit status."""
    options = parser().parse_args(arguments)
    try:
        status: int = options.run(options)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 128 + signal.SIGPIPE
    except (LabError, FileNotFoundError) as error:
        print(f"cache_lab: {error}", file=sys.stderr)
        return 2
    return status


def parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    top = argparse.ArgumentParser(
        prog="cache_lab", description="Measure what real caches do with Set-Cookie."
    )
    added = top.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Callable[..., int], text: str) -> argparse.ArgumentParser:
        made = added.add_parser(name, help=text, description=text)
        made.set_defaults(run=run)
        return made

    def on_caches(
        name: str, work: Callable[[argparse.Namespace], Coroutine[None, None, int]], text: str
    ) -> argparse.ArgumentParser:
        made = command(name, lambda options: stoppable(work(options)), text)
        made.add_argument(
            "--caches",
            "--cache",
            type=cache_names,
            default=list(CACHES),
            metavar="NAME,…",
            help="only these caches",
        )
        made.add_argument("--in-flight", type=int, default=IN_FLIGHT, help="cases at once")
        return made

    command("install", lambda _: install(), "Install the Debian packages of all caches (as root).")
    command("versions", versions, "Print the version of each product.")
    made = command("cases", commands.cases, "Print the corpus, or the fuzzer's cases.")
    made.add_argument("--seed", type=int, help="the fuzzer's cases for this seed")
    made.add_argument("--count", type=int, default=1000, help="how many of them")
    made = on_caches("ask", commands.ask, "Run cases given as JSON lines; answer in JSON lines.")
    made.add_argument("file", help="one case a line; - for standard input, answered as read")
    made.add_argument("--verbose", action="store_true", help="print the raw exchanges as well")
    made = on_caches("run", commands.run, "Run one case of the corpus or of the fuzzer.")
    made.add_argument("--case", required=True, metavar="ID", help="its id, also fuzz/SEED-NUMBER")
    made.add_argument("--verbose", action="store_true", help="print the raw exchanges as well")
    made = on_caches("compare", commands.compare, "Print where prediction and reality differ.")
    made.add_argument("file", nargs="?", help="cases as JSON lines instead of the corpus")
    made.add_argument("--golden", action="store_true", help="use the recorded results")
    made = on_caches("fuzz", commands.fuzzing, "Compare random cases.")
    made.add_argument("--seconds", type=float, default=60, help="for how long")
    made.add_argument("--seed", type=int, help="default: a fresh one, which is printed")
    made = on_caches("record", commands.record, "Write the golden results of the corpus.")
    made.add_argument("--runs", type=int, default=RECORDED_RUNS, help="runs that must agree")
    made = on_caches("collapse", commands.collapsing, "Ask with eight clients at once.")
    made.add_argument("--rounds", type=int, default=ROUNDS, help="per response and cache")
    return top


def cache_names(given: str) -> list[str]:
    """The names in a comma-separated list.

    Raises:
        argparse.ArgumentTypeError: a name that no cache has.
    """
    names = given.split(",")
    for name in names:
        if name not in CACHES:
            raise argparse.ArgumentTypeError(f"no cache {name!r}; there are {', '.join(CACHES)}")
    return names


def versions(_: argparse.Namespace) -> int:
    """Print the versions; 2 where a product is missing."""
    found = product_versions()
    for product, version in found.items():
        print(f"{product:<15}{version or 'not installed'}")
    return 0 if all(found.values()) else 2


def stoppable(work: Coroutine[None, None, int]) -> int:
    """Run `work`; an interrupt cancels it, so that every started cache is stopped.

    Further interrupts do not disturb the stopping.
    """

    async def watched() -> int:
        task = asyncio.ensure_future(work)

        def interrupt() -> None:
            if not task.cancelling():
                task.cancel()

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, interrupt)
        return await task

    try:
        return asyncio.run(watched())
    except asyncio.CancelledError:
        print("cache_lab: interrupted", file=sys.stderr)
        return 128 + signal.SIGINT
