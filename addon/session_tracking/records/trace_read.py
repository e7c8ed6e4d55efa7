"""Reads traces again: for a list, for an administrator's eyes, for one file of many."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from session_tracking import __version__
from session_tracking.errors import InputError
from session_tracking.escape import visible
from session_tracking.records.trace_files import is_trace_name

__all__ = ["Trace", "merged", "read_traces", "trace_line", "trace_lines"]


@dataclass(frozen=True, slots=True)
class Trace:
    """One exchange of a trace."""

    path: Path
    entry: dict[str, Any]

    @property
    def ours(self) -> dict[str, Any]:
        """What we noted."""
        found: dict[str, Any] = self.entry["_sessionTracker"]
        return found

    @property
    def status(self) -> str:
        """The status, with its sub-status where there is one; `-` where none was sent."""
        return (
            "-"
            if not self.entry["response"]["status"]
            else str(self.ours["status"]).removesuffix(".0")
        )

    @property
    def level(self) -> str:
        """How safe the cookies of the response are; empty where it set none."""
        return str(self.entry.get("_cacheSafety", {}).get("level", ""))


def read_traces(places: Iterable[Path]) -> list[Trace]:
    """The traces in files and folders, in order of time.

    Raises InputError for a place where there are none, and for a file that is none.
    """
    found = []
    for place in places:
        paths: Sequence[Path] = [place]
        if place.is_dir():
            paths = sorted(path for path in place.rglob("*.har") if is_trace_name(path.name))
        if not paths:
            raise InputError(f"{visible(str(place))} holds no traces.")
        for path in paths:
            found += _read(path)
    return sorted(found, key=lambda trace: str(trace.entry["startedDateTime"]))


def _read(path: Path) -> list[Trace]:
    shown = visible(str(path))
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
        traces = [Trace(path, entry) for entry in document["log"]["entries"]]
        for trace in traces:
            _ = list(trace_lines(trace))
    except OSError as error:
        raise InputError(f"{shown} cannot be read: {error.strerror}.") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise InputError(f"{shown} is no trace.") from None
    return traces


def merged(traces: Iterable[Trace]) -> str:
    """One HAR 1.2 document with all of them."""
    log = {
        "version": "1.2",
        "creator": {"name": "session-tracker", "version": __version__},
        "entries": [trace.entry for trace in traces],
    }
    return json.dumps({"log": log}, indent=1) + "\n"


def trace_line(trace: Trace) -> str:
    """A trace in one line."""
    entry, request = trace.entry, trace.entry["request"]
    told = [entry["startedDateTime"], trace.status, f"{entry['time']:.1f} ms", request["method"]]
    told += [request["url"], trace.ours["state"] or "-", trace.level or "-"]
    return f"{visible(str(trace.path))}  {'  '.join(_told(each) for each in told)}"


def trace_lines(trace: Trace) -> Iterator[str]:
    """A trace as an administrator reads it: `+` marks what we added, `-` what we took away."""
    entry, ours = trace.entry, trace.ours
    request, response = entry["request"], entry["response"]
    yield trace_line(trace)
    yield ""
    yield f"  {_told(request['method'])} {_told(request['url'])} {_told(request['httpVersion'])}"
    yield from (f"    {_header(line)}" for line in request["headers"])
    yield ""
    for event in ours["events"]:
        yield f"  {event['t']:>8} µs  {_told(event['name']):8}  {_told(event['told'])}"
    yield ""
    yield f"  {trace.status}"
    added = list(ours["headersAdded"])
    for line in response["headers"]:
        ours_too = line in added
        if ours_too:
            added.remove(line)
        yield f"  {'+' if ours_too else ' '} {_header(line)}"
    yield from (f"  - {_header(line)}" for line in ours["headersRemoved"])
    yield ""
    yield from _verdict(trace)


def _verdict(trace: Trace) -> Iterator[str]:
    ours = trace.ours
    rule = f", by the rule {_told(ours['rule'])}" if ours["rule"] else ""
    session = f", session {_told(ours['session'])}" if ours["session"] else ""
    yield f"  visitor: {_told(ours['state'] or 'not looked at')}{rule}{session}"
    safety = trace.entry.get("_cacheSafety")
    if safety is None:
        yield "  cookies of the application: none were set, or none were looked at"
    else:
        why = f" ({'; '.join(map(_told, safety['reasons']))})" if safety["reasons"] else ""
        yield f"  cookies of the application: {_told(safety['level'])}{why}"
        yield from (f"    {_told(finding['told'])}" for finding in safety["findings"])
    if ours["editedBy"]:
        yield f"  changed by: {_told(ours['editedBy'])}"
    for key, origin in ours["configuration"].items():
        yield f"  {_told(key)} is set at {_told(origin)}"


def _header(line: dict[str, str]) -> str:
    return f"{_told(line['name'])}: {_told(line['value'])}"


def _told(value: object) -> str:
    return visible(str(value), 1000)
