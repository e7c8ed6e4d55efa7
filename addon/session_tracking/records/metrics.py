"""The counters for Prometheus, on a port of their own.

Needs `prometheus_client`, which the extra `metrics` brings; nothing else here imports it.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from ipaddress import ip_address
from typing import TYPE_CHECKING

from session_tracking import __version__
from session_tracking.errors import SessionTrackerError
from session_tracking.shadow.counters import COUNTERS, Counters, Kind

if TYPE_CHECKING:
    from prometheus_client.core import Metric

__all__ = ["BUCKETS", "Metrics", "MetricsError", "metric_name", "parse_listen"]

BUCKETS = (
    *(0.000_01, 0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5),
    *(0.001, 0.002_5, 0.005, 0.01, 0.05, 0.25),
)
"""Upper bounds, in seconds, of the histogram of our own time."""

INSTALL = "pipx inject mitmproxy 'mitmproxy-session-tracker[metrics]'"

_CACHE = {
    "current": "current_uris",
    "total": "uris",
    "hits": "uri_hits",
    "misses": "uri_misses",
    "flushes": "uri_flushes",
    "flushed": "flushed_uris",
}
_OTHER = {
    "would_be_swaps": "would_be_swaps",
    "issued": "ids_issued",
    "confirmed": "ids_confirmed",
    "forged": "ids_forged",
    "enforced": "responses_enforced",
    "swaps_suspected": "swaps_suspected",
    "swaps_confirmed": "swaps_confirmed",
    "failures": "failures",
    "fleet_sent": "fleet_sent",
    "fleet_stored": "fleet_stored",
    "fleet_gap": "fleet_gap",
    "fleet_waiting": "fleet_waiting",
}


class MetricsError(SessionTrackerError):
    """Metrics were asked for and cannot be served; the message tells the fix."""


def metric_name(counter: str) -> str:
    """Name of the metric of a counter, without the `_total` that a counter's ends with."""
    if counter in _OTHER:
        return f"session_tracker_{_OTHER[counter]}"
    unsafe = "unsafe_" if counter.startswith("unsafe_") else ""
    return f"session_tracker_shadow_{unsafe}{_CACHE[counter.removeprefix('unsafe_')]}"


def parse_listen(text: str) -> tuple[str, int] | None:
    """Address and port of `ADDRESS:PORT`, an IPv6 address in brackets; None if it is none."""
    address, _, port = text.rpartition(":")
    bare = address[1:-1] if address.startswith("[") and address.endswith("]") else address
    try:
        parsed = ip_address(bare)
    except ValueError:
        return None
    bracketed = bare != address
    if bracketed != (parsed.version == 6) or not (port.isascii() and port.isdigit()):
        return None
    return (bare, int(port)) if int(port) < 65536 else None


@dataclass(frozen=True, slots=True)
class _Collector:
    """Asks for the counters at each scrape; a counter that nobody counts is left out."""

    counters: Callable[[], Counters]

    def collect(self) -> "Iterator[Metric]":
        from prometheus_client.core import (  # noqa: PLC0415 - an extra
            CounterMetricFamily,
            GaugeMetricFamily,
        )

        counters = self.counters()
        epoch = counters.epoch
        yield GaugeMetricFamily(
            "session_tracker_epoch_start_timestamp_seconds",
            "When the totals began to be counted",
            value=epoch.started,
        )
        build = GaugeMetricFamily(
            "session_tracker_build_info", "The version that runs", labels=["version"]
        )
        build.add_metric([__version__], 1)
        yield build
        for counter in COUNTERS.values():
            by_site = counters.by_site(counter.name)
            if not by_site:
                continue
            name, title = metric_name(counter.name), counter.title
            if counter.kind == Kind.GAUGE:
                gauge = GaugeMetricFamily(name, title, labels=["site"])
                for site, value in by_site.items():
                    gauge.add_metric([_label(site)], value)
                yield gauge
            else:
                total = CounterMetricFamily(name, title, labels=["site"])
                for site, value in by_site.items():
                    total.add_metric([_label(site)], value, created=epoch.started)
                yield total


def _label(site: str) -> str:
    """A host as a label; one that came in octets of no encoding is escaped."""
    return site.encode("utf-8", "backslashreplace").decode("utf-8")


class Metrics:
    """A running server. `/metrics` is answered by threads of its own, never by the proxy's loop."""

    def __init__(self, listen: str, counters: Callable[[], Counters]) -> None:
        """Start it. Raises MetricsError if the extra is missing or the address is taken."""
        try:
            from prometheus_client import (  # noqa: PLC0415 - an extra
                CollectorRegistry,
                Histogram,
                start_http_server,
            )
        except ModuleNotFoundError:
            raise MetricsError(
                f"[metrics] needs prometheus_client. Install it: {INSTALL}"
            ) from None
        found = parse_listen(listen)
        assert found is not None  # noqa: S101 - the configuration was checked
        address, port = found
        registry = CollectorRegistry()
        self._own_time = Histogram(
            "session_tracker_own_time_seconds",
            "Our own time for one exchange, over all hooks",
            buckets=BUCKETS,
            registry=registry,
        )
        registry.register(_Collector(counters))
        try:
            self._server, self._thread = start_http_server(port, address, registry)
        except OSError as error:
            raise MetricsError(
                f"[metrics] cannot listen at {listen}: {error.strerror}. Choose another port."
            ) from None
        self.port: int = self._server.server_port

    def exchange(self, seconds: float) -> None:
        """Our own time for one exchange."""
        self._own_time.observe(seconds)

    def close(self) -> None:
        """Stop listening; the port is free when this returns."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
