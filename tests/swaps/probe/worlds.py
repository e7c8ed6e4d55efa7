"""A site and a cache in front of it, in memory, that answer probes."""

from dataclasses import dataclass, field
from itertools import count

from session_tracking.http.fields import FieldSection
from session_tracking.swaps.probe.facts import Answer, Kind
from session_tracking.swaps.probe.plan import Probe

NOW = 1_795_253_400.0
CONSTANT = "5f0c9a7e31b84d26a90e6c1f7b3d8254"


def unique(number):
    return f"{number * 0x9E3779B97F4A7C15F39CC0605CEDC835 % 2**128:032x}"


def own(name="sid"):
    return lambda number: f"{name}={unique(number)}; Path=/; HttpOnly"


def constant(name="build"):
    return lambda number: f"{name}={CONSTANT}"


def bucket(name="arm", arms=2):
    return lambda number: f"{name}={unique(1_000 + number % arms)}; HttpOnly"


def preference():
    return lambda number: "lang=de-DE; Max-Age=600"


def deletion(name="old"):
    return lambda number: f"{name}=; Max-Age=0"


@dataclass
class World:
    """`cache` is none, swaps, strips, second-hit, collapses, joins, or head."""

    cookies: tuple = (own(),)
    cache: str = "none"
    ignores_queries: bool = False
    obeys_no_cache: bool = False
    signs: bool = False
    """Whether a hit shows."""
    same_content: bool = False
    edge: str = ""
    """Name of a cookie that the cache adds to all that it answers."""
    lines: tuple = (("Cache-Control", "max-age=60"),)
    statuses: dict = field(default_factory=dict)
    """Number of the request → its status."""
    problems: dict = field(default_factory=dict)
    cuts: dict = field(default_factory=dict)
    seconds: float = 0.25
    stored: dict = field(default_factory=dict)
    asked: list = field(default_factory=list)
    urls: list = field(default_factory=list)
    _numbers: count = field(default_factory=lambda: count(1))
    _edges: count = field(default_factory=lambda: count(1_000_000))
    _hits: dict = field(default_factory=dict)

    def take(self, probe, step):
        """The answers to a step."""
        answers = []
        joined = None
        for ask in step:
            number = len(self.asked)
            self.asked.append(ask)
            self.urls.append(probe.url(ask))
            time = NOW + number * self.seconds
            if number in self.problems:
                answers.append(Answer(ask, step.kind, time, problem=self.problems[number]))
                continue
            lines, content, hit = self._answer(ask, probe, joined)
            meets = (self.cache == "collapses" and step.kind is Kind.AT_ONCE) or (
                self.cache == "joins" and step.kind is Kind.OVERLAPPING
            )
            joined = (lines, content) if meets else None
            if hit and self.signs:
                lines = [*lines, ("Age", "3")]
            if self.edge:
                lines = [*lines, ("Set-Cookie", f"{self.edge}={unique(next(self._edges))}")]
            answers.append(
                Answer(
                    ask,
                    step.kind,
                    time,
                    self.statuses.get(number, 200),
                    FieldSection(lines),
                    time + 0.01,
                    content,
                    len(content),
                    cut=self.cuts.get(number, ""),
                )
            )
        return answers

    def _answer(self, ask, probe, joined):
        if joined is not None:
            return [*joined[0]], joined[1], False
        key = "all" if self.ignores_queries else probe.url(ask)
        self._hits[key] = self._hits.get(key, 0) + 1
        if ask.past_cache and self.obeys_no_cache:
            self.stored.pop(key, None)
        if key in self.stored and (self.cache != "head" or ask.method == "HEAD"):
            lines, content = self.stored[key]
            if self.cache == "strips":
                lines = [line for line in lines if line[0] != "Set-Cookie"]
            return lines, content, True
        number = next(self._numbers)
        lines = [*self.lines, *(("Set-Cookie", made(number)) for made in self.cookies)]
        content = b"same" if self.same_content else b"%d" % number
        if self.cache in {"swaps", "strips", "head"} or (
            self.cache == "second-hit" and self._hits[key] >= 2
        ):
            self.stored.setdefault(key, (lines, content))
        return lines, content, False


def ask(world, target, settings=None):
    """The verdict of a probe of that world."""
    probe = Probe(target, settings, token=lambda: "t")
    while (step := probe.next()) is not None:
        probe.take(world.take(probe, step))
    return probe.verdict()
