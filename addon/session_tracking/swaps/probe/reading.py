"""What the answers to a probe tell about the cookies in them."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from fnmatch import fnmatchcase
from functools import cached_property
from itertools import islice

from session_tracking.caching.evidence import hit_evidence
from session_tracking.caching.profiles.model import CacheProfile
from session_tracking.cookies.classify import (
    UNIQUE_BITS,
    CookieClass,
    CookieNames,
    classify,
    entropy_bits,
)
from session_tracking.cookies.set_cookie import SetCookie, response_cookies
from session_tracking.swaps.probe.facts import Answer, Kind, Visitor

__all__ = ["MAX_COOKIES", "Handed", "ProbeSettings", "Reading", "Separation", "answer_cookies"]

MAX_COOKIES = 32
"""Cookies of one answer that are looked at."""

_WATCHED = frozenset({CookieClass.SESSION, CookieClass.UNKNOWN, CookieClass.TRACKING})
_EDGE = ("__cf_bm", "_cfuvid", "__cf*", "ak_bmsc", "bm_*", "_abck", "datadome", "incap_ses_*",
         "visid_incap_*", "nlbi_*", "TS01*")  # fmt: skip
"""Cookies of CDNs against robots, which they add behind their cache: they differ in answers out of
one entry, and are nobody's session."""


@dataclass(frozen=True, slots=True)
class ProbeSettings:
    """What a probe may be told."""

    bare: bool = False
    """Whether the URL may be asked without a query of our own: real visitors may then be given
    what the probe stored."""
    ignore: tuple[str, ...] = ()
    """Cookies (fnmatch patterns, case-sensitive) that are not looked at."""
    names: CookieNames | None = None
    """Names that the configuration assigns to classes."""
    caches: tuple[CacheProfile, ...] = ()
    """The caches that may be in the way; none for all that are known."""


class Separation(StrEnum):
    """What the first two answers, to two queries of our own, tell."""

    OWN = "own"
    """Each visitor was given values of their own: the queries share no entry."""
    CONSTANT = "constant"
    """Both were given the same values, in answers that were made apart."""
    NOTHING = "nothing"
    """No cookie came that could be one visitor's own."""
    UNCLEAR = "unclear"
    """The same values in answers that may be out of one entry."""
    FAILED = "failed"
    """There was no answer."""


@dataclass(frozen=True, slots=True)
class Handed:
    """A value that both visitors were given in answers to the same request."""

    cookie: SetCookie
    cookie_class: CookieClass
    first: Answer
    other: Answer

    def __repr__(self) -> str:
        return f"Handed({self.cookie!r}, {self.first.kind})"


def answer_cookies(
    answer: Answer, settings: ProbeSettings
) -> Iterator[tuple[SetCookie, CookieClass]]:
    """The cookies of an answer with their classes, the first few."""
    for cookie in islice(response_cookies(answer.fields), MAX_COOKIES):
        yield cookie, classify(cookie, answer.time, names=settings.names)


