"""The reference run through one profile: A asks twice, then the next visitor asks."""

from collections.abc import Mapping

from session_tracking.caching.profiles.model import CacheProfile, Outcome, Reuse, Run, Stored
from session_tracking.http.exchange import RequestFacts, ResponseFacts

BETWEEN = 0.08
"""Seconds between A's two requests."""

COOKIE_FIELDS = ("set-cookie", "set-cookie2")


def simulate(profile: CacheProfile, run: Run) -> Outcome:
    """What the next visitor receives from this cache."""
    if profile.unknown:
        return Outcome.UNKNOWN
    stored: Stored | None = None
    for request, time in ((run.request, run.time), (run.request, run.time + BETWEEN)):
        stored, _ = _ask(profile, run, stored, request, time)
    time = run.time + BETWEEN + run.after
    _, outcome = _ask(profile, run, stored, run.next_request, time)
    return outcome


def _ask(
    profile: CacheProfile, run: Run, stored: Stored | None, request: RequestFacts, time: float
) -> tuple[Stored | None, Outcome]:
    """One request: what is stored afterwards, and what the client received."""
    if not all(rule.holds(request) for rule in profile.lookup):
        return stored, Outcome.MISS
    if stored is not None:
        reuse = profile.reuse(stored, request, time)
        if reuse is Reuse.HIT:
            return stored, _delivered(profile, stored, request)
        if reuse is Reuse.PASS:
            return stored, Outcome.MISS
        validates = reuse is Reuse.VALIDATE
        if validates and answers_304(run, profile.conditional(stored, request)):
            if profile.merge is not None and run.validation is not None:
                stored = profile.merge(stored, run.validation, time)
            return stored, _delivered(profile, stored, request)
    return _fetch(profile, run, request, time), Outcome.MISS


def _fetch(profile: CacheProfile, run: Run, request: RequestFacts, time: float) -> Stored | None:
    sent = profile.forwarded(request)
    conditions = {
        name: value
        for name in ("if-none-match", "if-modified-since")
        if (value := sent.fields.first(name)) is not None
    }
    response = run.response
    if run.validation is not None and answers_304(run, conditions):
        response = run.validation
    if all(rule.holds(request, response, time) for rule in profile.storage):
        return Stored(request, response, time)
    return None


def answers_304(run: Run, conditions: Mapping[str, str]) -> bool:
    """Whether the origin answers a request with these conditional fields with 304.

    It does where a validation response is given and the validator matches: If-None-Match against
    ETag, or any If-Modified-Since where the response has Last-Modified (RFC 9110 §13.2.2).
    """
    if run.validation is None:
        return False
    fields = run.response.fields
    if (sent := conditions.get("if-none-match")) is not None:
        etag = fields.first("etag")
        return etag is not None and (sent == "*" or etag in sent)
    return "if-modified-since" in conditions and "last-modified" in fields


def _delivered(profile: CacheProfile, stored: Stored, request: RequestFacts) -> Outcome:
    if not any(name in stored.response.fields for name in COOKIE_FIELDS):
        return Outcome.REUSED
    if profile.strips(stored, request):
        return Outcome.STRIPPED
    return Outcome.SWAP if stored.own_cookie else Outcome.FRESH


def sets_cookie(response: ResponseFacts) -> bool:
    """Whether the response has Set-Cookie or Set-Cookie2."""
    return any(name in response.fields for name in COOKIE_FIELDS)
