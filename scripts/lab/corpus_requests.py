"""The part of the corpus that varies what A and B ask."""

from __future__ import annotations

from collections.abc import Iterator

from scripts.lab import grammar_fields
from scripts.lab.building import FRESH, MODIFIED, TAG, Line, asked, control, sent, then, word
from scripts.lab.cases import Case, Lines, Request

AUTHORIZATION: Line = ("Authorization", "Basic bGFiOmxhYg==")
COOKIE: Line = ("Cookie", "seen=1")


def methods() -> Iterator[Case]:
    """Every method: the same from B, and GET from B."""
    for method in grammar_fields.METHODS[1:]:
        request = asked(method=method)
        for name, line in (("max-age", FRESH), ("modified", MODIFIED)):
            yield sent(f"method/{method},{name}", line, request=request)
            yield sent(f"method/{method}>GET,{name}", line, request=request, following=then())
        explicit = control("public, s-maxage=60")
        yield sent(f"method/{method},s-maxage", explicit, request=request)
    for method in ("HEAD", "POST", "OPTIONS", "DELETE"):
        yield sent(f"method/GET>{method}", FRESH, following=then(method=method))
    yield sent("method/HEAD,empty", FRESH, request=asked(method="HEAD"), body_length=0)
    yield sent("method/HEAD,404", FRESH, request=asked(method="HEAD"), status=404)
    location = ("Content-Location", "/page")
    yield sent(
        "method/POST>GET,location", FRESH, location, request=asked(method="POST"), following=then()
    )


def credentials() -> Iterator[Case]:
    """Authorization and Cookie on A's request, on B's, on both."""
    for directive in (
        "max-age=60",
        "public",
        "public, max-age=60",
        "s-maxage=60",
        "s-maxage=0",
        "must-revalidate",
        "must-revalidate, max-age=60",
        "proxy-revalidate, max-age=60",
        "no-cache, max-age=60",
        "private, max-age=60",
    ):
        line = control(directive)
        name = word(directive)
        yield sent(f"authorization/A:{name}", line, request=asked(AUTHORIZATION))
        both = then(AUTHORIZATION)
        yield sent(f"authorization/AB:{name}", line, request=asked(AUTHORIZATION), following=both)
        yield sent(f"authorization/B:{name}", line, following=both)
        yield sent(f"request-cookie/A:{name}", line, request=asked(COOKIE))
        both = then(("Cookie", "seen=2"))
        yield sent(f"request-cookie/AB:{name}", line, request=asked(COOKIE), following=both)
        yield sent(f"request-cookie/B:{name}", line, following=both)
    for name, line in (("modified", MODIFIED), ("expires", ("Expires", "{date+60}"))):
        yield sent(f"authorization/A:{name}", line, request=asked(AUTHORIZATION))
        yield sent(f"request-cookie/A:{name}", line, request=asked(COOKIE))
        yield sent(f"request-cookie/B:{name}", line, following=then(COOKIE))
    bearer = ("Authorization", "Bearer x")
    yield sent("authorization/A:bearer", FRESH, request=asked(bearer))
    yield sent("authorization/A:empty", FRESH, request=asked(("Authorization", "")))
    two = asked(AUTHORIZATION, COOKIE)
    yield sent("authorization/A:with-cookie", control("public, max-age=60"), request=two)


