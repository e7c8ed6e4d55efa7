"""Judges single responses for test suites, and says in an assertion what is wrong with them."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import islice
from pathlib import Path
from urllib.parse import SplitResult

from session_tracking.audit.auditor import MAX_COOKIES
from session_tracking.audit.findings import Finding, Severity
from session_tracking.caching.profiles.model import CacheProfile
from session_tracking.config.loading import load
from session_tracking.config.sites import Configuration
from session_tracking.cookies.set_cookie import response_cookies
from session_tracking.engine import Circumstances, Engine
from session_tracking.escape import visible
from session_tracking.http.exchange import Exchange
from session_tracking.records.settings import RecordedSite
from session_tracking.reports.judging import Terms, today
from session_tracking.reports.known import Known
from session_tracking.reports.run import RESPONSE_CUT, FailOn
from session_tracking.reports.text import finding_lines
from session_tracking.testing.responses import exchange_of

__all__ = ["Checker", "assert_cache_safe"]

_CARRIERS = (
    "Cache-Control Pragma Expires Age Vary Surrogate-Control CDN-Cache-Control X-Accel-Expires"
    " Edge-Control ETag Last-Modified"
).split()
"""The fields that a verdict rests on, as an assertion shows them."""


def assert_cache_safe(
    response: object,
    *,
    caches: Sequence[str] = (),
    fail_on: FailOn | str = FailOn.ERROR,
    config: Path | None = None,
) -> None:
    """Raise AssertionError if a shared cache could hand a cookie of this response to others.

    `response` is one of httpx, requests, Flask, Django, Starlette or aiohttp. `caches` are names
    of `session-tracker caches`; without them those of the configuration, else any cache that
    follows RFC 9111. `fail_on` is the mildest severity that fails: error, warning or note. `config`
    is a configuration file; without it the one that is shipped. Raises ValueError for an unknown
    cache, ConfigErrors for a wrong file, TypeError for what is no response.
    """
    __tracebackhide__ = True
    Checker(caches, config).check(response, fail_on=fail_on)


class Checker:
    """Judges responses by one configuration.

    It issues nothing, and watches for no swaps: in a test suite all visitors are one.
    """

    def __init__(self, caches: Sequence[str] = (), config: Path | None = None) -> None:
        """The arguments are those of `assert_cache_safe`; raises the same for them."""
        self._configuration = _loaded(config)
        self._caches = tuple(_named(name, self._configuration) for name in caches)
        self._engine = Engine()

    def findings(self, response: object) -> tuple[Finding, ...]:
        """What is wrong with a response, gravest first."""
        return self.judge(exchange_of(response))

    def covers(self, exchange: Exchange) -> bool:
        """Whether the configuration wants traffic of this kind judged (`audit.enabled`)."""
        return self._settings(exchange.request.split()).audit.enabled

    def judge(self, exchange: Exchange) -> tuple[Finding, ...]:
        """What is wrong with the response of an exchange, gravest first.

        Whoever asks gets an answer: `audit.enabled` is about traffic that nobody asks about.
        """
        parts = exchange.request.split()
        settings = self._settings(parts)
        caches = self._caches or settings.audit.caches
        audit = replace(settings.audit, caches=caches, enabled=True)
        outcome = self._engine.on_response(
            replace(settings, audit=audit),
            exchange,
            None,
            Circumstances(https=parts.scheme == "https", live=False, watch=False),
        )
        found = (self._engine.with_caches(finding, exchange) for finding in outcome.findings)
        return tuple(sorted(found, key=lambda finding: -finding.severity.rank))

    def _settings(self, parts: SplitResult) -> RecordedSite:
        return self._configuration.for_url(parts.netloc, parts.path or "/")

    def terms(self, fail_on: FailOn) -> Terms:
        """What findings are measured by: the configuration says which are suppressed, or off."""
        configured = self._configuration
        return Terms(fail_on, today(), configured.suppressions, off=configured.rules_off)

    def fails(self, finding: Finding, fail_on: FailOn) -> bool:
        """Whether a finding is as grave as `fail_on`, and nobody decided to live with it."""
        silenced = self.terms(fail_on).silences(Known.of_finding(finding))
        return fail_on.reached_by(finding.severity) and not silenced

    def check(
        self, response: object, *, fail_on: FailOn | str = FailOn.ERROR
    ) -> tuple[Finding, ...]:
        """The findings of a response; raises AssertionError if one is as grave as `fail_on`."""
        __tracebackhide__ = True
        exchange = exchange_of(response)
        found = self.judge(exchange)
        self.demand(exchange, found, FailOn(fail_on))
        return found

    def demand(self, exchange: Exchange, found: Sequence[Finding], fail_on: FailOn) -> None:
        """Raise AssertionError if one of the findings is as grave as `fail_on`.

        The same for a response with so many cookies that nobody looked at all of them.
        """
        __tracebackhide__ = True
        if grave := [each for each in found if self.fails(each, fail_on)]:
            raise AssertionError("\n".join(complaint(exchange, grave)))
        if fail_on is not FailOn.NEVER and is_cut(exchange):
            raise AssertionError(RESPONSE_CUT)


def is_cut(exchange: Exchange) -> bool:
    """Whether a response sets more cookies than are judged."""
    cookies = response_cookies(exchange.response.fields)
    return next(islice(cookies, MAX_COOKIES, None), None) is not None


def complaint(exchange: Exchange, findings: Sequence[Finding]) -> Iterator[str]:
    """What an assertion says: the findings, what caches do, the fix, and the fields received."""
    worst = max(findings, key=lambda finding: finding.severity.rank).severity
    what = "is not safe" if worst is Severity.ERROR else "might not be safe"
    yield f"the response {what} from shared caches:"
    for finding in findings:
        yield from finding_lines(finding)
    fields = exchange.response.fields
    received = [
        f"{name}: {visible(value, 200)}"
        for name in _CARRIERS
        for value in fields.values(name.lower())
    ]
    yield f"    received: {', '.join(received) or 'no field that speaks to caches'}"


@lru_cache(maxsize=8)
def _loaded(config: Path | None) -> Configuration:
    """A suite asks for the same file over and over; it is read once."""
    return load(config)


def _named(name: str, configuration: Configuration) -> CacheProfile:
    known = configuration.profiles
    if name not in known:
        raise ValueError(f"No cache is called {name!r}; there are: {', '.join(sorted(known))}.")
    return known[name]
