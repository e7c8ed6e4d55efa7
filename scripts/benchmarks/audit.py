"""`session-tracker audit FILE` against `mitmdump -nr FILE` with the addon, on the same recordings.

Whole processes are timed, one after the other in pairs, so that what else the machine
does meets both. Both have compiled bytecode. Visitors come again on the connections that they
have, as browsers do.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from statistics import median

from mitmproxy.connection import Client, Server
from mitmproxy.http import Headers, HTTPFlow, Request, Response
from mitmproxy.io import FlowWriter

from scripts.benchmarks import workload
from scripts.benchmarks.figures import CannotMeasureError, Figure, Progress, bootstrap_median

FLOWS = 20_000
PAIRS = 3
QUICK_FLOWS = 100
AT_LEAST = 20.0
"""Times as fast."""

_TOP = Path(__file__).resolve().parents[2]
_START = 1_795_253_400.0
_VISITORS = 997


def measure(progress: Progress, *, quick: bool = False) -> list[Figure]:
    """The ratio of both ways, for a capture and for a HAR of the same flows.

    Raises CannotMeasureError if a run fails, or if both ways do not find the same number.
    """
    flows, pairs = (QUICK_FLOWS, 1) if quick else (FLOWS, PAIRS)
    figures: list[Figure] = []
    with tempfile.TemporaryDirectory(prefix="session-tracker-bench-") as name:
        folder = Path(name)
        recordings = {"capture": folder / "flows.mitm", "HAR": folder / "flows.har"}
        progress("recordings")
        _write_capture(recordings["capture"], flows)
        _write_har(recordings["HAR"], flows)
        for form, file in recordings.items():
            slow, fast = [], []
            _run(_audit(file, folder), folder)  # compiles what it imports
            for pair in range(pairs):
                progress(f"{form}: pair {pair + 1} of {pairs}")
                slow.append(_run(_mitmdump(file, folder), folder))
                fast.append(_run(_audit(file, folder), folder))
            _same(folder)
            ratios = [a / b for a, b in zip(slow, fast, strict=True)]
            figures += [
                Figure(
                    f"audit of a {form}",
                    median(ratios),
                    "times as fast",
                    1,
                    bootstrap_median(ratios),
                    at_least=None if quick else AT_LEAST,
                ),
                Figure("  session-tracker audit", median(fast), "s", 2, bootstrap_median(fast)),
                Figure("  mitmdump -nr", median(slow), "s", 2, bootstrap_median(slow)),
            ]
    return figures


def _audit(file: Path, folder: Path) -> list[str]:
    command = Path(sys.executable).with_name("session-tracker")
    return [str(command), "audit", str(file), "--report", f"json={folder / 'audit.json'}"]


def _mitmdump(file: Path, folder: Path) -> list[str]:
    return [
        str(Path(sys.executable).with_name("mitmdump")),
        *("-q", "-nr", str(file), "-s", str(_TOP / "addon" / "session_tracker.py")),
        *("--set", f"confdir={folder / 'conf'}"),
        *("--set", f"session_tracker_report={folder / 'mitmdump.json'}"),
    ]


def _run(command: Sequence[str], folder: Path) -> float:
    """Seconds that a process takes, all in."""
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    environment["PYTHONPYCACHEPREFIX"] = str(folder / "compiled")
    started = time.perf_counter()
    ended = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    taken = time.perf_counter() - started
    if ended.returncode != 1:  # the workload has findings
        raise CannotMeasureError(f"{command[0]} ended with {ended.returncode}:\n{ended.stderr}")
    return taken


def _same(folder: Path) -> None:
    """Both reports tell the same."""
    audited, read = (
        json.loads((folder / f"{name}.json").read_text("utf-8"))["counts"]
        for name in ("audit", "mitmdump")
    )
    if audited != read:
        raise CannotMeasureError(f"the two ways differ: {audited} and {read}")


def _exchanges(count: int) -> Iterator[tuple[int, float, str, workload.Lines, workload.Lines]]:
    """Visitor, time of the request, path, and the field lines of both sides."""
    for number, kind in enumerate(workload.mixed(count)):
        visitor = number % _VISITORS
        answered = tuple(
            (name, value.replace("$request_id", f"{number * 0x9E3779B97F4A7C15 % 2**128:032x}"))
            for name, value in (*workload.BY_ORIGIN, *kind.answered)
        )
        asked = kind.request_lines(workload.id_of(visitor))
        yield visitor, _START + number / 20, kind.path, asked, answered


def _write_capture(file: Path, count: int) -> None:
    clients = [
        Client(
            peername=(f"127.1.{visitor // 250}.{visitor % 250 + 1}", 40_000 + visitor),
            sockname=("127.0.0.1", 8080),
            timestamp_start=_START,
        )
        for visitor in range(_VISITORS)
    ]
    with file.open("wb") as stream:
        writer = FlowWriter(stream)
        for visitor, began, path, asked, answered in _exchanges(count):
            flow = HTTPFlow(clients[visitor], Server(address=(workload.HOST, 80)))
            flow.request = Request(
                workload.HOST,
                80,
                b"GET",
                b"http",
                b"",
                path.encode(),
                b"HTTP/1.1",
                _headers(asked),
                b"",
                None,
                began,
                began,
            )
            flow.response = Response(
                b"HTTP/1.1",
                200,
                b"OK",
                _headers(answered),
                workload.BODY,
                None,
                began + 0.02,
                began + 0.02,
            )
            writer.add(flow)


def _headers(lines: workload.Lines) -> Headers:
    return Headers([(name.encode(), value.encode()) for name, value in lines])


def _write_har(file: Path, count: int) -> None:
    body = {"size": len(workload.BODY), "mimeType": "text/html", "text": workload.BODY.decode()}
    with file.open("w", encoding="utf-8") as stream:
        creator = {"name": "Session Tracker's benchmark", "version": "1"}
        stream.write(f'{{"log": {{"version": "1.2", "creator": {json.dumps(creator)}, "entries": [')
        for number, (_, began, path, asked, answered) in enumerate(_exchanges(count)):
            message = {"httpVersion": "HTTP/1.1", "cookies": [], "headersSize": -1}
            entry = {
                "startedDateTime": datetime.fromtimestamp(began, UTC).isoformat(),
                "time": 20,
                "request": {
                    "method": "GET",
                    "url": f"http://{workload.HOST}{path}",
                    "headers": _pairs(asked),
                    "queryString": [],
                    "bodySize": 0,
                    **message,
                },
                "response": {
                    "status": 200,
                    "statusText": "OK",
                    "headers": _pairs(answered),
                    "content": body,
                    "redirectURL": "",
                    "bodySize": len(workload.BODY),
                    **message,
                },
                "cache": {},
                "timings": {"send": 0, "wait": 20, "receive": 0},
            }
            stream.write(("," if number else "") + json.dumps(entry))
        stream.write("]}}")


def _pairs(lines: workload.Lines) -> list[dict[str, str]]:
    return [{"name": name, "value": value} for name, value in lines]
