"""Redirects that lead a client past the reverse proxy, where nobody sees what it is answered."""

import logging
from collections.abc import Callable
from urllib.parse import urlsplit

from mitmproxy.http import HTTPFlow
from mitmproxy.log import ALERT
from mitmproxy.proxy.mode_specs import ReverseMode

from session_tracking.audit.routes import shown_url
from session_tracking.escape import visible
from session_tracking.http.exchange import RequestFacts
from session_tracking.mitm.hooks import Hooks
from session_tracking.reports.run import Run

__all__ = ["Redirects"]

logger: logging.Logger = logging.getLogger(__name__)

_PORTS = {"http": 80, "https": 443}
_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_PAST = (
    "redirects led the client past the proxy, the first one at {}: what it was answered there was"
    " not seen. `--rewrite-redirects`, or session_tracker_redirects=rewrite, keeps it here"
)


class Redirects:
    """Belongs to the addon. It has a hook, behind the addon's own, only where that is wanted."""

    def __init__(
        self,
        hooks: Hooks,
        run: Callable[[], Run],
        failed: Callable[[HTTPFlow, Exception], None],
    ) -> None:
        self._hooks = hooks
        self._run = run
        self._failed = failed
        self._rewrites = False
        self._told = False

    def follow(self, what: str) -> None:
        """Do what the option says from now on: `note`, `rewrite`, or nothing."""
        self._rewrites = what == "rewrite"
        if what:
            self._hooks.add("responseheaders", self.responseheaders)
        else:
            self._hooks.remove("responseheaders")

    def responseheaders(self, flow: HTTPFlow) -> None:
        """Look where a response leads to."""
        try:
            self._look(flow)
        except Exception as error:  # noqa: BLE001 - a fault of ours must not touch the traffic
            self._failed(flow, error)

    def _look(self, flow: HTTPFlow) -> None:
        mode = flow.client_conn.proxy_mode
        response = flow.response
        location = "" if response is None else response.headers.get("location", "")
        if not location or not isinstance(mode, ReverseMode):
            return
        upstream = (mode.scheme, *mode.address)
        here = _here(flow, upstream)
        if (rest := _past(location, upstream)) is None or here == urlsplit(location).netloc:
            return
        if self._rewrites:
            assert response is not None  # noqa: S101 - else there was no location
            scheme = "https" if flow.client_conn.tls else "http"
            response.headers["location"] = f"{scheme}://{here}{rest}"
        elif not self._told:
            self._told = True
            reason = _PAST.format(shown_url(RequestFacts("GET", flow.request.url)))
            self._run().incomplete[reason] = None
            logger.log(ALERT, "session-tracker: %s", reason)


def _here(flow: HTTPFlow, upstream: tuple[str, str, int]) -> str:
    """The authority by which the client knows this proxy."""
    said = flow.request.host_header or ""
    if said and not _same(_endpoint(f"http://{said}"), upstream[1:]):
        return visible(said, 300)
    host, port = flow.client_conn.sockname[:2]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _past(location: str, upstream: tuple[str, str, int]) -> str | None:
    """Path, query and fragment of a location that is the upstream's own; None for any other."""
    absolute = f"{upstream[0]}:{location}" if location.startswith("//") else location
    if not _same(_endpoint(absolute), upstream[1:]):
        return None
    parts = urlsplit(absolute)
    return parts._replace(scheme="", netloc="").geturl() or "/"


def _same(one: tuple[str, int] | None, other: tuple[str, int]) -> bool:
    if one is None or one[1] != other[1]:
        return False
    return one[0] == other[0].lower() or {one[0], other[0].lower()} <= _LOOPBACK


def _endpoint(url: str) -> tuple[str, int] | None:
    """Host and port of an absolute URL; None where there is none that could be asked."""
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme)
    except ValueError:
        return None
    return (parts.hostname, port) if parts.hostname and port else None
