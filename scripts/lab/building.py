"""Short ways to write cases."""

from __future__ import annotations

from scripts.lab.cases import BODY_LENGTH, Case, Lines, NextRequest, Request, Response
from scripts.lab.grammar_fields import COOKIE

Line = tuple[str, str]

DATE: Line = ("Date", "{date}")
SET_COOKIE: Line = ("Set-Cookie", COOKIE)
FRESH: Line = ("Cache-Control", "max-age=60")
MODIFIED: Line = ("Last-Modified", "{date-864000}")
TAG: Line = ("ETag", '"v1"')


def control(value: str) -> Line:
    """A Cache-Control line."""
    return ("Cache-Control", value)


def asked(*headers: Line, method: str = "GET") -> Request:
    """A's request with these fields."""
    return Request(method, headers=headers)


def then(*headers: Line, method: str = "GET", after: float = 0.0) -> NextRequest:
    """B's request with these fields."""
    return NextRequest(method, headers, after)


def sent(  # noqa: PLR0913 - each is one thing that a case may vary
    name: str,
    *lines: Line,
    date: Line | None = DATE,
    cookie: Lines = (SET_COOKIE,),
    status: int = 200,
    body_length: int = BODY_LENGTH,
    request: Request | None = None,
    following: NextRequest | None = None,
    validation: Lines | None = None,
) -> Case:
    """A case whose response has Date, then `lines`, then the cookie."""
    return Case(
        id=name,
        request=request or Request(),
        response=Response(status, (*((date,) if date else ()), *lines, *cookie), body_length),
        next_request=following,
        validation=None if validation is None else Response(304, validation),
        tags=(name.partition("/")[0],),
    )


def word(value: str) -> str:
    """`value` as a part of an id: printable, never empty."""
    return value.replace(" ", "_").replace("{date", "{d") or "empty"
