"""The two clients of a probe: one connection a request, without cookies, redirects or proxies."""

import socket
import ssl
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, field
from hashlib import blake2b
from types import MappingProxyType
from urllib.parse import urlsplit, urlunsplit

import h11

from session_tracking import __version__
from session_tracking.escape import visible
from session_tracking.http.fields import FieldSection
from session_tracking.swaps.probe.facts import Answer, Ask, Kind, Manner, Step, Target, Visitor
from session_tracking.swaps.probe.plan import Probe

__all__ = ["MAX_CONTENT", "Network", "StoppedError", "take_step", "tls_context"]

MAX_CONTENT = 64 * 2**20
"""Octets of content that are received: a cache may store only what was fetched to its end."""
MAX_HEAD = 256 * 1024
"""Octets of the longest head of an answer that is read."""
_JOIN_SECONDS = 2.0
"""How long the first answer is held back so that a cache may let the second visitor join it."""

_DEFAULTS = (("User-Agent", f"session-tracker/{__version__} (probe)"), ("Accept", "*/*"))
_PAST_CACHE = (("Cache-Control", "no-cache"), ("Pragma", "no-cache"))


class StoppedError(Exception):
    """Raised by who waits for the next request, where none is to be sent any more."""


def tls_context(*, insecure: bool = False) -> ssl.SSLContext:
    """The rules of https: the system's trust store; `insecure` checks no certificate at all."""
    context = ssl.create_default_context()
    if insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    context.set_alpn_protocols(["http/1.1"])
    return context


@dataclass(frozen=True, slots=True)
class Network:
    """How the two clients reach the host."""

    timeout: float = 10.0
    """Seconds for a connection, for the head of an answer, and for its content."""
    tls: ssl.SSLContext = field(default_factory=tls_context)
    addresses: Mapping[Visitor, str] = field(default_factory=lambda: MappingProxyType({}))
    """The local address that each connects from; the system's choice where there is none."""


def take_step(
    probe: Probe, step: Step, network: Network, ready: Callable[[int], None]
) -> list[Answer]:
    """Send the requests of a step and take what comes back; failures are in the answers.

    `ready` is called with the number of each request that is sent in turn; it may wait, or raise
    StoppedError, which is passed on.
    """
    with ExitStack() as stack:
        talks = [
            stack.enter_context(
                closing(_Talk(probe.target, ask, probe.url(ask), step.kind, network))
            )
            for ask in step
        ]
        if step.kind.manner is Manner.IN_TURN:
            for number, talk in enumerate(talks):
                ready(number)
                talk.attempt(talk.open, talk.send, talk.read_head, talk.read_content)
                talk.close()
        else:
            _together(talks, overlapping=step.kind.manner is Manner.OVERLAPPING)
        return [talk.answer() for talk in talks]


def _together(talks: Sequence["_Talk"], *, overlapping: bool) -> None:
    """Two requests that meet; while the second is sent, nobody reads the first one's content."""
    first, second = talks
    for talk in talks:
        talk.attempt(talk.open)
    first.attempt(first.send)
    if overlapping:
        first.attempt(first.read_head)
    second.attempt(second.send)
    if overlapping:
        second.attempt(second.await_head)
    for talk in talks:
        talk.attempt(talk.read_head, talk.read_content)


