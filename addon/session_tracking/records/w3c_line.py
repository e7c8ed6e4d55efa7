"""Lines of the log: what is written for one exchange.

A layout is made once for each set of fields and modes, and becomes one function.
"""

import secrets
import socket
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from ipaddress import IPv6Address, ip_address, ip_network
from time import gmtime, strftime
from typing import Any

from session_tracking.cookies.cookie import parse_cookie
from session_tracking.cookies.digest import Digester
from session_tracking.cookies.set_cookie import response_cookies
from session_tracking.http.fields import FieldSection
from session_tracking.records.settings import ClientAddress, CookieMode, LogSettings
from session_tracking.records.visit import Lines, Visit
from session_tracking.records.w3c_fields import header_field
from session_tracking.records.w3c_text import ABSENT, MAX_OCTETS, encode, encode_text

__all__ = ["Kept", "Layout"]

type _Found = Mapping[bytes, Sequence[bytes]]
type Kept = dict[int, tuple[Any, ...]]
"""What equal requests come to, by a number that stands for layout and request."""

_SECRETS = frozenset({"authorization", "proxy-authorization", "x-api-key", "x-auth-token"})
"""Fields of which the log holds digests only."""
_CLIENTS = frozenset({"forwarded", "x-forwarded-for", "x-real-ip", "true-client-ip"})
"""Fields that name clients: digests wherever clients' addresses are not logged in full."""
_COOKIES = frozenset({"set-cookie", "set-cookie2"})

_KEPT = 4096
"""Values that are kept ready, by what they were made of or its keyed hash."""

_LONGEST = 2048
"""Characters of the words of one request that are worth keeping."""

_often = lru_cache(maxsize=_KEPT)(encode)
"""The encoding of values that come again and again, and are no secrets."""


class Layout:
    """How a site's exchanges are written: the fields, and what of them is kept back."""

    def __init__(self, settings: LogSettings, digester: Digester, kept: Kept | None = None) -> None:
        """`kept` is shared by layouts, so that all of them together keep no more than one may."""
        self.fields: tuple[str, ...] = settings.fields
        self._settings = settings
        self._digester = digester
        self._ready: dict[int, str] = {}
        self._asked: Kept = {} if kept is None else kept
        self.line: Callable[[Visit], str] = self._compiled(settings.fields)
        """The line of an exchange without its end: one word for each field, and nothing else."""

    def _compiled(self, fields: tuple[str, ...]) -> Callable[[Visit], str]:
        """One function for the whole line: a call for each word would take as long again.

        Its text is made of the expressions below alone; the names of field lines are values.
        """
        words, known = [], dict(_NAMES)
        asked = ["octets"]

        def of_request(word: str) -> str:
            """Have a word made once for equal requests; where it is to be found then."""
            asked.append(word)
            return f"asked[{len(asked) - 1}]"

        known |= {
            "address": lru_cache(maxsize=_KEPT)(self._address),
            "session_id": self._session_id,
            "salt": secrets.randbits(63),
            "ready": self._asked,
            "keep": self._keep,
        }
        for number, name in enumerate(fields[2:]):  # date and time are one expression
            part = header_field(name)
            if part is not None:
                known[f"word{number}"] = self._of_message(*part)
                word = f"word{number}(visit, {'found' if part[0] == 'cs' else 'sent'})"
                if part[0] == "cs":
                    word = of_request(word)
                words.append(f"{{{word}}}")
            elif name == "s-sitename":
                known["site"] = encode_text(self._settings.site)
                words.append("{site}")
            elif name in _OF_REQUEST:
                words.append(f"{{{of_request(_OF_REQUEST[name])}}}")
            else:
                words.append(f"{{{_EXPRESSIONS[name]}}}")
        parts = [part for part in map(header_field, fields) if part is not None]
        for side, collected in (("cs", "collect_asked"), ("sc", "collect_sent")):
            names = frozenset(name.encode() for its, name in parts if its == side)
            known[collected] = _collector(names)
        source = _FUNCTION.format(words=" ".join([_MOMENT, *words]), asked=", ".join(asked))
        exec(compile(source, "<line of the log>", "exec"), known)  # noqa: S102 - see above
        line: Callable[[Visit], str] = known["line"]
        return line

    def _of_message(self, side: str, name: str) -> Callable[[Visit, _Found], str]:
        """The word for a field of the request or the response."""
        key = name.encode()
        if (side, name) == ("cs", "cookie"):
            return self._request_cookies
        if side == "sc" and name in _COOKIES:
            return lambda visit, sent: self._response_cookies(visit, name, sent.get(key))
        full = self._settings.client_address is ClientAddress.FULL
        secret = name in _SECRETS or (name in _CLIENTS and not full)
        # What visitors repeat is worth keeping; an answer's fields hardly are.
        kept = _often if side == "cs" else encode

        def word(_visit: Visit, found: _Found) -> str:
            values = found.get(key)
            if values is None:
                return ABSENT
            # Several lines of a name are one list (RFC 9110 §5.3).
            value = values[0] if len(values) == 1 else b", ".join(values)
            return self._digest(name, value.decode("latin-1")) if secret else kept(value)

        return word

    def _keep(self, number: int, asked: tuple[Any, ...]) -> None:
        if sum([len(word) for word in asked[1:]]) <= _LONGEST:
            if len(self._asked) >= _KEPT:
                self._asked.clear()
            self._asked[number] = asked

    def _session_id(self, visit: Visit) -> str:
        if self._settings.cookies is CookieMode.HASH:
            return self._digest(self._settings.own_name, visit.session_id)
        return encode_text(visit.session_id)

    def _request_cookies(self, visit: Visit, asked: _Found) -> str:
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
        shown, length = [], 0
        for name, value in pairs:
            shown.append(f"{name}={self._value(visit, name, value)}")
            length += len(shown[-1]) + 2
            if length > MAX_OCTETS + 2:
                break  # the rest would be cut off
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

    def _address(self, client: str) -> str:
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


