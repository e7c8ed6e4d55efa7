"""What the log may hold."""

from collections.abc import Iterator

from session_tracking.config.checks.problem import Problem, Target
from session_tracking.config.validation import nearest, show_value
from session_tracking.records.settings import CookieMode
from session_tracking.records.w3c_fields import FIELDS, field_problem

__all__ = ["fields"]


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
