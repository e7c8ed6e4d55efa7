"""Runs cases on all caches at once: A asks twice, then B asks, each cell with a URL of its own."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass

from scripts.lab.cases import Case, NextRequest, request_fields
from scripts.lab.lab import Lab
from scripts.lab.messages import Received, ask
from scripts.lab.origin import FIRST_VISITOR, SECOND, SECOND_VISITOR, Trial
from scripts.lab.outcome import outcome

GAP = 0.08
"""Seconds between A's two requests, so that a cache has finished writing."""

PATIENCE = 12.0
"""Seconds after which a request counts as not answered."""

LAST_START = 0.6
"""Part of a second after which a case waits for the next one, so that its visits fall into one."""

IN_FLIGHT = 32


@dataclass(frozen=True, slots=True)
class Cell:
    """One case on one cache: what came out, and the exchanges in order for people to read."""

    outcome: str
    punctual: bool
    """Whether all visits (less the case's pause) fell into the second in which the case started.
    Where a busy machine delays them, a cache that counts in whole seconds sees another case."""
    trial: Trial
    received: tuple[tuple[str, Received | None], ...]

    def transcript(self) -> str:
        """Every message between visitors, cache and origin, in order of the visits."""
        parts = []
        for phase, received in self.received:
            parts.append(f"=== {phase} asks the cache, which answers")
            if received is None:
                parts.append("(nothing)")
            else:
                said = received.head.raw + received.body
                parts += [received.asked.decode("latin-1"), said.decode("latin-1")]
            for answer in self.trial.answers:
                if answer.phase == phase:
                    parts.append("--- the cache asks the origin, which answers")
                    parts += [answer.asked.decode("latin-1"), answer.said.decode("latin-1")]
        return "\n".join(part.replace("\r\n", "\n").strip("\n") for part in parts)


@dataclass(frozen=True, slots=True)
class Result:
    """One case on all running caches, which started at `time` (Unix seconds)."""

    case: Case
    time: float
    cells: dict[str, Cell]

    @property
    def outcomes(self) -> dict[str, str]:
        """The outcome by cache name."""
        return {name: cell.outcome for name, cell in self.cells.items()}


async def visit(port: int, source: str, trial: Trial, asked: NextRequest) -> Received | None:
    """One visitor's request for the trial's URL; None where no complete response came."""
    fields = request_fields(asked.method, asked.headers)
    try:
        async with asyncio.timeout(PATIENCE):
            return await ask(port, source, asked.method, trial.target, fields)
    except (OSError, TimeoutError, asyncio.IncompleteReadError, ValueError, IndexError):
        return None


async def run_cell(lab: Lab, name: str, case: Case, began: float) -> Cell:
    """The reference run of a case (dates resolved for `began`, Unix seconds) on one cache."""
    port = lab.ports[name]
    trial = lab.origin.register(case)
    first = NextRequest(case.request.method, case.request.headers)
    second = case.second_visitor
    received = []
    for phase, source, asked, pause in (
        ("A1", FIRST_VISITOR, first, GAP),
        ("A2", FIRST_VISITOR, first, second.after),
        (SECOND, SECOND_VISITOR, second, 0.0),
    ):
        trial.phase = phase
        received.append((phase, await visit(port, source, trial, asked)))
        if pause:
            await asyncio.sleep(pause)
    lab.origin.forget(trial)
    punctual = int(time.time() - second.after) == int(began)
    return Cell(outcome(trial, received[-1][1]), punctual, trial, tuple(received))


async def run_case(lab: Lab, case: Case) -> Result:
    """The case on all running caches at the same time."""
    late = time.time() % 1
    if late > LAST_START:
        await asyncio.sleep(1 - late)
    now = time.time()
    resolved = case.resolved(now)
    cells = await asyncio.gather(*(run_cell(lab, name, resolved, now) for name in lab.ports))
    return Result(case, now, dict(zip(lab.ports, cells, strict=True)))


async def run_all(
    lab: Lab, cases: Iterable[Case], in_flight: int = IN_FLIGHT
) -> AsyncIterator[Result]:
    """Results of all cases in the order in which they finish, `in_flight` of them at once.

    `cases` is taken from as places come free, so it may be endless.
    """
    running: set[asyncio.Task[Result]] = set()
    try:
        for case in cases:
            running.add(asyncio.create_task(run_case(lab, case)))
            if len(running) >= in_flight:
                done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                for task in done:
                    yield task.result()
        while running:
            done, running = await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                yield task.result()
    finally:
        for task in running:
            task.cancel()
