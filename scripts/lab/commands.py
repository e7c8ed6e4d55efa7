"""What each command does once its options are read."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path

import click

from scripts.lab import golden
from scripts.lab.cases import Case, from_json, to_json
from scripts.lab.checking import RERUN_IN_FLIGHT, Tally, against_caches, against_golden
from scripts.lab.collapse import CLIENTS, collapse
from scripts.lab.corpus import corpus
from scripts.lab.fuzz import fuzz
from scripts.lab.lab import Lab
from scripts.lab.runner import Result, run_all
from scripts.lab.versions import product_versions


def read_cases(path: str | None) -> list[Case]:
    """The cases of a JSON lines file, empty lines skipped; without a path the corpus."""
    if path is None:
        return list(corpus())
    text = sys.stdin.read() if path == "-" else Path(path).read_text(encoding="utf-8")
    return [from_json(json.loads(line)) for line in text.splitlines() if line.strip()]


def named(cases: Iterable[Case], name: str) -> list[Case]:
    """The case called `name`.

    Raises:
        SystemExit: there is none.
    """
    found = [case for case in cases if case.id == name]
    return found or sys.exit(f"no case is called {name!r}; scripts/cache_lab cases prints them")


async def ask(options: argparse.Namespace) -> int:
    """Answer each case with a line ``{"id", "time", "outcomes"}``; standard input line by line."""
    streamed = options.file == "-"
    cases = [] if streamed else read_cases(options.file)
    async with Lab(options.caches) as lab:
        while streamed and (line := await asyncio.to_thread(sys.stdin.readline)):
            await _answer(lab, [from_json(json.loads(line))], options)
        await _answer(lab, cases, options)
    return 0


async def run(options: argparse.Namespace) -> int:
    """Run one case of the corpus, or of the fuzzer where its id says so."""
    seed, _, number = options.case.removeprefix("fuzz/").rpartition("-")
    if options.case.startswith("fuzz/") and number.isdecimal():
        cases: Iterable[Case] = islice(fuzz(int(seed)), int(number), int(number) + 1)
    else:
        cases = named(corpus(), options.case)
    async with Lab(options.caches) as lab:
        await _answer(lab, list(cases), options)
    return 0


async def _answer(lab: Lab, cases: list[Case], options: argparse.Namespace) -> None:
    async for result in run_all(lab, cases, options.in_flight):
        if options.verbose:
            for name, cell in result.cells.items():
                print(f"##### {result.case.id} on {name}: {cell.outcome}\n{cell.transcript()}\n")
        line = {"id": result.case.id, "time": result.time, "outcomes": result.outcomes}
        print(json.dumps(line), flush=True)


def cases(options: argparse.Namespace) -> int:
    """Print the corpus, or cases of the fuzzer, as JSON lines."""
    chosen = corpus() if options.seed is None else islice(fuzz(options.seed), options.count)
    for case in chosen:
        print(json.dumps(to_json(case)))
    return 0


async def compare(options: argparse.Namespace) -> int:
    """Print every cell where prediction and reality differ; 1 where there is one."""
    chosen = read_cases(options.file)
    if options.golden:
        recorded = golden.read(golden.GOLDEN.read_text(encoding="utf-8"))
        current = [case for case in chosen if recorded.is_current(case)]
        if len(current) < len(chosen):
            print(f"not recorded: {len(chosen) - len(current)} of {len(chosen)}", file=sys.stderr)
        return report(against_golden(recorded, current, options.caches))
    async with Lab(options.caches) as lab:
        with progress(len(chosen)) as bar:
            tally = await against_caches(lab, iter(chosen), options.in_flight, _step(bar))
    return report(tally)


async def fuzzing(options: argparse.Namespace) -> int:
    """Compare random cases for some seconds; 1 where prediction and reality differ."""
    seed = options.seed if options.seed is not None else time.time_ns() % 2**31
    print(f"seed {seed}", file=sys.stderr)
    async with Lab(options.caches) as lab:
        with progress(int(options.seconds)) as bar:
            began = time.monotonic()

            def for_a_while() -> Iterator[Case]:
                for case in fuzz(seed):
                    elapsed = time.monotonic() - began
                    bar.update(int(elapsed) - bar.pos)
                    if elapsed > options.seconds:
                        return
                    yield case

            tally = await against_caches(lab, for_a_while(), options.in_flight)
    return report(tally)


def _step(bar: click._termui_impl.ProgressBar[int]) -> Callable[[Result], None]:
    return lambda _: bar.update(1)


def progress(length: int) -> click._termui_impl.ProgressBar[int]:
    """A bar on standard error, hidden where that is no terminal."""
    hidden = not sys.stderr.isatty()
    return click.progressbar(length=length, file=sys.stderr, show_pos=True, hidden=hidden)


def report(tally: Tally) -> int:
    """Print disagreements as JSON lines and the counts to standard error.

    The exit status is 1 with disagreements, 2 where a busy machine left cells unsettled.
    """
    for found in tally.disagreements:
        line = {
            "cache": found.cache,
            "predicted": found.predicted,
            "measured": found.measured,
            "case": to_json(found.case),
        }
        print(json.dumps(line))
    print(f"{tally.cases} cases", file=sys.stderr)
    for name, cells in sorted(tally.cells.items()):
        print(
            f"{name:<26}{cells:>7} cells{tally.by_cache[name]:>6} disagree"
            f"{tally.wavering[name]:>5} wavering{tally.unsettled[name]:>5} unsettled"
            f"{tally.own_answers[name]:>6} own answers",
            file=sys.stderr,
        )
    if tally.disagreements:
        return 1
    return 2 if tally.unsettled else 0


async def record(options: argparse.Namespace) -> int:
    """Run the corpus several times and write the golden file.

    A case whose runs differ is run as often again, few at a time, and these runs count instead:
    what a busy machine delays past the end of a second is not the cache's doing.
    """
    chosen = list(corpus())
    async with Lab(options.caches) as lab:
        seen = await recorded(lab, chosen, options.runs, options.in_flight)
        unsettled = [case for case in chosen if not agreed(seen[case.id])]
        seen |= await recorded(lab, unsettled, options.runs, RERUN_IN_FLIGHT)
    versions = {product: version or "" for product, version in product_versions().items()}
    golden.GOLDEN.parent.mkdir(parents=True, exist_ok=True)
    golden.GOLDEN.write_text(golden.write(time.time(), versions, seen, chosen), encoding="utf-8")
    wavering = [name for name, cells in seen.items() if not agreed(cells)]
    print(f"{len(chosen)} cases recorded, wavering: {', '.join(wavering) or 'none'}")
    return 0


async def recorded(
    lab: Lab, chosen: list[Case], runs: int, in_flight: int
) -> dict[str, dict[str, list[str]]]:
    """The outcomes of the punctual ones of several runs, by case id and cache name."""
    seen: dict[str, dict[str, list[str]]] = {case.id: {} for case in chosen}
    with progress(runs * len(chosen)) as bar:
        for _ in range(runs):
            async for result in run_all(lab, chosen, in_flight):
                for name, cell in result.cells.items():
                    outcomes = seen[result.case.id].setdefault(name, [])
                    if cell.punctual:
                        outcomes.append(cell.outcome)
                bar.update(1)
    return seen


def agreed(cells: dict[str, list[str]]) -> bool:
    """Whether all runs of a case came to the same on each cache."""
    return all(len(set(outcomes)) == 1 for outcomes in cells.values())


async def collapsing(options: argparse.Namespace) -> int:
    """Print in how many rounds one cookie reached several clients that asked at once."""
    print(f"{'response':<12}{'origin':<11}{'cache':<26}shared  most  fetches of clients")
    async with Lab(options.caches) as lab:
        async for row in collapse(lab, options.rounds):
            asked = row.rounds * len(CLIENTS)
            shared = f"{row.shared}/{row.rounds}"
            print(
                f"{row.response:<12}{row.origin:<11}{row.cache:<26}"
                f"{shared:<8}{row.most:<6}{row.fetches} of {asked}",
                flush=True,
            )
    return 0
