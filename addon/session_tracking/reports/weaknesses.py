"""Which weaknesses of the Common Weakness Enumeration a finding is an instance of."""

from collections.abc import Mapping
from types import MappingProxyType

from session_tracking.cookies.classify import CookieClass
from session_tracking.reports.document import Found

__all__ = ["WEAKNESSES", "of_finding", "of_rule"]

WEAKNESSES: Mapping[int, str] = MappingProxyType(
    {
        488: "Exposure of Data Element to Wrong Session",
        524: "Use of Cache Containing Sensitive Information",
        525: "Use of Web Browser Cache Containing Sensitive Information",
        539: "Use of Persistent Cookies Containing Sensitive Information",
    }
)
"""Number → name."""

_BY_HUNDRED = {"2": (524,), "3": (524,), "4": (488,), "5": (524,)}
_BROWSERS_TOO = frozenset({"ST201", "ST203", "ST204", "ST220", "ST221", "ST222", "ST228", "ST229"})
"""Rules about responses that no-store is missing from, so that the browser stores them as well."""


def of_rule(rule: str) -> tuple[int, ...]:
    """The weaknesses that a rule is about, by its id."""
    return _BY_HUNDRED.get(rule[2:3], ()) + ((525,) if rule in _BROWSERS_TOO else ())


def of_finding(found: Found) -> tuple[int, ...]:
    """Those of its rule; and 539 where a session cookie is told to outlive the browser's run."""
    persistent = found.cookie_class == CookieClass.SESSION and _persists(found)
    return of_rule(found.rule) + ((539,) if persistent else ())


def _persists(found: Found) -> bool:
    fields = () if found.example is None else found.example.response.fields
    start = f"{found.cookie}="
    return any(
        name.lower() == "set-cookie"
        and value.startswith(start)
        and any(
            part.strip().lower().startswith(("max-age=", "expires="))
            for part in value.split(";")[1:]
        )
        for name, value in fields
    )
