"""One exchange as a HAR 1.2 document, with what we decided about it and why.

Contents are not in it. Values of cookies and credentials are digests unless the configuration says
otherwise; the tracker's own id alone stands in clear.

Source: HAR 1.2, whose custom fields begin with an underscore.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from session_tracking import __version__
from session_tracking.cookies.cookie import parse_cookie
from session_tracking.cookies.digest import Digester
from session_tracking.cookies.set_cookie import SetCookie, response_cookies
from session_tracking.http.fields import FieldSection
from session_tracking.records.settings import TraceSettings
from session_tracking.records.visit import Lines, Visit

__all__ = ["Account", "Step", "har"]

_CREDENTIALS = frozenset({"authorization", "proxy-authorization", "x-api-key", "x-auth-token"})
_ATTRIBUTES = frozenset(
    {
        *("domain", "expires", "httponly", "max-age", "partitioned", "path", "priority"),
        *("samesite", "secure", "comment", "commenturl", "discard", "port", "version"),
    }
)
"""What is known to be an attribute (RFC 6265bis §5.6, RFC 2965 §3.2.2); others may be cookies.

Applications that put two cookies into one field line make the second one an attribute.
"""


@dataclass(frozen=True, slots=True)
class Step:
    """Something we did."""

    micros: int
    """Microseconds since the head of the request had come."""
    name: str
    told: str = ""
    """What came of it."""


@dataclass(slots=True)
class Account:
    """What we made of an exchange."""

    rule: str = ""
    """The tracker's rule that decided; empty where it had no say."""
    steps: list[Step] = field(default_factory=list)
    added: Lines = ()
    """Field lines that we added to the response."""
    removed: Lines = ()
    edited_by: str = ""
    """`tracker` or `enforce`."""
    reasons: tuple[str, ...] = ()
    """Why the response has its level."""
    findings: tuple[dict[str, str], ...] = ()


def har(url: str, visit: Visit, account: Account, settings: TraceSettings, key: bytes) -> Any:  # noqa: ANN401 - JSON
    """The document; `key` makes the digests."""
    writer = _Writer(settings, Digester(key), settings.folder, visit.session_id)
    return {
        "log": {
            "version": "1.2",
            "creator": {"name": "session-tracker", "version": __version__},
            "entries": [writer.entry(url, visit, account)],
        }
    }


