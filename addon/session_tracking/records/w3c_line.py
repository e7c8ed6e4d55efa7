"""Lines of the log: what is written for one exchange.

A layout is made once for each set of fields and modes, so that a line is a few calls of functions
that were chosen before.
"""

import socket
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from time import gmtime, strftime

from session_tracking.cookies.cookie import parse_cookie
from session_tracking.cookies.digest import Digester
from session_tracking.cookies.set_cookie import response_cookies
from session_tracking.http.fields import FieldSection
from session_tracking.records.settings import ClientAddress, CookieMode, LogSettings
from session_tracking.records.visit import Lines, Visit
from session_tracking.records.w3c_fields import header_field
from session_tracking.records.w3c_text import ABSENT, encode, encode_text

__all__ = ["Layout"]

type _Found = Mapping[bytes, Sequence[bytes]]
type _Word = Callable[[Visit, _Found, _Found], str]

_SECRETS = frozenset({"authorization", "proxy-authorization", "x-api-key", "x-auth-token"})
"""Fields of which the log holds digests only."""
_CLIENTS = frozenset({"forwarded", "x-forwarded-for", "x-real-ip", "true-client-ip"})
"""Fields that name clients: digests wherever clients' addresses are not logged in full."""
_COOKIES = frozenset({"set-cookie", "set-cookie2"})

_KEPT = 4096
"""Values that are kept ready, by what they were made of or its keyed hash."""

_often = lru_cache(maxsize=_KEPT)(encode)
"""The encoding of values that come again and again, and are no secrets."""


class Layout:
    """How a site's exchanges are written: the fields, and what of them is kept back."""

    def __init__(self, settings: LogSettings, digester: Digester) -> None:
        self.fields: tuple[str, ...] = settings.fields
        self._settings = settings
        self._digester = digester
        self._ready: dict[int, str] = {}
        self._address = lru_cache(maxsize=_KEPT)(self._client_address)
        parts = [part for part in map(header_field, settings.fields) if part is not None]
        self._asked = frozenset(name.encode() for side, name in parts if side == "cs")
        self._sent = frozenset(name.encode() for side, name in parts if side == "sc")
        self._words: list[_Word] = [self._word(name) for name in settings.fields]

    def line(self, visit: Visit) -> str:
        """The line of an exchange without its end: one word for each field, and nothing else."""
        asked = _collect(visit.request_lines, self._asked)
        sent = _collect(visit.response_lines, self._sent) if self._sent else {}
        return " ".join([word(visit, asked, sent) for word in self._words])

    def _word(self, field: str) -> _Word:
        part = header_field(field)
        if part is not None:
            return self._of_message(*part)
        if field == "s-sitename":
            site = encode_text(self._settings.site)
            return lambda _visit, _asked, _sent: site
        if field == "c-ip":
            return lambda visit, _asked, _sent: self._address(visit.client)
        if field == "x-session-id":
            return self._session_id
        return _WORDS[field]

    def _of_message(self, side: str, name: str) -> _Word:
        key = name.encode()
        if (side, name) == ("cs", "cookie"):
            return self._request_cookies
        if side == "sc" and name in _COOKIES:
            return lambda visit, _asked, sent: self._response_cookies(visit, name, sent.get(key))
        secret = name in _SECRETS or (name in _CLIENTS and not self._addresses_in_full)
        # What visitors repeat is worth keeping; an answer's fields hardly are.
        kept = _often if side == "cs" else encode

        def word(_visit: Visit, asked: _Found, sent: _Found) -> str:
            values = (asked if side == "cs" else sent).get(key)
            if values is None:
                return ABSENT
            value = values[0] if len(values) == 1 else b", ".join(values)
            return self._digest(name, value.decode("latin-1")) if secret else kept(value)

        return word

    @property
    def _addresses_in_full(self) -> bool:
        return self._settings.client_address is ClientAddress.FULL

    def _session_id(self, visit: Visit, _asked: _Found, _sent: _Found) -> str:
        if visit.session_id and self._settings.cookies is CookieMode.HASH:
            return self._digest(self._settings.own_name, visit.session_id)
        return encode_text(visit.session_id)

    def _request_cookies(self, visit: Visit, asked: _Found, _sent: _Found) -> str:
        values = asked.get(b"cookie")
        if values is None:
            return ABSENT
        # The hash is keyed, so that no cookie's value is kept by what is ready.
        key = hash((visit.session_id, *values))
        ready = self._ready.get(key)
        if ready is None:
            pairs = parse_cookie(value.decode("latin-1") for value in values)
            ready = self._pairs(visit, pairs)
            if len(self._ready) >= _KEPT:
                self._ready.clear()
            self._ready[key] = ready
        return ready

    def _response_cookies(self, visit: Visit, name: str, values: Sequence[bytes] | None) -> str:
        if values is None:
            return ABSENT
        lines = [(name, value.decode("latin-1")) for value in values]
        cookies = response_cookies(FieldSection(lines))
        return self._pairs(visit, ((cookie.name, cookie.value) for cookie in cookies))

    def _pairs(self, visit: Visit, pairs: Iterable[tuple[str, str]]) -> str:
        """Cookies as `a=1;+b=2`, their values as far as the log may hold them."""
        shown = (f"{name}={self._value(visit, name, value)}" for name, value in pairs)
        return encode("; ".join(shown).encode("latin-1"))

    def _value(self, visit: Visit, name: str, value: str) -> str:
        mode = self._settings.cookies
        if mode is CookieMode.ALL or not value:
            return value
        if name == self._settings.own_name:
            value = value.removeprefix('"').removesuffix('"')
            if mode is CookieMode.OWN and value == visit.session_id:
                return value
        return self._digest(name, value)

    def _digest(self, name: str, value: str) -> str:
        return self._digester.digest(self._settings.site, name, value).octets[:8].hex()

    def _client_address(self, client: str) -> str:
        try:
            address = ip_address(client.partition("%")[0])
        except ValueError:
            return ABSENT
        if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        mode = self._settings.client_address
        if mode is ClientAddress.TRUNCATED:
            bits = 24 if address.version == 4 else 48
            address = ip_network(f"{address}/{bits}", strict=False).network_address
        elif mode is ClientAddress.HASH:
            digest = self._digester.digest(self._settings.site, "c-ip", str(address))
            address = IPv6Address(b"\xfd" + digest.octets[:15])
        return str(address)


