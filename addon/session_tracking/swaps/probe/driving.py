"""Carries out probes: waits as each host's limit asks for, several URLs at the same time."""

import threading
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor

from session_tracking.swaps.probe.connection import Network, StoppedError, take_step
from session_tracking.swaps.probe.facts import Answer, Step
from session_tracking.swaps.probe.pace import Pace
from session_tracking.swaps.probe.plan import Probe
from session_tracking.swaps.probe.verdict import ProbeVerdict

__all__ = ["RATE", "Driver"]

RATE = 4.0
"""Requests a second that a host is sent."""


class Driver:
    """Runs probes, each on a thread. A host is never asked faster than `rate` allows."""

    def __init__(self, network: Network, rate: float = RATE, concurrency: int = 8) -> None:
        self._network = network
        self._pace = Pace(rate)
        self._lock = threading.Lock()
        self._stopped = threading.Event()
        self._concurrency = concurrency

    def run_all(self, probes: Iterable[Probe]) -> Iterator[ProbeVerdict]:
        """The verdicts, in the order of the probes. Whoever stops listening stops them."""
        with ThreadPoolExecutor(self._concurrency, "session tracker: probe") as pool:
            running = [pool.submit(self.run, probe) for probe in probes]
            try:
                for each in running:
                    yield each.result()
            finally:
                self.stop()

    def run(self, probe: Probe) -> ProbeVerdict:
        """Ask what the probe wants to know; the verdict, also where it was stopped before."""
        while (step := probe.next()) is not None:
            with self._lock:
                start = self._pace.reserve(
                    probe.target.parts.hostname or "", len(step.asks), time.monotonic()
                )
            try:
                self._wait(start)
                probe.take(self._take(probe, step, start))
            except StoppedError:
                break
        return probe.verdict()

    def _take(self, probe: Probe, step: Step, start: float) -> list[Answer]:
        gap = self._pace.gap
        return take_step(
            probe, step, self._network, lambda number: self._wait(start + number * gap)
        )

    def _wait(self, until: float) -> None:
        """Wait for a time of the monotonic clock. Raises StoppedError where it was stopped."""
        if self._stopped.wait(max(0.0, until - time.monotonic())):
            raise StoppedError

    def stop(self) -> None:
        """Send nothing more; what runs ends with the answers that it has."""
        self._stopped.set()
