"""The rules that go beyond types: E1 to E23 stop the start, W1 to W16 are said.

A check sees the settings in effect at one level and names the keys that are involved; who runs the
checks finds the place where the decisive one was written. Some rules are elsewhere: E23
and W13 compare tables (`structure`, `locks`), E3 and W12 read keys from outside (`keys`), W16 looks
at the calendar (`verdicts`).
"""

from session_tracking.config.checks import attributes, cookie, domain, log, other
from session_tracking.config.checks.problem import CODES, Check, Problem, Target

__all__ = ["CHECKS", "CODES", "Check", "Problem", "Target"]

CHECKS: tuple[Check, ...] = (
    cookie.names,
    cookie.prefixes,
    cookie.security,
    cookie.lifetime,
    cookie.identifiers,
    attributes.style_matrix,
    attributes.values,
    attributes.lengths,
    attributes.old_styles,
    domain.domain,
    other.strings,
    other.cache_control,
    other.privacy,
    other.patterns,
    other.networks,
    other.connections,
    other.simulation,
    log.fields,
    log.traces,
)
"""Every check, in the order of the file."""
