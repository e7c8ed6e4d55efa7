"""Logs as IIS and our own sink write them, small enough to know every answer."""

from pathlib import Path

OURS = "#Fields: date time c-ip cs-method cs-uri-stem cs-uri-query cs(Cookie) sc-status x-session-id x-session-event sc(Set-Cookie)"
# As wide as OURS, in another order.
TURNED = "#Fields: date time cs-method c-ip cs-uri-query cs-uri-stem x-session-id cs(Cookie) sc-status x-session-event sc(Set-Cookie)"
HEAD = "#Software: session-tracker 1\n#Version: 1.0\n#Date: 2026-11-21 09:00:00\n"

# a: three hits, two within the first second; b: refuses; c: from three addresses; d: forged.
SHOP = f"""\
{HEAD}{OURS}
2026-11-21 09:00:00 192.0.2.1 GET / - - 200 a new visit=a
2026-11-21 09:00:00 192.0.2.1 GET /style.css v=1 visit=a 200 a seen -
2026-11-21 09:00:01 192.0.2.2 GET / - - 200 b1 new visit=b1
2026-11-21 09:00:02 192.0.2.2 GET /basket - - 200 b2 new visit=b2
{HEAD}{TURNED}
2026-11-21 09:59:59 POST 192.0.2.1 - /basket a theme=dark;+visit=a 303 seen -
2026-11-21 10:00:00 GET 192.0.2.2 q=1 / b3 - 500 new visit=b3
2026-11-21 10:30:00 GET 198.51.100.1 - / c - 200 new visit=c
2026-11-21 10:30:00 GET 198.51.100.2 - /basket c visit=c 200 seen -
2026-11-21 10:30:00 GET 198.51.100.3 - /thanks c visit=c 200 seen -
2026-11-21 11:00:00 GET 203.0.113.9 - / d visit=zzz 200 forged visit=d
"""
# No ids of ours: the session is the value of a cookie. Windows' line ends, a restart, octets that
# are no UTF-8, NULs and a torn line after a crash.
IIS = (
    b"#Software: Microsoft Internet Information Services 10.0\r\n#Version: 1.0\r\n"
    b"#Date: 2026-11-22 00:00:00\r\n"
    b"#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip "
    b"cs(User-Agent) cs(Cookie) sc-status sc-substatus sc-win32-status time-taken\r\n"
    b"2026-11-22 00:00:01 10.0.0.1 GET /default.aspx - 80 - 192.0.2.7 Mozilla/5.0+(Windows+NT+10.0) - 200 0 0 15\r\n"
    b"2026-11-22 00:00:02 10.0.0.1 GET /caf\xc3\xa9 - 80 - 192.0.2.7 Mozilla/5.0 visit=m1 200 0 0 3\r\n"
    b"2026-11-22 00:00:03 10.0.0.1 GET /caf\xe9 - 80 - 192.0.2.7 Mozilla/5.0 other=1;+visit=m1 404 0 2 3\r\n"
    b"#Software: Microsoft Internet Information Services 10.0\r\n#Version: 1.0\r\n"
    b"#Date: 2026-11-22 08:00:00\r\n"
    b"#Fields: date time cs-method cs-uri-stem cs(Cookie) sc-status sc-win32-status\r\n"
    b"2026-11-22 08:00:01 GET / visit=m2 200 4294967295\r\n"
    + b"\x00"
    * 100
    + b"#Software: Microsoft Internet Information Services 10.0\r\n"
    b"#Fields: date time cs-method cs-uri-stem cs(Cookie) sc-status sc-win32-status\r\n"
    b"2026-11-22 09:00:01 GET /after visit=m2 200 0\r\n"
    b"2026-11-22 09:00:02 GET /torn visit=m"
)


def write_samples(folder: Path) -> Path:
    """A folder with both, each as a site's."""
    for site, name, octets in (
        ("shop.test", "u_ex261121.log", SHOP.encode()),
        ("W3SVC1", "u_ex261122.log", IIS),
    ):
        (folder / site).mkdir(parents=True, exist_ok=True)
        (folder / site / name).write_bytes(octets)
    return folder
