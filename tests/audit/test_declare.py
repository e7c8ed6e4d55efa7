import pytest

from session_tracking.audit.catalogue import RULES
from session_tracking.audit.declare import rule
from session_tracking.audit.findings import Severity


@pytest.mark.parametrize("rule_id", ["ST201", "ST1", "XX201", "STabc"])
def test_a_taken_or_malformed_id_is_an_error_at_import(rule_id):
    declare = rule(id=rule_id, name="x", title="x", severity=Severity.NOTE, spec=(), help="x")
    with pytest.raises(RuntimeError, match="taken or malformed"):
        declare(lambda facts: iter(()))


def test_rules_are_complete_and_in_order():
    assert list(RULES) == sorted(RULES)
    names = [declared.name for declared in RULES.values()]
    assert len(set(names)) == len(names)
    for declared in RULES.values():
        assert declared.title
        assert declared.help.endswith(".")
        assert declared.spec
