"""The answers of probes, for people and as JSON; no value of a cookie is in either."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime

from session_tracking import __version__
from session_tracking.audit.routes import shown_url
from session_tracking.caching.evidence import hit_evidence
from session_tracking.caching.levels import Level
from session_tracking.caching.targeted import TARGETED_FIELDS
from session_tracking.cookies.digest import Digester
from session_tracking.escape import visible
from session_tracking.http.exchange import RequestFacts
from session_tracking.swaps.probe.facts import Answer
from session_tracking.swaps.probe.reading import ProbeSettings, answer_cookies
from session_tracking.swaps.probe.verdict import ProbeVerdict, Result

__all__ = ["VERSION", "probe_line", "probe_lines", "probes_json", "probes_status", "probes_summary"]

VERSION = 1
"""Raised when a reader of the JSON before would no longer understand it."""

_SHOWN_FIELDS = TARGETED_FIELDS | frozenset(
    {
        "age", "cache-control", "cache-status", "cf-cache-status", "content-length", "content-type",
        "date", "etag", "expires", "last-modified", "pragma", "server", "vary", "via", "x-cache",
        "x-cache-hits", "x-cache-status", "x-proxy-cache", "x-varnish",
    }
)  # fmt: skip
"""What is shown of an answer beside its cookies: what bears on caching. The rest may be secret."""

_IN_TEXT = (
    "age", "cache-status", "cf-cache-status", "x-cache", "x-cache-status", "x-proxy-cache",
    "x-varnish",
)  # fmt: skip
_MAX_FIELDS = 60
_ALL_COOKIES = ProbeSettings()
_DIGITS = 3


def probes_status(verdicts: Iterable[ProbeVerdict], *, complete: bool) -> int:
    """The exit status: 3 a swap, before 2 incomplete, before 1 suspicion, before 0."""
    statuses = [verdict.result.exit_status for verdict in verdicts]
    return max([*statuses, 0 if complete else 2])


def probe_line(verdict: ProbeVerdict) -> str:
    """URL, answer and reasons on one line, safe for terminals."""
    return visible(f"{_url(verdict)}: {verdict.result}: {'; '.join(verdict.reasons)}", 2000)


def probe_lines(verdict: ProbeVerdict, digester: Digester) -> Iterator[str]:
    """The answer, why, what to do, and both visitors' transcripts in the order of time."""
    yield visible(f"{verdict.result}: {_url(verdict)}", 500)
    for reason in verdict.reasons:
        yield visible(f"    {reason}", 1000)
    if advice := _advice(verdict):
        yield visible(f"    {advice}", 1000)
    for answer in verdict.answers:
        yield visible(f"      {_row(verdict, answer, digester)}", 1000)


def probes_summary(verdicts: Sequence[ProbeVerdict]) -> str:
    """How many URLs there are of each answer."""
    counts = Counter(verdict.result for verdict in verdicts)
    told = ", ".join(f"{counts[result]} {result}" for result in Result if counts[result])
    noun = "URL" if len(verdicts) == 1 else "URLs"
    return f"{len(verdicts)} {noun} asked" + (f": {told}" if told else "")


def probes_json(
    verdicts: Sequence[ProbeVerdict], problems: Sequence[str], digester: Digester
) -> str:
    """All answers as one JSON document, ASCII only."""
    document = {
        "version": VERSION,
        "tool": {"name": "session-tracker", "version": __version__},
        "exit_status": probes_status(verdicts, complete=not problems),
        "incomplete": [visible(problem, 1000) for problem in problems],
        "probes": [_facts(verdict, digester) for verdict in verdicts],
    }
    return json.dumps(document, indent=2, ensure_ascii=True)


def _facts(verdict: ProbeVerdict, digester: Digester) -> dict[str, object]:
    safety = verdict.safety
    return {
        "url": _url(verdict),
        "result": verdict.result.value,
        "reasons": list(verdict.reasons),
        "limits": list(verdict.limits),
        "level": safety.level.value if safety is not None and safety.level else None,
        "advice": _advice(verdict),
        "cookies": [
            {"name": visible(name), "class": told.value, "own": own}
            for name, told, own in verdict.cookies
        ],
        "handed": [
            {
                "cookie": visible(handed.cookie.name),
                "class": handed.cookie_class.value,
                "digest": _digest(verdict, digester, handed.cookie.name, handed.cookie.value),
                "step": handed.first.kind.value,
                "visitors": [handed.first.ask.visitor.value, handed.other.ask.visitor.value],
            }
            for handed in verdict.handed
        ],
        "transcript": [_answer_facts(verdict, answer, digester) for answer in verdict.answers],
    }


def _answer_facts(verdict: ProbeVerdict, answer: Answer, digester: Digester) -> dict[str, object]:
    return {
        "step": answer.kind.value,
        "visitor": answer.ask.visitor.value,
        "method": answer.ask.method,
        "query": answer.ask.query or None,
        "past_cache": answer.ask.past_cache,
        "time": datetime.fromtimestamp(answer.time, UTC).isoformat(timespec="milliseconds"),
        "status": answer.status or None,
        "problem": answer.problem or answer.cut or None,
        "cookies": [
            {
                "name": visible(cookie.name),
                "class": told.value,
                "digest": _digest(verdict, digester, cookie.name, cookie.value),
                "attributes": [visible(name) for name, _ in cookie.attributes],
            }
            for cookie, told in answer_cookies(answer, _ALL_COOKIES)
        ],
        "evidence": [sign.text for sign in hit_evidence(answer.fields)],
        "fields": [
            [visible(name), visible(value)]
            for name, value in answer.fields.lines
            if name.lower() in _SHOWN_FIELDS
        ][:_MAX_FIELDS],
    }


def _row(verdict: ProbeVerdict, answer: Answer, digester: Digester) -> str:
    ask = answer.ask
    query = f"query {ask.query}" if ask.query else "no query"
    after = answer.time - verdict.answers[0].time if answer.time else 0.0
    row = f"{ask.visitor} {ask.method:4} {query:8}  +{after:6.{_DIGITS}f} s  "
    if answer.problem:
        return f"{row}{answer.problem}"
    cookies = [
        f"{visible(cookie.name, 60)}={_digest(verdict, digester, cookie.name, cookie.value)}"
        for cookie, _ in answer_cookies(answer, _ALL_COOKIES)
    ]
    signs = [
        f"{name.title()}: {visible(value, 60)}"
        for name in _IN_TEXT
        for value in answer.fields.values(name)
    ]
    told = [str(answer.status), " ".join(cookies) or "no cookie", *signs, answer.cut]
    return f"{row}{'  '.join(part for part in told if part)}  ({answer.kind})"


def _digest(verdict: ProbeVerdict, digester: Digester, name: str, value: str) -> str:
    return str(digester.digest(verdict.target.site, name, value))


def _url(verdict: ProbeVerdict) -> str:
    return shown_url(RequestFacts("GET", verdict.target.seen_url))


def _advice(verdict: ProbeVerdict) -> str:
    """What to do about a swap, or about what is not yet one."""
    safety = verdict.safety
    if safety is None or safety.level is None or verdict.result is Result.NOT_ASSESSABLE:
        return ""
    if safety.level is not Level.SAFE:
        return f"The response is {safety.level}. {safety.remedy}"
    if verdict.result is Result.SAFE:
        return ""
    return (
        "The response forbids storing, so a cache was told to ignore its fields: no header helps,"
        " look at the cache's configuration."
    )
