"""`session-tracker activity` beside mawk programs that tell the same, whole processes in turns.

Both obey every `#Fields`, but for the trail: what grep finds has lost them. The logs are made anew
in a temporary folder: 350 octets a line. They are in the page cache, for the machine has room.
"""

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Final

from scripts.benchmarks.activity_logs import write_logs
from scripts.benchmarks.figures import CannotMeasureError, Figure, Progress

__all__ = ["AWK", "HEAD", "MATCHES", "measure"]

LINES: Final = 10_000_000
QUICK_LINES: Final = 20_000
ROUNDS: Final = 3
TRAIL_ROUNDS: Final = 5

HEAD: Final = (
    '/^#/ { if ($1 == "#Fields:") { split("", f); for (i = 2; i <= NF; i++) f[$i] = i - 1;'
    ' s = f["x-session-id"]; e = f["x-session-event"]; p = f["cs-uri-stem"]; c = f["cs(Cookie)"];'
    ' g = f["sc(Set-Cookie)"]; d = f["date"]; t = f["time"]; w = NF - 1 } next } NF != w { next } '
)
"""Obeys `#Fields`; leaves out lines with another number of words."""

AWK: Final[Mapping[str, str]] = {
    "sessions": HEAD
    + '$s != "-" { k = $d " " $t; id = $s; if (!(id in n)) { a[id] = z[id] = k; l[id] = $p;'
    " x[id] = $p } else { if (k < a[id]) { a[id] = k; l[id] = $p } if (k >= z[id]) { z[id] = k;"
    ' x[id] = $p } } n[id]++ } END { for (id in n) print id "," a[id] "," z[id] "," n[id] ","'
    ' l[id] "," x[id] }',
    "timeline": HEAD + '{ k = $d " " substr($t, 1, 2) ":00:00"; h[k]++; if ($e == "new") m[k]++;'
    ' if ($s != "-" && !((k, $s) in q)) { q[k, $s]; u[k]++ } }'
    ' END { for (k in h) print k "," h[k] "," u[k] + 0 "," m[k] + 0 }',
    "cookies": HEAD
    + 'function see(text, counts) { m = split(text, b, ";"); for (i = 1; i <= m; i++) {'
    ' v = b[i]; if (substr(v, 1, 1) == "+") v = substr(v, 2); if (v == "") continue;'
    " if (!(v in n)) a[v] = z[v] = k; else { if (k < a[v]) a[v] = k; if (k > z[v]) z[v] = k }"
    ' n[v]++; counts[v]++ } } { k = $d " " $t; if ($c != "-") see($c, r); if ($g != "-")'
    ' see($g, o) } END { for (v in n) print v "," o[v] + 0 "," r[v] + 0 "," n[v] "," a[v] ","'
    " z[v] }",
}
"""What mawk is asked; columns as ours, without those that follow from others."""

MATCHES: Final[Mapping[str, int]] = {"sessions": 6, "timeline": 4, "cookies": 6}
"""Columns that both tell."""

TRAIL: Final = '{ print $1 " " $2 "," $5 "," $6 "," $7 "," $16 }'
"""What mawk does with the lines that grep found: as if all were of the first layout."""

_GREP: Final = 'id=$1; shift; grep -hF -- "$id" "$@" | mawk "$0"'
_TARGET: Final = 2.5
_TRAIL_TARGET: Final = 1.5
_PARQUET_TARGET: Final = 20.0
_RESIDENT_TARGET: Final = 1536


@dataclass(frozen=True, slots=True)
class _Run:
    """A program that has ended."""

    seconds: float
    resident: float
    """The most memory that its largest process had, in MB."""


def measure(progress: Progress, *, quick: bool = False) -> list[Figure]:
    """How many times faster than mawk each question is. Raises CannotMeasureError."""
    rounds = 1 if quick else ROUNDS
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as name:
        progress("writing the logs")
        logs = write_logs(Path(name) / "shop.test", QUICK_LINES if quick else LINES)
        figures = _trail(logs, 1 if quick else TRAIL_ROUNDS, progress)
        progress("export")
        exported = Path(name) / "exported"
        run = _ours("export", logs[0].parent, "--to", exported)
        figures.append(_resident("activity export", run))
        for question, program in AWK.items():
            progress(question)
            turns = []
            for _ in range(rounds):
                awk = _run(["mawk", program, *map(str, logs)])
                raw = _ours(question, logs[0].parent, "--format", "csv")
                turns.append((awk, raw, _ours(question, exported, "--format", "csv")))
            raw_ratio = median(awk.seconds / raw.seconds for awk, raw, _ in turns)
            ratio = median(awk.seconds / parquet.seconds for awk, _, parquet in turns)
            figures += [
                Figure(f"activity {question}", raw_ratio, "× mawk", 1, at_least=_TARGET),
                *_memory(question, logs, [raw for _, raw, _ in turns]),
                Figure("  of Parquet", ratio, "× mawk", 1, at_least=_PARQUET_TARGET),
                _resident("  its memory", *(parquet for _, _, parquet in turns)),
            ]
    return figures


def _trail(logs: Sequence[Path], rounds: int, progress: Progress) -> list[Figure]:
    """Of one session: another one, elsewhere in the logs, each time."""
    progress("trail")
    turns = []
    for number in range(rounds):
        session = _session(logs[(2 * number + 1) * len(logs) // (2 * rounds)])
        grep = _run(["sh", "-c", _GREP, TRAIL, session, *map(str, logs)])
        asked = ("--session", session, "--format", "csv")
        turns.append((grep, _ours("trail", logs[0].parent, *asked)))
    ratio = median(grep.seconds / ours.seconds for grep, ours in turns)
    return [
        Figure("activity trail", ratio, "× grep | mawk", 1, at_least=_TRAIL_TARGET),
        *_memory("trail", logs, [ours for _, ours in turns], *asked[:2]),
    ]


def _session(log: Path) -> str:
    """The session of a line in the middle of a log."""
    with log.open("rb") as stream:
        stream.seek(log.stat().st_size // 2)
        stream.readline()
        return re.findall(r"\b[0-9a-f]{32}\b", stream.readline().decode())[0]


def _memory(
    question: str, logs: Sequence[Path], runs: Sequence[_Run], *arguments: str
) -> list[Figure]:
    tenth = _ours(question, logs[0], *arguments, "--format", "csv")
    return [
        _resident("  its memory", *runs),
        Figure("  of a tenth of the lines", tenth.resident, "MB", 0),
    ]


def _resident(name: str, *runs: _Run) -> Figure:
    most = max(run.resident for run in runs)
    return Figure(name, most, "MB", 0, at_most=_RESIDENT_TARGET)


def _ours(question: str, *arguments: object) -> _Run:
    program = Path(sys.executable).with_name("session-tracker")
    return _run([str(program), "activity", question, *map(str, arguments)])


def _run(command: Sequence[str]) -> _Run:
    started = time.perf_counter()
    with (
        tempfile.TemporaryFile() as told,
        subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=told) as process,
    ):
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - started
        if process.returncode:
            told.seek(0)
            raise CannotMeasureError(f"{command[0]}: {told.read().decode()[-200:]}")
    return _Run(seconds, usage.ru_maxrss / 1024)
