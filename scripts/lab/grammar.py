"""The words that both the corpus and the fuzzer build their cases of."""

from __future__ import annotations

COOKIE = "sid={n}; Path=/"
"""A session cookie, new with each response."""

DIRECTIVES = (
    "no-store",
    "no-cache",
    "private",
    "public",
    "max-age=60",
    "max-age=0",
    "s-maxage=60",
    "s-maxage=0",
    "must-revalidate",
    "proxy-revalidate",
    "no-transform",
    "must-understand",
    "immutable",
    "stale-while-revalidate=60",
    "stale-if-error=60",
)
"""Response directives of RFC 9111 §5.2.2, RFC 5861 and RFC 8246, the freshness ones with two values."""

UNKNOWN_DIRECTIVES = ("community=UCI", "pre-check=0", "post-check=0", "max-stale=60", "min-fresh=5")

QUALIFIED = (
    'no-cache="Set-Cookie"',
    'no-cache="set-cookie"',
    "no-cache=Set-Cookie",
    "no-cache=set-cookie",
    'no-cache="Set-Cookie, Set-Cookie2"',
    'no-cache="X-Other"',
    'no-cache="X-Other, Set-Cookie"',
    'no-cache=""',
    "no-cache=",
    'no-cache="Set-Cookie',
    'NO-CACHE="SET-COOKIE"',
    'private="Set-Cookie"',
    'private="set-cookie"',
    "private=Set-Cookie",
    "private=set-cookie",
    'private="X-Other"',
    'private=""',
    'Private="Set-Cookie"',
    'no-store="Set-Cookie"',
    "no-store=1",
    'public="Set-Cookie"',
    'must-revalidate="x"',
)

SPELLINGS = (
    "NO-STORE",
    "No-Store",
    "NO-CACHE",
    "PRIVATE",
    "Private",
    "PUBLIC",
    "MAX-AGE=60",
    "Max-Age=60",
    "S-MAXAGE=60",
    "S-MaxAge=0",
    "max-age = 60",
    "max-age =60",
    "max-age= 60",
    'max-age="60"',
    "max-age='60'",
    'max-age="0"',
    's-maxage="60"',
    "s-maxage = 60",
    '"no-store"',
    '"max-age=60"',
    "'private'",
    "no store",
    "nostore",
    "no-stored",
    "xno-store",
    "x-private",
    "private-x",
    "xmax-age=60",
    "max-age:60",
    "max-age",
    "s-maxage",
    'ext="no-store"',
    'ext="private, max-age=0"',
    'ext="a, no-store, b"',
    'ext="no-store',
    "ext=no-store",
)

SECONDS = (
    "1",
    "-1",
    "-60",
    "00060",
    "+60",
    "60.5",
    "60abc",
    "abc",
    "",
    "0x3c",
    "1e3",
    "2147483647",
    "2147483648",
    "4294967295",
    "4294967296",
    "4294967356",
    "9223372036854775807",
    "99999999999999999999",
)
"""Arguments where delta-seconds belong (RFC 9111 §1.2.2), most of them wrong."""

DATES = (
    "{date+60}",
    "{date}",
    "{date-60}",
    "{date+315360000}",
    "0",
    "-1",
    "",
    "60",
    "never",
    "Thu, 01 Jan 1970 00:00:00 GMT",
    "Thu, 01 Dec 1994 16:00:00 GMT",
    "Wed, 01 Jan 2098 00:00:00 GMT",
    "Fri, 31 Dec 9999 23:59:59 GMT",
    "Sunday, 06-Nov-94 08:49:37 GMT",
    "Wednesday, 01-Jan-98 00:00:00 GMT",
    "Sun Nov  6 08:49:37 1994",
    "Wed Jan  1 00:00:00 2098",
    "Wed, 01 Jan 2098 00:00:00",
    "Wed, 01 Jan 2098 00:00:00 +0000",
    "Wed, 01 Jan 2098 00:00:00 UTC",
    "wed, 01 jan 2098 00:00:00 gmt",
    "Wed, 1 Jan 2098 00:00:00 GMT",
    "2098-01-01T00:00:00Z",
)
"""Values where an HTTP-date belongs (RFC 9110 §5.6.7), right, obsolete and wrong."""

LAST_MODIFIED = (
    "{date}",
    "{date-10}",
    "{date-3600}",
    "{date-864000}",
    "{date-31536000}",
    "{date+3600}",
    "Thu, 01 Jan 1970 00:00:00 GMT",
    "yesterday",
    "",
)

ENTITY_TAGS = ('"v1"', 'W/"v1"', "v1", '""')

ACCEL_EXPIRES = ("60", "0", "1", "-1", "off", "abc", "", "@0", "@4070908800", "60s", "060")
"""X-Accel-Expires of nginx: seconds, or ``@`` and Unix seconds."""

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