def _collect(lines: Lines, wanted: frozenset[bytes]) -> _Found:
    """The values of the wanted fields, by name in lower case."""
    found: dict[bytes, list[bytes]] = {}
    for name, value in lines:
        lowered = name.lower()
        if lowered in wanted:
            found.setdefault(lowered, []).append(value)
    return found


@lru_cache(maxsize=8)
def _moment(second: int) -> tuple[str, str]:
    return tuple(strftime("%Y-%m-%d %H:%M:%S", gmtime(second)).split(" "))  # type: ignore[return-value]


def _octets(start: int, lines: Lines, content: int | None) -> str:
    """The size of a message with a start line of so many octets; absent if it is not known."""
    if content is None:
        return ABSENT
    return str(start + sum([len(name) + len(value) + 4 for name, value in lines]) + 4 + content)


def _stem(visit: Visit, _asked: _Found, _sent: _Found) -> str:
    return encode(visit.target.partition(b"?")[0])


def _query(visit: Visit, _asked: _Found, _sent: _Found) -> str:
    return encode(visit.target.partition(b"?")[2])


def _sc_bytes(visit: Visit, _asked: _Found, _sent: _Found) -> str:
    if visit.status is None:
        return "0"
    return _octets(len(visit.version) + 4, visit.response_lines, visit.response_octets)


def _cs_bytes(visit: Visit, _asked: _Found, _sent: _Found) -> str:
    start = len(visit.method) + len(visit.target) + len(visit.version) + 2
    return _octets(start, visit.request_lines, visit.request_octets)


def _status(visit: Visit, _asked: _Found, _sent: _Found) -> str:
    return ABSENT if visit.status is None else str(visit.status)


_COMPUTER = encode_text(socket.gethostname())

_WORDS: Mapping[str, _Word] = {
    "date": lambda visit, _asked, _sent: _moment(int(visit.ended))[0],
    "time": lambda visit, _asked, _sent: _moment(int(visit.ended))[1],
    "s-computername": lambda _visit, _asked, _sent: _COMPUTER,
    "s-ip": lambda visit, _asked, _sent: encode_text(visit.server[0]),
    "cs-method": lambda visit, _asked, _sent: _often(visit.method),
    "cs-uri-stem": _stem,
    "cs-uri-query": _query,
    "s-port": lambda visit, _asked, _sent: str(visit.server[1]),
    "cs-username": lambda visit, _asked, _sent: encode_text(visit.user),
    "cs-version": lambda visit, _asked, _sent: _often(visit.version),
    "cs-host": lambda visit, _asked, _sent: _often(visit.authority),
    "sc-status": _status,
    "sc-substatus": lambda visit, _asked, _sent: str(visit.substatus),
    "sc-win32-status": lambda visit, _asked, _sent: str(visit.win32_status),
    "sc-bytes": _sc_bytes,
    "cs-bytes": _cs_bytes,
    "time-taken": lambda visit, _asked, _sent: str(
        max(0, round((visit.ended - visit.started) * 1000))
    ),
    "x-session-event": lambda visit, _asked, _sent: visit.event or ABSENT,
    "x-cache-level": lambda visit, _asked, _sent: visit.level or ABSENT,
}
