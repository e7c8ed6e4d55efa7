"""Seeded random cases from the corpus's grammar; one seed always gives the same ones."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from random import Random

from scripts.lab import grammar, grammar_fields
from scripts.lab.cases import BODY_LENGTH, Case, Lines, NextRequest, Request, Response

Line = tuple[str, str]

_REQUEST_LINES: tuple[Line, ...] = (
    ("Accept-Encoding", "gzip"),
    ("Accept-Encoding", "gzip, deflate, br"),
    ("Accept", "text/html"),
    ("Accept", "*/*"),
    ("User-Agent", "other"),
    ("Origin", "http://a.test"),
    ("X-Unknown", "1"),
    ("Pragma", "no-cache"),
    ("Accept-Language", "en"),
)
_CONDITIONS: tuple[Line, ...] = (
    ("If-None-Match", '"v1"'),
    ("If-None-Match", '"other"'),
    ("If-Modified-Since", "{date}"),
    ("If-Modified-Since", "{date-31536000}"),
    ("Range", "bytes=0-19"),
)
_FIELDS: tuple[tuple[int, str, Sequence[str]], ...] = (
    (22, "Expires", grammar.DATES),
    (2, "Expires", grammar.DATES),
    (7, "X-Accel-Expires", grammar.ACCEL_EXPIRES),
    (28, "Last-Modified", grammar.LAST_MODIFIED),
    (24, "ETag", grammar.ENTITY_TAGS),
    (10, "Vary", grammar_fields.VARY),
    (2, "Vary", grammar_fields.VARY),
    (8, "Age", grammar_fields.AGE),
    (5, "Pragma", grammar_fields.PRAGMA),
)
"""Percentage, name and values of the fields that a response may have."""

_DAMAGE = ("", " ", "\t", ",", ";", "=", '"', "'", "-", "\\", "0", "9", "a", "Z", "\xe9")

_SEPARATORS = (", ", ", ", ", ", ", ", ",", " , ", ",\t", ", ,")


def fuzz(seed: int) -> Iterator[Case]:
    """Cases without end; ids are ``fuzz/SEED-NUMBER``."""
    for number in count():
        yield _Maker(Random(f"{seed}-{number}")).case(f"fuzz/{seed}-{number}")  # noqa: S311


@dataclass(slots=True)
class _Maker:
    random: Random

    def chance(self, percent: float) -> bool:
        return self.random.random() * 100 < percent

    def one[T](self, choices: Sequence[T]) -> T:
        return self.random.choice(choices)

    def case(self, name: str) -> Case:
        method = "GET" if self.chance(84) else self.one(grammar_fields.METHODS)
        status = 200 if self.chance(68) else self.one(grammar_fields.STATUSES)
        request = Request(method, self.path(), self.query(), self.first_visitor())
        lines = self.response_lines(status)
        length = BODY_LENGTH if self.chance(92) else self.one((0, 0, 1, 5000))
        conditional = any(line in _CONDITIONS for line in request.headers)
        validation = None if conditional else self.validation(lines)
        following = self.second_visitor(request, conditional=validation is None)
        return Case(
            name, request, Response(status, lines, length), following, validation, ("fuzz",)
        )

    def path(self) -> str:
        return "/page" if self.chance(88) else self.one(grammar_fields.PATHS)

    def query(self) -> str | None:
        return self.one(grammar_fields.QUERIES) if self.chance(10) else None

    def response_lines(self, status: int) -> Lines:
        lines: list[Line] = []
        if self.chance(92):
            value = (
                "{date}"
                if self.chance(90)
                else self.one(("{date-30}", "{date-3600}", "{date+3600}", "never"))
            )
            lines.append(("Date", value))
        if self.chance(88):
            lines += self.cache_control()
        lines += [
            (field, self.one(values)) for percent, field, values in _FIELDS if self.chance(percent)
        ]
        if self.chance(7):
            name = self.one(grammar_fields.TARGETED_FIELDS)
            lines.append((name, self.one(grammar_fields.TARGETED)))
        if self.chance(6):
            lines.append(self.one(grammar_fields.OTHER_FIELDS))
        if self.chance(90):
            common = self.chance(75)
            lines += grammar_fields.COOKIES[0] if common else self.one(grammar_fields.COOKIES)
        if self.chance(45):
            self.random.shuffle(lines)
        if 300 <= status < 400:
            lines.append(("Location", "/elsewhere"))
        if status == 206:
            lines.append(("Content-Range", f"bytes 0-{BODY_LENGTH - 1}/200"))
        return tuple((self.cased(name), value) for name, value in lines)

    def cased(self, name: str) -> str:
        if self.chance(95):
            return name
        return name.lower() if self.chance(50) else name.upper()

    def cache_control(self) -> list[Line]:
        members = [
            self.directive() for _ in range(self.random.choices((1, 2, 3, 4), (4, 4, 2, 1))[0])
        ]
        if self.chance(80):
            separator = self.one(_SEPARATORS)
            return [("Cache-Control", separator.join(members))]
        return [("Cache-Control", member) for member in members]

    def damaged(self, value: str, percent: float) -> str:
        """`value`, with one character too many, too few or wrong in some percent of cases."""
        if "{" in value or not self.chance(percent):
            return value
        at = self.random.randint(0, len(value))
        return value[:at] + self.one(_DAMAGE) + value[at + self.random.randint(0, 1) :]

    def directive(self) -> str:
        return self.damaged(self.sound_directive(), 5)

    def sound_directive(self) -> str:
        kind = self.random.random()
        if kind < 0.66:
            return self.one(grammar.DIRECTIVES)
        if kind < 0.76:
            return self.one(grammar.QUALIFIED)
        if kind < 0.86:
            return self.one(grammar.SPELLINGS)
        if kind < 0.95:
            return f"{self.one(('max-age', 's-maxage'))}={self.one(grammar.SECONDS)}"
        return self.one(grammar.UNKNOWN_DIRECTIVES)

    def first_visitor(self) -> Lines:
        lines: list[Line] = []
        if self.chance(7):
            lines.append(("Authorization", self.one(("Basic bGFiOmxhYg==", "Bearer x"))))
        if self.chance(8):
            lines.append(("Cookie", self.one(("seen=1", "sid=1; theme=dark"))))
        if self.chance(2):
            lines.append(self.one(_CONDITIONS))
        return (*lines, *self.visitor_lines())

    def visitor_lines(self) -> Lines:
        lines = [self.one(_REQUEST_LINES)] if self.chance(12) else []
        if self.chance(3):
            lines.append(("Cache-Control", self.one(grammar_fields.REQUEST_DIRECTIVES)))
        return tuple(lines)

    def second_visitor(self, first: Request, *, conditional: bool) -> NextRequest | None:
        if self.chance(55):
            return None
        method = first.method if self.chance(85) else self.one(("GET", "HEAD", "POST"))
        lines: list[Line] = []
        if self.chance(12):
            lines.append(("Cookie", self.one(("seen=2", "theme=light"))))
        if self.chance(8):
            lines.append(("Authorization", "Basic b3RoZXI6bGFi"))
        if self.chance(22):
            lines.append(("Cache-Control", self.one(grammar_fields.REQUEST_DIRECTIVES)))
        if conditional and self.chance(6):
            lines.append(self.one(_CONDITIONS))
        same = self.chance(50)
        lines += without_credentials(first.headers) if same else self.visitor_lines()
        after = self.one((2.4, 3.4)) if self.chance(5) else 0.0
        return NextRequest(method, tuple(lines), after)

    def validation(self, lines: Lines) -> Response | None:
        validators = [line for line in lines if line[0].lower() in {"etag", "last-modified"}]
        if not validators or self.chance(55):
            return None
        said = validators if self.chance(85) else []
        if self.chance(30):
            said = [*said, ("Date", "{date}")]
        if self.chance(30):
            said = [*said, *self.cache_control()]
        if self.chance(8):
            said = [*said, ("Expires", self.one(grammar.DATES))]
        if self.chance(50) and any(name.lower() == "set-cookie" for name, _ in lines):
            said = [*said, ("Set-Cookie", grammar_fields.COOKIE)]
        return Response(304, tuple(said))


def without_credentials(lines: Lines) -> Lines:
    """`lines` less Cookie, Authorization and what B may set on their own."""
    own = {"cookie", "authorization", "cache-control", *(name.lower() for name, _ in _CONDITIONS)}
    return tuple(line for line in lines if line[0].lower() not in own)
