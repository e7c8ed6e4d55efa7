"""The two visitors: real HTTP clients, each with a cookie jar of its own."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from http.cookies import SimpleCookie

import httpx

OURS = "SessionTracking"
"""The tracker's cookie, as the shipped configuration names it."""

PLAN = (
    ("A", "GET", "/"),
    ("A", "GET", "/"),
    ("A", "POST", "/login"),
    ("A", "GET", "/account"),
    ("A", "GET", "/basket"),
    ("A", "GET", "/api/basket"),
    ("A", "GET", "/logout"),
    ("B", "GET", "/images/cover.svg"),
    ("B", "GET", "/"),
    ("B", "GET", "/"),
    ("B", "GET", "/images/logo.svg"),
    ("B", "GET", "/api/stock"),
    ("B", "GET", "/api/stock"),
    ("B", "GET", "/tenants/acme/"),
    ("B", "GET", "/sso"),
)
"""(visitor, method, path) in the order of the visits."""


@dataclass(frozen=True, slots=True)
class Visit:
    """One request, and what came of it."""

    visitor: str
    method: str
    path: str
    status: int
    cache_control: str
    """As the visitor received it; empty if there was none."""
    brought: str
    """The tracker's id that the request carried; empty if it carried none."""
    given: str
    """The tracker's id that the response set; empty if it set none."""
    cookies: tuple[str, ...]
    """Names of the site's own cookies that the response set."""


def visits(url: str) -> Iterator[Visit]:
    """Carry out the plan against the site at this address, one visit after the other.

    Raises httpx.HTTPError if the site cannot be reached.
    """
    with ExitStack() as stack:
        clients: dict[str, httpx.Client] = {}
        validators: dict[tuple[str, str], str] = {}
        for visitor, method, path in PLAN:
            if visitor not in clients:
                # Proxies of the environment are not for a site on this machine.
                clients[visitor] = stack.enter_context(httpx.Client(base_url=url, trust_env=False))
            headers = {}
            if validator := validators.get((visitor, path)):
                headers["If-None-Match"] = validator
            response = clients[visitor].request(method, path, headers=headers)
            if "etag" in response.headers:
                validators[visitor, path] = response.headers["etag"]
            yield _seen(visitor, path, response)


def _seen(visitor: str, path: str, response: httpx.Response) -> Visit:
    cookies = SimpleCookie()
    for line in response.headers.get_list("set-cookie"):
        cookies.load(line)
    sent = SimpleCookie(response.request.headers.get("cookie", ""))
    return Visit(
        visitor,
        response.request.method,
        path,
        response.status_code,
        response.headers.get("cache-control", ""),
        brought=sent[OURS].value if OURS in sent else "",
        given=cookies[OURS].value if OURS in cookies else "",
        cookies=tuple(name for name in cookies if name != OURS),
    )
