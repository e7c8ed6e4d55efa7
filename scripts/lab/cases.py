"""One case of the lab: what A asks, what the origin answers, what B asks next.

Header strings are octets as Latin-1. Two placeholders are filled in at run time: ``{date}``,
``{date+SECONDS}`` and ``{date-SECONDS}`` become an IMF-fixdate relative to the start of the case,
``{n}`` (in response fields only) becomes a value of its own for each response.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from email.utils import formatdate
from typing import Any

Lines = tuple[tuple[str, str], ...]

BODILESS = frozenset({204, 304})
"""Statuses that carry neither a body nor Content-Length (RFC 9110 §6.4.1, §8.6)."""

BODY_LENGTH = 60
"""Octets of a stored body unless the case says otherwise."""

HOST = "lab.test"
USER_AGENT = "cache-lab"
_DATE = re.compile(r"\{date(?:([+-]\d+))?\}")
COOKIE_FIELDS = ("set-cookie", "set-cookie2")


@dataclass(frozen=True, slots=True)
class Request:
    """A request; ``query`` is what follows the question mark, None where there is none."""

    method: str = "GET"
    path: str = "/page"
    query: str | None = None
    headers: Lines = ()

    @property
    def target(self) -> str:
        """Path and query as they stand in the request line."""
        return self.path if self.query is None else f"{self.path}?{self.query}"


@dataclass(frozen=True, slots=True)
class Response:
    """What the origin sends; Content-Length and a request id are added to it."""

    status: int = 200
    headers: Lines = ()
    body_length: int = BODY_LENGTH


@dataclass(frozen=True, slots=True)
class NextRequest:
    """B's request for the same target, ``after`` seconds after A's second one."""

    method: str = "GET"
    headers: Lines = ()
    after: float = 0.0


@dataclass(frozen=True, slots=True)
class Case:
    """One experiment.

    Without ``next_request`` B asks as A did, less Cookie and Authorization, at once. Without
    ``validation`` the origin answers no conditional request with 304.
    """

    id: str
    request: Request = field(default_factory=Request)
    response: Response = field(default_factory=Response)
    next_request: NextRequest | None = None
    validation: Response | None = None
    tags: tuple[str, ...] = ()

    @property
    def sets_cookie(self) -> bool:
        """Whether the response has Set-Cookie or Set-Cookie2."""
        return any(name.lower() in COOKIE_FIELDS for name, _ in self.response.headers)

    @property
    def second_visitor(self) -> NextRequest:
        """B's request, the default spelt out."""
        return self.next_request or NextRequest(
            self.request.method, without(self.request.headers, "cookie", "authorization")
        )

    def control(self) -> Case:
        """The same case without Set-Cookie and Set-Cookie2, in the 304 as well."""
        bare = replace(self.response, headers=without(self.response.headers, *COOKIE_FIELDS))
        validation = self.validation and replace(
            self.validation, headers=without(self.validation.headers, *COOKIE_FIELDS)
        )
        return replace(self, id=f"{self.id}~control", response=bare, validation=validation)

    def resolved(self, now: float) -> Case:
        """The case with its date placeholders filled in for a start at `now` (Unix seconds)."""

        def lines(headers: Lines) -> Lines:
            return tuple((name, fill_dates(value, now)) for name, value in headers)

        following, validation = self.next_request, self.validation
        return replace(
            self,
            request=replace(self.request, headers=lines(self.request.headers)),
            response=replace(self.response, headers=lines(self.response.headers)),
            next_request=following and replace(following, headers=lines(following.headers)),
            validation=validation and replace(validation, headers=lines(validation.headers)),
        )


def without(headers: Lines, *names: str) -> Lines:
    """`headers` less the lines called any of `names` (lower case)."""
    return tuple((name, value) for name, value in headers if name.lower() not in names)


def fill_dates(value: str, now: float) -> str:
    """`value` with every date placeholder turned into an IMF-fixdate (RFC 9110 §5.6.7)."""
    return _DATE.sub(lambda m: formatdate(int(now) + int(m[1] or 0), usegmt=True), value)


