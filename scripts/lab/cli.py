"""The commands of ``scripts/cache_lab``."""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Iterator
from pathlib import Path
from typing import TextIO

from lab.caches import CACHES, PACKAGES, PROGRAMS, VERSION_ARGUMENTS, program
from lab.cases import Case, from_json
from lab.lab import Lab, LabError
from lab.runner import IN_FLIGHT, run_all


def main(arguments: list[str] | None = None) -> int:
    """Run a command; its exit status."""
    options = parser().parse_args(arguments)
    status: int = options.run(options)
    return status


def parser() -> argparse.ArgumentParser:
    """All commands and their options."""
    top = argparse.ArgumentParser(prog="cache_lab", description=__doc__)
    commands = top.add_subparsers(required=True)

    def command(name: str, run: object, text: str) -> argparse.ArgumentParser:
        added = commands.add_parser(name, help=text, description=text)
        added.set_defaults(run=run)
        return added

    def on_caches(name: str, run: object, text: str) -> argparse.ArgumentParser:
        added = command(name, run, text)
        added.add_argument("--caches", "--cache", metavar="NAME,…", help="only these caches")
        added.add_argument("--in-flight", type=int, default=IN_FLIGHT, help="cases at once")
        return added

    command("install", install, "Install the Debian packages of all caches (as root).")
    command("versions", versions, "Print product and version of each cache.")
    asking = on_caches("ask", ask_cases, "Run cases given as JSON lines; outcomes as JSON lines.")
    asking.add_argument("file", help="cases, one a line; - for standard input, answered as read")
    asking.add_argument("--verbose", action="store_true", help="print the raw exchanges as well")
    return top


def chosen(options: argparse.Namespace) -> list[str]:
    """The caches that the user named, else all.

    Raises:
        SystemExit: a name that no cache has.
    """
    names = options.caches.split(",") if options.caches else list(CACHES)
    for name in names:
        if name not in CACHES:
            sys.exit(f"no cache is called {name!r}; there are {', '.join(CACHES)}")
    return names


def stoppable(work: Awaitable[int]) -> int:
    """Run `work` to its end; an interrupt cancels it, so that every started cache is stopped."""

    async def watched() -> int:
        task = asyncio.ensure_future(work)
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, task.cancel)
        return await task

    try:
        return asyncio.run(watched())
    except asyncio.CancelledError:
        return 130
    except (LabError, FileNotFoundError) as error:
        sys.exit(f"cache_lab: {error}")


def install(_: argparse.Namespace) -> int:
    """Install the packages without starting any service."""
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    subprocess.run(["apt-get", "update", "-q"], check=True, env=environment)  # noqa: S607
    order = ["apt-get", "install", "-qy", "--no-install-recommends", *PACKAGES]
    return subprocess.run(order, check=False, env=environment).returncode


def product_versions() -> dict[str, str | None]:
    """The first line of each product's own version output, None where it is not installed."""
    found: dict[str, str | None] = {}
    for product in PROGRAMS:
        path = program(product)
        if path is None:
            found[product] = None
            continue
        order = [path, VERSION_ARGUMENTS.get(product, "-v")]
        printed = subprocess.run(order, capture_output=True, text=True, check=False)
        found[product] = (printed.stdout + printed.stderr).strip().splitlines()[0]
    return found


def versions(_: argparse.Namespace) -> int:
    """Print the versions; 2 where a product is missing."""
    found = product_versions()
    for product, version in found.items():
        print(f"{product:<15}{version or 'not installed'}")
    return 0 if all(found.values()) else 2


def read_cases(lines: TextIO) -> Iterator[Case]:
    """The cases of a JSON lines file, empty lines skipped."""
    for line in lines:
        if line.strip():
            yield from_json(json.loads(line))


def ask_cases(options: argparse.Namespace) -> int:
    """Answer each case with a line ``{"id", "time", "outcomes"}``."""
    return stoppable(_ask(options))


async def _ask(options: argparse.Namespace) -> int:
    async with Lab(chosen(options)) as lab:
        if options.file == "-":
            loop = asyncio.get_running_loop()
            while line := await loop.run_in_executor(None, sys.stdin.readline):
                await _answer(lab, [from_json(json.loads(line))], options)
        else:
            with Path(options.file).open(encoding="utf-8") as lines:
                await _answer(lab, list(read_cases(lines)), options)
    return 0


async def _answer(lab: Lab, cases: list[Case], options: argparse.Namespace) -> None:
    async for result in run_all(lab, cases, options.in_flight):
        if options.verbose:
            for name, cell in result.cells.items():
                print(f"##### {result.case.id} on {name}: {cell.outcome}\n{cell.transcript()}\n")
        line = {"id": result.case.id, "time": result.time, "outcomes": result.outcomes}
        print(json.dumps(line), flush=True)
