"""`session-tracker activity` beside mawk programs that tell the same, whole processes in turns.

Both obey every `#Fields`. The logs are made anew in a temporary folder: 330 octets a line.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from typing import Final

from scripts.benchmarks.activity_logs import write_logs
from scripts.benchmarks.figures import CannotMeasureError, Figure, Progress

__all__ = ["AWK", "MATCHES", "measure"]

LINES: Final = 10_000_000
QUICK_LINES: Final = 20_000
ROUNDS: Final = 3

_HEAD: Final = (
    '/^#/ { if ($1 == "#Fields:") { split("", f); for (i = 2; i <= NF; i++) f[$i] = i - 1;'
    ' s = f["x-session-id"]; e = f["x-session-event"]; p = f["cs-uri-stem"]; c = f["cs(Cookie)"];'
    ' g = f["sc(Set-Cookie)"]; d = f["date"]; t = f["time"]; w = NF - 1 } next } NF != w { next } '
)
AWK: Final[Mapping[str, str]] = {
    "sessions": _HEAD
    + '$s != "-" { k = $d " " $t; id = $s; if (!(id in n)) { a[id] = z[id] = k; l[id] = $p;'
    " x[id] = $p } else { if (k < a[id]) { a[id] = k; l[id] = $p } if (k >= z[id]) { z[id] = k;"
    ' x[id] = $p } } n[id]++ } END { for (id in n) print id "," a[id] "," z[id] "," n[id] ","'
    ' l[id] "," x[id] }',
    "timeline": _HEAD + '{ k = $d " " substr($t, 1, 2) ":00:00"; h[k]++; if ($e == "new") m[k]++;'
    ' if ($s != "-" && !((k, $s) in q)) { q[k, $s]; u[k]++ } }'
    ' END { for (k in h) print k "," h[k] "," u[k] + 0 "," m[k] + 0 }',
    "cookies": _HEAD
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

_TARGET: Final = 2.5
_PARQUET_TARGET: Final = 20.0


def measure(progress: Progress, *, quick: bool = False) -> list[Figure]:
    """How many times faster than mawk each question is. Raises CannotMeasureError."""
    figures = []
    with tempfile.TemporaryDirectory(dir=os.environ.get("TMPDIR")) as name:
        folder = Path(name)
        progress("writing the logs")
        logs = write_logs(folder / "shop.test", QUICK_LINES if quick else LINES)
        exported = folder / "exported"
        _seconds(_ours("export", folder / "shop.test", "--to", exported))
        for question, program in AWK.items():
            progress(question)
            ratios: list[float] = []
            parquet: list[float] = []
            for _ in range(1 if quick else ROUNDS):
                awk = _seconds(["mawk", program, *map(str, logs)])
                ours = _ours(question, folder / "shop.test", "--format", "csv")
                ratios.append(awk / _seconds(ours))
                ours = _ours(question, exported, "--format", "csv")
                parquet.append(awk / _seconds(ours))
            figures += [
                Figure(f"activity {question}", median(ratios), "× mawk", 1, at_least=_TARGET),
                Figure("  of Parquet", median(parquet), "× mawk", 1, at_least=_PARQUET_TARGET),
            ]
    return figures


def _ours(question: str, *arguments: object) -> list[str]:
    program = Path(sys.executable).with_name("session-tracker")
    return [str(program), "activity", question, *map(str, arguments)]


def _seconds(command: Sequence[str]) -> float:
    started = time.perf_counter()
    done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
    if done.returncode:
        raise CannotMeasureError(f"{command[0]}: {done.stderr.decode()[-200:]}")
    return time.perf_counter() - started
