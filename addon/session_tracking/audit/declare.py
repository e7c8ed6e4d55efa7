"""Where rules are declared; `catalogue` imports the topics and holds them all."""

from collections.abc import Callable, Mapping

from session_tracking.audit.findings import Check, Rule, Severity
from session_tracking.spec import Spec

_DECLARED: dict[str, Rule] = {}

DECLARED: Mapping[str, Rule] = _DECLARED
"""Rule id → rule, in the order of declaration."""


def rule(
    *,
    id: str,  # noqa: A002 - the word of SARIF
    name: str,
    title: str,
    severity: Severity,
    spec: tuple[Spec, ...],
    help: str,  # noqa: A002 - the word of SARIF
    masked_by_edits: bool = True,
) -> Callable[[Check], Rule]:
    """Declare a rule. Raises RuntimeError at import if the id is taken or malformed."""

    def declare(check: Check) -> Rule:
        if id in _DECLARED or not (len(id) == 5 and id.startswith("ST") and id[2:].isdigit()):
            raise RuntimeError(f"rule id {id!r} is taken or malformed")
        declared = Rule(id, name, title, severity, spec, help, check, masked_by_edits)
        _DECLARED[id] = declared
        return declared

    return declare
