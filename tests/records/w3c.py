"""Exchanges and settings for tests of the log."""

from pathlib import Path

from session_tracking.cookies.digest import Digester
from session_tracking.records.settings import (
    ClientAddress,
    CookieMode,
    LogFiles,
    LogSettings,
    Rollover,
)
from session_tracking.records.visit import Visit
from session_tracking.records.w3c_fields import DEFAULT_FIELDS, in_order
from session_tracking.records.w3c_log import W3cLog
from session_tracking.records.w3c_read import Reader

NOON = 1_795_262_400.0
"""2026-11-21 12:00:00 UTC."""
OWN = "OtSf6JY8zuufuoiXPlLzfA"
KEY = b"k" * 32


def files(folder, **changed):
    values = {"rollover": Rollover.DAILY, "size": 1 << 20, "keep": None} | changed
    return LogFiles(Path(folder), Path(folder) / "digest.key", **values)


def settings(of, site="shop.test", fields=DEFAULT_FIELDS, **changed):
    values = {
        "listed": True,
        "cookies": CookieMode.OWN,
        "own_name": "SessionTracking",
        "client_address": ClientAddress.FULL,
    } | changed
    return LogSettings(of, site, values.pop("folder", site), fields=in_order(fields), **values)


def visit(ended=NOON, target=b"/", **changed):
    values = {
        "client": "192.0.2.7",
        "server": ("127.0.0.1", 8080),
        "method": b"GET",
        "authority": b"shop.test",
        "version": b"HTTP/1.1",
        "request_lines": ((b"Host", b"shop.test"),),
        "request_octets": 0,
        "status": 200,
        "substatus": 0,
        "win32_status": 0,
        "response_lines": ((b"Content-Length", b"2"),),
        "response_octets": 2,
        "user": "",
        "session_id": "",
        "event": "",
        "level": "",
        "number": 0,
    } | changed
    return Visit(ended - 0.0042, ended, target=target, **values)


def log_of(of, tell=lambda line: None):
    return W3cLog(of, Digester(KEY), tell)


def rows(folder, site="shop.test"):
    return [row.values for path in logs_of(folder, site) for row in Reader().read(path)]


def logs_of(folder, site="shop.test"):
    """The files of a site in the order in which they were begun."""
    return sorted((Path(folder) / site).glob("u_ex*.log"), key=lambda path: (len(path.name), path))
