"""Hypothesis strategies that the tests share."""

from hypothesis import strategies as st

from session_tracking.audit.auditor import audit, examine
from session_tracking.audit.findings import Finding
from session_tracking.audit.settings import AuditSettings
from session_tracking.http.exchange import Exchange, RequestFacts, ResponseFacts
from session_tracking.http.fields import FieldSection

NOW = 1_795_253_400.0  # Sat, 21 Nov 2026 09:30:00 GMT
DATE = "Sat, 21 Nov 2026 09:30:00 GMT"
LATER = "Sat, 21 Nov 2026 10:30:00 GMT"
EARLIER = "Fri, 20 Nov 2026 09:30:00 GMT"

octets = st.text(st.characters(max_codepoint=0xFF), max_size=60)
"""Any octets as Latin-1 text: control characters, quotes and separators included."""

tokens = st.text("abcdefghijklmnopqrstuvwxyzABC0123456789-_.", min_size=1, max_size=12)

directive_names = st.sampled_from(
    [
        "no-store", "no-cache", "private", "public", "max-age", "s-maxage", "must-revalidate",
        "proxy-revalidate", "must-understand", "immutable", "stale-while-revalidate", "x-other",
    ]
)  # fmt: skip
arguments = st.sampled_from(
    ["", "=0", "=600", "=-1", "=abc", '="600"', '="set-cookie"', "=" + "9" * 30]
)
directives = st.builds("{}{}".format, directive_names, arguments)
cache_controls = st.lists(directives, max_size=4).map(", ".join)

carriers = st.one_of(
    st.tuples(st.just("Cache-Control"), cache_controls),
    st.tuples(st.just("CDN-Cache-Control"), cache_controls),
    st.tuples(st.just("Surrogate-Control"), cache_controls),
    st.tuples(st.just("Edge-Control"), st.sampled_from(["no-store", "!no-store", "max-age=1d"])),
    st.tuples(st.just("X-Accel-Expires"), st.sampled_from(["0", "60", "@9999999999", "x"])),
    st.tuples(st.just("Expires"), st.sampled_from([LATER, EARLIER, DATE, "0", "-1"])),
    st.tuples(st.just("Last-Modified"), st.sampled_from([LATER, EARLIER, "never"])),
    st.tuples(st.just("ETag"), st.just('"v1"')),
    st.tuples(st.just("Vary"), st.sampled_from(["*", "Cookie", "Accept", "accept, COOKIE"])),
    st.tuples(st.just("Pragma"), st.just("no-cache")),
    st.tuples(st.just("Age"), st.sampled_from(["0", "30", "x", "1, 2"])),
    st.tuples(st.just("Date"), st.just(DATE)),
)
"""Field lines that have a say in caching."""

cookies = st.sampled_from(
    [
        ("Set-Cookie", "sid=3f2a9c81d0e7b645; Path=/; HttpOnly"),
        ("Set-Cookie", "lang=en"),
        ("Set-Cookie2", 'sid="3f2a9c81d0e7b645"; Version="1"'),
    ]
)


@st.composite
def exchanges(draw: st.DrawFn, *, hostile: bool = False) -> Exchange:
    """Exchanges whose responses set a cookie; hostile ones hold arbitrary octets too."""
    lines = [draw(cookies), *draw(st.lists(carriers, max_size=6))]
    request_lines = draw(
        st.lists(
            st.sampled_from(
                [("Cookie", "a=b"), ("Authorization", "Basic eDp5"), ("Accept", "*/*")]
            ),
            max_size=2,
        )
    )
    if hostile:
        names = st.sampled_from(
            ["Set-Cookie", "Set-Cookie2", "Cache-Control", "Expires", "Vary", "CDN-Cache-Control",
             "Surrogate-Control", "X-Accel-Expires", "Edge-Control", "Age", "Date",
             "Last-Modified", "Content-Location", "Server"]
        )  # fmt: skip
        lines += draw(st.lists(st.tuples(names, octets), max_size=5))
    method = draw(st.sampled_from(["GET", "GET", "GET", "HEAD", "POST", "OPTIONS"]))
    status = draw(st.sampled_from([200, 200, 206, 302, 304, 404, 500, 103, 599]))
    return Exchange(
        RequestFacts(method, "https://shop.test/a", FieldSection(request_lines)),
        ResponseFacts(status, FieldSection(draw(st.permutations(lines)))),
        "x1",
        request_time=NOW,
        response_time=NOW,
    )


def exchange(
    *lines: tuple[str, str],
    status: int = 200,
    method: str = "GET",
    url: str = "https://shop.test/a",
    request: tuple[tuple[str, str], ...] = (),
    cookie: str | None = "sid=3f2a9c81d0e7b645",
) -> Exchange:
    """An exchange with these response field lines after the Set-Cookie."""
    fields = [("Set-Cookie", cookie)] if cookie is not None else []
    return Exchange(
        RequestFacts(method, url, FieldSection(request)),
        ResponseFacts(status, FieldSection([*fields, *lines])),
        "x1",
        request_time=NOW,
        response_time=NOW,
    )


def findings_of(given: Exchange, own_name: str = "", **settings: object) -> list[Finding]:
    """The findings about an exchange under these settings of the audit."""
    facts = examine(given, AuditSettings(**settings), own_name=own_name)
    return [] if facts is None else audit(facts, site="shop.test")