@dataclass(frozen=True, slots=True)
class _Writer:
    settings: TraceSettings
    digester: Digester
    site: str
    own: str

    def entry(self, url: str, visit: Visit, account: Account) -> dict[str, Any]:
        """One entry of the log."""
        started = datetime.fromtimestamp(visit.started, UTC).isoformat(timespec="milliseconds")
        total = round(max(0.0, visit.ended - visit.started) * 1000, 3)
        entry: dict[str, Any] = {
            "startedDateTime": started.replace("+00:00", "Z"),
            "time": total,
            "request": self._request(url, visit),
            "response": self._response(visit),
            "cache": {},
            "timings": {"send": 0, "wait": total, "receive": 0},
            "serverIPAddress": visit.server[0],
            "connection": str(visit.server[1]),
            "_sessionTracker": self._account(visit, account),
        }
        if visit.level:
            entry["_cacheSafety"] = {
                "level": visit.level,
                "reasons": list(account.reasons),
                "findings": list(account.findings),
            }
        return entry

    def _request(self, url: str, visit: Visit) -> dict[str, Any]:
        lines = _text(visit.request_lines)
        cookies = parse_cookie([value for name, value in lines if name.lower() == "cookie"])
        return {
            "method": visit.method.decode("latin-1"),
            "url": url,
            "httpVersion": visit.version.decode("latin-1"),
            "cookies": [{"name": n, "value": self._value(n, v)} for n, v in cookies],
            "headers": self._headers(lines),
            "queryString": [
                {"name": name, "value": value}
                for name, value in parse_qsl(_query(url), keep_blank_values=True)
            ],
            "headersSize": -1,
            "bodySize": -1 if visit.request_octets is None else visit.request_octets,
        }

    def _response(self, visit: Visit) -> dict[str, Any]:
        lines = _text(visit.response_lines)
        fields = FieldSection(lines)
        octets = visit.response_octets
        return {
            "status": visit.status or 0,
            "statusText": "",
            "httpVersion": visit.version.decode("latin-1"),
            "cookies": [self._cookie(cookie) for cookie in response_cookies(fields)],
            "headers": self._headers(lines),
            "content": {
                "size": octets or 0,
                "mimeType": fields.first("content-type") or "x-unknown",
            },
            "redirectURL": fields.first("location") or "",
            "headersSize": -1,
            "bodySize": -1 if octets is None else octets,
        }

    def _account(self, visit: Visit, account: Account) -> dict[str, Any]:
        return {
            "state": visit.event or None,
            "session": visit.session_id or None,
            "rule": account.rule or None,
            "configuration": dict(self.settings.origins),
            "editedBy": account.edited_by or None,
            "headersAdded": self._headers(_text(account.added)),
            "headersRemoved": self._headers(_text(account.removed)),
            "events": [
                {"t": step.micros, "name": step.name, "told": step.told} for step in account.steps
            ],
            "status": f"{visit.status or 0}.{visit.substatus}",
            "win32Status": visit.win32_status,
            "client": visit.client,
        }

    def _headers(self, lines: list[tuple[str, str]]) -> list[dict[str, str]]:
        return [{"name": name, "value": self._shown(name, value)} for name, value in lines]

    def _shown(self, name: str, value: str) -> str:
        """The value of a field line, its secrets as digests."""
        if self.settings.secrets:
            return value
        lowered = name.lower()
        if lowered == "cookie":
            return "; ".join(f"{n}={self._value(n, v)}" for n, v in parse_cookie([value]))
        if lowered in {"set-cookie", "set-cookie2"}:
            cookies = response_cookies(FieldSection([(lowered, value)]))
            return ", ".join(map(self._cookie_line, cookies))
        if lowered in _CREDENTIALS:
            scheme, _, rest = value.partition(" ")
            return f"{scheme} {self._digest(name, rest)}" if rest else self._digest(name, value)
        return value

    def _cookie_line(self, cookie: SetCookie) -> str:
        parts = [f"{cookie.name}={self._value(cookie.name, cookie.value)}"]
        for name, value in cookie.attributes:
            parts.append(f"{name}={self._attribute(name, value)}" if value else name)
        return "; ".join(parts)

    def _attribute(self, name: str, value: str) -> str:
        """The value of an attribute; a digest where another cookie may have slipped into it."""
        shown = self.settings.secrets or not value
        shown = shown or (name in _ATTRIBUTES and not ("," in value and "=" in value))
        return value if shown else self._digest(name, value)

    def _cookie(self, cookie: SetCookie) -> dict[str, Any]:
        told: dict[str, Any] = {
            "name": cookie.name,
            "value": self._value(cookie.name, cookie.value),
            "httpOnly": cookie.has("httponly"),
            "secure": cookie.has("secure"),
        }
        for attribute in ("path", "domain"):
            if (value := cookie.attribute(attribute)) is not None:
                told[attribute] = self._attribute(attribute, value)
        if (expires := cookie.expires) is not None and 0 <= expires <= _LATEST:
            moment = datetime.fromtimestamp(expires, UTC)
            told["expires"] = moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        if (same_site := cookie.attribute("samesite")) is not None:
            told["sameSite"] = self._attribute("samesite", same_site)
        return told

    def _value(self, name: str, value: str) -> str:
        own = name == self.settings.own_name and value.strip('"') == self.own
        return value if self.settings.secrets or own or not value else self._digest(name, value)

    def _digest(self, name: str, value: str) -> str:
        return f"digest:{self.digester.digest(self.site, name, value).octets[:8].hex()}"


_LATEST = 253_402_300_799
"""The last second of the year 9999, in Unix seconds."""


def _text(lines: Lines) -> list[tuple[str, str]]:
    return [(name.decode("latin-1"), value.decode("latin-1")) for name, value in lines]


def _query(url: str) -> str:
    try:
        return urlsplit(url).query
    except ValueError:
        return ""
