"""The exchanges that every measurement is made of: three kinds, 15 field lines on each side."""

import base64
import random
from collections.abc import Iterator
from dataclasses import dataclass

type Lines = tuple[tuple[str, str], ...]

HOST = "shop.test"
BODY = b"<!doctype html><title>Shop</title>" + b"<p>In stock.</p>" * 60

_ASKED: Lines = (
    ("Host", HOST),
    ("Connection", "keep-alive"),
    ("sec-ch-ua", '"Chromium";v="142", "Not_A Brand";v="99"'),
    ("sec-ch-ua-mobile", "?0"),
    ("sec-ch-ua-platform", '"Linux"'),
    ("Upgrade-Insecure-Requests", "1"),
    (
        "User-Agent",
        "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/142.0.0.0 Safari/537.36",
    ),
    ("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,image/webp,*/*;q=0.8"),
    ("Sec-Fetch-Site", "same-origin"),
    ("Sec-Fetch-Mode", "navigate"),
    ("Sec-Fetch-User", "?1"),
    ("Sec-Fetch-Dest", "document"),
    ("Accept-Encoding", "gzip, deflate, br"),
    ("Accept-Language", "en-GB,en;q=0.9"),
)

BY_ORIGIN: Lines = (
    ("Server", "nginx"),
    ("Date", "Sat, 21 Nov 2026 12:00:00 GMT"),
    ("Content-Type", "text/html"),
    ("Content-Length", str(len(BODY))),
    ("Connection", "keep-alive"),
)
"""The response's field lines that nginx adds by itself."""

_ANSWERED: Lines = (
    ("Vary", "Accept-Encoding"),
    ("Content-Language", "en"),
    ("Strict-Transport-Security", "max-age=63072000; includeSubDomains"),
    ("X-Content-Type-Options", "nosniff"),
    ("X-Frame-Options", "DENY"),
    ("Referrer-Policy", "strict-origin-when-cross-origin"),
    ("Content-Security-Policy", "default-src 'self'; img-src 'self' data:"),
    ("Permissions-Policy", "camera=(), microphone=(), geolocation=()"),
)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of exchange."""

    name: str
    share: int
    """Percent of the workload."""
    path: str
    known: bool
    """Whether the visitor has been here before, and says so in Cookie."""
    answered: Lines
    """The response's field lines without `BY_ORIGIN`; nginx puts a new id for `$request_id`."""

    def request_lines(self, own_id: bytes) -> Lines:
        """The request's field lines for the visitor with this id."""
        last = ("Cookie", cookie_of(own_id)) if self.known else ("Priority", "u=0, i")
        return (*_ASKED, last)


KNOWN = Kind(
    "known visitor",
    90,
    "/basket",
    known=True,
    answered=(*_ANSWERED, ("Cache-Control", "private, no-cache"), ("X-Request-Id", "7f3a91c2")),
)
NEWCOMER = Kind(
    "newcomer",
    5,
    "/welcome",
    known=False,
    answered=(*_ANSWERED, ("Cache-Control", "private, no-cache"), ("X-Request-Id", "7f3a91c2")),
)
FINDING = Kind(
    "finding",
    5,
    "/products/4711",
    known=True,
    answered=(
        *_ANSWERED,
        ("Cache-Control", "public, max-age=300"),
        ("Set-Cookie", "sessionid=$request_id; Path=/; HttpOnly; SameSite=Lax"),
    ),
)
KINDS = (KNOWN, NEWCOMER, FINDING)


def id_of(visitor: int) -> bytes:
    """A made-up id, 16 octets as in the tracker's default format."""
    return visitor.to_bytes(16)


def cookie_of(own_id: bytes) -> str:
    """The Cookie value of a known visitor: another's cookie and our own, in its default look."""
    own = base64.urlsafe_b64encode(own_id).rstrip(b"=").decode("ascii")
    return f"theme=dark; SessionTracking={own}"


def mixed(count: int, seed: int = 1) -> Iterator[Kind]:
    """`count` kinds in their shares, in an order that is random but the same in every run."""
    cycle = [kind for kind in KINDS for _ in range(kind.share)]
    chance = random.Random(seed)  # noqa: S311 - repeatable on purpose
    for number in range(count):
        if number % len(cycle) == 0:
            chance.shuffle(cycle)
        yield cycle[number % len(cycle)]
