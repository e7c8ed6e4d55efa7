"""Eight clients at once on a cold key: which caches give one Set-Cookie to several of them."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass

from scripts.lab.building import FRESH, MODIFIED, control, sent
from scripts.lab.cases import Case, NextRequest
from scripts.lab.lab import Lab
from scripts.lab.outcome import ID
from scripts.lab.runner import visit

CLIENTS = tuple(f"127.0.0.{number}" for number in range(2, 10))
STAGGER = 0.002
"""Seconds from one client to the next: what threads started together need."""

ROUNDS = 20
SLOW = 0.15
"""Seconds that the origin takes, so that all clients have asked before it is done."""

ORIGINS = {"late-head": (SLOW, 0.0), "late-body": (0.005, SLOW)}
"""Where the origin is slow: seconds before the head, and between head and body."""

RESPONSES = (
    sent("max-age=60", FRESH),
    sent("heuristic", MODIFIED),
    sent("max-age=0", control("max-age=0")),
    sent("no-cache", control("no-cache")),
    sent("private", control("private")),
    sent("no-store", control("no-store")),
)


@dataclass(frozen=True, slots=True)
class Collapsing:
    """How often one cookie reached several of the clients that asked at once."""

    response: str
    origin: str
    cache: str
    rounds: int
    shared: int
    """Rounds in which it did."""
    most: int
    """The most clients that one cookie reached."""
    fetches: int
    """Requests that reached the origin, over all rounds; clients × rounds without collapsing."""


async def collapse(lab: Lab, rounds: int = ROUNDS) -> AsyncIterator[Collapsing]:
    """The measurement for each response and each slow origin, on all running caches together."""
    for case in RESPONSES:
        for slow in ORIGINS:
            work = (run_rounds(lab, cache, case, slow, rounds) for cache in lab.ports)
            for measured in await asyncio.gather(*work):
                yield measured


async def run_rounds(lab: Lab, cache: str, case: Case, slow: str, rounds: int) -> Collapsing:
    """One round after the other, each on a URL of its own."""
    reached = [await run_round(lab, cache, case, slow) for _ in range(rounds)]
    most = [max(holders.values(), default=0) for holders, _ in reached]
    return Collapsing(
        response=case.id,
        origin=slow,
        cache=cache,
        rounds=rounds,
        shared=sum(number > 1 for number in most),
        most=max(most),
        fetches=sum(fetches for _, fetches in reached),
    )


async def run_round(lab: Lab, cache: str, case: Case, slow: str) -> tuple[Counter[str], int]:
    """How many clients got each cookie, and how many requests the origin saw."""
    delay, body_delay = ORIGINS[slow]
    trial = lab.origin.register(case.resolved(time.time()), delay=delay, body_delay=body_delay)
    port = lab.ports[cache]

    async def late(number: int, client: str) -> list[str]:
        await asyncio.sleep(number * STAGGER)
        received = await visit(port, client, trial, NextRequest())
        return received.head.values("set-cookie") if received else []

    received = await asyncio.gather(*(late(*client) for client in enumerate(CLIENTS)))
    lab.origin.forget(trial)
    cookies = (value for values in received for value in values)
    return Counter(number for value in cookies for number in ID.findall(value)), len(trial.answers)