def varying() -> Iterator[Case]:
    """Vary met by requests that do and do not differ."""
    differing = (
        ("Cookie", "Cookie", "seen=1", "seen=2"),
        ("Accept-Encoding", "Accept-Encoding", "gzip", "br"),
        ("Accept-Encoding", "Accept-Encoding", "gzip", "gzip, deflate"),
        ("Accept", "Accept", "text/html", "*/*"),
        ("User-Agent", "User-Agent", "one", "two"),
        ("Origin", "Origin", "http://a.test", "http://b.test"),
        ("X-Unknown", "X-Unknown", "1", "2"),
        ("Accept-Encoding, X-Unknown", "X-Unknown", "1", "2"),
    )
    for value, name, first, second in differing:
        lines: Lines = (FRESH, ("Vary", value))
        label = f"vary-request/{word(value)}:{word(first)}|{word(second)}"
        request = asked((name, first))
        yield sent(f"{label}", *lines, request=request, following=then((name, second)))
        yield sent(f"{label},B-none", *lines, request=request, following=then())
        yield sent(f"{label},B-same", *lines, request=request, following=then((name, first)))
        yield sent(f"{label},A-none", *lines, following=then((name, second)))
    for name, first, second in (("Accept-Encoding", "gzip", "br"), ("User-Agent", "one", "two")):
        request, following = asked((name, first)), then((name, second))
        yield sent(f"vary-request/none:{name}", FRESH, request=request, following=following)


def directives_of_b() -> Iterator[Case]:
    """Cache-Control and Pragma from B, and from A, against fresh and heuristic responses."""
    for directive in grammar_fields.REQUEST_DIRECTIVES:
        line = control(directive)
        yield sent(f"request/B:{directive}", FRESH, following=then(line))
        yield sent(f"request/B:{directive},modified", MODIFIED, following=then(line))
        yield sent(f"request/A:{directive}", FRESH, request=asked(line), following=then())
    stale = control("max-age=0")
    for directive in ("max-stale", "max-stale=60", "only-if-cached", "no-cache"):
        yield sent(f"request/B:{directive},stale", stale, following=then(control(directive)))
    pragma = ("Pragma", "no-cache")
    yield sent("request/B:pragma", FRESH, following=then(pragma))
    yield sent("request/A:pragma", FRESH, request=asked(pragma), following=then())
    yield sent("request/B:pragma,max-age", FRESH, following=then(pragma, control("max-age=60")))
    public = control("public, max-age=60")
    yield sent(
        "request/A:no-store,public", public, request=asked(control("no-store")), following=then()
    )


def conditions_of_b() -> Iterator[Case]:
    """B's own conditions and ranges; the origin validates nothing."""
    for name, value in (
        ("If-None-Match", '"v1"'),
        ("If-None-Match", '"other"'),
        ("If-None-Match", "*"),
        ("If-Modified-Since", "{date}"),
        ("If-Modified-Since", "{date-31536000}"),
        ("If-Match", '"v1"'),
        ("If-Unmodified-Since", "{date}"),
        ("Range", "bytes=0-19"),
        ("Range", "bytes=900-"),
        ("If-Range", '"v1"'),
    ):
        label = f"condition/{name}:{word(value)}"
        lines: Lines = ((name, value),)
        if name == "If-Range":
            lines += (("Range", "bytes=0-19"),)
        yield sent(label, FRESH, MODIFIED, TAG, following=then(*lines))
        yield sent(f"{label},stale", control("no-cache"), TAG, following=then(*lines))
    ranged = asked(("Range", "bytes=0-19"))
    yield sent("condition/A:Range", FRESH, request=ranged, following=then())
    for name, value in (
        ("Expect", "100-continue"),
        ("Upgrade-Insecure-Requests", "1"),
        ("Accept", "*/*"),
    ):
        yield sent(f"condition/{name}", FRESH, following=then((name, value)))


def targets() -> Iterator[Case]:
    """Query strings and paths."""
    for query in grammar_fields.QUERIES:
        for name, line in (
            ("max-age", FRESH),
            ("modified", MODIFIED),
            ("expires", ("Expires", "{date+60}")),
        ):
            yield sent(f"query/{query or 'empty'},{name}", line, request=Request(query=query))
        yield sent(
            f"query/{query or 'empty'},public", control("public"), request=Request(query=query)
        )
    for path in grammar_fields.PATHS:
        yield sent(f"path/{path},max-age", FRESH, request=Request(path=path))
        yield sent(f"path/{path},modified", MODIFIED, request=Request(path=path))


GROUPS = (
    methods, credentials, varying, directives_of_b, conditions_of_b, targets,
)  # fmt: skip
