"""All rules of the audit."""

from collections.abc import Mapping
from types import MappingProxyType

from session_tracking.audit.declare import DECLARED
from session_tracking.audit.findings import Rule
from session_tracking.audit.rules import (
    cache_hit,
    mistakes,
    set_cookie,
    shared_body,
    swap,
    would_be,
)

TOPICS = (set_cookie, mistakes, cache_hit, shared_body, swap, would_be)
"""The modules that declare the rules; importing them is what fills the catalogue."""

RULES: Mapping[str, Rule] = MappingProxyType(dict(sorted(DECLARED.items())))
"""Rule id → rule, in the order of the ids."""
