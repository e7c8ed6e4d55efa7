"""Two acts: a cache hands one visitor's session to another, and then it does not."""

import json
import re
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from scripts.demo_parts.processes import DemoError, Interruptions, Program, running

CACHE = "[shadow]\nenabled = true\nserve = true\n"
GUARD = "[enforce]\nenabled = {}\n"
SESSION = "PHPSESSID"
PLAN = (
    ("A", "GET", "/images/logo.svg"),
    ("A", "POST", "/hello"),
    ("B", "GET", "/images/logo.svg"),
    ("B", "GET", "/hello"),
)
"""(visitor, method, path): the logo gives everybody a session, and Ada tells hers her name."""


@dataclass(frozen=True, slots=True)
class Step:
    """One request, and what came of it."""

    visitor: str
    method: str
    path: str
    cache_control: str
    by_cache: bool
    """Whether the simulated cache answered, and not the site."""
    given: str
    """The session that the response set; empty if it set none."""
    text: str
    """The heading of the page; empty if it has none."""


@dataclass(frozen=True, slots=True)
class Act:
    """What was seen of one act."""

    steps: tuple[Step, ...]
    status: int
    """Exit status of the mitmdump that watched."""
    report: dict[str, Any]

    @property
    def swap(self) -> dict[str, Any] | None:
        """The finding about the swap; None if there was none."""
        return next((found for found in self.report["findings"] if found["swap"]), None)


def proxy(program: str, upstream: str, confdir: Path, *more: str) -> list[str]:
    """The command line of a mitmproxy program with the addon, in front of an upstream."""
    return [
        str(Path(sys.executable).with_name(program)),
        *("--listen-host", "127.0.0.1", "--listen-port", "0"),
        *("--mode", f"reverse:{upstream}", "--set", "keep_host_header=true"),
        *("--set", f"confdir={confdir}"),
        *("--scripts", "addon/session_tracker.py"),
        *more,
    ]


def address(program: Program, interruptions: Interruptions) -> str:
    """Where visitors reach the proxy, as soon as it listens."""
    place = program.wait_for(r" listening at ([\d.]+:\d+)", interruptions)
    return f"http://{place}"


class Stage:
    """The programs of both acts: visitors → a simulated cache → mitmdump → the site."""

    def __init__(self, folder: Path, confdir: Path, interruptions: Interruptions) -> None:
        self._folder = folder
        self._confdir = confdir
        self._interruptions = interruptions

    def acts(self, site: str) -> Iterator[Act]:
        """Both acts, one after the other; `[enforce]` is switched on between them."""
        self._folder.mkdir()
        guard_config = self._write("guard", GUARD.format("false"))
        with ExitStack() as stack:
            guard = stack.enter_context(self._start("guard", site, guard_config))
            behind = address(guard, self._interruptions)
            # A cache of its own for each act: the first one holds what it should not.
            config = self._write("cache", CACHE)
            caches = [
                stack.enter_context(self._start(f"cache-{number}", behind, config))
                for number in (1, 2)
            ]
            yield self._act(caches[0], "cache-1")
            self._write("guard", GUARD.format("true"))
            guard.wait_for(r"(configuration read again)", self._interruptions)
            yield self._act(caches[1], "cache-2")

    def _write(self, name: str, text: str) -> Path:
        path = self._folder / f"{name}.toml"
        path.write_text(text, "utf-8")
        return path

    def _start(self, name: str, upstream: str, config: Path) -> AbstractContextManager[Program]:
        return running(
            self._folder / f"{name}.log",
            *proxy("mitmdump", upstream, self._confdir, "--set", "flow_detail=0"),
            *("--set", f"session_tracker_config={config}"),
            *("--set", f"session_tracker_report={self._folder / name}.json"),
        )

    def _act(self, cache: Program, name: str) -> Act:
        steps = tuple(self._steps(address(cache, self._interruptions)))
        status = cache.stop()
        self._interruptions.check()
        report = self._folder / f"{name}.json"
        if not report.exists():
            raise DemoError(f"mitmdump wrote no report. It said:\n{cache.log.read_text('utf-8')}")
        return Act(steps, status, json.loads(report.read_text("utf-8")))

    def _steps(self, url: str) -> Iterator[Step]:
        with ExitStack() as stack:
            clients = {
                visitor: stack.enter_context(
                    httpx.Client(
                        base_url=url, trust_env=False, headers={"User-Agent": f"Browser {visitor}"}
                    )
                )
                for visitor in "AB"
            }
            for visitor, method, path in PLAN:
                self._interruptions.check()
                data = {"name": "Ada"} if method == "POST" else None
                response = clients[visitor].request(method, path, data=data)
                yield _seen(visitor, path, response)


def _seen(visitor: str, path: str, response: httpx.Response) -> Step:
    simulation = response.headers.get("session-tracker-simulation", "")
    heading = re.search(r"<h1>(.*?)</h1>", response.text)
    return Step(
        visitor,
        response.request.method,
        path,
        response.headers.get("cache-control", ""),
        by_cache="; hit" in simulation,
        given=response.cookies.get(SESSION, ""),
        text=heading[1] if heading else "",
    )
