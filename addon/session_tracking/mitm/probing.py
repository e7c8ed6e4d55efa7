"""`sessions.probe`: asks upstream as two visitors, beside the traffic."""

import asyncio
import logging
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress

from mitmproxy import ctx, flow
from mitmproxy.hooks import UpdateHook
from mitmproxy.http import HTTPFlow
from mitmproxy.log import ALERT
from mitmproxy.net.http import url

from session_tracking.cookies.digest import Digester
from session_tracking.engine import SiteSettings
from session_tracking.escape import visible
from session_tracking.mitm import convert, marks
from session_tracking.reports.probes import probe_line, probe_lines
from session_tracking.swaps.probe.connection import Network, tls_context
from session_tracking.swaps.probe.driving import Driver
from session_tracking.swaps.probe.facts import Target, TargetError, visitor_lines
from session_tracking.swaps.probe.plan import MAX_REQUESTS, Probe
from session_tracking.swaps.probe.reading import ProbeSettings
from session_tracking.swaps.probe.verdict import ProbeVerdict

__all__ = ["Probing", "target_of"]

logger: logging.Logger = logging.getLogger(__name__)

_MARKERS = {3: ":red_circle:", 2: "", 1: ":warning:", 0: ""}
"""By the exit status that the answer would give."""

type _Waiting = list[tuple[Probe, list[HTTPFlow]]]


def target_of(asked: HTTPFlow) -> Target:
    """What upstream would be asked for this flow. Raises TargetError where it cannot be.

    The connection goes straight to upstream: neither through this proxy, nor through caches that
    stand in front of it.
    """
    request = asked.request
    if request.method not in {"GET", "HEAD"}:
        raise TargetError("a probe asks by GET and HEAD only")
    lines = [*visitor_lines(convert.field_section(request.headers))]
    if request.host_header:
        lines.insert(0, ("Host", request.host_header))
    upstream = url.unparse(request.scheme, request.host, request.port, request.path)
    return Target.of(upstream, tuple(lines))


class Probing:
    """Runs probes on a thread; the traffic never waits for one."""

    def __init__(self) -> None:
        self._driver: Driver | None = None

    def start(
        self,
        flows: Sequence[flow.Flow],
        settings_of: Callable[[HTTPFlow], SiteSettings],
        *,
        bare: bool,
    ) -> list[str]:
        """Begin to ask for these flows, each URL once; what the user is told at once."""
        waiting: dict[str, tuple[Probe, list[HTTPFlow]]] = {}
        told = []
        for each in flows:
            if not isinstance(each, HTTPFlow):
                continue
            try:
                target = target_of(each)
            except TargetError as problem:
                told.append(f"not asked: {visible(each.request.method, 20)}: {problem}")
                continue
            if target.url not in waiting:
                site = settings_of(each)
                settings = ProbeSettings(
                    bare, site.swaps.ignore, site.audit.names, site.audit.caches
                )
                waiting[target.url] = (Probe(target, settings), [])
            waiting[target.url][1].append(each)
        if not waiting:
            return [*told, "nothing to ask"]
        if self._driver is None:
            self._driver = Driver(Network(tls=tls_context(insecure=ctx.options.ssl_insecure)))
        threading.Thread(
            target=self._run,
            args=(self._driver, list(waiting.values()), ctx.master.event_loop),
            name="session tracker: probe",
            daemon=True,
        ).start()
        noun = "URL" if len(waiting) == 1 else "URLs"
        told.append(
            f"asking for {len(waiting)} {noun}, by {MAX_REQUESTS} requests each at most: answers"
            " come in the log and as comments of the flows"
        )
        return told

    def stop(self) -> None:
        """Send nothing more."""
        if self._driver is not None:
            self._driver.stop()
            self._driver = None

    def _run(self, driver: Driver, waiting: _Waiting, loop: asyncio.AbstractEventLoop) -> None:
        digester = Digester()
        for probe, flows in waiting:
            verdict = driver.run(probe)
            lines = "\n".join(probe_lines(verdict, digester))
            logger.log(ALERT, "session-tracker: %s", lines)
            with suppress(RuntimeError):  # mitmproxy has ended
                loop.call_soon_threadsafe(_mark, flows, verdict)


def _mark(flows: Iterable[HTTPFlow], verdict: ProbeVerdict) -> None:
    for each in flows:
        marks.tell(each, f"probe: {probe_line(verdict)}", _MARKERS[verdict.result.exit_status])
    ctx.master.addons.trigger(UpdateHook(list(flows)))
