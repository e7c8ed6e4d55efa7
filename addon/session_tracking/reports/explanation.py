"""The whole reasoning about one exchange as a short table, each step with its section."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Any

from session_tracking.audit.routes import shown_url
from session_tracking.caching.freshness import freshness
from session_tracking.caching.profiles.model import Outcome
from session_tracking.caching.safety import CacheSafety, carriers
from session_tracking.caching.storage import REQUIREMENTS, Policy
from session_tracking.cookies.classify import classify
from session_tracking.cookies.set_cookie import response_cookies
from session_tracking.escape import visible
from session_tracking.http.exchange import Exchange
from session_tracking.reports.caches import collapse_line, outcome_line, switch_line
from session_tracking.spec import rfc9111

__all__ = ["Row", "explanation", "finding_explanation", "flaw", "table"]

_MAX_COOKIES = 16
"""Cookies of one response that are listed."""
_WIDEST = 100
"""Characters of a text up to which the sections stand below one another."""


@dataclass(frozen=True, slots=True)
class Row:
    """One step of the reasoning; all of it is safe to be shown."""

    topic: str
    text: str
    spec: str = ""


def explanation(
    exchange: Exchange, safety: CacheSafety, everywhere: Mapping[str, Outcome] | None = None
) -> Iterator[Row]:
    """What was asked, what each carrier orders, what follows, and what to do.

    `safety` is the verdict with the outcomes of the caches that are spoken of; `everywhere` holds
    those of all profiles, which tell the settings that would make things worse.
    """
    request, response = exchange.request, exchange.response
    method = visible(request.method, 20)
    yield Row("request", f"{method} {shown_url(request)}, answered {response.status}")
    yield from _cookies(exchange)
    for policy in carriers(exchange):
        yield _orders(exchange, policy)
        yield from _storage(exchange, policy)
        yield _freshness(exchange, policy)
    if safety.level is not None:
        yield Row("level", f"{safety.level} (decided by {safety.carrier})")
        for reason in safety.reasons:
            yield Row("because", reason.text, str(reason.spec))
    if safety.caches:
        yield from _caches(safety.caches, everywhere)
    if safety.remedy:
        yield Row("fix", safety.remedy)


def _cookies(exchange: Exchange) -> Iterator[Row]:
    found = False
    for cookie in islice(response_cookies(exchange.response.fields), _MAX_COOKIES):
        found = True
        kind = classify(cookie, exchange.response_time)
        yield Row("cookie", f'sets "{visible(cookie.name, 80)}" ({kind})')
    if not found:
        yield Row("cookie", "sets no cookie")


def _orders(exchange: Exchange, policy: Policy) -> Row:
    values = exchange.response.fields.values(policy.carrier.lower())
    said = visible(", ".join(values), 160) if values else "absent"
    return Row("carrier", f"{policy.carrier}: {said}", str(policy.spec or rfc9111("5.2")))


def _storage(exchange: Exchange, policy: Policy) -> Iterator[Row]:
    for requirement in REQUIREMENTS:
        held = requirement.holds(exchange.request, exchange.response, policy)
        text = f"met: {requirement.id}" if held else f"NOT MET: {requirement.unmet}"
        yield Row("storing", text, str(requirement.spec))


def _freshness(exchange: Exchange, policy: Policy) -> Row:
    life = freshness(exchange, policy)
    text = f"{life.lifetime} s by {life.basis}, {life.age} s old on arrival"
    state = "fresh" if life.fresh else "stale"
    doubt = f"; {life.basis} {life.flaw}" if life.flaw else ""
    return Row("freshness", f"{state}: {text}{doubt}", str(rfc9111("4.2")))


def _caches(
    outcomes: Mapping[str, Outcome], everywhere: Mapping[str, Outcome] | None
) -> Iterator[Row]:
    for group in outcome_line(outcomes).split(" · "):
        yield Row("caches", visible(group, 2000))
    if switch := switch_line(outcomes, everywhere):
        yield Row("would swap", switch)
    if collapse := collapse_line(outcomes):
        yield Row("at once", collapse)


def flaw(finding: Mapping[str, Any]) -> str:
    """What makes a finding of a report unreadable; empty if nothing does."""
    for key in _TEXTS:
        if isinstance(finding.get(key), (list, dict)):
            return f"{key} of a finding is no text"
    caches = finding.get("caches")
    if not isinstance(caches, dict | None):
        return "caches of a finding is no table"
    if any(not isinstance(said, str) for said in (caches or {}).values()):
        return "an outcome in caches is no text"
    return ""


_TEXTS = ("severity", "rule", "name", "title", "method", "url", "cookie", "class", "field", "level",
          "remedy", "masked_by", "count", "fingerprint", "exchange")  # fmt: skip


def finding_explanation(finding: Mapping[str, Any]) -> Iterator[Row]:
    """A finding as a JSON report holds it. Nothing is taken for granted: the file may be edited."""
    for topic, text in (
        ("finding", "{severity} {rule} {name}: {title}"),
        ("request", "{method} {url}"),
        ("cookie", 'sets "{cookie}" ({class}) with {field}'),
        ("level", "{level}"),
    ):
        yield Row(topic, visible(text.format_map(_Said(finding)), 500))
    for reason in _list(finding.get("reasons")):
        if isinstance(reason, dict):
            said = _Said(reason)
            yield Row("because", visible(said["text"], 500), visible(said["spec"]))
    if outcomes := _outcomes(finding.get("caches")):
        yield from _caches(outcomes, None)
    for topic, key in (("fix", "remedy"), ("masked by", "masked_by"), ("seen", "count")):
        if finding.get(key):
            yield Row(topic, visible(str(finding[key]), 1000))


class _Said(dict[str, str]):
    """What a table of a report says, as text; `?` for what it does not say."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        super().__init__((str(key), str(value)) for key, value in table.items())

    def __missing__(self, key: str) -> str:
        return "?"


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _outcomes(value: object) -> dict[str, Outcome]:
    if not isinstance(value, dict):
        return {}
    known = {outcome.value: outcome for outcome in Outcome}
    return {str(name): known[said] for name, said in value.items() if said in known}


def table(rows: Iterable[Row]) -> Iterator[str]:
    """The rows as lines: topics once each, texts, and the sections below one another."""
    rows = list(rows)
    topics = max((len(row.topic) for row in rows), default=0)
    texts = max((len(row.text) for row in rows if row.spec and len(row.text) < _WIDEST), default=0)
    last = ""
    for row in rows:
        topic = "" if row.topic == last else row.topic
        last = row.topic
        text = f"{row.text:{texts}}  {row.spec}" if row.spec else row.text
        yield f"{topic:{topics}}  {text}"
