"""The answer of a probe."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from session_tracking.caching.safety import CacheSafety, assess
from session_tracking.cookies.classify import CookieClass
from session_tracking.escape import visible
from session_tracking.http.exchange import Exchange, RequestFacts, ResponseFacts
from session_tracking.http.fields import FieldSection
from session_tracking.swaps.probe.facts import Answer, Kind, Target
from session_tracking.swaps.probe.limits import HTTP_SYS, caches_to_ask, shy_of_queries
from session_tracking.swaps.probe.reading import Handed, ProbeSettings, Reading, Separation

__all__ = ["ProbeVerdict", "Result", "exchange_of", "judge", "limits_of"]

TWO_HITS = 10.0
"""Seconds within which some caches want two requests before they store (http.sys)."""

_REFUSALS = frozenset({401, 403, 407, 429})
_IN_TURN = (Kind.SEQUENCE, Kind.BARE)
_TOGETHER = (Kind.AT_ONCE, Kind.OVERLAPPING)


class Result(StrEnum):
    """What a probe comes to."""

    PROVEN_SWAP = "proven swap"
    """The second visitor was given the cookie of the first."""
    COLLAPSED_SWAP = "collapsed swap"
    """Two visitors who asked at the same time were given one cookie."""
    STRIPPED = "stripped"
    """The second visitor got the stored answer of the first, without its cookie."""
    SAFE = "safe"
    """Each visitor was given values of their own, or none."""
    NOT_ASSESSABLE = "not assessable"
    """It cannot be told."""

    @property
    def exit_status(self) -> int:
        """0 clean, 1 suspicion, 2 incomplete, 3 a swap that happened."""
        return _STATUSES[self]


_STATUSES = {
    Result.PROVEN_SWAP: 3,
    Result.COLLAPSED_SWAP: 3,
    Result.STRIPPED: 1,
    Result.SAFE: 0,
    Result.NOT_ASSESSABLE: 2,
}


@dataclass(frozen=True, slots=True)
class ProbeVerdict:
    """The answer about one URL, and all that it rests on."""

    target: Target
    result: Result
    reasons: tuple[str, ...]
    """Why, in words of ours: fit to be shown."""
    handed: tuple[Handed, ...] = ()
    """The values that both visitors were given, by which it is a swap."""
    cookies: tuple[tuple[str, CookieClass, bool], ...] = ()
    """(cookie-name, class, whether each answer of the origin had its own value) of those that were
    looked at; names are as they came."""
    limits: tuple[str, ...] = ()
    """What was not tried, in words of ours."""
    safety: CacheSafety | None = None
    """What the first answer allows caches to do; None if there was none."""
    answers: tuple[Answer, ...] = ()
    """Everything that came back, in order."""


def judge(
    target: Target,
    answers: Sequence[Answer],
    settings: ProbeSettings,
    *,
    finished: bool = True,
) -> ProbeVerdict:
    """The verdict on what was answered; never raises. What was not `finished` is not safe.

    A swap that was seen stands, whatever failed beside it.
    """
    if not answers:
        return ProbeVerdict(target, Result.NOT_ASSESSABLE, ("nothing was asked",))
    reading = Reading(answers, settings)
    limits = tuple(limits_of(target, reading, settings))
    if not finished:
        limits = ("the probe was stopped before its end", *limits)
    result, reasons, handed = _decide(reading, limits)
    first = exchange_of(target, answers[0])
    return ProbeVerdict(
        target,
        result,
        tuple(reasons),
        tuple(handed),
        tuple((name, told, reading.is_own(name)) for name, told in reading.names.items()),
        limits,
        assess(first) if answers[0].status else None,
        reading.answers,
    )


def exchange_of(target: Target, answer: Answer) -> Exchange:
    """An answer as an exchange, with a query in its URL exactly where the request had one."""
    url = target.with_query(str(answer.ask.query)) if answer.ask.query else target.url
    seen = Target(url, target.fields).seen_url
    return Exchange(
        RequestFacts(answer.ask.method, seen, FieldSection(target.fields)),
        ResponseFacts(answer.status, answer.fields, body_length=answer.length),
        request_time=answer.time,
        response_time=answer.received,
    )


type _Decision = tuple[Result, list[str], list[Handed]]


def _decide(reading: Reading, limits: Sequence[str]) -> _Decision:
    if handed := reading.handed(*_IN_TURN):
        return Result.PROVEN_SWAP, [_told(each) for each in handed], handed
    if handed := reading.handed(*_TOGETHER):
        return Result.COLLAPSED_SWAP, [_told(each) for each in handed], handed
    if troubles := list(_troubles(reading)):
        return Result.NOT_ASSESSABLE, troubles, []
    if gone := reading.stripped():
        return Result.STRIPPED, [_lost(name, answer) for name, answer in gone], []
    if limits:
        return Result.NOT_ASSESSABLE, list(limits), []
    return Result.SAFE, [_safe(reading)], []


def _told(handed: Handed) -> str:
    first, other, kind = handed.first.ask.visitor, handed.other.ask.visitor, handed.first.kind
    what = f"{other} was given the value that {first} was given before"
    if kind in _TOGETHER:
        what = f"{first} and {other} were given one value"
    name = visible(handed.cookie.name, 60)
    return f'{handed.cookie.field.title()} "{name}" ({handed.cookie_class}): {what} ({kind})'


def _lost(name: str, answer: Answer) -> str:
    return (
        f'{answer.ask.visitor} was given an answer without "{visible(name, 60)}", which the first'
        f" one had ({answer.kind}): it was stored, though it sets a cookie"
    )


def _safe(reading: Reading) -> str:
    if not reading.names:
        return "no cookie is set that could be one visitor's own"
    own = [name for name in reading.names if reading.is_own(name)]
    if not own:
        return f"the origin gives everybody the same {_list(reading.names)}"
    return f"each visitor was given their own {_list(own)}, in turn and at once"


def _list(names: Sequence[str] | dict[str, CookieClass]) -> str:
    return ", ".join(f'"{visible(name, 60)}"' for name in names)


def _troubles(reading: Reading) -> Iterator[str]:
    """Why it cannot be told."""
    for answer in reading.problems[:2]:
        yield f"{answer.ask.visitor} got no answer ({answer.kind}): {answer.problem}"
    if reading.problems:
        return
    statuses = sorted({a.status for a in reading.answers if a.ask.method == "GET"})
    refused = [s for s in statuses if s in _REFUSALS or s >= 500]
    if refused or (statuses[-1] >= 400 and (len(statuses) > 1 or not reading.names)):
        told = ", ".join(map(str, statuses))
        yield f"the status was {told}: that is not what visitors are given"
    if cut := next((answer.cut for answer in reading.answers if answer.cut), ""):
        yield f"the content was not received to its end, so a cache may not have stored it: {cut}"
    if reading.separation is Separation.UNCLEAR:
        yield from _unclear(reading)


def _unclear(reading: Reading) -> Iterator[str]:
    """Two queries that cannot be told to be two entries."""
    asked_bare = any(answer.kind is Kind.BARE for answer in reading.answers)
    if not asked_bare and not reading.names:
        yield (
            "a query that nobody had used was answered out of a cache, without a cookie: queries"
            " are left out of its key. --allow-bare-url asks without one"
        )
    elif not asked_bare:
        yield (
            "two queries of our own were given the same: a cache leaves the query out of its key,"
            " or the site gives it to everybody. --allow-bare-url asks without a query, which may"
            " hand to real visitors what the probe stored; --ignore NAME leaves out a cookie that"
            " is known to be the same for everybody"
        )
    elif same := {each.cookie.name: None for each in reading.handed(Kind.BARE, proven=False)}:
        yield (
            f"both visitors were given the same {_list(list(same))}, and no answer past the cache"
            " shows whether that is one visitor's own; --ignore NAME leaves out a cookie that is"
            " known to be the same for everybody"
        )
    elif reading.names and not any(reading.is_own(name) for name in reading.names):
        yield "the visitors were not given cookies that could be compared"


def limits_of(target: Target, reading: Reading, settings: ProbeSettings) -> Iterator[str]:
    """What the probe could not try: why safe would be too much to say."""
    if reading.separation is not Separation.OWN:
        return
    first = exchange_of(target, reading.answers[0])
    server = first.response.fields.first("server") or ""
    caches = caches_to_ask(settings.caches, server)
    gets = [a for a in reading.answers if a.kind is Kind.SEQUENCE and a.ask.method == "GET"]
    slow = len(gets) > 2 and gets[2].received - gets[0].time > TWO_HITS
    if slow and any(cache.name == HTTP_SYS for cache in caches):
        yield (
            f"three requests took more than {TWO_HITS:.0f} s: http.sys stores what is asked for"
            " twice within them"
        )
    if target.parts.query or any(a.kind is Kind.BARE for a in reading.answers):
        return
    if shy := shy_of_queries(first, target.seen_url, caches):
        yield (
            f"{' and '.join(shy)} would store this response for the URL as it is, and not with a"
            " query: what was seen holds for URLs with a query only. --allow-bare-url asks without"
            " one, which may hand to real visitors what the probe stored; --caches names the caches"
            " that can be in the way"
        )
