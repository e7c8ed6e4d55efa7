"""What the next visitor receives from each cache, for one exchange."""

from collections.abc import Iterable, Mapping, Sequence

from session_tracking.caching.profiles.model import CacheProfile, Outcome, Run
from session_tracking.caching.profiles.simulate import sets_cookie, simulate
from session_tracking.http.exchange import Exchange, RequestFacts, ResponseFacts

_PERSONAL = frozenset({"cookie", "authorization"})


def reference_run(
    exchange: Exchange,
    next_request: RequestFacts | None = None,
    validation_response: ResponseFacts | None = None,
    after: float = 0.0,
) -> Run:
    """The run that an exchange stands for: A asks twice, then the next visitor.

    Without `next_request` that visitor asks the same at once, without Cookie and Authorization.
    """
    return Run(
        exchange.request,
        exchange.response,
        next_request or newcomer(exchange.request),
        validation_response,
        exchange.response_time,
        after,
    )


def newcomer(request: RequestFacts) -> RequestFacts:
    """The same request from somebody who is known to nobody."""
    kept = request.fields.without(_PERSONAL)
    if kept is request.fields:
        return request
    return RequestFacts(request.method, request.url, kept, request.http_version)


def outcome_of(profile: CacheProfile, run: Run) -> Outcome:
    """What the next visitor receives, a user's own deviations included."""
    own = profile.deviations
    if own is None:
        return simulate(profile, run)
    cookies = sets_cookie(run.response)
    if (own.refuses_set_cookie and cookies) or (
        own.passes_cookie and "cookie" in run.next_request.fields
    ):
        return Outcome.MISS
    outcome = simulate(profile, _without(run, own.ignores) if own.ignores else run)
    if outcome is Outcome.REUSED and cookies:
        # The cache did not look at Set-Cookie; what it stored holds the field all the same.
        outcome = Outcome.SWAP
    return Outcome.STRIPPED if outcome is Outcome.SWAP and own.strips_set_cookie else outcome


def outcomes(profiles: Iterable[CacheProfile], run: Run) -> Mapping[str, Outcome]:
    """Profile name → what the next visitor receives."""
    return {profile.name: outcome_of(profile, run) for profile in profiles}


def outcomes_of_each(
    profiles: Sequence[CacheProfile], runs: Sequence[Run]
) -> list[dict[str, Outcome]]:
    """The same for many runs, cache by cache: the code of one cache stays at hand, which counts."""
    found: list[dict[str, Outcome]] = [{} for _ in runs]
    for profile in profiles:
        for run, of_run in zip(runs, found, strict=True):
            of_run[profile.name] = outcome_of(profile, run)
    return found


def _without(run: Run, names: frozenset[str]) -> Run:
    kept = run.response.fields.without(names)
    response = ResponseFacts(
        run.response.status, kept, run.response.http_version, run.response.body_length
    )
    return Run(run.request, response, run.next_request, run.validation, run.time, run.after)