class Reading:
    """The answers so far, read together."""

    def __init__(self, answers: Sequence[Answer], settings: ProbeSettings) -> None:
        self.answers: tuple[Answer, ...] = tuple(answers)
        self._cookies: list[dict[tuple[str, str], tuple[SetCookie, CookieClass]]] = [
            {
                (cookie.name, cookie.value): (cookie, told)
                for cookie, told in answer_cookies(answer, settings)
                if _watched(cookie, told, settings)
            }
            for answer in self.answers
        ]

    @property
    def problems(self) -> list[Answer]:
        """The requests that were not answered."""
        return [answer for answer in self.answers if answer.problem]

    def names_in(self, number: int) -> set[str]:
        """The watched cookies of an answer, by its number."""
        return {name for name, _ in self._cookies[number]}

    @cached_property
    def separation(self) -> Separation:
        """What the first step tells; it must have been taken."""
        control = self.answers[:2]
        if any(answer.problem for answer in control):
            return Separation.FAILED
        first, other = self.names_in(0), self.names_in(1)
        hit = any(any(hit_evidence(answer.fields)) for answer in control)
        if not (first or other):
            return Separation.UNCLEAR if hit else Separation.NOTHING
        same = {name for name, _ in self._cookies[0].keys() & self._cookies[1].keys()}
        if (first & other) - same:
            return Separation.OWN
        made_apart = not hit and _stamp(control[0]) != _stamp(control[1])
        return Separation.CONSTANT if made_apart and first == other else Separation.UNCLEAR

    def draws(self, name: str) -> list[set[str]]:
        """The values of a cookie by where they come from, if from the origin: one set a query.

        Where queries share an entry, all answers but those past the cache are one.
        """
        found: dict[object, set[str]] = {}
        shared = self.separation is not Separation.OWN
        for number, answer in enumerate(self.answers):
            key: object = answer.ask.query
            if answer.ask.past_cache:
                key = ("past", number)
            elif shared:
                key = "one entry"
            elif not answer.ask.query:
                continue
            values = {value for called, value in self._cookies[number] if called == name}
            if values:
                found.setdefault(key, set()).update(values)
        return list(found.values())

    def is_own(self, name: str) -> bool:
        """Whether each answer of the origin had a value of its own: no constant, no handful."""
        draws = self.draws(name)
        return len(draws) > 1 and sum(map(len, draws)) == len(set().union(*draws))

    @cached_property
    def names(self) -> dict[str, CookieClass]:
        """The watched cookies of all answers with their classes, in order of appearance."""
        return {name: told for cookies in self._cookies for (name, _), (_, told) in cookies.items()}

    def handed(self, *kinds: Kind, proven: bool = True) -> list[Handed]:
        """The values that both visitors were given for the same query in these steps.

        `proven` leaves out cookies of which not every answer of the origin has its own value.
        """
        found: dict[tuple[str, str], Handed] = {}
        for here in self._numbers(kinds):
            for there in self._numbers(kinds):
                first, other = self.answers[here], self.answers[there]
                if not _meet(first, other):
                    continue
                for key in self._cookies[here].keys() & self._cookies[there].keys():
                    cookie, told = self._cookies[here][key]
                    if key not in found and (not proven or self.is_own(cookie.name)):
                        found[key] = Handed(cookie, told, first, other)
        return list(found.values())

    def stripped(self) -> list[tuple[str, Answer]]:
        """Cookies that the first answer to a query had and a later one has not."""
        found: dict[str, Answer] = {}
        firsts: dict[tuple[Kind, int], int] = {}
        for number, answer in enumerate(self.answers):
            if answer.ask.method != "GET" or answer.ask.past_cache or not answer.status:
                continue
            first = firsts.setdefault((answer.kind, answer.ask.query), number)
            if answer.status != self.answers[first].status:
                continue
            for name in sorted(self.names_in(first) - self.names_in(number)):
                if self.is_own(name):
                    found.setdefault(name, answer)
        return list(found.items())

    def _numbers(self, kinds: Iterable[Kind]) -> list[int]:
        return [n for n, answer in enumerate(self.answers) if answer.kind in kinds]


def _meet(first: Answer, other: Answer) -> bool:
    """Whether two answers are to the same request, of both visitors, in this order."""
    return (
        first.kind is other.kind
        and first.ask.query == other.ask.query
        and first.ask.visitor is not other.ask.visitor
        and (first.time, first.ask.visitor is Visitor.B)
        <= (other.time, other.ask.visitor is Visitor.B)
    )


def _watched(cookie: SetCookie, told: CookieClass, settings: ProbeSettings) -> bool:
    """Whether the value may be one visitor's own.

    Values of sessions may be short: numbers that count up are told apart by asking.
    """
    return (
        told in _WATCHED
        and (told is CookieClass.SESSION or entropy_bits(cookie.value) >= UNIQUE_BITS)
        and not any(fnmatchcase(cookie.name, pattern) for pattern in (*_EDGE, *settings.ignore))
    )


def _stamp(answer: Answer) -> tuple[object, ...]:
    """What differs between two answers that were made apart, and not in two out of one entry."""
    fields = answer.fields
    return (answer.content, fields.first("etag"), fields.first("location"))
