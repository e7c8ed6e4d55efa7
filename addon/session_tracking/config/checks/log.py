"""What the log and the traces may hold."""

from collections.abc import Iterator

from session_tracking.config.checks.problem import Problem, Target
from session_tracking.config.validation import nearest, show_value
from session_tracking.records.settings import CookieMode
from session_tracking.records.status_codes import parse_status_codes
from session_tracking.records.w3c_fields import FIELDS, field_problem

__all__ = ["fields", "traces"]


def fields(target: Target) -> Iterator[Problem]:
    """Fields that are none, and W14."""
    log = target.settings.log
    for index, name in enumerate(log.fields):
        if problem := field_problem(name):
            close = nearest(name, FIELDS)
            fix = (
                f"Did you mean {show_value(close)}?"
                if close
                else f"There are: {', '.join(FIELDS)}."
            )
            yield Problem("", ("log.fields",), f"{show_value(name)} {problem}", fix, index)
    if log.enabled and log.cookies is CookieMode.ALL:
        yield Problem(
            "W14",
            ("log.cookies",),
            "every cookie value goes into the log in clear: whoever reads the log can take over"
            " the sessions of the visitors.",
            'Use "own" or "hash".',
        )


def traces(target: Target) -> Iterator[Problem]:
    """Statuses that are none, and W15."""
    trace = target.settings.trace
    if parse_status_codes(trace.status_codes) is None:
        yield Problem(
            "",
            ("trace.status_codes",),
            f"{show_value(trace.status_codes)} is no list of statuses.",
            'Write statuses, ranges and sub-statuses, such as "200-399,404.2,500".',
        )
    if trace.min_time_ms < 0:
        yield Problem("", ("trace.min_time_ms",), "is negative.", "Use 0 for no limit.")
    if trace.enabled and trace.secrets:
        yield Problem(
            "W15",
            ("trace.secrets",),
            "cookie values and credentials go into the traces in clear: whoever reads a trace can"
            " take over the session of the visitor.",
            "Use false.",
        )
