"""Starting the caches and the origin, and stopping all of it, whatever happens in between."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import tempfile
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from scripts.lab.caches import CACHES, Cache, prepare
from scripts.lab.cases import HOST
from scripts.lab.messages import ask
from scripts.lab.origin import READY_PATH, Origin
from scripts.ports import free_port

START_SECONDS = 60.0
STOP_SECONDS = 4.0


class LabError(Exception):
    """A cache did not start; the message holds the end of what it printed."""


@dataclass(slots=True)
class Running:
    """A cache that answers on `port` of 127.0.0.1."""

    cache: Cache
    port: int
    folder: Path
    process: asyncio.subprocess.Process


class Lab:
    """All chosen caches and the origin, for as long as the async context lasts."""

    def __init__(self, names: list[str] | None = None) -> None:
        self._names = list(CACHES) if names is None else names
        self._folder = Path()
        self._running: list[Running] = []
        self.origin = Origin(0)

    @property
    def ports(self) -> dict[str, int]:
        """The port of each running cache by its name."""
        return {running.cache.name: running.port for running in self._running}

    async def __aenter__(self) -> Self:
        self._folder = Path(tempfile.mkdtemp(prefix="cache-lab-"))
        self._folder.chmod(0o755)  # caches that give up root must reach their own folders
        try:
            self.origin = await Origin(free_port()).__aenter__()
            for name in self._names:
                self._running.append(await self._start(CACHES[name]))
            await asyncio.gather(*(self._wait(running) for running in self._running))
        except BaseException:
            await self.__aexit__()
            raise
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.gather(*(stop(running.process) for running in self._running))
        await self.origin.__aexit__()
        shutil.rmtree(self._folder, ignore_errors=True)

    async def _start(self, cache: Cache) -> Running:
        folder = self._folder / cache.name
        folder.mkdir(mode=0o755)
        port = free_port()
        command = prepare(cache, folder, port, self.origin.port)
        with (folder / "output.log").open("wb") as output:
            process = await asyncio.create_subprocess_exec(
                *command.arguments,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                cwd="/",
                env={**os.environ, **dict(command.environment)},
                start_new_session=True,
            )
        return Running(cache, port, folder, process)

    async def _wait(self, running: Running) -> None:
        try:
            async with asyncio.timeout(START_SECONDS):
                while running.process.returncode is None:
                    with suppress(OSError, asyncio.IncompleteReadError):
                        answer = await ask(
                            running.port, "127.0.0.2", "GET", READY_PATH, (("Host", HOST),)
                        )
                        if answer.head.status == 200:
                            return
                    await asyncio.sleep(0.1)
        except TimeoutError:
            pass
        logs = [path for path in running.folder.rglob("*.log") if path.is_file()]
        printed = "\n".join(path.read_text("utf-8", "replace")[-2000:] for path in logs)
        message = f"{running.cache.name} does not answer on port {running.port}:\n{printed}"
        raise LabError(message)


async def stop(process: asyncio.subprocess.Process) -> None:
    """End a cache and its children, which share its session; by force if it takes too long."""
    with suppress(ProcessLookupError):
        process.terminate()
    with suppress(TimeoutError):
        await asyncio.wait_for(process.wait(), STOP_SECONDS)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    await process.wait()
