"""The reference run through one profile: A asks twice, then the next visitor asks."""

from collections.abc import Mapping
from dataclasses import replace

from session_tracking.caching.profiles.model import CacheProfile, Outcome, Reuse, Run, Stored
from session_tracking.http.exchange import RequestFacts, ResponseFacts
from session_tracking.http.fields import OWS

BETWEEN = 0.08
"""Seconds between A's two requests."""

COOKIE_FIELDS = ("set-cookie", "set-cookie2")


def simulate(profile: CacheProfile, run: Run) -> Outcome:
    """What the next visitor receives from this cache."""
    if profile.unknown or profile.undecided(run):
        return Outcome.UNKNOWN
    first, _ = ask(profile, run, None, run.request, run.time)
    if first is None:
        return Outcome.MISS  # A's second request finds what the first one found, and so does B's
    # The first lookup has shown that A's requests are looked up.
    stored, outcome = _answer(profile, run, first, run.request, run.time + BETWEEN)
    if stored is first and run.next_request is run.request and not run.after:
        return outcome  # B's request is A's second one once more, and nothing has changed
    if stored is not None and not stored.own_cookie:
        # A's second request caused the validation: its cookie is A's as well.
        stored = replace(stored, own_cookie=True)
    time = run.time + BETWEEN + run.after
    _, outcome = ask(profile, run, stored, run.next_request, time)
    return outcome


def ask(
    profile: CacheProfile, run: Run, stored: Stored | None, request: RequestFacts, time: float
) -> tuple[Stored | None, Outcome]:
    """One request at a time (Unix seconds): what is stored afterwards, what the client received."""
    for condition in profile.lookup:
        if not condition.holds(request):
            return stored, Outcome.MISS
    return _answer(profile, run, stored, request, time)


def _answer(
    profile: CacheProfile, run: Run, stored: Stored | None, request: RequestFacts, time: float
) -> tuple[Stored | None, Outcome]:
    """The same for a request that is looked up."""
    if stored is not None:
        reuse = profile.reuse(stored, request, time)
        if reuse == Reuse.HIT:
            return stored, _delivered(profile, run, stored, request)
        if reuse == Reuse.PASS:
            return stored, Outcome.MISS
        if reuse == Reuse.STALE:
            updated, _ = _validate(profile, run, stored, request, time)
            return updated, _delivered(profile, run, stored, request)
        if reuse == Reuse.VALIDATE:
            return _validate(profile, run, stored, request, time)
    return _fetch(profile, run, request, time), Outcome.MISS


def _validate(
    profile: CacheProfile, run: Run, stored: Stored, request: RequestFacts, time: float
) -> tuple[Stored | None, Outcome]:
    """The origin is asked with the conditions of what is stored."""
    if run.validation is not None and answers_304(
        run, request, profile.conditional(stored, request)
    ):
        merged = stored if profile.merge is None else profile.merge(stored, run.validation, time)
        if merged is not None:
            outcome = _revalidated(profile, run, stored, merged, request)
            return None if merged.dropped else merged, outcome
    elif profile.stale_if_error(stored, request, run.response):
        if profile.stale_keeps_cookie and sets_cookie(run.held or run.response):
            return stored, Outcome.SWAP
        return stored, _delivered(profile, run, stored, request)
    if not profile.replaceable(run.response):
        return None, Outcome.MISS
    return _kept(profile, request, run.response, time), Outcome.MISS


def _revalidated(
    profile: CacheProfile, run: Run, stored: Stored, merged: Stored, request: RequestFacts
) -> Outcome:
    """What the client receives whose request a 304 has answered."""
    if profile.relays_304(stored, merged, request):
        return Outcome.MISS
    if profile.validated is not None and sets_cookie(run.held or run.response):
        return profile.validated(merged, request)
    return _delivered(profile, run, merged, request)


def _fetch(profile: CacheProfile, run: Run, request: RequestFacts, time: float) -> Stored | None:
    response = run.response
    if run.validation is not None:
        sent = profile.forwarded(request).fields
        conditions = {
            name: value
            for name in ("if-none-match", "if-modified-since")
            if (value := sent.first(name)) is not None
        }
        if answers_304(run, request, conditions):
            response = run.validation
    return _kept(profile, request, response, time)


def _kept(
    profile: CacheProfile, request: RequestFacts, response: ResponseFacts, time: float
) -> Stored | None:
    """What is stored of a response that the origin gave to this request; None for nothing."""
    for rule in profile.storage:
        if not rule.holds(request, response, time):
            return None
    return Stored(request, response, time)


def answers_304(run: Run, request: RequestFacts, conditions: Mapping[str, str]) -> bool:
    """Whether the origin answers a request with these conditional fields with 304.

    It does for GET and HEAD where a validation response is given and the validator matches:
    If-None-Match against ETag, or any If-Modified-Since where the response has Last-Modified
    (RFC 9110 §13.2.2).
    """
    if run.validation is None or request.method not in {"GET", "HEAD"}:
        return False
    fields = run.response.fields
    if (sent := conditions.get("if-none-match")) is not None:
        etag = fields.first("etag")
        if etag is None:
            return False
        tags = {_opaque(tag) for tag in sent.split(",")}
        return "*" in tags or _opaque(etag) in tags
    return "if-modified-since" in conditions and "last-modified" in fields


def _opaque(tag: str) -> str:
    """An entity tag without its weakness mark (weak comparison, RFC 9110 §8.8.3.2)."""
    return tag.strip(OWS).removeprefix("W/")


def _delivered(profile: CacheProfile, run: Run, stored: Stored, request: RequestFacts) -> Outcome:
    if not sets_cookie(run.held or run.response):
        return Outcome.REUSED
    if not sets_cookie(stored.response) or profile.strips(stored, request):
        return Outcome.STRIPPED
    return Outcome.SWAP if stored.own_cookie else Outcome.FRESH


def sets_cookie(response: ResponseFacts) -> bool:
    """Whether the response has Set-Cookie or Set-Cookie2."""
    return "set-cookie" in response.fields or "set-cookie2" in response.fields
