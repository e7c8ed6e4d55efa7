"""Directives and field values that both the corpus and the fuzzer build their cases of."""

from __future__ import annotations

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
"""Response directives of RFC 9111 §5.2.2, RFC 5861 and RFC 8246."""

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
