"""Reference runs in few words, for the tables of what was measured on real caches."""

import re
from dataclasses import dataclass, field

from session_tracking.caching.profiles.model import CacheProfile, Run
from session_tracking.caching.profiles.simulate import simulate
from session_tracking.http.dates import format_http_date
from session_tracking.http.exchange import RequestFacts, ResponseFacts
from session_tracking.http.fields import FieldSection

NOW = 1_795_253_400.2  # Sat, 21 Nov 2026 09:30:00 GMT
_DATE = re.compile(r"\{date([+-]\d+)?\}")


def fields(*lines: str) -> FieldSection:
    """Field lines written as "Name: value"; {date}, {date+5} and {date-5} count from NOW."""
    dated = (_DATE.sub(lambda m: format_http_date(NOW + int(m[1] or 0)), line) for line in lines)
    return FieldSection(
        (name, value.strip(" ")) for name, _, value in (line.partition(":") for line in dated)
    )


def _hosted(lines: tuple[str, ...]) -> FieldSection:
    told = any(line.lower().startswith("host:") for line in lines)
    return fields(*lines) if told else fields("Host: lab.test", *lines)


def asked(lines: tuple[str, ...]) -> FieldSection:
    """A request's field lines after Host, unless they have their own."""
    own = any(line.lower().startswith("host:") for line in lines)
    return fields(*(() if own else ("Host: lab.test",)), *lines)


@dataclass(frozen=True)
class Row:
    """One run and what the next visitor got."""

    id: str
    outcome: str
    response: tuple[str, ...] = ()
    """Field lines after Date and Set-Cookie."""
    date: str = "{date}"
    """Empty for a response without Date."""
    cookie: tuple[str, ...] = ("Set-Cookie: sid=1",)
    status: int = 200
    body_length: int = 60
    method: str = "GET"
    path: str = "/page"
    query: str = ""
    request: tuple[str, ...] = ()
    next_method: str = ""
    next_request: tuple[str, ...] = field(default=("as A",))
    """B's field lines; by default A's without Cookie and Authorization."""
    after: float = 0.0
    validation: tuple[str, ...] | None = None

    @property
    def lines(self) -> tuple[str, ...]:
        """All field lines of the response, without Content-Length."""
        dated = (f"Date: {self.date}",) if self.date else ()
        return (*dated, *self.cookie, *self.response)

    @property
    def next_lines(self) -> tuple[str, ...]:
        """B's field lines."""
        if self.next_request != ("as A",):
            return self.next_request
        private = ("cookie:", "authorization:")
        return tuple(line for line in self.request if not line.lower().startswith(private))

    @property
    def run(self) -> Run:
        """The run that a profile is asked about."""
        url = f"http://lab.test{self.path}" + (f"?{self.query}" if self.query else "")
        length = () if self.status == 204 else (f"Content-Length: {self.body_length}",)
        answer = fields(*self.lines, *length)
        return Run(
            RequestFacts(self.method, url, _hosted(self.request)),
            ResponseFacts(self.status, answer, body_length=self.body_length),
            RequestFacts(self.next_method or self.method, url, _hosted(self.next_lines)),
            None if self.validation is None else ResponseFacts(304, fields(*self.validation)),
            NOW,
            self.after,
        )

    def predicted(self, profile: CacheProfile) -> str:
        """What the profile says that B gets."""
        return str(simulate(profile, self.run))
