"""The proxy's own address, another one in each run, is told as the application's."""

import re
from collections.abc import Callable, Iterable
from urllib.parse import urlsplit

from msgspec.structs import replace

from session_tracking.reports.document import Document, Found, HandoverFacts, Message

__all__ = ["at_upstream"]

_LOOPBACK = frozenset({"127.0.0.1", "localhost", "[::1]"})

type _Tell = Callable[[str], str]


def at_upstream(document: Document, address: str, upstream: str) -> Document:
    """The same report, with the URL of the application in the place of the proxy's.

    `address` is where the proxy listened for this run alone, `upstream` what stands behind it. Of
    other hosts that clients asked for at our port, such as `shop.test`, the port goes. Site, route
    and fingerprint hold no port, and stay as they are.
    """
    tell = _telling(urlsplit(address).port, upstream.rstrip("/"))
    findings = tuple(_told(found, tell) for found in document.findings)
    return replace(document, findings=findings)


def _telling(port: int | None, upstream: str) -> _Tell:
    ours = re.compile(rf"(?P<scheme>https?://)?(?P<host>[\w.-]+|\[[\da-f:.]+\]):{port}(?!\d)")
    authority = urlsplit(upstream).netloc

    def told(match: re.Match[str]) -> str:
        scheme, host = match["scheme"] or "", match["host"]
        if host not in _LOOPBACK:
            return f"{scheme}{host}"
        return upstream if scheme else authority

    return lambda text: ours.sub(told, text)


def _told(found: Found, tell: _Tell) -> Found:
    example, swap = found.example, found.swap
    if example is not None:
        request, response = _message(example.request, tell), _message(example.response, tell)
        example = replace(example, request=request, response=response)
    if swap is not None:
        swap = replace(swap, first=_seen(swap.first, tell), other=_seen(swap.other, tell))
    return replace(found, url=tell(found.url), example=example, swap=swap)


def _message(message: Message, tell: _Tell) -> Message:
    return Message(tell(message.line), tuple(_fields(message.fields, tell)))


def _fields(fields: Iterable[tuple[str, str]], tell: _Tell) -> Iterable[tuple[str, str]]:
    return ((name, tell(value)) for name, value in fields)


def _seen(handover: HandoverFacts, tell: _Tell) -> HandoverFacts:
    return replace(handover, url=tell(handover.url))
