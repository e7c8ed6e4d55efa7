"""The fields of the W3C extended log: names and order as IIS has them."""

import re
from collections.abc import Iterable

__all__ = ["DEFAULT_FIELDS", "FIELDS", "field_problem", "header_field", "in_order"]

FIELDS = {
    "date": "Day on which the response was complete, UTC",
    "time": "Time of that, to the second",
    "s-sitename": "The `[[site]]`, else the host",
    "s-computername": "Name of this machine",
    "s-ip": "Address that the client connected to",
    "cs-method": "Method",
    "cs-uri-stem": "Path of the request's target, as it came",
    "cs-uri-query": "Query of it, without `?`",
    "s-port": "Port that the client connected to",
    "cs-username": "User whom mitmproxy itself has authenticated (`proxyauth`)",
    "c-ip": "Client's address, as `client_address` says",
    "cs-version": "Version of HTTP",
    "cs(User-Agent)": "User-Agent field",
    "cs(Cookie)": "Cookies of the request, as `cookies` says",
    "cs(Referer)": "Referer field",
    "cs-host": "Host field, or HTTP/2's `:authority`",
    "sc-status": "Status; `-` where the client was sent none",
    "sc-substatus": "3 for a 502 of the proxy's own, else 0",
    "sc-win32-status": "0, or why the exchange is not complete: see below",
    "sc-bytes": "Octets of the response, as HTTP/1.1 would write it",
    "cs-bytes": "Octets of the request, likewise",
    "time-taken": "Milliseconds from the request's first octet to the response's last",
    "x-session-id": "The tracker's id: the one that came, or the one that was given",
    "x-session-event": "What the tracker made of the request: `new`, `seen`, `forged`, …",
    "x-cache-level": "How safe the application's own cookies are from caches",
    "sc(Set-Cookie)": "Cookies that the client was given, as `cookies` says",
}
"""Name → meaning, in the order in which IIS writes them; our own follow."""

DEFAULT_FIELDS = tuple(
    name for name in FIELDS if name not in {"s-sitename", "s-computername", "cs-username"}
)
"""What is logged where nothing is configured."""

_ALWAYS = ("date", "time")
_HEADER = re.compile(r"(cs|sc)\(([!#$%&'*+.^_`|~0-9A-Za-z-]+)\)")


def header_field(name: str) -> tuple[str, str] | None:
    """(`cs` or `sc`, name in lower case) of a field that is a field of a message; else None."""
    found = _HEADER.fullmatch(name)
    return (found[1], found[2].lower()) if found else None


def field_problem(name: str) -> str:
    """Why a field cannot be logged, as the end of a sentence; empty if it can."""
    if name in FIELDS or header_field(name) is not None:
        return ""
    return "is no field of the log."


def in_order(names: Iterable[str]) -> tuple[str, ...]:
    """The fields in the order of the log, each once; date and time are always there.

    The standard's names come in IIS's order, then ours, then further fields of messages in the
    order in which they were named.
    """
    wanted = dict.fromkeys((*_ALWAYS, *(_canonical(name) for name in names)))
    return (*(name for name in FIELDS if name in wanted), *(n for n in wanted if n not in FIELDS))


def _canonical(name: str) -> str:
    """The spelling that the standard's fields have; names of field lines have no case."""
    part = header_field(name)
    return name if part is None else _SPELLED.get(part, name)


_SPELLED: dict[tuple[str, str] | None, str] = {header_field(name): name for name in FIELDS}
