"""The one place where the lab asks the addon what it expects."""

from __future__ import annotations

from typing import Any

from scripts.lab.cases import Case, to_verdict_input
from session_tracking.caching.verdict import judge
from session_tracking.http.exchange import Exchange, RequestFacts, ResponseFacts
from session_tracking.http.fields import FieldSection


def predict(case: Case, names: list[str], now: float) -> dict[str, str]:
    """The outcome that each named profile of the addon gives for `case`, run at `now`.

    Raises:
        KeyError: the addon has no profile of a name.
    """
    data = to_verdict_input(case, now)
    url = data["request"]["url"]
    following = data.get("next_request")
    validation = data.get("validation_response")
    safety = judge(
        Exchange(
            request(data["request"], url),
            response(data["response"]),
            id=case.id,
            request_time=now,
            response_time=now,
        ),
        next_request=following and request(following, url),
        validation_response=validation and response(validation),
        after=following["after"] if following else 0.0,
        caches=names,
    )
    return {name: str(outcome) for name, outcome in safety.caches.items()}


def request(data: dict[str, Any], url: str) -> RequestFacts:
    """The facts of a request to `url`."""
    return RequestFacts(data["method"], url, FieldSection(map(tuple, data["headers"])))


def response(data: dict[str, Any]) -> ResponseFacts:
    """The facts of a response; a 304 has no content."""
    fields = FieldSection(map(tuple, data["headers"]))
    return ResponseFacts(data["status"], fields, body_length=data.get("body_length", 0))
