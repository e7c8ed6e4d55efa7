"""The commands below `session-tracker report`."""

import json

from click.testing import CliRunner
from jsonschema import Draft202012Validator

from session_tracking.cli.main import session_tracker
from session_tracking.reports.json import SCHEMA_FILE


def test_the_schema_is_printed_as_it_is():
    result = CliRunner().invoke(session_tracker, ["report", "schema"])
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout_bytes == SCHEMA_FILE.read_bytes()
    Draft202012Validator.check_schema(json.loads(result.stdout))