class _Talk:
    """One request over a connection of its own, and what comes back."""

    def __init__(self, target: Target, ask: Ask, url: str, kind: Kind, network: Network) -> None:
        self._target, self._ask, self._url, self._kind = target, ask, url, kind
        self._network = network
        self._socket: socket.socket | None = None
        self._protocol = h11.Connection(h11.CLIENT, max_incomplete_event_size=MAX_HEAD)
        self._head: h11.Response | None = None
        self._digest, self._length = blake2b(digest_size=16), 0
        self._sent = self._received = 0.0
        self._problem = self._cut = ""

    def attempt(self, *actions: Callable[[], None]) -> None:
        """Do these, until one fails: the answer then says why."""
        for action in actions:
            if self._problem:
                return
            try:
                action()
            except (OSError, UnicodeError, h11.ProtocolError) as error:
                # A head that is in tells the cookies, whatever becomes of the content.
                if self._head is None:
                    self._problem = _words(error, self._network.timeout)
                else:
                    self._cut = _words(error, self._network.timeout)

    def open(self) -> None:
        """Connect."""
        parts = self._target.parts
        port = parts.port or (443 if parts.scheme == "https" else 80)
        source = self._network.addresses.get(self._ask.visitor)
        self._socket = socket.create_connection(
            (parts.hostname, port),
            self._network.timeout,
            source_address=(source, 0) if source else None,
        )
        if parts.scheme == "https":
            self._socket = self._network.tls.wrap_socket(
                self._socket, server_hostname=self._target.site
            )

    def send(self) -> None:
        """Send the request."""
        parts = urlsplit(self._url)
        target = urlunsplit(("", "", parts.path or "/", parts.query, ""))
        request = h11.Request(method=self._ask.method, target=target, headers=self._lines())
        self._sent = time.time()
        self._write(request)
        self._write(h11.EndOfMessage())

    def _lines(self) -> list[tuple[str, str]]:
        given = [(name, value) for name, value in self._target.fields if name.lower() != "host"]
        names = {name.lower() for name, _ in given}
        lines = [("Host", self._target.host)]
        lines += [(name, value) for name, value in _DEFAULTS if name.lower() not in names]
        lines += given
        if self._ask.past_cache:
            lines += _PAST_CACHE
        return [*lines, ("Connection", "close")]

    def await_head(self) -> None:
        """Read the head of the answer if it comes soon."""
        try:
            self._read_head(min(_JOIN_SECONDS, self._network.timeout))
        except TimeoutError:
            return

    def read_head(self) -> None:
        """Read the head of the answer, unless it is in already."""
        self._read_head(self._network.timeout)

    def _read_head(self, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while self._head is None:
            event = self._next_event(deadline)
            if isinstance(event, h11.Response):
                self._head, self._received = event, time.time()

    def read_content(self) -> None:
        """Read the content of the answer, and keep a digest of it."""
        deadline = time.monotonic() + self._network.timeout
        while isinstance(event := self._next_event(deadline), h11.Data):
            self._digest.update(event.data)
            self._length += len(event.data)
            if self._length > MAX_CONTENT:
                self._cut = f"it is longer than {MAX_CONTENT // 2**20} MiB"
                return

    def answer(self) -> Answer:
        """What came back."""
        if self._head is None:
            return Answer(self._ask, self._kind, self._sent, problem=self._problem)
        return Answer(
            self._ask,
            self._kind,
            self._sent,
            self._head.status_code,
            FieldSection(
                (name.decode("latin-1"), value.decode("latin-1"))
                for name, value in self._head.headers.raw_items()
            ),
            self._received,
            self._digest.digest() if self._length else b"",
            self._length,
            cut=self._cut,
        )

    def close(self) -> None:
        """Close the connection, if there is one."""
        if self._socket is not None:
            self._socket.close()

    def _write(self, event: h11.Event) -> None:
        assert self._socket is not None  # noqa: S101 - it was opened
        self._socket.sendall(self._protocol.send(event) or b"")

    def _next_event(self, deadline: float) -> object:
        while (event := self._protocol.next_event()) is h11.NEED_DATA:
            assert self._socket is not None  # noqa: S101 - it was opened
            self._socket.settimeout(max(deadline - time.monotonic(), 0.001))
            self._protocol.receive_data(self._socket.recv(65536))
        return event


def _words(error: Exception, timeout: float) -> str:
    """What failed, fit to be shown."""
    if isinstance(error, TimeoutError):
        return f"nothing came within {timeout:g} s"
    if isinstance(error, ssl.SSLCertVerificationError):
        return visible(f"the certificate is not to be trusted: {error.verify_message}")
    if isinstance(error, ssl.SSLError):
        what = (error.reason or type(error).__name__).lower().replace("_", " ")
        return visible(f"no TLS with the server: {what}")
    if isinstance(error, h11.ProtocolError):
        return visible(f"it is no HTTP/1.1: {error}")
    if isinstance(error, OSError):
        return visible(error.strerror or str(error) or type(error).__name__)
    return "the host's name cannot be written"
