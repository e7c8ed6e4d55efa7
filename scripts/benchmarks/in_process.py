"""mitmproxy's own addon manager, fed with flows as the live proxy feeds it, without sockets."""

import asyncio
import itertools
import logging
import time
from collections.abc import Sequence

from mitmproxy import hooks
from mitmproxy.connection import Client, Server
from mitmproxy.http import Headers, HTTPFlow, Request, Response
from mitmproxy.options import Options
from mitmproxy.proxy.layers.http._hooks import (
    HttpRequestHeadersHook,
    HttpRequestHook,
    HttpResponseHeadersHook,
)
from mitmproxy.proxy.mode_specs import ProxyMode
from mitmproxy.tools.dump import DumpMaster

from scripts.benchmarks import workload
from scripts.benchmarks.workload import Kind, Lines

_REVERSE = ProxyMode.parse("reverse:http://127.0.0.1:80")


class Chain:
    """An addon manager that holds one addon and whatever this adds at the start.

    To be made within a running event loop.
    """

    def __init__(self, addon: object) -> None:
        master = DumpMaster(
            Options(), asyncio.get_running_loop(), with_termlog=False, with_dumper=False
        )
        own = len(master.addons.chain)
        master.addons.add(addon)
        # mitmproxy's other addons have done their part: they gave the options that ours reads.
        logging.disable()  # the notices of the start
        master.addons.invoke_addon_sync(addon, hooks.ConfigureHook(set(master.options.keys())))
        master.addons.invoke_addon_sync(addon, hooks.RunningHook())
        logging.disable(logging.NOTSET)
        master.addons.chain = master.addons.chain[own:]
        self._manager = master.addons

    async def feed(self, flow: HTTPFlow, response: Response) -> None:
        """Take one exchange through the three hooks."""
        trigger = self._manager.trigger_event
        await trigger(HttpRequestHeadersHook(flow))
        await trigger(HttpRequestHook(flow))
        flow.response = response
        await trigger(HttpResponseHeadersHook(flow))

    async def seconds(self, exchanges: Sequence[tuple[HTTPFlow, Response]]) -> float:
        """Processor time that this takes for all of these, together."""
        started = time.thread_time()
        for flow, response in exchanges:
            await self.feed(flow, response)
        return time.thread_time() - started


def exchange(
    kind: Kind, visitor: int, *, own_id: bytes = b"", path: str = ""
) -> tuple[HTTPFlow, Response]:
    """A new exchange as the live proxy makes one; the response is not in the flow yet.

    Id and path, where given, stand in for the visitor's made-up id and the kind's path.
    """
    now = time.time()
    address = f"10.{visitor >> 16 & 255}.{visitor >> 8 & 255}.{visitor & 255}"
    client = Client(
        peername=(address, 40_000),
        sockname=("127.0.0.1", 8080),
        timestamp_start=now,
        proxy_mode=_REVERSE,
    )
    flow = HTTPFlow(client, Server(address=("127.0.0.1", 80)), live=True)
    flow.request = Request(
        host=workload.HOST,
        port=80,
        method=b"GET",
        scheme=b"http",
        authority=b"",
        path=(path or kind.path).encode("ascii"),
        http_version=b"HTTP/1.1",
        headers=_headers(kind.request_lines(own_id or workload.id_of(visitor))),
        content=None,
        trailers=None,
        timestamp_start=now,
        timestamp_end=now,
    )
    response = Response(
        http_version=b"HTTP/1.1",
        status_code=200,
        reason=b"OK",
        headers=_headers((*workload.BY_ORIGIN, *kind.answered), next(_NUMBERS)),
        content=None,
        trailers=None,
        timestamp_start=now,
        timestamp_end=None,
    )
    return flow, response


_NUMBERS = itertools.count(1)
_ODD = 0x9E3779B97F4A7C15F39CC0605CEDC835


def _headers(lines: Lines, number: int = 0) -> Headers:
    """The lines, with an id made of the number where nginx would put a new one."""
    unique = f"{number * _ODD % 2**128:032x}"
    return Headers(
        [
            (name.encode("latin-1"), value.replace("$request_id", unique).encode("latin-1"))
            for name, value in lines
        ]
    )
