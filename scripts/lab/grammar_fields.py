"""Fields, statuses, methods and targets that corpus and fuzzer build their cases of."""

from __future__ import annotations

COOKIE = "sid={n}; Path=/"
"""A session cookie, new with each response."""

TARGETED_FIELDS = (
    "Surrogate-Control",
    "CDN-Cache-Control",
    "Edge-Control",
    "Cloudflare-CDN-Cache-Control",
)

TARGETED = (
    "max-age=60",
    "max-age=0",
    "no-store",
    "no-cache",
    "private",
    "public",
    's-maxage=60, content="ESI/1.0"',
    "no-store, max-age=60",
    "max-age=60;lab.test",
    "no-store;lab.test",
    "!no-store",
    "cache-maxage=60s",
)

VARY = (
    "*",
    "Cookie",
    "cookie",
    "User-Agent",
    "Accept-Encoding",
    "accept-encoding",
    "Accept",
    "Authorization",
    "Origin",
    "X-Unknown",
    "Accept-Encoding, Cookie",
    "Accept-Encoding, User-Agent",
    "Accept-Encoding, *",
    "",
    "Host",
    "Set-Cookie",
)

AGE = ("0", "10", "59", "60", "61", "3600", "-1", "abc", "", "10, 20", "4294967296", "1.5")

PRAGMA = ("no-cache", "No-Cache", "no-store", "public", "x, no-cache", "")

STATUSES = (
    200, 201, 202, 203, 204, 205, 206, 207, 208, 226, 299,
    300, 301, 302, 303, 305, 306, 307, 308, 399,
    400, 401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413, 414, 415, 416, 417, 418,
    421, 422, 423, 424, 425, 426, 428, 429, 431, 451, 499,
    500, 501, 502, 503, 504, 505, 506, 507, 508, 510, 511, 599,
)  # fmt: skip

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND", "QUERY", "LAB")

REQUEST_DIRECTIVES = (
    "no-cache",
    "no-store",
    "max-age=0",
    "max-age=30",
    "max-age=3600",
    "max-stale",
    "max-stale=60",
    "min-fresh=30",
    "min-fresh=120",
    "only-if-cached",
    "no-transform",
    "NO-CACHE",
    "private",
    "max-age=abc",
    "stale-if-error=60",
)
"""Request directives of RFC 9111 §5.2.1, and some that mean nothing in a request."""

COOKIES = (
    (("Set-Cookie", COOKIE),),
    (("set-cookie", COOKIE),),
    (("SET-COOKIE", COOKIE),),
    (("Set-Cookie", COOKIE), ("Set-Cookie", "theme=dark-{n}; Path=/")),
    (("Set-Cookie", "sid={n}; Path=/; HttpOnly; Secure; SameSite=Lax"),),
    (("Set-Cookie", "sid={n}; Expires={date+3600}; Path=/"),),
    (("Set-Cookie", "sid={n}; Max-Age=3600"),),
    (("Set-Cookie", "sid=; Max-Age=0; Path=/"),),
    (("Set-Cookie", "sid=; Expires=Thu, 01 Jan 1970 00:00:00 GMT; Path=/"),),
    (("Set-Cookie", "{n}"),),
    (("Set-Cookie", ""),),
    (("Set-Cookie2", 'sid="{n}"; Version="1"; Path="/"'),),
    (("Set-Cookie", COOKIE), ("Set-Cookie2", 'sid="{n}"; Version="1"')),
    (("Set-Cookie2", 'sid="{n}"; Version="1"'), ("Set-Cookie", COOKIE)),
    (("Set-Cookie2", 'sid=""; Version="1"; Max-Age="0"'),),
)

OTHER_FIELDS = (
    ("Content-Type", "text/html; charset=utf-8"),
    ("Content-Type", "image/png"),
    ("Content-Type", "text/event-stream"),
    ("Content-Encoding", "identity"),
    ("Content-Language", "en"),
    ("Content-Disposition", "attachment"),
    ("Content-Location", "/elsewhere"),
    ("Connection", "close"),
    ("Connection", "Set-Cookie"),
    ("Keep-Alive", "timeout=5"),
    ("Server", "lab"),
    ("Via", "1.1 other"),
    ("Warning", '110 other "Response is Stale"'),
    ("Accept-Ranges", "bytes"),
    ("Trailer", "X-Sum"),
    ("Upgrade", "h2c"),
    ("WWW-Authenticate", 'Basic realm="lab"'),
    ("Authentication-Info", "x"),
    ("X-Cache", "HIT"),
    ("Cache-Status", "other; hit"),
    ("X-Accel-Buffering", "no"),
    ("X-Accel-Limit-Rate", "0"),
    ("X-Varnish", "1 2"),
    ("Clear-Site-Data", '"cookies"'),
    ("No-Vary-Search", "params"),
    ("Link", "</style.css>; rel=preload"),
    ("ETag", '"v1"'),
    ("X-HTTP-Method-Override", "GET"),
    ("Proxy-Connection", "close"),
)

PATHS = (
    "/page",
    "/style.css",
    "/image.png",
    "/app.php",
    "/cgi-bin/app",
    "/CGI-BIN/app",
    "/",
    "/a;v=1",
    "/%41",
    "/dir/",
    "/a//b",
    "/app.asp",
)
QUERIES = ("a=1", "", "a=1&b=2", "sid=1", "?")
