"""Resident memory of the addon after many exchanges, over that of an addon with empty hooks."""

import asyncio
import base64
import gc
import json
import os
import re
import resource
import subprocess
import sys
from pathlib import Path

from scripts.benchmarks.empty_hooks import EmptyHooks
from scripts.benchmarks.figures import CannotMeasureError, Figure, Progress
from scripts.benchmarks.in_process import Chain, exchange
from scripts.benchmarks.workload import FINDING, KNOWN, NEWCOMER

ROOT = Path(__file__).resolve().parents[2]

EXCHANGES = 200_000
VISITORS = 50_000
MAX_MIB = 40.0
STILL_MIB = 2.0
"""What may come on top once every visitor is known: noise of the allocator."""

_STEPS = 10
_PRODUCTS = 500
_ID = 16


def measure(progress: Progress, *, quick: bool = False) -> list[Figure]:
    """The figures, from two processes. Raises CannotMeasureError if one fails.

    All visitors come for the first time within the first quarter. After the last exchange as many
    others come for half as many exchanges, to see that what is remembered is bounded.
    """
    scale = 100 if quick else 1
    ours = _process("tracker", scale, progress)
    empty = _process("empty", scale, progress)
    net = [(a - b) / 2**20 for a, b in zip(ours, empty, strict=True)]
    start, half, end, others = net[0], net[_STEPS // 2], net[_STEPS], net[-1]
    return [
        Figure("memory, addon loaded, over empty", start, "MiB"),
        Figure(
            f"memory, growth by {EXCHANGES // scale:,}, over empty",
            end - start,
            "MiB",
            at_most=MAX_MIB,
        ),
        Figure("memory, growth in the second half", end - half, "MiB", at_most=STILL_MIB),
        Figure(
            f"memory, growth by {VISITORS // scale:,} others",
            others - end,
            "MiB",
            at_most=STILL_MIB,
        ),
        Figure("memory, of the whole process", ours[_STEPS] / 2**20, "MiB"),
    ]


def _process(which: str, scale: int, progress: Progress) -> list[int]:
    """Resident octets of a new process at each step."""
    command = [sys.executable, "-m", "scripts.benchmarks.memory", which, str(scale)]
    paths = os.pathsep.join([str(ROOT), str(ROOT / "addon")])
    found: list[int] = []
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": paths}
    ) as child:
        assert child.stdout is not None  # noqa: S101 - a pipe was asked for
        try:
            for line in child.stdout:
                found.append(json.loads(line))
                progress(f"{which}, step {len(found) - 1} of {_STEPS * 3 // 2}")
        except BaseException:
            child.terminate()
            raise
    if child.returncode or len(found) != _STEPS * 3 // 2 + 1:
        raise CannotMeasureError(f"the process with {which} hooks failed, see above")
    return found


async def _run(which: str, scale: int) -> None:
    """Print the resident octets at the start and after each step."""
    if which == "tracker":
        from session_tracking.mitm.addon import SessionTracker  # noqa: PLC0415 - in this process only

        addon: SessionTracker | EmptyHooks = SessionTracker()
    else:
        addon = EmptyHooks()
    chain = Chain(addon)
    visitors, step = VISITORS // scale, EXCHANGES // scale // _STEPS
    # Kept in the smallest form and made at once, in both processes: the visitors' cookies.
    ids = bytearray(os.urandom(2 * visitors * _ID))
    print(_resident(), flush=True)
    for number in range(_STEPS * 3 // 2):
        for turn in range(number * step, (number + 1) * step):
            await _visit(chain, turn, visitors, ids)
        print(_resident(), flush=True)
    if not isinstance(addon, EmptyHooks):
        issued = addon.engine.counts()["issued"]
        if addon.run.failures or issued != 2 * visitors:
            sys.exit(f"{issued} cookies for {2 * visitors} visitors, {addon.run.failures} failures")


async def _visit(chain: Chain, turn: int, visitors: int, ids: bytearray) -> None:
    """One exchange: visitors come in turn, the same ones for `EXCHANGES`, then the others."""
    others, turn = divmod(turn, visitors * EXCHANGES // VISITORS)
    visitor = others * visitors + turn % visitors
    own = slice(visitor * _ID, (visitor + 1) * _ID)
    kind, path = NEWCOMER, ""
    if turn >= visitors:
        kind = FINDING if turn % 20 == 0 else KNOWN
        path = f"/products/chair-{turn // 20 % _PRODUCTS}"
    flow, response = exchange(kind, visitor, own_id=bytes(ids[own]), path=path)
    await chain.feed(flow, response)
    if kind is NEWCOMER and (cookie := _OURS.search(response.headers.get("set-cookie", ""))):
        ids[own] = base64.urlsafe_b64decode(cookie[1] + "==")


_OURS = re.compile(r"SessionTracking=([\w-]{22})")


def _resident() -> int:
    """Resident octets of this process, garbage collected."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * resource.getpagesize()


if __name__ == "__main__":
    asyncio.run(_run(sys.argv[1], int(sys.argv[2])))