def _collector(wanted: frozenset[bytes]) -> Callable[[Lines], tuple[_Found, int]]:
    """A function that finds the values of the wanted fields, by name in lower case.

    It gives the octets of all field lines as well, with colon, space and end of line.
    """
    spelled: dict[bytes, bytes | None] = {}

    def collect(lines: Lines) -> tuple[_Found, int]:
        found: dict[bytes, list[bytes]] = {}
        octets = 4 * len(lines)
        for name, value in lines:
            octets += len(name) + len(value)
            try:
                key = spelled[name]  # most names come again as they came before
            except KeyError:
                lowered = name.lower()
                key = lowered if lowered in wanted else None
                if len(spelled) < _KEPT:
                    spelled[name] = key
            if key is not None:
                if key in found:
                    found[key].append(value)
                else:
                    found[key] = [value]
        return found, octets

    return collect


@lru_cache(maxsize=8)
def _moment(second: int) -> str:
    return strftime("%Y-%m-%d %H:%M:%S", gmtime(second))


_FUNCTION = """
def line(visit):
    stem, _, query = visit.target.partition(b"?")
    number = visit.number ^ salt
    asked = ready.get(number)
    if asked is None:
        found, octets = collect_asked(visit.request_lines)
        asked = ({asked},)
        if visit.number:
            keep(number, asked)
    sent, sent_octets = collect_sent(visit.response_lines)
    return f'{words}'
"""
_MOMENT = "{moment(int(visit.ended))}"
_NAMES: Mapping[str, Any] = {
    "encode": encode,
    "text": encode_text,
    "often": _often,
    "moment": _moment,
    "computer": encode_text(socket.gethostname()),
    "absent": ABSENT,
}
"""What the expressions may name, beside the variables of the function."""
_EXPRESSIONS: Mapping[str, str] = {
    "s-computername": "computer",
    "s-ip": "text(visit.server[0])",
    "cs-uri-stem": "encode(stem)",
    "cs-uri-query": "encode(query) if query else absent",
    "s-port": "visit.server[1]",
    "cs-username": "text(visit.user)",
    "sc-status": "absent if visit.status is None else visit.status",
    "sc-substatus": "visit.substatus",
    "sc-win32-status": "visit.win32_status",
    "sc-bytes": "0 if visit.status is None else absent if visit.response_octets is None"
    " else len(visit.version) + 8 + sent_octets + visit.response_octets",
    "cs-bytes": "absent if visit.request_octets is None else len(visit.method)"
    " + len(visit.target) + len(visit.version) + 6 + asked[0] + visit.request_octets",
    "time-taken": "max(0, round((visit.ended - visit.started) * 1000))",
    "x-cache-level": "visit.level or absent",
}
_OF_REQUEST: Mapping[str, str] = {
    "cs-method": "often(visit.method)",
    "c-ip": "address(visit.client)",
    "cs-version": "often(visit.version)",
    "cs-host": "often(visit.authority)",
    "x-session-id": "session_id(visit) if visit.session_id else absent",
    "x-session-event": "visit.event or absent",
}
"""Those of them that are the same for visits of the same number."""
