"""All rules of the audit."""

from collections.abc import Mapping
from types import MappingProxyType

from session_tracking.audit.declare import DECLARED
from session_tracking.audit.findings import Rule
from session_tracking.audit.rules import set_cookie

TOPICS = (set_cookie,)
"""The modules that declare the rules; importing them is what fills the catalogue."""

RULES: Mapping[str, Rule] = MappingProxyType(dict(sorted(DECLARED.items())))
"""Rule id → rule, in the order of the ids."""