def request_fields(method: str, headers: Lines) -> Lines:
    """The case's request fields after Host and, where the case has none, User-Agent.

    A method whose request is expected to have content says that it has none.
    """
    names = {name.lower() for name, _ in headers}
    fields: Lines = () if "host" in names else (("Host", HOST),)
    fields += () if "user-agent" in names else (("User-Agent", USER_AGENT),)
    if method in {"POST", "PUT", "PATCH"} and "content-length" not in names:
        fields += (("Content-Length", "0"),)
    return fields + headers


def from_json(data: dict[str, Any]) -> Case:
    """The case that `to_json` wrote; absent keys take their defaults.

    Raises:
        TypeError: a key that no case has.
        KeyError: no ``id``.
    """

    def part[T](kind: type[T], key: str) -> T | None:
        given = data.get(key)
        if given is None:
            return None
        headers = tuple((name, value) for name, value in given.get("headers", ()))
        return kind(**{**given, "headers": headers})

    return Case(
        id=data["id"],
        request=part(Request, "request") or Request(),
        response=part(Response, "response") or Response(),
        next_request=part(NextRequest, "next_request"),
        validation=part(Response, "validation"),
        tags=tuple(data.get("tags", ())),
    )


def to_json(case: Case) -> dict[str, Any]:
    """The case as JSON-ready data, header lines as ``[name, value]`` pairs."""
    asked, sent = case.request, case.response
    data: dict[str, Any] = {
        "id": case.id,
        "request": {
            "method": asked.method,
            "path": asked.path,
            "query": asked.query,
            "headers": pairs(asked.headers),
        },
        "response": {
            "status": sent.status,
            "headers": pairs(sent.headers),
            "body_length": sent.body_length,
        },
    }
    if case.next_request is not None:
        following = case.next_request
        data["next_request"] = {
            "method": following.method,
            "headers": pairs(following.headers),
            "after": following.after,
        }
    if case.validation is not None:
        validation = case.validation
        data["validation"] = {"status": validation.status, "headers": pairs(validation.headers)}
    if case.tags:
        data["tags"] = list(case.tags)
    return data


def to_verdict_input(case: Case, now: float) -> dict[str, Any]:
    """A line for ``session-tracker verdict``: the case as it runs at `now` (Unix seconds).

    It holds what the visitors and the origin add by themselves, since a cache sees that too:
    Host, User-Agent, Content-Length.
    """
    resolved = case.resolved(now)
    asked, sent, following = resolved.request, resolved.response, resolved.next_request
    length = () if sent.status in BODILESS else (("Content-Length", str(sent.body_length)),)
    data: dict[str, Any] = {
        "id": case.id,
        "time": now,
        "request": {
            "method": asked.method,
            "url": f"http://{HOST}{asked.target}",
            "headers": pairs(request_fields(asked.method, asked.headers)),
        },
        "response": {
            "status": sent.status,
            "headers": pairs(numbered(sent.headers, 1) + length),
            "body_length": sent.body_length,
        },
    }
    if following is not None:
        data["next_request"] = {
            "method": following.method,
            "headers": pairs(request_fields(following.method, following.headers)),
            "after": following.after,
        }
    if resolved.validation is not None:
        data["validation_response"] = {
            "status": resolved.validation.status,
            "headers": pairs(numbered(resolved.validation.headers, 2)),
        }
    return data


def answer_id(number: int) -> str:
    """What stands for ``{n}`` in the origin's answer of that number."""
    return f"r{number:08d}"


def numbered(headers: Lines, number: int) -> Lines:
    """`headers` with every ``{n}`` filled in for the origin's answer of that number."""
    return tuple((name, value.replace("{n}", answer_id(number))) for name, value in headers)


def pairs(headers: Lines) -> list[list[str]]:
    """`headers` for JSON."""
    return [[name, value] for name, value in headers]
